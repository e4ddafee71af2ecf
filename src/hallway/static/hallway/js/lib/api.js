// The JSON API of this Hallway. A refusal throws Problem, no answer at all throws Unreachable.

const PATIENCE = 10_000; // Longer than anything takes; then there was no answer.

export class Problem extends Error {
  constructor({ status, title, detail, code }, retryAfter) {
    super(detail || title || `HTTP ${status}`);
    this.status = status;
    this.code = code ?? "";
    this.retryAfter = retryAfter;
  }
}

export class Unreachable extends Error {}

export class Api {
  #root;
  #token;
  #header;
  #fetch;

  constructor({ root, token, header = "X-CSRFToken", fetch = globalThis.fetch.bind(globalThis) }) {
    this.#root = root;
    this.#token = token;
    this.#header = header;
    this.#fetch = fetch;
  }

  messages(room, { before, after, around, limit } = {}) {
    const asked = Object.entries({ before, after, around, limit }).filter(([, value]) => value != null);
    return this.#ask("GET", `rooms/${room}/messages?${new URLSearchParams(asked)}`);
  }

  post(room, { content, client_id, reply_to }) {
    return this.#ask("POST", `rooms/${room}/messages`, reply_to ? { content, client_id, reply_to } : { content, client_id });
  }

  search(asked) {
    const given = Object.entries(asked).filter(([, value]) => value != null);
    return this.#ask("GET", `search?${new URLSearchParams(given)}`);
  }

  me() {
    return this.#ask("GET", "me");
  }

  type(room) {
    return this.#ask("POST", `rooms/${room}/typing`);
  }

  rename(name) {
    return this.#ask("PATCH", "me", { name });
  }

  message(id) {
    return this.#ask("GET", `messages/${id}`);
  }

  edit(id, content) {
    return this.#ask("PATCH", `messages/${id}`, { content });
  }

  react(id, emoji) {
    return this.#ask("PUT", `messages/${id}/reactions/${encodeURIComponent(emoji)}`);
  }

  unreact(id, emoji) {
    return this.#ask("DELETE", `messages/${id}/reactions/${encodeURIComponent(emoji)}`);
  }

  reactions(id) {
    return this.#ask("GET", `messages/${id}/reactions`);
  }

  revisions(id) {
    return this.#ask("GET", `messages/${id}/revisions`);
  }

  pins(room) {
    return this.#ask("GET", `rooms/${room}/pins`);
  }

  pin(id) {
    return this.#ask("PUT", `messages/${id}/pin`);
  }

  unpin(id) {
    return this.#ask("DELETE", `messages/${id}/pin`);
  }

  /** Whom an @ in this room may mean. */
  mentionable(room, q) {
    return this.#ask("GET", `rooms/${room}/people?${new URLSearchParams({ q })}`);
  }

  delete(id) {
    return this.#ask("DELETE", `messages/${id}`);
  }

  report(id, reason) {
    return this.#ask("POST", `messages/${id}/reports`, { reason });
  }

  rooms() {
    return this.#ask("GET", "rooms");
  }

  createRoom(room) {
    return this.#ask("POST", "rooms", room);
  }

  startDirect(authors) {
    return this.#ask("POST", "direct", { authors });
  }

  people(q) {
    return this.#ask("GET", `people?${new URLSearchParams({ q })}`);
  }

  changeRoom(room, changes) {
    return this.#ask("PATCH", `rooms/${room}`, changes);
  }

  deleteRoom(room) {
    return this.#ask("DELETE", `rooms/${room}`);
  }

  join(room) {
    return this.#ask("PUT", `rooms/${room}/membership`);
  }

  leave(room) {
    return this.#ask("DELETE", `rooms/${room}/membership`);
  }

  setLevel(room, level) {
    return this.#ask("PATCH", `rooms/${room}/membership`, { level });
  }

  members(room) {
    return this.#ask("GET", `rooms/${room}/members`);
  }

  readers(room) {
    return this.#ask("GET", `rooms/${room}/readers`);
  }

  addMember(room, author) {
    return this.#ask("PUT", `rooms/${room}/members/${author}`);
  }

  changeRole(room, author, role) {
    return this.#ask("PATCH", `rooms/${room}/members/${author}`, { role });
  }

  removeMember(room, author) {
    return this.#ask("DELETE", `rooms/${room}/members/${author}`);
  }

  read(room, message) {
    // Told though the page is being left: it was read.
    return this.#ask("PUT", `rooms/${room}/read`, { message }, { keepalive: true });
  }

  markUnread(room, message) {
    return this.#ask("PUT", `rooms/${room}/unread`, { message });
  }

  async #ask(method, path, body, { keepalive = false } = {}) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers[this.#header] = this.#token;
    if (body) headers["Content-Type"] = "application/json";
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    let response, text;
    try {
      response = await this.#fetch(`${this.#root}api/${path}`, {
        method,
        keepalive,
        headers,
        body: body && JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        signal: patience.signal,
      });
      text = await response.text();
    } catch (error) {
      throw new Unreachable(error.message, { cause: error });
    } finally {
      clearTimeout(timer);
    }
    const answer = parse(text);
    if (response.ok && (answer || response.status === 204)) return answer;
    // A 200 that is not ours (a captive portal, a proxy's page) is no answer either.
    if (response.ok) throw new Unreachable("not an answer of this API");
    const problem = { status: response.status, title: response.statusText, ...answer };
    throw new Problem(problem, seconds(response.headers.get("Retry-After")));
  }
}

/** Retry-After in seconds; undefined when there is none, or a date. */
export function seconds(header) {
  return /^\d+$/.test(header ?? "") ? Number(header) : undefined;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
