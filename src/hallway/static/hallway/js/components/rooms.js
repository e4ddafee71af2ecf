// Making rooms and conversations, and the details of the room one is in.

import { HUES, initials } from "../lib/row.js";
import { show } from "./dialogs.js";

const PAUSE = 200; // Milliseconds without a key before names are looked up.

const shown = (author) => ({ ...author, initials: initials(author.name), hue: `hue-${author.id % HUES}` });

/** What every dialog here can do: close, and say what went wrong. */
const dialog = {
  problem: "",
  isBusy: false,

  close() {
    this.$root.close();
  },
  async attempt(act) {
    this.problem = "";
    this.isBusy = true;
    try {
      return await act();
    } catch (error) {
      this.problem = error.status ? error.message : this.$root.dataset.unreachable;
    } finally {
      this.isBusy = false;
    }
  },
};

/** Looks people up as a name is typed; the last answer asked for wins. */
function lookUp(component, api, take) {
  let timer;
  let asked = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      const answer = await component.attempt(() => api.people(component.query.trim()));
      if (answer && mine === asked) take(answer.people.map(shown));
    }, PAUSE);
  };
}

const enter = ({ root }, { slug }) => location.assign(`${root}rooms/${slug}/`);

export const newRoom = (hall) => ({
  ...dialog,
  name: "",
  description: "",
  kind: "open",

  async create() {
    const { name, description, kind } = this;
    const room = await this.attempt(() => hall.api.createRoom({ name, description, kind }));
    if (room) enter(hall, room);
  },
  closed() {
    Object.assign(this, { name: "", description: "", kind: "open", problem: "" });
  },
});

export const newDirect = (hall) => ({
  ...dialog,
  query: "",
  found: [],
  chosen: [],
  hasLooked: false,

  init() {
    const look = lookUp(this, hall.api, (people) => {
      // Guests use open rooms only.
      this.found = people.filter(({ kind }) => kind !== "guest");
      this.hasLooked = true;
    });
    this.$watch("query", look);
    // Who is here is offered before a letter is typed.
    new MutationObserver(() => this.$root.open && look()).observe(this.$root, { attributeFilter: ["open"] });
  },
  /** Those chosen stay in view, whatever is typed next. */
  get people() {
    const ids = new Set(this.chosen.map(({ id }) => id));
    const others = this.found.filter(({ id }) => !ids.has(id));
    return [...this.chosen.map((person) => ({ ...person, isChosen: true })), ...others];
  },
  get isNobody() {
    return this.hasLooked && this.found.length === 0 && this.query.trim() !== "";
  },
  get canStart() {
    return this.chosen.length > 0 && !this.isBusy;
  },
  toggle({ id }) {
    const isChosen = this.chosen.some((person) => person.id === id);
    if (isChosen) this.chosen = this.chosen.filter((person) => person.id !== id);
    else this.chosen = [...this.chosen, this.found.find((person) => person.id === id)];
  },
  async start() {
    const room = await this.attempt(() => hall.api.startDirect(this.chosen.map(({ id }) => id)));
    if (room) enter(hall, room);
  },
  closed() {
    Object.assign(this, { query: "", found: [], chosen: [], hasLooked: false, problem: "" });
  },
});

// What can be set of a room, before it is known.
const UNKNOWN = { name: "", description: "", kind: "open", posting: "everyone", slow_mode: "0", shows_readers: false };

export const roomDetails = (hall) => ({
  ...dialog,
  ...UNKNOWN,
  draft: { ...UNKNOWN },
  isLoaded: false,
  level: "everything",
  archived: false,
  role: null,
  list: [],
  query: "",
  people: [],

  init() {
    const { api } = hall;
    this.$watch("query", lookUp(this, api, (people) => (this.people = people)));
    const load = () => this.$root.open && this.load();
    new MutationObserver(load).observe(this.$root, { attributeFilter: ["open"] });
    document.addEventListener("hallway:room", load);
    document.addEventListener("hallway:members", load);
  },
  async load() {
    const answers = await this.attempt(() => Promise.all([hall.api.rooms(), hall.api.members(hall.room)]));
    const found = answers?.[0].rooms.find(({ slug }) => slug === hall.room);
    if (!found) return;
    const room = { ...found, slow_mode: String(found.slow_mode) };
    for (const setting of Object.keys(UNKNOWN)) {
      // What is being changed here is not overwritten by what changed elsewhere.
      if (this.draft[setting] === this[setting]) this.draft[setting] = room[setting];
      this[setting] = room[setting];
    }
    const { level, archived, role } = room;
    Object.assign(this, { level, archived, role, list: answers[1].members, isLoaded: true });
  },

  get isDirect() {
    return this.kind === "direct";
  },
  get isJoined() {
    return this.isLoaded && this.role !== null;
  },
  get canManage() {
    return this.isLoaded && !this.isDirect && (this.role === "manager" || hall.isAdmin);
  },
  /** Not in a room of the site's own objects: there the site decides, and the server refuses. */
  get choosesPeople() {
    return this.canManage && !hall.isOfSite;
  },
  get canLeave() {
    return this.isJoined && !this.isDirect;
  },
  get canArchive() {
    return this.canManage && !this.archived;
  },
  get canRestore() {
    return this.canManage && this.archived;
  },
  get count() {
    return this.list.length || "";
  },
  get members() {
    return this.list.map(({ author, role }) => ({
      ...shown(author),
      isManager: role === "manager",
      canChange: this.choosesPeople && author.id !== hall.me.id,
    }));
  },
  get found() {
    const here = new Set(this.list.map(({ author }) => author.id));
    const may = ({ kind }) => this.kind === "open" || kind !== "guest";
    return this.people.filter((person) => !here.has(person.id) && may(person));
  },

  save() {
    return this.act(() => hall.api.changeRoom(hall.room, { ...this.draft, slow_mode: Number(this.draft.slow_mode) }), { isSaved: true });
  },
  saveLevel() {
    return this.act(() => hall.api.setLevel(hall.room, this.level));
  },
  archive() {
    return this.act(() => hall.api.changeRoom(hall.room, { archived: true }));
  },
  restore() {
    return this.act(() => hall.api.changeRoom(hall.room, { archived: false }));
  },
  promote({ id }) {
    return this.act(() => hall.api.changeRole(hall.room, id, "manager"));
  },
  demote({ id }) {
    return this.act(() => hall.api.changeRole(hall.room, id, "member"));
  },
  remove({ id }) {
    return this.act(() => hall.api.removeMember(hall.room, id));
  },
  add({ id }) {
    this.query = "";
    return this.act(() => hall.api.addMember(hall.room, id));
  },
  leave() {
    return this.attempt(async () => {
      await hall.api.leave(hall.room);
      this.close();
    });
  },
  askDelete() {
    this.close();
    show("confirm-room");
  },
  /** Does something, and shows how things stand then. */
  async act(change, { isSaved = false } = {}) {
    let isDone = false;
    await this.attempt(async () => {
      await change();
      isDone = true;
    });
    if (!isDone) return;
    if (isSaved) this.forget();
    await this.load();
  },
  forget() {
    for (const setting of Object.keys(UNKNOWN)) this.draft[setting] = this[setting];
  },
  closed() {
    Object.assign(this, { query: "", problem: "", isLoaded: false });
    this.forget();
  },
});

export const confirmRoom = (hall) => ({
  ...dialog,
  async remove() {
    await this.attempt(() => hall.api.deleteRoom(hall.room));
    // Our own `room.deleted` leads away.
    if (!this.problem) this.close();
  },
});
