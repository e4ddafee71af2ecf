// The rows of one room: keyed by message id (by client id until the echo comes), in the order of
// ids, each once; grouped, dated, trimmed, and never moved under the reader's eyes.

import { applyReaction, markMine } from "./reactions.js";
import { drawMessage, fillMessage, fillPin, fillQuote, nameAuthor } from "./row.js";

const MOST_ROWS = 320;
const SPARE_ROWS = 40; // Trimmed together, so that not every new message costs a removal.
const NEAR_END = 100; // Pixels within which new messages are followed.
const GROUP_WITHIN = 5 * 60_000;
const REMEMBERED = 500;
const PACE = 100; // Milliseconds between two drawings: each lays out and paints the rows anew.
const AHEAD = 800; // Pixels before the edge at which the next page of history is fetched.
const QUIET = 1_000; // A screen reader has looked by then.
const HISTORY_RETRY = 3_000;

/** Events: "end" {isAway, count} about the way back to the newest; "place" when rows changed. */
export class Timeline extends EventTarget {
  #scroller;
  #rows;
  #older;
  #newer;
  #beginning;
  #templates;
  #me;
  #room;
  #times;
  #api;

  #list = []; // Entries {id, element, article, dayElement, author, at, day}, by id.
  #byId = new Map();
  #pending = new Map(); // The same by client id, not yet acknowledged, below the others.
  #unsent = new Map(); // What the outbox holds, by client id.
  #gone = new Set(); // Deleted: a page of history asked for earlier must not bring them back.
  #edits = new Map(); // Newest versions seen, for the same reason.
  #quotes = new Map(); // What changed messages are quoted as now, for the same reason.
  #changes = []; // What was told of messages that are not drawn yet: reactions, pins.
  #names = new Map();
  #waiting = [];
  #isFlushing = false;
  #flushedAt = -PACE;
  #hasNewer = false; // The rows end before the newest message: there is a gap below.
  #missed = []; // What the stream brought meanwhile.
  #isLoading = false;
  #loads = 0;
  #unread = 0;
  #isAway = false;
  #follows = true;
  #slip = 0; // Pixels by which the reader's place is off.
  #quietTimer;

  constructor({ elements, templates, me, room, times, api, hasNewer }) {
    super();
    this.#hasNewer = hasNewer;
    this.#scroller = elements.scroller;
    this.#rows = elements.rows;
    this.#older = elements.older;
    this.#newer = elements.newer;
    this.#beginning = elements.beginning;
    this.#templates = templates;
    this.#me = me;
    this.#room = room;
    this.#times = times;
    this.#api = api;
  }

