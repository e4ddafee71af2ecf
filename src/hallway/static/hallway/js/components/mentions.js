// Whom an @ may mean: a list of the room's members above the box, while one types a name.

import { fillAvatar, HUES } from "../lib/row.js";

const PAUSE = 200; // Milliseconds without a key before it is asked.
const LONGEST = 60;
// As the server reads an @ (text/mentions.py): not inside a word or an address, but right behind
// Chinese, Japanese or Korean, which put no blank there.
const AT = /(?:^|[^\p{L}\p{N}_@/.]|[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef])@([^\s@][^\n@]*|)$/u;

export class Mentions {
  #api;
  #room;
  #box;
  #list = document.getElementById("mention-list");
  #status = document.getElementById("mention-status");
  #people = [];
  #active = 0;
  #at = -1;
  #asked = 0;
  #timer;
  // What nobody's name begins with: more letters do not change that.
  #nobody = null;

  constructor({ api, room, box }) {
    this.#api = api;
    this.#room = room;
    this.#box = box;
    box.addEventListener("input", ({ isComposing }) => !isComposing && this.look());
    box.addEventListener("compositionend", () => this.look());
    box.addEventListener("click", () => this.look());
    box.addEventListener("keyup", ({ key }) => ["ArrowLeft", "ArrowRight", "Home", "End"].includes(key) && this.look());
    box.addEventListener("keydown", (event) => this.#press(event), { capture: true });
    box.addEventListener("blur", () => this.#close());
    box.form.addEventListener("submit", () => this.#close());
    // The box keeps the focus, and with it the keyboard of a phone.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#take(this.#people[[...this.#list.children].indexOf(option)]);
    });
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  look() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const { selectionStart: caret, selectionEnd, value } = this.#box;
    const [, typed] = (caret === selectionEnd && AT.exec(value.slice(Math.max(0, caret - LONGEST - 2), caret))) || [];
    if (typed === undefined) {
      this.#nobody = null;
      return this.#close();
    }
    const at = caret - typed.length - 1;
    const isHopeless = this.#nobody && this.#nobody.at === at && typed.startsWith(this.#nobody.typed);
    if (isHopeless) return this.#close();
    this.#at = at;
    this.#timer = setTimeout(() => this.#ask(typed, asked), this.isOpen || typed === "" ? PAUSE / 2 : PAUSE);
  }

  async #ask(typed, asked) {
    let people;
    try {
      ({ people } = await this.#api.mentionable(this.#room, typed));
    } catch {
      return this.#close(); // A name can be typed in full.
    }
    if (asked !== this.#asked || document.activeElement !== this.#box) return;
    if (!people.length) {
      this.#nobody = { at: this.#at, typed };
      return this.#close();
    }
    this.#open(people);
  }

  #open(people) {
    this.#people = people;
    const template = document.getElementById("mention-template").content.firstElementChild;
    this.#list.replaceChildren(
      ...people.map((person) => {
        const option = template.cloneNode(true);
        option.id = `mention-${person.id}`;
        const avatar = option.querySelector(".avatar");
        avatar.classList.add(`hue-${person.id % HUES}`);
        fillAvatar(avatar, person);
        option.querySelector(".mention-name").textContent = person.name;
        return option;
      }),
    );
    this.#list.hidden = false;
    this.#status.textContent = this.#status.dataset.found.replace("{count}", people.length);
    this.#move(0);
  }

  #move(to) {
    this.#active = (to + this.#people.length) % this.#people.length;
    [...this.#list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#active)));
    const active = this.#list.children[this.#active];
    active.scrollIntoView({ block: "nearest" });
    this.#box.setAttribute("aria-activedescendant", active.id);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (!this.isOpen) return;
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#status.textContent = "";
    this.#box.removeAttribute("aria-activedescendant");
  }

  #press(event) {
    // 229: the key belongs to an input method; Safari says so only there.
    if (!this.isOpen || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "ArrowDown") this.#move(this.#active + 1);
    else if (event.key === "ArrowUp") this.#move(this.#active - 1);
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#people[this.#active]);
    else if (event.key === "Escape") {
      this.#nobody = { at: this.#at, typed: "" };
      this.#close();
    } else return;
    // Not a message sent, a reply dropped, an old message edited.
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #take({ name }) {
    const caret = this.#box.selectionStart;
    const follows = /^\s/u.test(this.#box.value.slice(caret)) ? "" : " ";
    this.#box.setRangeText(`@${name}${follows}`, this.#at, caret, "end");
    this.#close();
    this.#box.dispatchEvent(new Event("input", { bubbles: true }));
    // The name just written is not asked for again.
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#box.focus();
  }
}
