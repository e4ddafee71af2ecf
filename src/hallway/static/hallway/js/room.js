// The room page: wakes up what the server drew, and wires the parts together.

import Alpine from "alpinejs";

import { composer } from "./components/composer.js";
import { connection } from "./components/connection.js";
import { opener, sleepers, switcher, watchKeys } from "./components/dialogs.js";
import { rename, themes } from "./components/me.js";
import { MessageActions } from "./components/message_actions.js";
import { follow, roomHead } from "./components/room_head.js";
import { toEnd } from "./components/to_end.js";
import { typing } from "./components/typing.js";
import { Api } from "./lib/api.js";
import { Doors } from "./lib/doors.js";
import { Drafts } from "./lib/drafts.js";
import { Link } from "./lib/link.js";
import { Links } from "./lib/links.js";
import { Outbox } from "./lib/outbox.js";
import { Presence } from "./lib/presence.js";
import { Reading } from "./lib/reading.js";
import { Store } from "./lib/store.js";
import { Stream } from "./lib/stream.js";
import { Tabs } from "./lib/tabs.js";
import { Timeline } from "./lib/timeline.js";
import { Times } from "./lib/times.js";
import { Title } from "./lib/title.js";
import { UsedEmoji } from "./lib/used_emoji.js";

const page = document.body.dataset;
const me = { id: Number(page.me), name: page.meName, kind: page.meKind, picture: page.mePicture };
const find = (id) => document.getElementById(id);
const { content: token, dataset: { header } } = document.querySelector("meta[name=csrf-token]");
// Two Hallways on one host, or two authors after one another, share nothing.
const shared = `hallway:${page.root}:${me.id}:`;

const times = new Times({ locale: Times.locale() });
const api = new Api({ root: page.root, token, header });
const tabs = new Tabs({ name: `${shared}stream`, makeStream: () => new Stream({ url: page.stream }) });
const link = new Link(tabs);
const presence = new Presence({ tabs, me, online: page.online.split(" ").filter(Boolean).map(Number) });
const drafts = new Drafts(new Store(`${shared}draft:`));
const outbox = new Outbox({ api, link, store: new Store(`${shared}outbox:`), lock: `${shared}outbox` });
const doors = new Doors({
  rooms: find("doors"),
  directs: find("directs"),
  template: find("door-template"),
  current: page.room,
  me,
  api,
});
const title = new Title({ icon: document.querySelector("link[rel=icon]") });
const timeline = new Timeline({
  elements: {
    scroller: find("timeline"),
    rows: find("rows"),
    older: find("older"),
    newer: find("newer"),
    beginning: find("beginning"),
  },
  templates: {
    message: find("message-template"),
    row: find("row-template"),
    day: find("day-template"),
    delivery: find("delivery-template"),
  },
  me,
  room: page.room,
  times,
  api,
  hasNewer: "hasNewer" in page,
});
const links = new Links({ root: page.root });
const isAdmin = ["owner", "admin"].includes(page.meRole);
const here = () => doors.here?.dataset ?? {};
const isManager = () => here().kind !== "direct" && (isAdmin || here().joined === "manager");
/** As `access.can_pin` has it; the server asks again. */
const canPin = () => !("archived" in here()) && (here().kind === "direct" || isManager());
const used = new UsedEmoji(new Store(`${shared}emoji:`));
let picker = null;
const emoji = {
  used,
  get isOpen() {
    return Boolean(picker?.isOpen);
  },
  /** Opens the picker beside a button. */
  async pick(button, take) {
    const { EmojiPicker } = await import("./components/emoji_picker.js");
    picker ??= new EmojiPicker({ root: page.root, used });
    await picker.open(button, take);
  },
};
const actions = new MessageActions({
  emoji,
  me,
  links,
  room: page.room,
  rows: find("rows"),
  scroller: find("timeline"),
  timeline,
  outbox,
  api,
  isManager,
  canPin,
});

const reading = new Reading({
  api,
  room: page.room,
  rows: find("rows"),
  line: find("unread-template").content.firstElementChild.cloneNode(true),
  upTo: Number(page.readUpTo),
  newest: Number(page.newest),
  keepPlace: (change) => timeline.keepPlace(change),
});

let readers = null;
async function showReaders(isShown) {
  if (!isShown) return readers?.hide();
  const { Readers } = await import("./components/readers.js");
  const keepPlace = (change) => timeline.keepPlace(change);
  readers ??= new Readers({ api, room: page.room, rows: find("rows"), me, keepPlace });
  // Without them the room is as good; they come with the next change.
  return readers.show().catch(() => {});
}

