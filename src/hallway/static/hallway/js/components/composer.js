// The box one writes in.

import { isCommand } from "../lib/keys.js";

const GROWS_BY_ITSELF = CSS.supports("field-sizing", "content");
const NEARLY = 0.9; // Of the limit: from here on the characters left are shown.

/** What a key puts around the selection, and where the cursor goes. */
const MARKS = { b: "**", i: "*", e: "`" };

export const composer = ({ room, limit, api, drafts, outbox, timeline, actions, emoji }) => ({
  text: "",
  problem: "",
  editing: null,
  replyTo: null,
  repliesTo: "",
  isSaving: false,

  init() {
    const box = this.box();
    // Typed before this woke up, or brought back by the browser: what is there wins.
    if (!box.value) box.value = drafts.read(room);
    this.changed();
    actions.addEventListener("edit", ({ detail: { id } }) => this.edit(id));
    actions.addEventListener("reply", ({ detail: { id, name } }) => this.reply(id, name));
    actions.addEventListener("problem", ({ detail: { error } }) => this.tell(error));
    document.addEventListener("hallway:problem", ({ detail: { error } }) => this.tell(error));
    if (!matchMedia("(pointer: coarse)").matches && document.activeElement === document.body) box.focus();
  },

  get isEditing() {
    return this.editing !== null;
  },
  get isReplying() {
    return this.replyTo !== null && !this.isEditing;
  },
  get length() {
    // As the server counts: characters, not UTF-16 units.
    return this.text.length > limit * NEARLY ? [...this.text.trim()].length : this.text.length;
  },
  get isNearLimit() {
    return this.length > limit * NEARLY;
  },
  get isOverLimit() {
    return this.length > limit;
  },
  get left() {
    return limit - this.length;
  },
  get excess() {
    return this.length - limit;
  },
  get canSend() {
    return this.text.trim() !== "" && !this.isOverLimit && !this.isSaving;
  },

  box() {
    return this.$root.querySelector("textarea");
  },

  changed() {
    const box = this.box();
    this.text = box.value;
    this.problem = "";
    if (!this.isEditing) drafts.keep(room, box.value);
    if (GROWS_BY_ITSELF) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  },

  press(event) {
    // 229: the key belongs to an input method; Safari says so only there.
    if (event.isComposing || event.keyCode === 229) return;
    const isTouch = matchMedia("(pointer: coarse)").matches;
    if (event.key === "Enter" && !event.shiftKey && !(isTouch && !event.ctrlKey && !event.metaKey)) {
      event.preventDefault();
      this.send();
    } else if (isCommand(event) && this.mark(event)) {
      event.preventDefault();
    } else if (event.key === "Escape" && this.isReplying) {
      event.preventDefault();
      this.dropReply();
    } else if (event.key === "Escape" && this.isEditing) {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "ArrowUp" && !this.box().value && !event.shiftKey) {
      event.preventDefault();
      this.editLast();
    }
  },

  send() {
    if (!this.canSend) return;
    if (this.isEditing) return this.save();
    outbox.add(room, this.text, { replyTo: this.replyTo });
    this.dropReply();
    drafts.forget(room);
    this.write("");
    timeline.toEnd();
  },

  /** Bold, italic, code or a link around what is selected, or a quote of its lines. */
  mark(event) {
    const key = event.key.toLowerCase();
    // With Shift the 9 is another sign on every keyboard.
    if (event.shiftKey && event.code === "Digit9") return this.quote();
    const sign = event.shiftKey ? undefined : MARKS[key];
    if (!sign && !(event.shiftKey && key === "k")) return false;
    const box = this.box();
    const { selectionStart: start, selectionEnd: end } = box;
    const chosen = box.value.slice(start, end);
    const [before, after] = sign ? [sign, sign] : ["[", "](https://)"];
    box.setRangeText(`${before}${chosen}${after}`, start, end, "end");
    const place = start + before.length;
    box.setSelectionRange(place, place + chosen.length);
    this.changed();
    return true;
  },

  async pick(event) {
    try {
      await emoji.pick(event.currentTarget, (sign) => {
        emoji.used.add(sign);
        this.insert(sign);
      });
    } catch (error) {
      this.tell(error);
    }
  },
  /** At the cursor, or in the place of what is selected. */
  insert(text) {
    const box = this.box();
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    this.changed();
  },

  quote() {
    const box = this.box();
    const start = box.value.lastIndexOf("\n", box.selectionStart - 1) + 1;
    const lines = box.value.slice(start, box.selectionEnd);
    box.setRangeText(lines.replace(/^/gm, "> "), start, box.selectionEnd, "end");
    this.changed();
    return true;
  },

  reply(id, name) {
    if (this.isEditing) this.cancel();
    this.replyTo = id;
    this.repliesTo = name;
    this.box().focus();
  },
  dropReply() {
    this.replyTo = null;
    this.repliesTo = "";
  },

  async editLast() {
    // The last of those that are drawn here is not the last.
    if (timeline.hasNewer) await timeline.toEnd();
    const id = timeline.myLast();
    if (id !== undefined) this.edit(id);
  },

  async edit(id) {
    if (this.isEditing) this.cancel();
    try {
      const { content } = await api.message(id);
      // What was being written waits in its draft.
      drafts.flush();
      this.editing = id;
      actions.markEdited(id);
      this.write(content);
    } catch (error) {
      // Deleted meanwhile, which shows.
      if (error.status !== 404) this.tell(error);
    }
  },

  async save() {
    this.isSaving = true;
    try {
      timeline.place(await api.edit(this.editing, this.text));
      this.cancel();
    } catch (error) {
      this.tell(error);
    }
    this.isSaving = false;
  },

  cancel() {
    this.editing = null;
    actions.markEdited(null);
    this.write(drafts.read(room));
  },

  write(text) {
    const box = this.box();
    box.value = text;
    this.changed();
    box.focus();
    box.setSelectionRange(text.length, text.length);
  },

  tell(error) {
    this.problem = error.status ? error.message : this.$root.dataset.unreachable;
  },
});
