// What is done with a message less often: a menu that opens from its toolbar.

const GAP = 4;

export class MessageMenu {
  #menu = document.getElementById("message-menu");
  #act;
  #button;
  #row;

  constructor({ act }) {
    this.#act = act;
    this.#menu.addEventListener("click", (event) => this.#choose(event.target.closest("[data-action]")));
    this.#menu.addEventListener("keydown", (event) => this.#press(event));
    this.#menu.addEventListener("beforetoggle", ({ newState }) => newState === "closed" && this.#closing());
    // What it belongs to moves away below it.
    document.getElementById("timeline").addEventListener("scroll", () => this.isOpen && this.#menu.hidePopover(), { passive: true });
  }

  get isOpen() {
    return this.#menu.matches(":popover-open");
  }

  /** Opens below a button; `offered` says of some actions whether there is such a thing here. */
  open(button, row, offered) {
    if (this.isOpen) return this.#menu.hidePopover();
    this.#button = button;
    this.#row = row;
    for (const [action, isOffered] of Object.entries(offered)) {
      this.#menu.querySelector(`[data-action="${action}"]`).hidden = !isOffered;
    }
    this.#menu.showPopover();
    button.setAttribute("aria-expanded", "true");
    this.#place();
    this.#items()[0].focus({ preventScroll: true });
  }

  #place() {
    const at = this.#button.getBoundingClientRect();
    const { width, height } = this.#menu.getBoundingClientRect();
    const below = at.bottom + GAP;
    const fits = below + height <= innerHeight - GAP;
    const isLeftToRight = getComputedStyle(document.body).direction === "ltr";
    const left = isLeftToRight ? at.right - width : at.left;
    this.#menu.style.top = `${Math.max(GAP, fits ? below : at.top - GAP - height)}px`;
    this.#menu.style.left = `${Math.min(Math.max(GAP, left), innerWidth - width - GAP)}px`;
  }

  #choose(item) {
    if (!item) return;
    const row = this.#row;
    this.#menu.hidePopover();
    // Deleted meanwhile: there is nothing left to act on.
    if (row.isConnected) this.#act(item, row);
  }

  #closing() {
    this.#button.setAttribute("aria-expanded", "false");
    if (!this.#menu.contains(document.activeElement)) return;
    if (this.#button.isConnected) this.#button.focus({ preventScroll: true });
    else document.getElementById("composer-text").focus();
  }

  #press(event) {
    const items = this.#items();
    const here = items.indexOf(document.activeElement);
    const steps = { ArrowDown: here + 1, ArrowUp: here - 1 + items.length, Home: 0, End: items.length - 1 };
    if (event.key in steps) items[steps[event.key] % items.length].focus();
    else if (event.key === "Tab" || event.key === "Escape") this.#menu.hidePopover();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #items() {
    return [...this.#menu.querySelectorAll("[role=menuitem]:not([hidden])")];
  }
}
