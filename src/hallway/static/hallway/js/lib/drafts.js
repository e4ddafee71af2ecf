// What was typed and not sent, per room; survives a reload.

const PAUSE = 500; // After the last key press, so that typing costs nothing.

export class Drafts {
  #store;
  #pending = new Map();

  constructor(store) {
    this.#store = store;
  }

  read(room) {
    return this.#pending.get(room)?.text ?? this.#store.get(room) ?? "";
  }

  keep(room, text) {
    clearTimeout(this.#pending.get(room)?.timer);
    this.#pending.set(room, { text, timer: setTimeout(() => this.#write(room), PAUSE) });
  }

  forget(room) {
    this.keep(room, "");
    this.#write(room);
  }

  /** Writes at once what still waits; the page is going away. */
  flush() {
    [...this.#pending.keys()].forEach((room) => this.#write(room));
  }

  #write(room) {
    const { text, timer } = this.#pending.get(room);
    clearTimeout(timer);
    this.#pending.delete(room);
    if (text) this.#store.set(room, text);
    else this.#store.delete(room);
  }
}
