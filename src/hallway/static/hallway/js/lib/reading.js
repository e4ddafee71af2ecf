// How far this reader has read: told to the server when the newest message is in view, and from
// there to the reader's other tabs and devices. The line above the first unread one.

const FIRST = 300; // Milliseconds a message has to be in view …
const AGAIN = 3_000; // … and between two tellings: a busy room is not a request a message.

export class Reading {
  #api;
  #room;
  #rows;
  #line;
  #upTo;
  #newest;
  #keepPlace;
  #lineAfter;
  #isAway = false;
  #isHeld = false;
  #timer;
  #toldAt = -AGAIN;

  constructor({ api, room, rows, line, upTo, newest, keepPlace }) {
    this.#api = api;
    this.#keepPlace = keepPlace;
    this.#room = room;
    this.#rows = rows;
    this.#line = line;
    this.#upTo = this.#lineAfter = upTo;
    this.#newest = newest;
    new MutationObserver(() => this.#draw()).observe(rows, { childList: true });
    document.addEventListener("visibilitychange", () => this.#looked());
  }

  /** Draws the line, and leads to it where it is above what is in view. */
  begin(scroller) {
    this.#draw();
    if (this.#line.isConnected && this.#line.getBoundingClientRect().top < scroller.getBoundingClientRect().top) {
      this.#line.scrollIntoView({ block: "center" });
    }
    this.#look();
  }

  /** Somebody else said something here. */
  heard({ id }) {
    this.#newest = Math.max(this.#newest, id);
    this.#look();
  }

  /** I said something: whoever answers has read. */
  spoke() {
    this.#lineAfter = Infinity;
    this.#draw();
  }

  /** Whether the newest message is out of view. */
  away(isAway) {
    this.#isAway = isAway;
    this.#look();
  }

  /** What one of my screens has told; an older message than before means "mark unread". */
  told({ message }) {
    if (message < this.#upTo) {
      this.#isHeld = true;
      this.#lineAfter = message;
      this.#draw();
    }
    this.#upTo = message;
  }

  #looked() {
    if (document.visibilityState === "hidden") {
      this.#lineAfter = Math.max(this.#upTo, this.#lineAfter === Infinity ? this.#newest : 0);
      return;
    }
    this.#isHeld = false;
    this.#draw();
    this.#look();
  }

  #look() {
    if (this.#timer || !this.#isRead()) return;
    const wait = Math.max(FIRST, this.#toldAt + AGAIN - performance.now());
    this.#timer = setTimeout(() => this.#tell(), wait);
  }

  #isRead() {
    return document.visibilityState === "visible" && !this.#isAway && !this.#isHeld && this.#newest > this.#upTo;
  }

  async #tell() {
    this.#timer = undefined;
    if (!this.#isRead()) return;
    this.#toldAt = performance.now();
    const newest = this.#newest;
    try {
      await this.#api.read(this.#room, newest);
      if (!this.#isHeld) this.#upTo = Math.max(this.#upTo, newest);
    } catch (error) {
      if (error.status) return; // gone, or no longer ours
    }
    this.#look();
  }

  #draw() {
    const first = this.#first();
    if (this.#line.parentElement === (first ?? null)) return;
    this.#keepPlace(() => {
      if (first) first.prepend(this.#line);
      else this.#line.remove();
    });
  }

  /** The first unread row, if what is read stands above it or nothing does. */
  #first() {
    const rows = [...this.#rows.children].filter((row) => row.matches(".row") && idOf(row));
    const index = rows.findIndex((row) => idOf(row) > this.#lineAfter && !row.matches(".mine"));
    const isBeginning = document.getElementById("older").hidden;
    return index > 0 || (index === 0 && isBeginning) ? rows[index] : undefined;
  }
}

function idOf(row) {
  return Number(row.querySelector(".message").dataset.id);
}
