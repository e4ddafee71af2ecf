// My own corner: name and appearance.

import { initials } from "../lib/row.js";

const YEAR = 31_536_000;

export const rename = ({ me }) => ({
  problem: "",

  init() {
    document.addEventListener("hallway:renamed", ({ detail: { name } }) => this.show(name));
  },
  async save() {
    const form = this.$el.closest("form");
    this.problem = "";
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      // Being led elsewhere is how a form says that it worked.
      if (response.type === "opaqueredirect" || response.ok) {
        me.name = form.elements.username.value.trim() || me.name;
        document.getElementById("me-menu").hidePopover();
        return;
      }
      const answer = await response.json();
      this.problem = answer.detail || answer.title;
    } catch {
      // No script can do better than the form itself.
      form.submit();
    }
  },
  show(name) {
    this.$el.closest(".me").querySelector(".me-name").textContent = name;
    this.$el.closest(".me").querySelector(".me-button .avatar").textContent = initials(name);
    this.$el.elements.username.value = name;
  },
});

export const themes = () => ({
  theme: document.documentElement.dataset.theme ?? "",

  init() {
    this.$watch("theme", (theme) => {
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      // The server puts it into the first paint: no flash of the other one.
      document.cookie = `hallway_theme=${theme}; path=/; max-age=${theme ? YEAR : 0}; SameSite=Lax`;
    });
  },
});
