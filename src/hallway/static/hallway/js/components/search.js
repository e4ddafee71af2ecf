// Finding messages: asks while one types, and shows what the server found.

import { HUES, initials } from "../lib/row.js";

const PAUSE = 250; // Milliseconds without a key before it is asked.
// What makes an answer on the screen wrong.
const CHANGES = new Set(["message.edited", "message.deleted", "member.left", "room.deleted", "reset"]);

export const search = ({ api, tabs, times, links }) => ({
  query: "",
  problem: "",
  count: 0,
  hasMore: false,
  isAnswered: false,
  asked: 0,
  oldest: undefined,
  timer: undefined,

  get isBlank() {
    return this.query.trim() === "";
  },
  get isNothing() {
    return this.isAnswered && this.count === 0;
  },
  get isSome() {
    return this.isAnswered && this.count > 0;
  },

  init() {
    tabs.addEventListener("event", ({ detail: { kind } }) => {
      if (this.$root.open && this.isAnswered && CHANGES.has(kind)) this.later();
    });
  },

  changed() {
    this.problem = "";
    this.later();
  },
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  },

  async ask() {
    clearTimeout(this.timer);
    const number = ++this.asked;
    if (this.isBlank) return this.show([], false);
    const answer = await this.fetch({}, number);
    if (answer) this.show(answer.messages, answer.has_more);
  },
  async more() {
    const answer = await this.fetch({ before: this.oldest }, ++this.asked);
    if (!answer) return;
    const first = this.list().children.length;
    this.add(answer.messages, answer.has_more);
    this.list().children[first]?.querySelector("a").focus();
  },
  async fetch(edge, number) {
    try {
      const answer = await api.search({ q: this.query, zone: times.zone, ...edge });
      if (number !== this.asked) return null;
      this.problem = "";
      return answer;
    } catch (error) {
      if (number === this.asked) {
        this.show([], false, false);
        this.problem = error.status ? error.message : this.$root.dataset.unreachable;
      }
      return null;
    }
  },

  show(messages, hasMore, isAnswered = !this.isBlank) {
    this.list().replaceChildren();
    this.oldest = undefined;
    this.isAnswered = isAnswered;
    this.add(messages, hasMore);
  },
  add(messages, hasMore) {
    this.list().append(...messages.map((message) => this.draw(message)));
    this.oldest = messages.at(-1)?.id ?? this.oldest;
    this.hasMore = hasMore;
    this.count = this.list().children.length;
  },
  draw(message) {
    const item = document.getElementById("hit-template").content.firstElementChild.cloneNode(true);
    const link = item.querySelector(".hit");
    link.href = links.message(message);
    const avatar = item.querySelector(".avatar");
    avatar.classList.add(`hue-${message.author.id % HUES}`);
    avatar.textContent = initials(message.author.name);
    item.querySelector(".hit-author").textContent = message.author.name;
    item.querySelector(".hit-room-name").textContent = links.roomName(message.room);
    times.write(item.querySelector("time"), message.created_at);
    item.querySelector("time").textContent = times.short(new Date(message.created_at));
    item.querySelector(".hit-excerpt").append(...message.excerpt.map(drawPart));
    return item;
  },

  press(event) {
    if (event.isComposing || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const hits = [...this.list().querySelectorAll("a")];
    const here = hits.indexOf(document.activeElement);
    const next = here + (event.key === "ArrowDown" ? 1 : -1);
    if (here < 0 && event.key === "ArrowUp") return;
    event.preventDefault();
    (hits[next] ?? (next < 0 ? this.field() : hits.at(-1)))?.focus();
  },
  leave() {
    this.$root.close();
  },
  closed() {
    clearTimeout(this.timer);
    this.asked += 1;
  },
  list() {
    return this.$root.querySelector(".hits");
  },
  field() {
    return this.$root.querySelector("input");
  },
});

function drawPart({ text, is_match }) {
  if (!is_match) return text;
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}
