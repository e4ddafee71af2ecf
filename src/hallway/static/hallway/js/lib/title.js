// What the tab says about messages that arrived while nobody looked: "(3) Room", and a lit icon.

export class Title {
  #room;
  #icon;
  #calm;
  #unread = 0;

  constructor({ icon }) {
    this.#room = document.title;
    this.#icon = icon;
    this.#calm = icon.href;
  }

  count() {
    this.#show(this.#unread + 1);
  }

  clear() {
    if (this.#unread) this.#show(0);
  }

  #show(unread) {
    this.#unread = unread;
    document.title = unread ? `(${unread}) ${this.#room}` : this.#room;
    this.#icon.href = unread ? this.#icon.dataset.unread : this.#calm;
  }
}
