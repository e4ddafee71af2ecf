// Who is here. Wherever an avatar says whose it is, a light is on while they are.

const CONFIRMED = 3_000; // After a new connection whoever is here has been named by then.

export class Presence {
  #online = new Set();
  #unsure = new Set();
  #sheet = new CSSStyleSheet();
  #timer;

  constructor({ tabs, me, online }) {
    // A rule finds every avatar, also those drawn later; nothing has to look for them.
    document.adoptedStyleSheets.push(this.#sheet);
    tabs.addEventListener("signal", ({ detail: { kind, payload } }) => {
      if (kind === "presence" && payload.author.id !== me.id) this.#hear(payload.author.id, payload.online);
    });
    tabs.addEventListener("state", () => tabs.state === "live" && this.#doubt());
    // Those of whom the page itself knew, until the stream tells.
    this.#online = new Set(online);
    this.#light();
  }

  isOnline(id) {
    return this.#online.has(id);
  }

  #hear(id, isOnline) {
    this.#unsure.delete(id);
    if (this.#online.has(id) === isOnline) return;
    if (isOnline) this.#online.add(id);
    else this.#online.delete(id);
    this.#light();
  }

  /** Who went while nothing was heard is not named again. */
  #doubt() {
    this.#unsure = new Set(this.#online);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#unsure.forEach((id) => this.#online.delete(id));
      this.#unsure.clear();
      this.#light();
    }, CONFIRMED);
  }

  #light() {
    // The door to a direct room is lit while somebody is there.
    const theirs = [...this.#online].flatMap((id) => [`[data-presence="${id}"]`, `.door[data-people~="${id}"]`]);
    this.#sheet.replaceSync(theirs.length ? `:is(${theirs}) { --is-here: 1; }` : "");
  }
}
