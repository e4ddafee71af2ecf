// My own corner: name and appearance.

import { fillAvatar } from "../lib/row.js";

const YEAR = 31_536_000;

export const rename = ({ api }) => ({
  problem: "",

  init() {
    document.addEventListener("hallway:renamed", ({ detail }) => this.show(detail));
  },
  async save() {
    const form = this.$root;
    this.problem = "";
    try {
      this.show(await api.rename(form.elements.username.value));
      document.getElementById("me-menu").hidePopover();
    } catch (error) {
      this.problem = error.status ? error.message : form.dataset.unreachable;
    }
  },
  show(me) {
    const { name } = me;
    const corner = this.$root.closest(".me");
    corner.querySelector(".me-name").textContent = name;
    fillAvatar(corner.querySelector(".me-button .avatar"), me);
    this.$root.elements.username.value = name;
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
