// One connection to the event stream, for as long as it is wanted. The browser's own EventSource
// gives up for ever on any answer but 200 and cannot say why, so the retry loop is ours.

import { createParser } from "eventsource-parser";

import { seconds } from "./api.js";

const SILENCE = 45_000; // More than two heartbeats missed: the link is dead.
const HEARTBEAT = 25_000; // One heartbeat, and some patience.
const NO_ANSWER = 20_000; // The server's first bytes follow at once.
const ASLEEP = 10_000;
const LEAST_WAIT = 1_000;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;

/**
 * Events: "event" {kind, id, before, payload}, where `before` is the cursor it follows;
 * "signal" {kind, payload}, of the moment, with no place among the events;
 * "state" connecting | live | waiting | stopped | refused | closed.
 */
export class Stream extends EventTarget {
  state = "closed";
  cursor;
  #url;
  #fetch;
  #random;
  #connection = null;
  #attempt = 0;
  #retry = null;
  #heardAt = 0;
  #timer;
  #watchdog;

  constructor({ url, fetch = globalThis.fetch.bind(globalThis), random = Math.random }) {
    super();
    this.#url = url;
    this.#fetch = fetch;
    this.#random = random;
  }

  open(cursor) {
    this.cursor = cursor;
    this.#attempt = 0;
    this.#connect();
  }

  close() {
    this.#disconnect();
    this.#become("closed");
  }

  /**
   * Something changed: try at once, and look whether the link still lives. `silentSince`: since
   * then a request has had no answer, so if nothing came here either, there is no link.
   */
  wake({ networkChanged = false, silentSince = Date.now() - HEARTBEAT } = {}) {
    const isWaiting = this.state === "waiting";
    const isSilent = this.#heardAt < silentSince;
    if (isWaiting || (this.state === "live" && (networkChanged || isSilent))) {
      this.#attempt = 0;
      this.#connect();
    }
  }

  async #connect() {
    this.#disconnect();
    const connection = (this.#connection = new AbortController());
    this.#become("connecting");
    this.#hear();
    this.#watch();
    let retryAfter;
    try {
      const response = await this.#fetch(this.#url, {
        headers: { Accept: "text/event-stream", "Last-Event-ID": this.cursor },
        credentials: "same-origin",
        cache: "no-store",
        signal: connection.signal,
      });
      this.#hear();
      if (response.status === 401) return this.#end("refused");
      if (response.status === 204) return this.#end("stopped");
      retryAfter = seconds(response.headers.get("Retry-After"));
      const type = response.headers.get("Content-Type") ?? "";
      if (response.status === 200 && type.startsWith("text/event-stream")) {
        this.#become("live");
        await this.#read(response.body, connection);
      }
    } catch {
      // Refused, cut, timed out: whatever it was, we try again.
    }
    if (connection === this.#connection) this.#wait(retryAfter);
  }

  async #read(body, connection) {
    const parser = createParser({
      onEvent: (event) => this.#receive(event),
      onRetry: (milliseconds) => (this.#retry = milliseconds),
    });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || connection !== this.#connection) return;
      this.#hear();
      parser.feed(value);
    }
  }

  #receive({ id, event: kind, data }) {
    let payload;
    try {
      payload = JSON.parse(data);
    } catch {
      return; // Not ours; the cursor stays where it is.
    }
    // What has no place in the log moves no cursor.
    if (!id) return this.#emit("signal", { kind, payload });
    const before = this.cursor;
    this.cursor = id;
    this.#attempt = 0;
    this.#emit("event", { kind, id: this.cursor, before, payload });
  }

  /** Full jitter: a thousand clients of a restarted server do not come back together. */
  #wait(retryAfter) {
    this.#disconnect();
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempt);
    let wait = LEAST_WAIT + this.#random() * (ceiling - LEAST_WAIT);
    // The server's own `retry:` is spread already. It counts for the first attempt only.
    if (this.#attempt === 0 && this.#retry !== null) wait = Math.min(this.#retry, LONGEST_WAIT);
    if (retryAfter !== undefined) wait = Math.max(wait, (retryAfter + this.#random()) * 1000);
    this.#attempt += 1;
    this.#become("waiting");
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #end(state) {
    this.#disconnect();
    this.#become(state);
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const connection = this.#connection;
    this.#connection = null;
    connection?.abort();
  }

  #hear() {
    this.#heardAt = Date.now();
  }

  #watch() {
    const patience = this.state === "live" ? SILENCE : NO_ANSWER;
    const left = this.#heardAt + patience - Date.now();
    // A timer that comes this late means that the computer slept; nobody else wakes up with it.
    if (left < -ASLEEP) this.#connect();
    else if (left <= 0) this.#wait();
    else this.#watchdog = setTimeout(() => this.#watch(), left);
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
