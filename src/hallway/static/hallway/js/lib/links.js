// Where rooms and messages are.

export class Links {
  #root;

  constructor({ root }) {
    this.#root = root;
  }

  message({ id, room }) {
    return `${this.#root}rooms/${room}/#message-${id}`;
  }

  /** As the sidebar calls the room. */
  roomName(slug) {
    const door = [...document.querySelectorAll(".door")].find((one) => one.dataset.room === slug);
    return door?.querySelector(".door-name").textContent ?? slug;
  }
}
