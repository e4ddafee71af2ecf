// One stream per browser, not per tab: browsers open six connections to an HTTP/1.1 server, and
// the seventh tab would hang. The tab that holds a Web Lock leads: it owns the stream and passes
// every event on. The others follow, each with a cursor of its own, and ask for what they missed.

import { covers } from "./cursors.js";

const REMEMBERED = 1_000; // Events a leader keeps for tabs that missed some.
const LOOK = 500; // How often a follower looks after its leader.
const PATIENCE = 1_000; // Silence after which a follower asks …
const DEADLINE = 1_500; // … and how long the leader may take to answer. Together under 5 s.

/**
 * Events: "event" {kind, id, payload}, in order, each once, after the cursor given to `join`;
 * "signal" {kind, payload}, of the moment; "state", the stream's. `reset` is passed on like any
 * event, and also made up for a tab that was away longer than its leader remembers.
 */
export class Tabs extends EventTarget {
  state = "connecting";
  cursor;
  #isHere = false;
  #name;
  #makeStream;
  #locks;
  #channel = null;
  #stream = null;
  #release = null;
  #queue = null;
  #recent = [];
  #present = new Map(); // The newest signal about everybody who is here.
  #id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  #heardAt = 0;
  #askedAt = null;
  #lookedAt = 0;
  #looking;

  /** `name` tells apart what must not be shared: another site's chat, another author. */
  constructor({ name, makeStream, locks = globalThis.navigator.locks }) {
    super();
    this.#name = name;
    this.#makeStream = makeStream;
    this.#locks = locks;
  }

  get leads() {
    return this.#stream !== null;
  }

  join(cursor) {
    if (this.#isHere) return;
    this.#isHere = true;
    this.cursor = cursor;
    // Web Locks need a secure context: without them each tab looks after itself.
    if (!this.#locks || !globalThis.BroadcastChannel) return this.#lead();
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#heardAt = this.#lookedAt = Date.now();
    this.#looking = setInterval(() => this.#look(), LOOK);
    this.#follow();
    this.#ask();
    // This page came through, so the server is there: a leader that waits may try.
    this.#say({ type: "wake" });
  }

  /** Lets another tab lead; the page is going away, or to sleep. */
  leave() {
    this.#isHere = false;
    clearInterval(this.#looking);
    this.#queue?.abort();
    this.#resign();
    this.#channel?.close();
    this.#channel = null;
  }

  wake(why) {
    if (this.#stream) this.#stream.wake(why);
    else {
      this.#say({ type: "wake", why });
      this.#ask();
    }
  }

  // --- leading ---

  #lead() {
    this.#recent = [];
    this.#present.clear();
    const stream = (this.#stream = this.#makeStream());
    stream.addEventListener("state", () => {
      if (stream !== this.#stream) return;
      this.#say({ type: "state", state: stream.state });
      this.#become(stream.state);
    });
    stream.addEventListener("event", ({ detail }) => {
      if (stream !== this.#stream) return;
      this.#recent.push(detail);
      if (this.#recent.length > REMEMBERED) this.#recent.shift();
      this.#say({ type: "event", event: detail });
      this.#take(detail);
    });
    stream.addEventListener("signal", ({ detail }) => {
      if (stream !== this.#stream) return;
      if (detail.kind === "presence") this.#present.set(detail.payload.author.id, detail);
      this.#say({ type: "signal", signal: detail });
      this.#emit("signal", detail);
    });
    stream.open(this.cursor);
  }

  #resign() {
    const stream = this.#stream;
    this.#stream = null;
    stream?.close();
    this.#release?.();
    this.#release = null;
  }

  #answer({ tab, cursor }) {
    const oldest = this.#recent[0]?.before ?? this.#stream.cursor;
    const missed = covers(cursor, oldest)
      ? this.#recent.filter((event) => !covers(cursor, event.id))
      : [{ kind: "reset", id: this.#stream.cursor, before: cursor, payload: { reason: "away" } }];
    const present = [...this.#present.values()];
    this.#say({ type: "answer", tab, missed, present, state: this.#stream.state });
  }

  // --- following ---

  /** Waits for the lock, or takes it from a leader that no longer answers. */
  async #follow({ steal = false } = {}) {
    this.#queue?.abort();
    const queue = (this.#queue = new AbortController());
    const options = steal ? { steal } : { signal: queue.signal };
    try {
      await this.#locks.request(this.#name, options, () => {
        if (queue.signal.aborted) return;
        const held = new Promise((release) => (this.#release = release));
        this.#lead();
        return held;
      });
    } catch {
      // Left the queue, or the lock was taken from us while we slept.
      if (queue !== this.#queue || queue.signal.aborted) return;
      this.#resign();
      this.#heardAt = Date.now();
      this.#follow();
      this.#ask();
    }
  }

  #look() {
    const now = Date.now();
    // A timer that comes this late means that it was us who slept: the answer may lie unread.
    const wasAsleep = now - this.#lookedAt > 3 * LOOK;
    this.#lookedAt = now;
    if (this.#stream) return;
    if (wasAsleep) this.#askedAt = null;
    if (this.#askedAt !== null && now - this.#askedAt >= DEADLINE) {
      this.#askedAt = null;
      this.#heardAt = now;
      this.#follow({ steal: true });
    } else if (this.#askedAt === null && now - this.#heardAt >= PATIENCE) {
      this.#ask();
    }
  }

  #ask() {
    this.#askedAt ??= Date.now();
    this.#say({ type: "ask", tab: this.#id, cursor: this.cursor });
  }

  #hear(said) {
    if (this.#stream) {
      if (said.type === "ask") this.#answer(said);
      if (said.type === "wake") this.#stream.wake(said.why);
      return;
    }
    if (said.type === "ask" || said.type === "wake") return;
    this.#heardAt = Date.now();
    this.#askedAt = null;
    if (said.state) this.#become(said.state);
    if (said.type === "event") this.#take(said.event);
    if (said.type === "signal") this.#emit("signal", said.signal);
    if (said.type !== "answer" || said.tab !== this.#id) return;
    said.missed.forEach((event) => this.#take(event));
    said.present.forEach((signal) => this.#emit("signal", signal));
  }

  // --- both ---

  #take(event) {
    if (event.kind !== "reset") {
      if (covers(this.cursor, event.id)) return;
      if (!covers(this.cursor, event.before)) return this.#ask();
    }
    this.cursor = event.id;
    this.#emit("event", event);
  }

  #say(message) {
    this.#channel?.postMessage(message);
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#emit("state", state);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
