// Who has read up to where, in rooms that show it: a small picture of each under the last message
// they have read.

import { HUES, fillAvatar } from "../lib/row.js";

const names = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });

export class Readers {
  #api;
  #room;
  #rows;
  #me;
  #keepPlace;
  #template = document.getElementById("readers-template");
  #readers = new Map(); // Author's id → {author, message}
  #isShown = false;
  #isDrawing = false;

  constructor({ api, room, rows, me, keepPlace }) {
    this.#api = api;
    this.#room = room;
    this.#rows = rows;
    this.#me = me;
    this.#keepPlace = keepPlace;
    new MutationObserver(() => this.#drawSoon()).observe(rows, { childList: true });
  }

  async show() {
    this.#isShown = true;
    const { readers } = await this.#api.readers(this.#room);
    this.#readers = new Map(readers.map((reader) => [reader.author.id, reader]));
    this.#drawSoon();
  }

  hide() {
    this.#isShown = false;
    this.#readers.clear();
    this.#drawSoon();
  }

  /** One of them has read on, or back; or hides it, with 0. */
  moved(reader) {
    if (!this.#isShown) return;
    this.#readers.set(reader.author.id, reader);
    this.#drawSoon();
  }

  /** Once for whatever happens at once. */
  #drawSoon() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#keepPlace(() => this.#draw());
    });
  }

  #draw() {
    const last = this.#byRow();
    for (const drawn of this.#rows.querySelectorAll(".readers")) {
      if (!last.has(drawn.parentElement)) drawn.remove();
    }
    for (const [row, authors] of last) {
      const drawn = row.querySelector(":scope > .readers") ?? this.#template.content.firstElementChild.cloneNode(true);
      const seenBy = this.#template.dataset.seenBy.replace("{names}", names.format(authors.map(({ name }) => name)));
      drawn.title = seenBy;
      drawn.firstElementChild.textContent = seenBy;
      drawn.lastElementChild.replaceChildren(...authors.map(picture));
      row.append(drawn);
    }
  }

  /** The row of the last message that each has read, of those that are loaded. */
  #byRow() {
    const articles = [...this.#rows.querySelectorAll(".message[data-id]:not([data-id=''])")];
    const ids = articles.map(({ dataset }) => Number(dataset.id));
    const last = new Map();
    for (const { author, message } of this.#readers.values()) {
      if (author.id === this.#me.id) continue;
      // What is at the end was all there was: it may be gone since.
      const row = articles[ids.findLastIndex((id) => id <= message)]?.closest(".row");
      if (row) last.set(row, [...(last.get(row) ?? []), author]);
    }
    return last;
  }
}

function picture(author) {
  const drawn = Object.assign(document.createElement("span"), { className: `avatar hue-${author.id % HUES}` });
  fillAvatar(drawn, author);
  return drawn;
}
