// What can be done with a message: one toolbar that goes where the pointer or the focus
// is; the rows by keyboard; and the buttons under a message that was not sent.

import { hasReacted } from "../lib/reactions.js";
import { say } from "./toast.js";

/** Events: "edit" {id}; "history" {id}; "report" {id, quote}; "reply" {id, name}; "problem" {error}. */
export class MessageActions extends EventTarget {
  #me;
  #links;
  #room;
  #rows;
  #scroller;
  #timeline;
  #outbox;
  #api;
  #isManager;
  #canPin;
  #emoji;
  #toolbar;
  #menu = null; // Fetched when it is first asked for.
  #dialog;
  #stop = null;

  /** `isManager()` says whether the words of others may be taken away here, by me and now; `canPin()` of pins. */
  constructor({ me, links, room, rows, scroller, timeline, outbox, api, isManager, canPin, emoji }) {
    super();
    this.#emoji = emoji;
    this.#isManager = isManager;
    this.#me = me;
    this.#links = links;
    this.#room = room;
    this.#rows = rows;
    this.#scroller = scroller;
    this.#timeline = timeline;
    this.#outbox = outbox;
    this.#api = api;
    this.#canPin = canPin;
    this.#toolbar = document.getElementById("actions-template").content.firstElementChild.cloneNode(true);
    this.#dialog = document.getElementById("confirm-delete");
    rows.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#offer(event.target));
    rows.addEventListener("pointerleave", () => this.#offer(document.activeElement));
    rows.addEventListener("focusin", (event) => this.#offer(event.target));
    rows.addEventListener("focusout", (event) => this.#offer(event.relatedTarget));
    rows.addEventListener("click", (event) => this.#click(event));
    scroller.addEventListener("keydown", (event) => this.#press(event));
    // One stop among the rows for the Tab key: the one last used, else the newest in view.
    document.addEventListener("keydown", (event) => event.key === "Tab" && this.#makeStop());
  }

  /** Marks the row whose text is in the composer; none for null. */
  markEdited(id) {
    this.#rows.querySelector(".is-edited")?.classList.remove("is-edited");
    if (id) this.#timeline.mine(id)?.element.classList.add("is-edited");
  }

  #makeStop() {
    this.#reachScrolling();
    const row = document.activeElement.closest(".row") ?? this.#lastInView();
    if (row === this.#stop) return;
    this.#stop?.setAttribute("tabindex", "-1");
    row?.setAttribute("tabindex", "0");
    this.#stop = row;
  }

  /** Code and tables that scroll are stops as well; Safari does not make them so by itself. */
  #reachScrolling() {
    for (const block of this.#rows.querySelectorAll("pre, table")) {
      const scrolls = block.scrollWidth > block.clientWidth || block.scrollHeight > block.clientHeight;
      if (scrolls) block.tabIndex = 0;
      else block.removeAttribute("tabindex");
    }
  }

  #offer(element) {
    if (this.#menu?.isOpen || this.#emoji.isOpen) return;
    const row = element?.closest?.(".row");
    const id = row && this.#idOf(row);
    if (id && this.#timeline.entry(id)) {
      const isMine = Boolean(this.#timeline.mine(id));
      const show = (kind, isShown) => this.#toolbar.querySelectorAll(kind).forEach((button) => (button.hidden = !isShown));
      this.#offerFavourites();
      show(".for-mine", isMine);
      show(".for-others", !isMine);
      show(".for-deletion", isMine || this.#isManager());
      if (this.#toolbar.parentElement !== row) this.#moveTo(row);
    } else if (!this.#toolbar.contains(document.activeElement)) {
      this.#toolbar.remove();
    }
  }

  /** The reactions of one press: what this person uses most. */
  #offerFavourites() {
    const favourites = this.#emoji.used.favourites();
    this.#toolbar.querySelectorAll("[data-emoji]").forEach((button, index) => {
      button.dataset.emoji = button.textContent = favourites[index];
    });
  }

  /** The focus stays behind: a button that is moved loses it, and says so in the middle of it. */
  #moveTo(row) {
    if (this.#toolbar.contains(document.activeElement)) this.#toolbar.closest(".row").focus({ preventScroll: true });
    row.append(this.#toolbar);
  }

  #click(event) {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    this.#act(button, button.closest(".row"));
  }

  #act(button, row) {
    const { clientId } = row.querySelector(".message").dataset;
    const id = this.#idOf(row);
    const acts = {
      react: () => this.#react(row, id, button.dataset.emoji),
      emoji: () => this.#attempt(() => this.#emoji.pick(button, (emoji) => this.#choose(row, id, emoji))),
      reply: () => this.#reply(row, id),
      more: () => this.#attempt(() => this.#openMenu(button, row)),
      copy: () => this.#copy(row.querySelector(".body").innerText.trim()),
      link: () => this.#copy(new URL(this.#links.message({ id, room: this.#room }), location.href).href),
      unread: () => this.#markUnread(id),
      pin: () => this.#attempt(async () => this.#timeline.place(await this.#api.pin(id))),
      unpin: () => this.#attempt(() => this.#api.unpin(id)),
      history: () => this.#emit("history", { id }),
      person: () => row.querySelector(".author").click(),
      edit: () => this.#emit("edit", { id }),
      delete: () => this.#delete(id),
      report: () => this.#emit("report", { id, quote: beginning(row) }),
      retry: () => this.#outbox.retry(clientId),
      discard: () => this.#outbox.discard(clientId),
    };
    acts[button.dataset.action]?.();
  }

  async #openMenu(button, row) {
    if (!this.#menu) {
      const { MessageMenu } = await import("./message_menu.js");
      this.#menu ??= new MessageMenu({ act: (item, of) => this.#act(item, of) });
    }
    if (!button.isConnected) return;
    const isPinned = !row.querySelector(".pinned").hidden;
    this.#menu.open(button, row, {
      pin: this.#canPin() && !isPinned,
      unpin: this.#canPin() && isPinned,
      history: !row.querySelector(".edited").hidden,
    });
  }

  #press(event) {
    if (event.key === "Escape" && !event.defaultPrevented && !this.#menu?.isOpen) {
      event.preventDefault();
      return document.getElementById("composer-text").focus();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button, a, pre, table")) return;
    const row = event.target.closest(".row");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) {
      const next = row ? this.#beside(row, step) : this.#lastInView();
      if (!next) return;
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
      return;
    }
    const id = row && this.#idOf(row);
    if (!id) return;
    if (event.key === "r" || event.key === "R") {
      event.preventDefault();
      return this.#reply(row, id);
    }
    if (event.key === "u" || event.key === "U") {
      event.preventDefault();
      return this.#markUnread(id);
    }
    const isMine = Boolean(this.#timeline.mine(id));
    const isDeletion = event.key === "Delete" || event.key === "Backspace";
    if (isMine && (event.key === "e" || event.key === "E")) this.#emit("edit", { id });
    else if (isDeletion && (isMine || this.#isManager())) this.#delete(id);
    else return;
    event.preventDefault();
  }

  #reply(row, id) {
    this.#emit("reply", { id, name: row.querySelector(".author").textContent });
  }

  #react(row, id, emoji) {
    const article = row.querySelector(".message");
    return this.#attempt(async () => {
      // Shown by the answer or by the stream, whichever comes first.
      if (hasReacted(article, emoji, this.#me.id)) return void (await this.#api.unreact(id, emoji));
      this.#timeline.place(await this.#api.react(id, emoji));
      this.#emoji.used.add(emoji);
    });
  }

  /** Out of the picker: chosen again, it stays. */
  #choose(row, id, emoji) {
    const article = row.querySelector(".message");
    if (row.isConnected && !hasReacted(article, emoji, this.#me.id)) this.#react(row, id, emoji);
  }

  /** From this message on. What came of it is told by `room.read`, here as on every other screen. */
  #markUnread(id) {
    return this.#attempt(() => this.#api.markUnread(this.#room, id));
  }

  #copy(text) {
    return this.#attempt(async () => {
      await navigator.clipboard.writeText(text);
      say("copied");
    });
  }

  async #attempt(change) {
    try {
      await change();
    } catch (error) {
      this.#emit("problem", { error });
    }
  }

  #beside(row, step) {
    const rows = [...this.#rows.querySelectorAll(".row")];
    return rows[rows.indexOf(row) + step];
  }

  #lastInView() {
    const end = this.#scroller.getBoundingClientRect().bottom;
    return [...this.#rows.querySelectorAll(".row")].findLast((row) => row.getBoundingClientRect().top < end);
  }

  #delete(id) {
    const row = this.#timeline.entry(id).element;
    this.#dialog.querySelector(".dialog-quote").textContent = beginning(row);
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    this.#dialog.onclose = async () => {
      this.#dialog.querySelector(".dialog-quote").textContent = "";
      if (this.#dialog.returnValue !== "delete") return;
      const next = this.#beside(row, 1) ?? this.#beside(row, -1);
      const hadFocus = row.contains(document.activeElement);
      try {
        await this.#api.delete(id);
      } catch (error) {
        if (error.status !== 404) return this.#emit("problem", { error });
      }
      this.#timeline.remove(id);
      if (hadFocus) (next ?? document.getElementById("composer-text")).focus();
    };
  }

  #idOf(row) {
    return Number(row.querySelector(".message").dataset.id);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Enough of a message to know it again. */
function beginning(row) {
  return row.querySelector(".body").textContent.trim().slice(0, 300);
}
