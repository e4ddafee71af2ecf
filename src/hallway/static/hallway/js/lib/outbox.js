// Messages on their way. Each lies in the store under a key of its own until the server has
// acknowledged it, so neither a reload nor a second tab loses one or sends it twice: one tab at a
// time delivers, in the order of writing, and the server knows a `client_id` it has seen.

import { Problem, Unreachable } from "./api.js";
import { randomId } from "./ids.js";

const PATIENCE = 10_000; // Then it has failed, and its author decides.
const LEAST_TRY = 2_000;
const PAUSE = 1_000;
const LOCK_PATIENCE = 20_000; // A tab that delivers nothing for so long is asleep.

/**
 * An entry is {client_id, room, content, queued_at, state, detail}; `state` is
 * sending, waiting (for the connection), held (by the posting rate) or failed.
 * Events: "change"; "sent" {entry, message}; "refused" when we are nobody any more.
 */
export class Outbox extends EventTarget {
  #api;
  #store;
  #locks;
  #lock;
  #link;
  #delivering = false;
  #since = 0;
  #last = 0;
  #wakers = new Set();

  /** `link.isLost` says that trying is pointless for now; `lock` names what the tabs share. */
  constructor({ api, store, link, lock, locks = globalThis.navigator.locks }) {
    super();
    this.#api = api;
    this.#store = store;
    this.#link = link;
    this.#lock = lock;
    this.#locks = locks;
    store.onChange(() => this.#changed());
  }

  start() {
    this.#since = Date.now();
    return this.#deliver();
  }

  entries(room) {
    return this.#all().filter((entry) => entry.room === room);
  }

  add(room, content) {
    const entry = { client_id: randomId(), room, content, queued_at: this.#now(), state: this.#link.isLost ? "waiting" : "sending", detail: "" };
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
    this.#since = Date.now();
    this.#wakers.forEach((waker) => waker());
    this.#deliver();
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
    const deadline = Math.max(entry.queued_at, this.#since) + PATIENCE;
    for (;;) {
      if (this.#link.isLost) {
        this.#unsent().forEach((one) => this.#mark(one, "waiting"));
        await this.#woken();
        return; // Look again: it may have been discarded, or sent by another tab.
      }
      this.#mark(entry, "sending");
      try {
        const timeout = Math.max(deadline - Date.now(), LEAST_TRY);
        const message = await this.#api.post(entry.room, entry, { timeout });
        this.#drop(entry);
        this.#emit("sent", { entry, message });
        return this.#changed();
      } catch (error) {
        if (error instanceof Problem) {
          if (error.status === 401) return this.#refused(entry);
          if (error.code === "message-gone") return this.discard(entry.client_id);
          if (error.status === 429) return this.#hold(entry, error.retryAfter ?? 5);
          if (error.status < 500 && error.status !== 408) return this.#fail(entry, error.message);
        } else if (!(error instanceof Unreachable)) throw error;
        if (Date.now() + PAUSE >= deadline) {
          if (!this.#link.isLost) return this.#fail(entry, error instanceof Problem ? error.message : "");
        } else await this.#woken(PAUSE);
        if (!this.#find(entry.client_id)) return;
      }
    }
  }

  async #hold(entry, wait) {
    this.#mark(entry, "held");
    await this.#woken(wait * 1000);
    const kept = this.#find(entry.client_id);
    // Being held does not count as failing: the clock starts anew.
    this.#since = Date.now();
    if (kept) this.#mark(kept, "sending");
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
    return this.#unsent()[0];
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