  /** Takes over the rows the server drew. */
  adopt() {
    for (const element of this.#rows.querySelectorAll(":scope > .row")) {
      const article = element.querySelector(".message");
      const sent = article.querySelector(".sent");
      const day = element.previousElementSibling?.matches(".day") ? element.previousElementSibling : null;
      this.#times.write(sent, sent.dateTime);
      const entry = this.#entry(Number(article.dataset.id), element, Number(article.dataset.authorId), sent.dateTime);
      entry.dayElement = day;
      markMine(article, this.#me.id);
      this.#list.push(entry);
      this.#byId.set(entry.id, entry);
    }
    this.#list.forEach((entry, index) => this.#dress(entry, this.#list[index - 1]));
    this.#showEdges();
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#scrolled();
  }

  /**
   * A message posted or edited. After a pause it is drawn at once; in a busy room with the others
   * of the same tenth of a second, so that typing stays smooth.
   */
  place(message) {
    this.#waiting.push(message);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const wait = this.#flushedAt + PACE - performance.now();
    // Frames stand still in a hidden tab.
    if (document.visibilityState !== "visible") setTimeout(() => this.#flush(), PACE);
    else if (wait > 0) setTimeout(() => this.#flush(), wait);
    else requestAnimationFrame(() => this.#flush());
  }

  /** Somebody reacted, or took it back. */
  react(told, adds) {
    this.#change(told, (article) => {
      applyReaction(article, told, adds);
      markMine(article, this.#me.id);
    });
  }

  /** Somebody pinned a message, or took the pin out. */
  pin(told) {
    this.#change(told, (article) => fillPin(article, told.pinned_at));
  }

  #change(told, draw) {
    if (told.room !== this.#room) return;
    const entry = this.#byId.get(told.message);
    if (entry) return this.keepPlace(() => this.#apply(entry.article, told, draw));
    this.#changes.push({ told, draw });
    if (this.#changes.length > REMEMBERED) this.#changes.shift();
  }

  #apply(article, told, draw) {
    if (told.version <= Number(article.dataset.version)) return;
    article.dataset.version = told.version;
    draw(article);
  }

  /** The quotes of a message that was edited or deleted. */
  requote(quote) {
    this.#quotes.set(quote.id, quote);
    if (this.#quotes.size > REMEMBERED) this.#quotes.delete(this.#quotes.keys().next().value);
    const quoting = this.#all().filter(({ article }) => article.querySelector(`.quote[data-quotes="${quote.id}"]`));
    if (quoting.length) this.keepPlace(() => quoting.forEach(({ article }) => fillQuote(article, quote)));
  }

  /** Shows one message in the middle, marked; says whether it is there. */
  async show(id) {
    if (!this.#byId.has(id) && !(await this.#loadAround(id))) return false;
    const entry = this.#byId.get(id);
    if (!entry) return false;
    this.#rows.querySelector(".is-shown")?.classList.remove("is-shown");
    entry.element.classList.add("is-shown");
    this.#follows = false;
    entry.element.scrollIntoView({ block: "center" });
    entry.element.focus({ preventScroll: true });
    this.#scrolled();
    return true;
  }

  async #loadAround(id) {
    const load = ++this.#loads;
    const known = new Set(this.#list);
    let page;
    try {
      page = await this.#api.messages(this.#room, { around: id });
    } catch {
      return false;
    }
    if (load !== this.#loads || !page.messages.some((message) => message.id === id)) return false;
    this.#quietly(() => {
      // What came meanwhile stays where the page reaches the end, and is fetched again elsewhere.
      const leaving = this.#list.filter((entry) => page.has_newer || known.has(entry));
      this.#list = this.#list.filter((entry) => !leaving.includes(entry));
      leaving.forEach((entry) => this.#drop(entry));
      this.#older.hidden = !page.has_more;
      this.#hasNewer = page.has_newer;
      page.messages.forEach((message) => this.#put(message, { isPage: true }));
      if (!page.has_newer) this.#closeGap();
      if (this.#list.length) this.#dress(this.#list[0]);
      this.#dressPending();
      this.#showEdges();
    });
    return true;
  }

  remove(id) {
    this.requote({ id, author: null, excerpt: "", deleted: true });
    this.#gone.add(id);
    this.#edits.delete(id);
    this.#waiting = this.#waiting.filter((message) => message.id !== id);
    this.#dropSent();
    const entry = this.#byId.get(id);
    if (!entry) return;
    this.keepPlace(() => {
      const index = this.#list.indexOf(entry);
      this.#drop(entry);
      this.#list.splice(index, 1);
      const next = this.#list[index] ?? this.#firstPending();
      if (next) this.#dress(next, this.#list[index - 1]);
      this.#showEdges();
    });
    this.#tell();
  }

  rename(author) {
    this.#names.set(author.id, { name: author.name, picture: author.picture });
    for (const entry of this.#all()) {
      if (entry.author === author.id) nameAuthor(entry.article, author);
      const quote = entry.article.querySelector(`.quote[data-author-id="${author.id}"]`);
      if (quote) quote.querySelector(".quote-author").textContent = author.name;
    }
  }

  /** What the outbox holds for this room, oldest first. */
  showPending(entries) {
    this.#unsent = new Map(entries.map((entry) => [entry.client_id, entry]));
    this.keepPlace(() => {
      this.#dropSent();
      for (const unsent of this.#unsent.values()) {
        if (this.#isHere(unsent.client_id)) continue;
        const row = this.#pending.get(unsent.client_id) ?? this.#drawPending(unsent);
        row.at = unsent.queued_at;
        row.element.dataset.delivery = unsent.state;
        row.element.querySelector(".delivery-detail").textContent = unsent.detail;
      }
      this.#dressPending();
    });
    this.#tell();
  }

  /** The message, if it is drawn here and may be edited by me. */
  mine(id) {
    const entry = this.#byId.get(id);
    return entry?.author === this.#me.id ? entry : undefined;
  }

  entry(id) {
    return this.#byId.get(id);
  }

  /** Whether the rows end before the newest message. */
  get hasNewer() {
    return this.#hasNewer;
  }

  myLast() {
    return this.#list.findLast((entry) => entry.author === this.#me.id)?.id;
  }

  /** To the newest message, whatever the reader looks at. */
  async toEnd() {
    if (this.#hasNewer) await this.reload();
    this.#scroller.scrollTop = 0;
    this.#scrolled();
  }

  /** Everything between was lost: takes the newest page afresh. */
  async reload() {
    const load = ++this.#loads;
    const known = new Set(this.#list);
    this.#gone.clear();
    this.#edits.clear();
    this.#missed = [];
    let page;
    for (;;) {
      try {
        page = await this.#api.messages(this.#room);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, HISTORY_RETRY));
        if (load !== this.#loads) return;
      }
    }
    if (load !== this.#loads) return;
    this.#quietly(() => {
      known.forEach((entry) => this.#drop(entry));
      // What arrived by the stream while we asked is newer than the answer and stays.
      this.#list = this.#list.filter((entry) => !known.has(entry));
      this.#older.hidden = !page.has_more;
      page.messages.forEach((message) => this.#put(message, { isPage: true }));
      this.#closeGap();
      this.#dropSent();
      if (this.#list.length) this.#dress(this.#list[0]);
      this.#dressPending();
      this.#showEdges();
    });
    this.#scroller.scrollTop = 0;
    this.#scrolled();
  }

  // --- rows ---

  #flush() {
    this.#isFlushing = false;
    this.#flushedAt = performance.now();
    const messages = this.#waiting;
    this.#waiting = [];
    // Long away: one page is quicker than drawing what will be trimmed again.
    if (messages.length > MOST_ROWS) return void this.reload();
    this.keepPlace(() => {
      for (const message of messages) if (this.#put(message)) this.#count(message);
      this.#dropSent();
      this.#trim();
      this.#dressPending();
      this.#showEdges();
    });
    this.#tell();
  }

  /**
   * Draws a message where it belongs; says whether it is news. What the stream brings is drawn
   * only next to what is drawn already; the rest comes with its page.
   */
  #put(message, { isPage = false } = {}) {
    if (message.room !== this.#room || this.#gone.has(message.id)) return false;
    const newest = this.#edits.get(message.id);
    if (newest && newest.version > message.version) message = newest;
    const newer = this.#names.get(message.author.id);
    if (newer) message = { ...message, author: { ...message.author, ...newer } };

    message = this.#quoted(message);
    const drawn = this.#byId.get(message.id);
    if (drawn) return this.#redraw(drawn, message);
    if (message.edited_at) this.#remember(message);
    if (!isPage && this.#isAbove(message)) return false;
    if (!isPage && this.#isBelow(message)) {
      this.#missed.push(message);
      return !message.edited_at;
    }
    const echo = message.author.id === this.#me.id ? this.#pending.get(message.client_id) : undefined;
    const entry = echo ? this.#acknowledge(echo, message) : this.#draw(message);
    const index = this.#list.findLastIndex((other) => other.id < entry.id) + 1;
    const next = this.#list[index] ?? this.#firstPending();
    const place = next ? (next.dayElement ?? next.element) : null;
    // An echo lies where it belongs, unless somebody else was quicker.
    if (entry.element.nextElementSibling !== place || !entry.element.isConnected) {
      this.#rows.insertBefore(entry.element, place);
    }
    this.#list.splice(index, 0, entry);
    this.#byId.set(entry.id, entry);
    this.#dress(entry, this.#list[index - 1]);
    if (next) this.#dress(next, entry);
    markMine(entry.article, this.#me.id);
    const changes = this.#changes.filter(({ told }) => told.message === message.id);
    if (changes.length) {
      this.#changes = this.#changes.filter((one) => !changes.includes(one));
      changes.forEach(({ told, draw }) => this.#apply(entry.article, told, draw));
    }
    return true;
  }

  #quoted(message) {
    const quote = this.#quotes.get(message.reply_to?.id) ?? message.reply_to;
    const newer = this.#names.get(quote?.author?.id);
    return { ...message, reply_to: newer ? { ...quote, author: { ...quote.author, ...newer } } : quote };
  }

  #isAbove(message) {
    return !this.#older.hidden && this.#list.length > 0 && message.id < this.#list[0].id;
  }

  #isBelow(message) {
    return this.#hasNewer && (this.#list.length === 0 || message.id > this.#list.at(-1).id);
  }

  /** The newest page is here: what came by the stream while it was fetched follows it. */
  #closeGap() {
    this.#hasNewer = false;
    this.#missed.forEach((message) => this.#put(message));
    this.#missed = [];
  }

  #redraw(entry, message) {
    if (message.version <= Number(entry.article.dataset.version)) return false;
    this.#remember(message);
    // Edits are seen, not announced.
    const wasQuiet = entry.element.getAttribute("aria-live") === "off";
    entry.element.setAttribute("aria-live", "off");
    fillMessage(entry.article, message, this.#times);
    markMine(entry.article, this.#me.id);
    if (!wasQuiet) setTimeout(() => entry.element.removeAttribute("aria-live"), QUIET);
    return false;
  }

  #remember(message) {
    this.#edits.set(message.id, message);
    if (this.#edits.size > REMEMBERED) this.#edits.delete(this.#edits.keys().next().value);
  }

  #draw(message) {
    const element = this.#templates.row.content.firstElementChild.cloneNode(true);
    if (message.author.id === this.#me.id) {
      element.classList.add("mine");
      // Announced to the others; its author knows.
      element.setAttribute("aria-live", "off");
    }
    element.append(drawMessage(this.#templates.message, message, this.#times));
    return this.#entry(message.id, element, message.author.id, message.created_at);
  }

  #drawPending({ client_id, content, queued_at, reply_to: repliesTo }) {
    const created_at = new Date(queued_at).toISOString();
    const row = this.#draw({ author: this.#me, client_id, content, created_at, reply_to: this.#quoteOf(repliesTo) });
    row.element.append(this.#templates.delivery.content.firstElementChild.cloneNode(true));
    this.#pending.set(client_id, row);
    return row;
  }

  /** Drawn from the row itself: what waits in the outbox holds nobody else's words. */
  #quoteOf(id) {
    const article = this.#byId.get(id)?.article;
    if (!article) return null;
    const author = { id: Number(article.dataset.authorId), name: article.querySelector(".author").textContent };
    const excerpt = article.querySelector(".body").textContent.replace(/\s+/gu, " ").trim().slice(0, 150);
    return { id, author, excerpt, deleted: false };
  }

  /** What left the outbox goes, unless its echo is about to take the row over. */
  #dropSent() {
    const arriving = new Set(this.#waiting.map((message) => message.client_id));
    for (const [clientId, row] of this.#pending) {
      if (this.#unsent.has(clientId) || arriving.has(clientId)) continue;
      this.#pending.delete(clientId);
      this.#drop(row);
    }
  }

  #acknowledge(row, message) {
    this.#pending.delete(message.client_id);
    delete row.element.dataset.delivery;
    row.element.querySelector(".delivery").remove();
    row.dayElement?.remove();
    fillMessage(row.article, message, this.#times);
    return Object.assign(row, this.#entry(message.id, row.element, message.author.id, message.created_at));
  }

  #entry(id, element, author, moment) {
    const at = Date.parse(moment);
    const article = element.querySelector(".message");
    return { id, element, article, author, at, day: this.#times.day(at), dayElement: null };
  }

  #drop(entry) {
    this.#byId.delete(entry.id);
    entry.dayElement?.remove();
    entry.element.remove();
  }

  /** Gives a row what depends on the one above it: the day, and whether the name is repeated. */
  #dress(entry, above) {
    const isNewDay = entry.day !== above?.day;
    if (isNewDay) {
      entry.dayElement ??= this.#templates.day.content.firstElementChild.cloneNode(true);
      const time = entry.dayElement.querySelector("time");
      time.dateTime = entry.day;
      time.textContent = this.#times.dayLabel(entry.at);
      if (entry.element.previousElementSibling !== entry.dayElement) entry.element.before(entry.dayElement);
    } else {
      entry.dayElement?.remove();
      entry.dayElement = null;
    }
    const continues = !isNewDay && above.author === entry.author && entry.at - above.at < GROUP_WITHIN;
    entry.element.classList.toggle("continues", continues);
  }

  #dressPending() {
    const rows = [...this.#pending.values()].sort((a, b) => a.at - b.at);
    let above = this.#list.at(-1);
    for (const row of rows) {
      row.day = this.#times.day(row.at);
      this.#dress(row, above);
      const after = above?.element.nextElementSibling ?? null;
      if (after !== (row.dayElement ?? row.element)) {
        if (row.dayElement) this.#rows.append(row.dayElement);
        this.#rows.append(row.element);
      }
      above = row;
    }
  }

  #firstPending() {
    return [...this.#pending.values()].sort((a, b) => a.at - b.at)[0];
  }

  #isHere(clientId) {
    return this.#list.some(
      ({ author, article }) => author === this.#me.id && article.dataset.clientId === clientId,
    );
  }

  #all() {
    return [...this.#list, ...this.#pending.values()];
  }

  /** At most so many rows: those far from the reader leave, and come back when scrolled to. */
  #trim() {
    if (this.#list.length <= MOST_ROWS) return;
    const excess = this.#list.length - (MOST_ROWS - SPARE_ROWS);
    const isReadingBelow = this.#follows || this.#firstInView() > this.#list.length / 2;
    const leaving = isReadingBelow ? this.#list.splice(0, excess) : this.#list.splice(-excess);
    leaving.forEach((entry) => this.#drop(entry));
    if (isReadingBelow) {
      this.#older.hidden = false;
      this.#dress(this.#list[0]);
    } else {
      this.#hasNewer = true;
    }
  }

  // --- history ---

  /** Loads the page above or below, when the reader is near it. */
  async #loadMore() {
    if (this.#isLoading) return;
    const isOlder = !this.#older.hidden && this.#isNear(this.#older);
    if (!isOlder && !(this.#hasNewer && this.#isNear(this.#newer))) return;
    this.#isLoading = true;
    const load = this.#loads;
    const edge = isOlder ? { before: this.#list[0]?.id } : { after: this.#list.at(-1)?.id };
    if (!isOlder) this.#missed = [];
    try {
      const page = await this.#api.messages(this.#room, edge);
      if (load === this.#loads) this.#quietly(() => this.keepPlace(() => this.#extend(page, isOlder)));
    } catch {
      // Tried again for as long as the reader waits there.
      await new Promise((resolve) => setTimeout(resolve, HISTORY_RETRY));
    }
    this.#isLoading = false;
    this.#scrolled();
  }

  #extend(page, isOlder) {
    page.messages.forEach((message) => this.#put(message, { isPage: true }));
    if (isOlder) this.#older.hidden = !page.has_more;
    else if (!page.has_more) this.#closeGap();
    this.#trim();
    this.#dressPending();
    this.#showEdges();
  }

  #isNear(edge) {
    const box = edge.getBoundingClientRect();
    const view = this.#scroller.getBoundingClientRect();
    // Who reads the newest has not asked for more than fills the screen.
    const reach = this.#follows ? 0 : AHEAD;
    return box.bottom > view.top - reach && box.top < view.bottom + reach;
  }

  #showEdges() {
    this.#newer.hidden = !this.#hasNewer;
    this.#beginning.hidden = !this.#older.hidden;
  }

  // --- the reader's place ---

  /** Change something in the rows without moving what the reader looks at. */
  keepPlace(change) {
    if (this.#follows && !this.#hasNewer) {
      change();
      this.#scroller.scrollTop = 0;
      return;
    }
    const anchor = this.#all()[this.#firstInView()];
    const top = () => anchor.element.getBoundingClientRect().top;
    const before = anchor && top() - this.#slip;
    this.#slip = 0;
    change();
    if (!anchor?.element.isConnected) return;
    this.#scroller.scrollTop += top() - before;
    // Browsers scroll by whole pixels, rows are not that tall: what is left goes with the next.
    const slip = top() - before;
    if (Math.abs(slip) < 1) this.#slip = slip;
  }

  #firstInView() {
    const top = this.#scroller.getBoundingClientRect().top;
    const rows = this.#all();
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].element.getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #scrolled() {
    // The scroller is reversed: 0 at the end, negative above.
    const above = -this.#scroller.scrollTop;
    this.#follows = above <= NEAR_END && !this.#hasNewer;
    if (this.#follows) this.#unread = 0;
    this.#tell(above > this.#scroller.clientHeight);
    this.#loadMore();
  }

  #count(message) {
    if (message.author.id !== this.#me.id && !this.#follows) this.#unread += 1;
  }

  #tell(isFar = this.#isAway) {
    this.#isAway = !this.#follows && (isFar || this.#unread > 0 || this.#hasNewer);
    this.dispatchEvent(
      new CustomEvent("end", { detail: { isAway: this.#isAway, count: this.#unread } }),
    );
  }

  /** History is not news: screen readers do not read it out. */
  #quietly(change) {
    this.#rows.setAttribute("aria-live", "off");
    change();
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#rows.setAttribute("aria-live", "polite"), QUIET);
  }
}
