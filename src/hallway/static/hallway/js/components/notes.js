// Two lists of messages in a dialog: what is pinned here, and what one message said before.

import { sanitizedByServer } from "../lib/trusted.js";

const notes = {
  problem: "",
  isEmpty: false,

  list() {
    return this.$root.querySelector(".notes");
  },
  show(items) {
    this.list().replaceChildren(...items);
    this.isEmpty = items.length === 0;
    this.problem = "";
  },
  tell(error) {
    this.problem = error.status ? error.message : document.getElementById("composer").dataset.unreachable;
  },
  closed() {
    this.list().replaceChildren();
    Object.assign(this, { problem: "", isEmpty: false });
  },
};

function draw(times, { moment, html, author = "" }) {
  const item = document.getElementById("note-template").content.firstElementChild.cloneNode(true);
  item.querySelector(".note-author").textContent = author;
  const time = item.querySelector("time");
  times.write(time, moment);
  time.textContent = times.short(new Date(moment));
  item.querySelector(".body").append(sanitizedByServer(html));
  return item;
}

// What makes the list of pins on the screen wrong.
const PIN_CHANGES = new Set(["message.pinned", "message.unpinned", "message.edited", "message.deleted", "author.renamed", "reset"]);

export const pinned = ({ api, room, tabs, times, timeline, canPin }) => ({
  ...notes,

  init() {
    const load = () => this.$root.open && this.load();
    new MutationObserver(load).observe(this.$root, { attributeFilter: ["open"] });
    tabs.addEventListener("event", ({ detail: { kind } }) => PIN_CHANGES.has(kind) && load());
  },
  async load() {
    try {
      const { messages } = await api.pins(room);
      if (this.$root.open) this.show(messages.map((message) => this.draw(message)));
    } catch (error) {
      this.tell(error);
    }
  },
  draw(message) {
    const item = draw(times, { moment: message.created_at, html: message.html, author: message.author.name });
    const jump = item.querySelector(".note-jump");
    jump.hidden = false;
    jump.addEventListener("click", () => this.jump(message.id));
    const unpin = item.querySelector(".note-unpin");
    unpin.hidden = !canPin();
    unpin.addEventListener("click", () => this.unpin(message.id, unpin));
    return item;
  },
  jump(id) {
    this.$root.close();
    timeline.show(id);
  },
  async unpin(id, button) {
    button.disabled = true;
    try {
      await api.unpin(id);
      this.$root.querySelector("h2").focus();
      await this.load();
    } catch (error) {
      button.disabled = false;
      this.tell(error);
    }
  },
});

export const history = ({ api, tabs, times }) => ({
  ...notes,
  message: null,

  init() {
    const load = () => {
      if (!this.$root.open) return;
      this.message = Number(this.$root.dataset.message);
      this.load();
    };
    new MutationObserver(load).observe(this.$root, { attributeFilter: ["open"] });
    tabs.addEventListener("event", ({ detail: { kind, payload } }) => {
      if (!this.$root.open || payload.id !== this.message) return;
      if (kind === "message.edited") this.load();
      if (kind === "message.deleted") this.$root.close();
    });
  },
  async load() {
    const id = this.message;
    try {
      const { revisions } = await api.revisions(id);
      if (!this.$root.open || id !== this.message) return;
      // The newest first, as one looks back.
      const newest = [...revisions].reverse();
      this.show(newest.map(({ written_at: moment, html }) => draw(times, { moment, html })));
    } catch (error) {
      this.tell(error);
    }
  },
});