const heard = {
  "message.posted": (message) => {
    // Placed first: the row that waits for it is taken over, not removed and drawn again.
    timeline.place(message);
    doors.posted(message);
    if (message.author.id === me.id) outbox.settle(message.client_id);
    if (message.room !== page.room) return;
    if (message.author.id === me.id) reading.spoke();
    else reading.heard(message);
  },
  "message.edited": (message) => {
    timeline.place(message);
    if (message.quote) timeline.requote(message.quote);
    doors.edited(message);
  },
  "reaction.added": (told) => timeline.react(told, true),
  "reaction.removed": (told) => timeline.react(told, false),
  "message.pinned": (told) => timeline.pin(told),
  "message.unpinned": (told) => timeline.pin({ ...told, pinned_at: null }),
  "message.deleted": (message) => {
    timeline.remove(message.id);
    doors.deleted(message);
  },
  "author.renamed": (author) => {
    timeline.rename(author);
    doors.renamed(author);
    if (author.id !== me.id) return;
    me.name = author.name;
    me.picture = author.picture;
    document.dispatchEvent(new CustomEvent("hallway:renamed", { detail: author }));
  },
  "access.changed": lookAgain,
  "session.ended": () => lookAgain({ ended: true }),
  "room.created": (room) => doors.put(room),
  "room.changed": (room) => {
    doors.put(room, { isOld: true });
    outbox.tryAgain(room.slug);
  },
  "room.deleted": ({ slug }) => doors.remove(slug),
  "room.read": (read) => {
    doors.read(read);
    if (read.room === page.room) reading.told(read);
  },
  "reader.moved": (reader) => reader.room === page.room && readers?.moved(reader),
  "member.joined": (joined) => {
    doors.joined(joined);
    membersChanged(joined);
  },
  "member.changed": (changed) => {
    doors.joined(changed);
    membersChanged(changed);
  },
  "member.left": (left) => {
    doors.left(left);
    membersChanged(left);
  },
  "report.changed": ({ open }) => showReports(open),
  "level.changed": (changed) => doors.level(changed),
  reset: () => {
    timeline.reload();
    if ("showsReaders" in page) showReaders(true);
    doors.refreshSoon();
  },
};

function membersChanged({ room }) {
  if (room !== page.room) return;
  document.dispatchEvent(new CustomEvent("hallway:members"));
  if ("showsReaders" in page) showReaders(true);
}

/** To those who run the place: how many reported messages wait. */
function showReports(open) {
  document.querySelectorAll(".reports-waiting").forEach((badge) => {
    badge.querySelector(".door-count").textContent = open;
    badge.hidden = open === 0;
  });
}

let isLeaving = false;
function toLobby() {
  // Several may say so at once, and a second start would cut off the first.
  if (isLeaving) return;
  isLeaving = true;
  drafts.flush();
  location.assign(page.lobby);
}

/** Am I still who this page was drawn for? Another tab may have signed in, out, or as somebody else. */
async function lookAgain({ ended = false } = {}) {
  let now;
  try {
    now = await api.me();
  } catch (error) {
    if (error.status === 401) {
      forgetAll();
      toLobby();
    }
    return;
  }
  if (!ended && now.id === me.id && now.role === page.meRole) return;
  drafts.flush();
  location.reload();
}

/** Whoever uses this browser next finds nothing I typed. */
function forgetAll() {
  drafts.flush();
  const kept = new Store(shared);
  kept.names().forEach((name) => kept.delete(name));
}

function showPending() {
  timeline.showPending(outbox.entries(page.room));
}

doors.addEventListener("change", () => title.show(doors.unread));
doors.addEventListener("here", ({ detail: { room } }) => {
  title.rename(room.name);
  if (room.shows_readers !== "showsReaders" in page) {
    document.body.toggleAttribute("data-shows-readers", room.shows_readers);
    showReaders(room.shows_readers);
  }
  document.dispatchEvent(new CustomEvent("hallway:room", { detail: room }));
});
doors.addEventListener("lost", () => {
  drafts.flush();
  location.assign(page.home);
});
let wasLive = false;
tabs.addEventListener("event", ({ detail: { kind, payload } }) => heard[kind]?.(payload));
tabs.addEventListener("state", () => {
  if (tabs.state === "refused") toLobby();
  if (tabs.state !== "live") return;
  outbox.wake();
  // While nothing came a room may have been lost; that is not told afterwards.
  if (wasLive) doors.refreshSoon();
  wasLive = true;
});
outbox.addEventListener("change", showPending);
outbox.addEventListener("sent", ({ detail: { message } }) => {
  timeline.place(message);
  tabs.wake();
});
outbox.addEventListener("unanswered", ({ detail: { since } }) => tabs.wake({ silentSince: since }));
outbox.addEventListener("refused", toLobby);

