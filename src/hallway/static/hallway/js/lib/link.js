// Whether this browser hears the server; the one truth behind the banner and the outbox.

const BANNER_AFTER = 5_000;

/** Event "change". */
export class Link extends EventTarget {
  isLost = false;
  isOffline = false;
  isStopped = false;
  #tabs;
  #timer;

  constructor(tabs) {
    super();
    this.#tabs = tabs;
    tabs.addEventListener("state", () => this.#look());
    addEventListener("offline", () => this.#look());
    addEventListener("online", () => this.#look());
    this.#look();
  }

  tryNow() {
    this.#tabs.wake();
  }

  #look() {
    const { state } = this.#tabs;
    const isDown = state === "connecting" || state === "waiting";
    this.isStopped = state === "stopped";
    this.isOffline = navigator.onLine === false;
    // A link may last though the browser thinks it is offline: then it is right and we are not.
    if (!isDown) this.#become(false);
    else if (this.isLost) this.#become(true);
    else this.#timer ??= setTimeout(() => this.#become(true), BANNER_AFTER);
  }

  #become(isLost) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.isLost = isLost;
    this.dispatchEvent(new Event("change"));
  }
}
