// Named values that survive a reload, shared by the tabs of this browser. Where the browser keeps
// nothing (blocked, full), they live as long as the page.

export class Store {
  #prefix;
  #storage;
  #memory = new Map();

  constructor(prefix, storage = globalThis.localStorage) {
    this.#prefix = prefix;
    this.#storage = storage;
  }

  get(name) {
    const key = this.#prefix + name;
    if (this.#memory.has(key)) return this.#memory.get(key);
    try {
      return JSON.parse(this.#storage.getItem(key));
    } catch {
      return null;
    }
  }

  set(name, value) {
    const key = this.#prefix + name;
    try {
      this.#storage.setItem(key, JSON.stringify(value));
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }

  delete(name) {
    this.#memory.delete(this.#prefix + name);
    try {
      this.#storage.removeItem(this.#prefix + name);
    } catch {
      // Nothing is kept, so nothing is left.
    }
  }

  names() {
    let kept = [];
    try {
      kept = Object.keys(this.#storage);
    } catch {
      // As above.
    }
    return [...new Set([...kept, ...this.#memory.keys()])]
      .filter((key) => key.startsWith(this.#prefix))
      .map((key) => key.slice(this.#prefix.length))
      .sort();
  }

  /** Calls back when another tab changed something here. */
  onChange(listener) {
    globalThis.addEventListener("storage", (event) => {
      if (event.key === null || event.key.startsWith(this.#prefix)) listener();
    });
  }
}
