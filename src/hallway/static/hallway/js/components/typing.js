// Who else is writing something here.

const SHOWN = 6_000; // Milliseconds after somebody was last heard to type.
const EVERY = 2_000; // Between two times that I say so.

export const typing = ({ me, room, tabs, api, clock = Date }) => ({
  people: [],
  timer: undefined,
  saidAt: 0,

  get isShown() {
    return this.people.length > 0;
  },
  get isOne() {
    return this.people.length === 1;
  },
  get areTwo() {
    return this.people.length === 2;
  },
  get areMany() {
    return this.people.length > 2;
  },
  get first() {
    return this.people[0]?.name ?? "";
  },
  get second() {
    return this.people[1]?.name ?? "";
  },

  init() {
    tabs.addEventListener("signal", ({ detail: { kind, payload } }) => {
      if (kind === "typing" && payload.room === room && payload.author.id !== me.id) this.hear(payload.author);
    });
    tabs.addEventListener("event", ({ detail: { kind, payload } }) => {
      if (kind === "message.posted" && payload.room === room) this.drop(({ id }) => id === payload.author.id);
    });
    document.getElementById("composer-text").addEventListener("input", ({ target }) => this.say(target.value));
  },

  hear({ id, name }) {
    const until = clock.now() + SHOWN;
    this.people = [...this.people.filter((other) => other.id !== id), { id, name, until }];
    this.wait();
  },
  drop(isGone) {
    if (this.people.some(isGone)) this.people = this.people.filter((one) => !isGone(one));
  },
  /** Whoever was heard first is the first to be forgotten. */
  wait() {
    clearTimeout(this.timer);
    if (!this.isShown) return;
    this.timer = setTimeout(() => {
      this.drop(({ until }) => until <= clock.now());
      this.wait();
    }, this.people[0].until - clock.now());
  },

  say(text) {
    const now = clock.now();
    if (text.trim() === "" || now - this.saidAt < EVERY || tabs.state !== "live") return;
    this.saidAt = now;
    // Nobody misses it.
    api.type(room).catch(() => {});
  },
});