find("leave").addEventListener("submit", () => {
  forgetAll();
  // Not to be led away by our own `session.ended` before the answer to this has come.
  tabs.leave();
});
addEventListener("online", () => tabs.wake({ networkChanged: true }));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") return drafts.flush();
  tabs.wake();
});
// A page that sleeps must not lead; one that comes back from the history starts again.
document.addEventListener("freeze", () => tabs.leave());
document.addEventListener("resume", () => tabs.join(tabs.cursor));
addEventListener("pagehide", () => {
  drafts.flush();
  tabs.leave();
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  isLeaving = false;
  tabs.join(tabs.cursor);
});

times.remember();
title.show(doors.unread);
timeline.addEventListener("end", ({ detail }) => reading.away(detail.isAway));
timeline.adopt();
reading.begin(find("timeline"));
showPending();
tabs.join(page.cursor);
if ("showsReaders" in page) showReaders(true);
outbox.start();

const hall = {
  me,
  isAdmin,
  isOfSite: "ofSite" in page,
  canPin,
  room: page.room,
  root: page.root,
  limit: Number(page.messageLimit),
  api,
  doors,
  drafts,
  emoji,
  link,
  outbox,
  presence,
  tabs,
  timeline,
  times,
  links,
  actions,
  token,
};
follow(hall);
// What the first paint does without comes when it is first wanted.
whenFirst(find("rows"), ["pointerover", "pointerdown", "focusin"], async (first) => {
  let isDown = first.pointerType === "touch";
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (isDown = false), { once: true, capture: true });
  const { reactors } = await import("./components/reactors.js");
  reactors({ api, rows: find("rows"), pressed: isDown ? first : null });
});
const whose = "[data-person], .message > .avatar";
// It takes no focus: the row's tools would lie over it before the finger is up.
const inRows = `${whose}, .message button`;
document.addEventListener("mousedown", (event) => event.target.closest(inRows) && event.preventDefault());
document.addEventListener("click", async ({ target }) => {
  const pressed = target.closest(whose);
  if (!pressed) return;
  const { showCard } = await import("./components/card.js");
  showCard(hall, pressed.dataset.person ?? pressed.dataset.presence);
});
whenFirst(find("composer-text"), ["input"], async () => {
  const { Mentions } = await import("./components/mentions.js");
  new Mentions({ api, room: page.room, box: find("composer-text") }).look();
});
actions.addEventListener("history", ({ detail: { id } }) => {
  find("history").dataset.message = id;
  opener("history").open();
});
actions.addEventListener("report", ({ detail: { id, quote } }) => {
  Object.assign(find("report").dataset, { message: id, quote });
  opener("report").open();
});
const notes = () => import("./components/notes.js");
const rooms = () => import("./components/rooms.js");
sleepers(
  { search: () => import("./components/search.js"), report: () => import("./components/report.js"), pinned: notes, history: notes, newRoom: rooms, newDirect: rooms, roomDetails: rooms, confirmRoom: rooms },
  (dialog, name, module) => {
    Alpine.data(name, () => module[name](hall));
    dialog.removeAttribute("x-ignore");
    delete dialog._x_ignore;
    Alpine.initTree(dialog);
  },
);
Alpine.data("composer", () => composer(hall));
Alpine.data("connection", () => connection(hall));
Alpine.data("toEnd", () => toEnd(hall));
Alpine.data("rename", () => rename(hall));
Alpine.data("themes", themes);
Alpine.data("opener", opener);
Alpine.data("switcher", switcher);
Alpine.data("typing", () => typing(hall));
Alpine.data("roomHead", () => roomHead(hall));
Alpine.start();
watchKeys();

function whenFirst(element, kinds, begin) {
  const once = new AbortController();
  const start = (event) => {
    once.abort();
    begin(event).catch(() => whenFirst(element, kinds, begin));
  };
  for (const kind of kinds) element.addEventListener(kind, start, { signal: once.signal });
}

/** An address that ends in #message-12 shows that message, whichever page of history it is on. */
function showNamed() {
  const [, id] = /^#message-(\d+)$/.exec(location.hash) ?? [];
  if (id) timeline.show(Number(id));
}
addEventListener("hashchange", showNamed);
showNamed();
