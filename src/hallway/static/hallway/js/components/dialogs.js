// What opens over the page, and the keys that open it.

import { IS_APPLE, isCommand } from "../lib/keys.js";

/** Something that opens a dialog by its id. */
export const opener = (id) => ({
  shortcut: IS_APPLE ? "⌘ K" : "Ctrl K",
  open() {
    show(id).catch((error) => document.dispatchEvent(new CustomEvent("hallway:problem", { detail: { error } })));
  },
});

/** The list of rooms, narrowed by typing. */
export const switcher = () => ({
  query: "",
  active: 0,

  get found() {
    const wanted = this.query.trim().toLocaleLowerCase();
    const doors = [...document.querySelectorAll(":is(#doors, #directs) .door")];
    return doors
      .map((door) => ({ slug: door.dataset.room, href: door.href, name: door.querySelector(".door-name").textContent }))
      .filter(({ name, slug }) => name.toLocaleLowerCase().includes(wanted) || slug.includes(wanted))
      .map((room, index) => ({ ...room, index, optionId: `switch-to-${room.slug}`, isActive: index === this.active }));
  },
  get isEmpty() {
    return this.found.length === 0;
  },
  get activeId() {
    return this.found[this.active]?.optionId ?? "";
  },
  init() {
    this.$watch("query", () => (this.active = 0));
    this.$watch("active", () => this.$nextTick(() => document.getElementById(this.activeId)?.scrollIntoView({ block: "nearest" })));
  },
  press(event) {
    const count = this.found.length;
    if (event.isComposing || !count) return;
    if (event.key === "ArrowDown") this.active = (this.active + 1) % count;
    else if (event.key === "ArrowUp") this.active = (this.active + count - 1) % count;
    else if (event.key === "Enter") this.choose(this.found[this.active]);
    else return;
    event.preventDefault();
  },
  point(room) {
    this.active = room.index;
  },
  choose(room) {
    this.$root.close();
    location.assign(room.href);
  },
  closed() {
    this.query = "";
    this.active = 0;
  },
});

export function watchKeys() {
  if (IS_APPLE) document.querySelectorAll("[data-apple]").forEach((key) => (key.textContent = key.dataset.apple));
  const textBox = document.getElementById("composer-text");
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.key.toLowerCase() === "k" && isCommand(event) && !event.shiftKey) {
      event.preventDefault();
      return show("switcher");
    }
    if (event.key.toLowerCase() === "f" && isCommand(event) && event.shiftKey) {
      event.preventDefault();
      return opener("search").open();
    }
    const isTyping = event.target.closest("input, textarea, select, [contenteditable], dialog, [popover]:popover-open");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") {
      event.preventDefault();
      return show("shortcuts");
    }
    if (event.key === "/") {
      event.preventDefault();
      return opener("search").open();
    }
    // Typing anywhere goes into the box.
    const isButton = event.target.closest("button, a, .row");
    if (event.key.length === 1 && event.key !== " " && !isButton) textBox.focus();
  });
}

const parts = new Map();
let start;

/**
 * Dialogs whose script is fetched when they are first opened: `x-data` names to what imports it.
 * They carry `x-ignore` until then. `begin(dialog, name, module)` wakes one up.
 */
export function sleepers(imports, begin) {
  for (const [name, load] of Object.entries(imports)) parts.set(name, load);
  start = begin;
}

const styles = new Map();

/** The looks of what is drawn later, fetched once; without them it works as well. */
export function fetchStyle(href) {
  const fetched = () =>
    new Promise((done) => {
      const retry = () => done(styles.delete(href)); // with the next opening
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: retry });
      document.head.append(link);
    });
  if (!styles.has(href)) styles.set(href, fetched());
  return styles.get(href);
}

async function wake(dialog) {
  const name = dialog.getAttribute("x-data");
  const load = dialog.hasAttribute("x-ignore") && parts.get(name);
  if (!load) return;
  const { style } = dialog.dataset;
  const [module] = await Promise.all([load(), style && fetchStyle(style)]);
  // Opened twice while it was on its way.
  if (dialog.hasAttribute("x-ignore")) start(dialog, name, module);
}

export async function show(id) {
  const dialog = document.getElementById(id);
  await wake(dialog);
  const isOther = document.querySelector("dialog[open]");
  if (isOther && isOther !== dialog) isOther.close();
  document.querySelectorAll(":popover-open").forEach((open) => open.hidePopover());
  if (!dialog.open) dialog.showModal();
}
