// Messages on their way. Each lies in the store under a key of its own until the server has
// acknowledged it, so neither a reload nor a second tab loses one or sends it twice: one tab at a
// time delivers, in the order of writing, and the server knows a `client_id` it has seen.

import { Problem, Unreachable } from "./api.js";
import { randomId } from "./ids.js";

const PATIENCE = 10_000; // A server that fails for so long has failed, and the author decides.
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const UNAVAILABLE = new Set([408, 502, 503, 504]); // Said by, or about, a server that is not there.
const LOCK_PATIENCE = 20_000; // A tab that delivers nothing for so long is asleep.

/**
 * An entry is {client_id, room, content, reply_to, queued_at, state, detail}; `state` is sending, waiting
 * (for the connection), busy (the server is), held (by the posting rate), slow (by the room's slow
 * mode; other rooms go on) or failed. Only an answer
 * is a failure: without one the message may be stored or not, and is sent again until one comes.
 * Events: "change"; "sent" {entry, message}; "unanswered" {since} when the server kept silent;
 * "refused" when we are nobody any more.
 */
export class Outbox extends EventTarget {
  #api;
  #store;
  #locks;
  #lock;
  #link;
  #random;
  #delivering = false;
  #last = 0;
  #wakers = new Set();
  #rests = new Map(); // Until when (ms) a room in slow mode takes nothing more from me.

  /** `link.isLost` says that trying is pointless for now; `lock` names what the tabs share. */
  constructor({ api, store, link, lock, locks = globalThis.navigator.locks, random = Math.random }) {
    super();
    this.#api = api;
    this.#store = store;
    this.#link = link;
    this.#lock = lock;
    this.#locks = locks;
    this.#random = random;
    store.onChange(() => this.#changed());
  }

  start() {
    return this.#deliver();
  }

  entries(room) {
    return this.#all().filter((entry) => entry.room === room);
  }

  add(room, content, { replyTo = null } = {}) {
    const isWaiting = this.#link.isLost || this.#unsent().some((one) => one.state === "waiting");
    const state = isWaiting ? "waiting" : "sending";
    const entry = { client_id: randomId(), room, content, reply_to: replyTo, queued_at: this.#now(), state, detail: "" };
    this.#keep(entry);
    this.#deliver();
    return entry;
  }

  retry(client_id) {
    const entry = this.#find(client_id);
    if (!entry) return;
    // To the end of the queue: what was written after it may have been sent already.
    this.#drop(entry);
    this.#keep({ ...entry, queued_at: this.#now(), state: "sending", detail: "" });
    this.#deliver();
  }

  discard(client_id) {
    const entry = this.#find(client_id);
    if (entry) this.#drop(entry);
    this.#changed();
  }

  /** The message is known to be stored, whatever became of the answer. */
  settle(client_id) {
    if (this.#find(client_id)) this.discard(client_id);
  }

  /** The connection is back. */
  wake() {
    this.#wakers.forEach((waker) => waker());
    this.#deliver();
  }

  /** The room is not as it was: it may take more from me by now. */
  tryAgain(room) {
    if (this.#rests.delete(room)) this.#deliver();
  }

  async #deliver() {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#next()) await this.#alone(() => this.#deliverAll());
    } finally {
      this.#delivering = false;
    }
  }

  async #deliverAll() {
    for (let entry = this.#next(); entry; entry = this.#next()) await this.#send(entry);
  }

  /** Runs while no other tab delivers. One that sleeps with the lock in hand loses it. */
  async #alone(work) {
    if (!this.#locks) return work();
    const patience = AbortSignal.timeout(LOCK_PATIENCE);
    try {
      return await this.#locks.request(this.#lock, { signal: patience }, work);
    } catch (error) {
      if (!patience.aborted || error !== patience.reason) throw error;
      return this.#locks.request(this.#lock, { steal: true }, work);
    }
  }

  async #send(entry) {
    const begun = Date.now();
    for (let tries = 0; ; tries += 1) {
      if (this.#link.isLost) {
        this.#allWait();
        await this.#woken();
        return; // Look again: it may have been discarded, or sent by another tab.
      }
      if (tries === 0) this.#mark(entry, "sending");
      const since = Date.now();
      let wait = FIRST_PAUSE;
      try {
        const message = await this.#api.post(entry.room, entry);
        this.#drop(entry);
        this.#emit("sent", { entry, message });
        return this.#changed();
      } catch (error) {
        if (error instanceof Unreachable) {
          this.#allWait();
          this.#emit("unanswered", { since });
        } else if (!(error instanceof Problem)) throw error;
        else if (error.status === 401) return this.#refused(entry);
        else if (error.code === "message-gone") return this.discard(entry.client_id);
        else if (error.code === "slow-mode") return this.#rest(entry, error.retryAfter ?? 5);
        else if (error.status === 429) return this.#hold(entry, error.retryAfter ?? 5);
        else {
          const isBroken = error.status >= 500 && since - begun < PATIENCE;
          // What waits behind it must not wait for ever.
          if (!isBroken && !UNAVAILABLE.has(error.status)) return this.#fail(entry, error.message);
          this.#mark(entry, "busy");
          wait = (error.retryAfter ?? 0) * 1000;
        }
      }
      const ceiling = Math.min(LONGEST_PAUSE, 2 * FIRST_PAUSE * 2 ** tries);
      wait = Math.max(wait, FIRST_PAUSE + this.#random() * (ceiling - FIRST_PAUSE));
      await this.#woken(wait);
      if (!this.#find(entry.client_id)) return;
    }
  }

  #allWait() {
    this.#unsent().forEach((one) => this.#mark(one, "waiting"));
  }

  async #hold(entry, wait) {
    this.#mark(entry, "held");
    await this.#woken(wait * 1000);
    const kept = this.#find(entry.client_id);
    if (kept) this.#mark(kept, "sending");
  }

  #rest(entry, wait) {
    this.#rests.set(entry.room, Date.now() + wait * 1000);
    this.#mark(entry, "slow");
    setTimeout(() => this.#deliver(), wait * 1000 + 1);
  }

  #fail(entry, detail) {
    this.#mark(entry, "failed", detail);
  }

  async #refused(entry) {
    this.#mark(entry, "waiting");
    this.#emit("refused");
    await this.#woken();
  }

  #woken(limit) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      const timer = limit === undefined ? undefined : setTimeout(wake, limit);
      this.#wakers.add(wake);
    });
  }

  /** Never the same twice: the order of two quick messages is the order of these. */
  #now() {
    return (this.#last = Math.max(Date.now(), this.#last + 1));
  }

  #next() {
    return this.#unsent().find(({ room }) => (this.#rests.get(room) ?? 0) <= Date.now());
  }

  #unsent() {
    return this.#all().filter((entry) => entry.state !== "failed");
  }

  #find(client_id) {
    return this.#all().find((entry) => entry.client_id === client_id);
  }

  #all() {
    return this.#store.names().map((name) => this.#store.get(name)).filter(Boolean);
  }

  #mark(entry, state, detail = "") {
    const kept = this.#find(entry.client_id);
    if (!kept || (kept.state === state && kept.detail === detail)) return;
    this.#keep({ ...kept, state, detail });
  }

  #keep(entry) {
    this.#store.set(name(entry), entry);
    this.#changed();
  }

  #drop(entry) {
    this.#store.delete(name(entry));
  }

  #changed() {
    this.#emit("change");
  }

  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}

/** Names sort as the entries were written. */
function name({ queued_at, client_id }) {
  return `${String(queued_at).padStart(15, "0")}.${client_id}`;
}
