// Which emoji this person uses in this browser: the newest for the picker, the most used for the
// quick reactions.

const USUAL = ["👍", "❤️", "😂", "🎉", "👀"];
const REMEMBERED = 40;

export class UsedEmoji {
  #store;

  constructor(store) {
    this.#store = store;
  }

  /** [emoji, times], the last used first. */
  get #all() {
    const kept = this.#store.get("used");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.[0] === "string" && one[1] > 0) : [];
  }

  add(emoji) {
    const all = this.#all;
    const times = all.find(([one]) => one === emoji)?.[1] ?? 0;
    const others = all.filter(([one]) => one !== emoji);
    this.#store.set("used", [[emoji, times + 1], ...others].slice(0, REMEMBERED));
  }

  recent(most) {
    return this.#all.slice(0, most).map(([emoji]) => emoji);
  }

  /** The most used, filled up with what most people use. Once is no habit. */
  favourites() {
    const often = this.#all.filter(([, times]) => times > 1).sort((a, b) => b[1] - a[1]);
    const found = new Set([...often.slice(0, USUAL.length).map(([emoji]) => emoji), ...USUAL]);
    return [...found].slice(0, USUAL.length);
  }

  get tone() {
    return Number(this.#store.get("tone")) || 0;
  }

  set tone(tone) {
    this.#store.set("tone", tone);
  }
}
