// What the tab says about unread messages: "(3) Room", and a lit icon.

const MOST = 99;

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

  rename(room) {
    const [, ...rest] = this.#room.split(" · ");
    this.#room = [room, rest.at(-1)].join(" · ");
    this.show(this.#unread);
  }

  show(unread) {
    this.#unread = unread;
    const count = unread > MOST ? `${MOST}+` : unread;
    document.title = unread ? `(${count}) ${this.#room}` : this.#room;
    const icon = unread ? this.#icon.dataset.unread : this.#calm;
    if (this.#icon.href !== icon) this.#icon.href = icon;
  }
}
