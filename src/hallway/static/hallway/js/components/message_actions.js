// What can be done with a message: one toolbar that goes where the pointer or the focus
// is; the rows by keyboard; and the buttons under a message that was not sent.

import { hasReacted } from "../lib/reactions.js";

/** Events: "edit" {id}; "reply" {id, name}; "problem" {error}. */
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
  #toolbar;
  #dialog;
  #reporting;
  #stop = null;

  /** `isManager()` says whether the words of others may be taken away here, by me and now. */
  constructor({ me, links, room, rows, scroller, timeline, outbox, api, isManager }) {
    super();
    this.#isManager = isManager;
    this.#me = me;
    this.#links = links;
    this.#room = room;
    this.#rows = rows;
    this.#scroller = scroller;
    this.#timeline = timeline;
    this.#outbox = outbox;
    this.#api = api;
    this.#toolbar = document.getElementById("actions-template").content.firstElementChild.cloneNode(true);
    this.#dialog = document.getElementById("confirm-delete");
    this.#reporting = document.getElementById("report");
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
    const row = element?.closest?.(".row");
    const id = row && this.#idOf(row);
    if (id && this.#timeline.entry(id)) {
      const isMine = Boolean(this.#timeline.mine(id));
      const show = (kind, isShown) => this.#toolbar.querySelectorAll(kind).forEach((button) => (button.hidden = !isShown));
      show(".for-mine", isMine);
      show(".for-others", !isMine);
      show(".for-deletion", isMine || this.#isManager());
      if (this.#toolbar.parentElement !== row) row.append(this.#toolbar);
    } else if (!this.#toolbar.contains(document.activeElement)) {
      this.#toolbar.remove();
    }
  }

  #click(event) {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    const row = button.closest(".row");
    const clientId = row.querySelector(".message").dataset.clientId;
    const id = this.#idOf(row);
    const acts = {
      react: () => this.#react(row, id, button.dataset.emoji),
      reply: () => this.#reply(row, id),
      link: () => this.#copyLink(id),
      edit: () => this.#emit("edit", { id }),
      delete: () => this.#delete(id),
      report: () => this.#report(row, id),
      retry: () => this.#outbox.retry(clientId),
      discard: () => this.#outbox.discard(clientId),
    };
    acts[button.dataset.action]();
  }

  #press(event) {
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
    if (event.key === "Escape") return document.getElementById("composer-text").focus();
    const id = row && this.#idOf(row);
    if (!id) return;
    if (event.key === "r" || event.key === "R") {
      event.preventDefault();
      return this.#reply(row, id);
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

  async #react(row, id, emoji) {
    const article = row.querySelector(".message");
    try {
      // Shown by the answer or by the stream, whichever comes first.
      if (hasReacted(article, emoji, this.#me.id)) await this.#api.unreact(id, emoji);
      else this.#timeline.place(await this.#api.react(id, emoji));
    } catch (error) {
      this.#emit("problem", { error });
    }
  }

  async #copyLink(id) {
    const path = this.#links.message({ id, room: this.#room });
    try {
      await navigator.clipboard.writeText(new URL(path, location.href).href);
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

  #report(row, id) {
    const dialog = this.#reporting;
    const [form, thanks] = dialog.querySelectorAll("form");
    const problem = dialog.querySelector(".form-problem");
    const show = (isDone) => ([form.hidden, thanks.hidden] = [isDone, !isDone]);
    dialog.querySelector(".dialog-quote").textContent = beginning(row);
    form.reset();
    problem.textContent = "";
    show(false);
    dialog.showModal();
    form.onsubmit = async (event) => {
      if (event.submitter?.value === "cancel") return;
      event.preventDefault();
      try {
        await this.#api.report(id, new FormData(form).get("reason"));
        show(true);
        thanks.querySelector("button").focus();
      } catch (error) {
        problem.textContent = error.status ? error.message : dialog.dataset.unreachable;
      }
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
