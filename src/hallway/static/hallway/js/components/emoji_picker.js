// Any emoji: by kind, by name, by skin tone, the last used first. Opens beside a button, on a
// phone as a sheet. Its words and data come from our own server with the first opening.

import { fetchStyle } from "./dialogs.js";
import { sanitizedByServer } from "../lib/trusted.js";

const GAP = 6;
const RECENT = 16;
const SIGNS = ["😀", "👋", "🐻", "🍎", "🚗", "⚽", "💡", "🔣", "🏁"];
const RECENTLY = "🕘";
const TONES = ["✋", "✋🏻", "✋🏼", "✋🏽", "✋🏾", "✋🏿"];

export class EmojiPicker {
  #root;
  #used;
  #picker;
  #groups; // Of {emoji, name, words, tones}.
  #byEmoji = new Map();
  #take;
  #button;

  constructor({ root, used }) {
    this.#root = root;
    this.#used = used;
  }

  get isOpen() {
    return Boolean(this.#picker?.matches(":popover-open"));
  }

  /** Opens beside a button; `take(emoji)` gets what is chosen. Fails where the server is out of reach. */
  async open(button, take) {
    if (this.isOpen) return this.#picker.hidePopover();
    this.#picker ??= await this.#make();
    if (!button.isConnected) return;
    this.#take = take;
    this.#button = button;
    this.#search.value = "";
    this.#draw();
    this.#picker.showPopover();
    this.#place();
    button.setAttribute("aria-expanded", "true");
    this.#grid.scrollTop = 0;
    this.#mark();
    // A keyboard over the sheet leaves nothing to see of it.
    if (matchMedia("(pointer: coarse)").matches) this.#buttons()[0]?.focus();
    else this.#search.focus();
  }

  get #search() {
    return this.#picker.querySelector(".emoji-search");
  }
  get #grid() {
    return this.#picker.querySelector(".emoji-grid");
  }

  async #make() {
    const words = await asked(`${this.#root}emoji/`);
    const picker = document.createElement("div");
    picker.className = "emoji-picker";
    picker.id = "emoji-picker";
    picker.popover = "auto";
    picker.role = "dialog";
    picker.append(sanitizedByServer(await words.text()));
    const { style, names } = picker.firstElementChild.dataset;
    const [kinds] = await Promise.all([asked(names).then((answer) => answer.json()), fetchStyle(style)]);
    picker.setAttribute("aria-label", picker.querySelector(".emoji-search").placeholder);
    this.#groups = kinds.map((kind) => kind.map(([emoji, name, words, tones]) => ({ emoji, name, words, tones })));
    for (const one of this.#groups.flat()) {
      this.#byEmoji.set(one.emoji, one);
      one.tones?.forEach((emoji) => this.#byEmoji.set(emoji, { ...one, emoji, tones: undefined }));
      one.key = fold(`${one.name} ${one.words}`);
    }
    document.body.append(picker);
    this.#picker = picker;
    this.#makeTones();
    this.#listen(picker);
    return picker;
  }

  #listen(picker) {
    const grid = this.#grid;
    this.#search.addEventListener("input", (event) => !event.isComposing && this.#draw());
    this.#search.addEventListener("compositionend", () => this.#draw());
    picker.addEventListener("keydown", (event) => this.#press(event));
    picker.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      if ("close" in button.dataset) this.#picker.hidePopover();
      else if (button.dataset.emoji) this.#choose(button.dataset.emoji);
      else if (button.dataset.kind) this.#show(button.dataset.kind);
      else if (button.dataset.tone) this.#setTone(Number(button.dataset.tone));
    });
    const name = ({ target }) => {
      const { emoji } = target.closest("[data-emoji]")?.dataset ?? {};
      if (emoji) picker.querySelector(".emoji-name").textContent = this.#byEmoji.get(emoji)?.name ?? emoji;
    };
    grid.addEventListener("pointerover", name);
    grid.addEventListener("focusin", name);
    grid.addEventListener("scroll", () => this.#mark(), { passive: true });
    picker.addEventListener("beforetoggle", ({ newState }) => newState === "closed" && this.#closing());
    addEventListener("resize", () => this.isOpen && this.#place());
  }

  #closing() {
    this.#button.setAttribute("aria-expanded", "false");
    if (this.#picker.contains(document.activeElement) && this.#button.isConnected) this.#button.focus({ preventScroll: true });
  }

  #choose(emoji) {
    const take = this.#take;
    this.#picker.hidePopover();
    take(emoji);
  }

  // --- what is shown ---

  #draw() {
    const wanted = fold(this.#search.value.trim());
    const status = this.#picker.querySelector("[role=status]");
    const { recent, found, groups } = this.#grid.dataset;
    const bar = this.#picker.querySelector(".emoji-groups");
    bar.hidden = wanted !== "";
    if (wanted) {
      const hits = this.#find(wanted);
      status.textContent = hits.length ? status.dataset.count.replace("{count}", hits.length) : status.dataset.nothing;
      this.#grid.replaceChildren(this.#section(hits.length ? found : status.dataset.nothing, hits, "found"));
      this.#grid.scrollTop = 0;
    } else {
      status.textContent = "";
      const used = this.#used.recent(RECENT).map((emoji) => this.#byEmoji.get(emoji) ?? { emoji, name: emoji });
      const names = groups.split("|");
      const sections = this.#groups.map((kind, index) => this.#section(names[index], kind, `kind-${index}`));
      if (used.length) sections.unshift(this.#section(recent, used, "recent"));
      this.#grid.replaceChildren(...sections);
      const kinds = names.map((name, index) => this.#kind(`kind-${index}`, SIGNS[index], name));
      if (used.length) kinds.unshift(this.#kind("recent", RECENTLY, recent));
      bar.replaceChildren(...kinds);
      this.#mark();
    }
    this.#buttons()[0]?.setAttribute("tabindex", "0");
  }

  /** Names with this as a word come first, then those with a word that begins so, then the rest. */
  #find(wanted) {
    const parts = wanted.split(/\s+/u);
    // Chinese has no blanks before its words.
    const has = (text, part) => (/^[ -~]+$/u.test(part) ? ` ${text}`.includes(` ${part}`) : text.includes(part));
    const rank = ({ name, key }) => {
      if (!parts.every((part) => has(key, part))) return 3;
      if (` ${fold(name)} `.includes(` ${wanted} `)) return 0;
      return has(fold(name), wanted) ? 1 : 2;
    };
    const all = this.#groups.flat().map((one) => ({ one, rank: one.emoji === wanted ? 0 : rank(one) }));
    return all
      .filter((hit) => hit.rank < 3)
      .sort((a, b) => a.rank - b.rank)
      .map(({ one }) => one);
  }

  #section(title, kind, id) {
    const section = document.createElement("section");
    section.id = `emoji-${id}`;
    const heading = document.createElement("h3");
    heading.textContent = title;
    const cells = document.createElement("div");
    cells.role = "group";
    cells.setAttribute("aria-label", title);
    cells.append(...kind.map((one) => this.#cell(one)));
    section.append(heading, cells);
    return section;
  }

  #cell({ emoji, name, tones }) {
    const button = document.createElement("button");
    const shown = tones?.[this.#used.tone - 1] ?? emoji;
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.emoji = shown;
    button.textContent = shown;
    button.setAttribute("aria-label", name);
    return button;
  }

  #kind(id, sign, name) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, title: name });
    button.dataset.kind = id;
    button.setAttribute("aria-label", name);
    return button;
  }

  #show(kind) {
    const section = this.#picker.querySelector(`#emoji-${kind}`);
    this.#grid.scrollTop = section.offsetTop;
  }

  /** Says in the row of kinds which one is in view. */
  #mark() {
    const top = this.#grid.scrollTop + 1;
    const here = [...this.#grid.children].findLast((section) => section.offsetTop <= top);
    for (const button of this.#picker.querySelectorAll("[data-kind]")) {
      button.setAttribute("aria-pressed", String(`emoji-${button.dataset.kind}` === here?.id));
    }
  }

  #makeTones() {
    const tones = this.#picker.querySelector(".emoji-tones");
    const names = tones.dataset.tones.split("|");
    tones.append(
      ...TONES.map((hand, tone) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: hand, title: names[tone], role: "radio" });
        button.dataset.tone = tone;
        button.setAttribute("aria-label", names[tone]);
        return button;
      }),
    );
    this.#markTone();
  }

  #setTone(tone) {
    this.#used.tone = tone;
    this.#markTone();
    const { scrollTop } = this.#grid;
    this.#draw();
    this.#grid.scrollTop = scrollTop;
  }

  #markTone() {
    this.#picker.querySelectorAll("[data-tone]").forEach((button) => {
      const isChosen = Number(button.dataset.tone) === this.#used.tone;
      button.setAttribute("aria-checked", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    });
  }

  // --- by keyboard ---

  #buttons() {
    return [...this.#grid.querySelectorAll("button")];
  }

  #press(event) {
    if (event.isComposing || event.keyCode === 229) return;
    // What belongs to the messages or the composer below is not for here.
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      return this.#picker.hidePopover();
    }
    if (event.target === this.#search) return this.#pressInSearch(event);
    if (event.target.dataset.tone) return this.#pressInTones(event);
    if (event.target.dataset.emoji) this.#pressInGrid(event);
  }

  #pressInSearch(event) {
    const [first] = this.#buttons();
    if (event.key === "ArrowDown") first?.focus();
    else if (event.key === "Enter") {
      if (first && this.#search.value.trim()) this.#choose(first.dataset.emoji);
    } else return;
    event.preventDefault();
  }

  #pressInTones(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.#setTone((this.#used.tone + step + TONES.length) % TONES.length);
    this.#picker.querySelector(`[data-tone="${this.#used.tone}"]`).focus();
  }

  #pressInGrid(event) {
    const buttons = this.#buttons();
    const here = buttons.indexOf(event.target);
    const isLeftToRight = getComputedStyle(this.#picker).direction === "ltr";
    const [forward, back] = isLeftToRight ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    let next;
    if (event.key === forward) next = buttons[here + 1];
    else if (event.key === back) next = buttons[here - 1] ?? this.#search;
    else if (event.key === "ArrowDown") next = beside(buttons, here, 1);
    else if (event.key === "ArrowUp") next = beside(buttons, here, -1) ?? this.#search;
    else if (event.key === "Home") next = buttons[0];
    else if (event.key === "End") next = buttons.at(-1);
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // Typing goes on with the search.
      return this.#search.focus();
    } else return;
    event.preventDefault();
    if (!next) return;
    if (next !== this.#search) {
      event.target.tabIndex = -1;
      next.tabIndex = 0;
    }
    next.focus();
  }

  #place() {
    const at = this.#button.getBoundingClientRect();
    const { width, height } = this.#picker.getBoundingClientRect();
    const above = at.top - GAP - height;
    const below = at.bottom + GAP;
    const top = above >= GAP ? above : Math.min(below, innerHeight - height - GAP);
    const isLeftToRight = getComputedStyle(document.body).direction === "ltr";
    const left = isLeftToRight ? at.right - width : at.left;
    this.#picker.style.top = `${Math.max(GAP, top)}px`;
    this.#picker.style.left = `${Math.min(Math.max(GAP, left), innerWidth - width - GAP)}px`;
  }
}

/** The one in the next line that stands closest below, or above. */
function beside(buttons, here, step) {
  const box = buttons[here].getBoundingClientRect();
  let line;
  let best;
  for (let index = here + step; buttons[index]; index += step) {
    const other = buttons[index].getBoundingClientRect();
    if (Math.abs(other.top - box.top) < 2) continue;
    line ??= other.top;
    if (Math.abs(other.top - line) > 2) break;
    const distance = Math.abs(other.left - box.left);
    if (!best || distance < best.distance) best = { distance, button: buttons[index] };
  }
  return best?.button;
}

function fold(text) {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/gu, "").replace(/[-:,]+/gu, " ").toLowerCase();
}

async function asked(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok || (answer.redirected && address.endsWith("/emoji/"))) throw new Error(`${answer.status} for ${address}`);
  return answer;
}
