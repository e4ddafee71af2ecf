// The rooms in the sidebar: they come, go and change their names, say how much is unread behind
// them, and direct ones stand in the order of their latest message. One template draws a door for
// the first paint and here.

const MOST = 100; // The server counts no further.
const ICONS = { private: "lock", direct: "person" };
const SPREAD = 1_500; // Milliseconds over which those who lost the same thing ask again.

/**
 * Events: "change" when what is unread changed; "here" {room} when the room of this page did;
 * "lost" when this page's room is no longer ours to read.
 */
export class Doors extends EventTarget {
  #lists;
  #template;
  #current;
  #me;
  #api;
  #timer;

  constructor({ rooms, directs, template, current, me, api }) {
    super();
    this.#lists = { rooms, directs };
    this.#template = template;
    this.#current = current;
    this.#me = me;
    this.#api = api;
    this.#reveal();
    // On a phone the rooms are a drawer: before it opens, nothing in it has a place to scroll to.
    rooms.closest("[popover]")?.addEventListener("toggle", () => this.#reveal());
  }

  /** What waits in the rooms one belongs to, and in this one; as the title tells it. */
  get unread() {
    return this.#all()
      .filter((door) => hasNews(door) && ("joined" in door.dataset || this.#isHere(door)))
      .reduce((sum, door) => sum + Number(door.dataset.unread), 0);
  }

  get here() {
    return this.#find(this.#current);
  }

  /** `room.created` and `room.changed`: also a room that turned private without us. */
  put(room, { isOld = false } = {}) {
    const known = this.#find(room.slug);
    const isJoined = known ? "joined" in known.dataset : room.kind !== "open";
    if (room.kind !== "open" && !isJoined) return this.remove(room.slug);
    if (!known && isOld) this.refreshSoon(); // it turned open, and has a past to be counted
    const mine = known ? {} : { level: "everything", unread: 0, mentions: 0, role: isJoined ? "member" : null };
    this.#draw(known ?? this.#insert(room), { ...room, ...mine, name: this.#nameOf(room) });
  }

  remove(slug) {
    this.#find(slug)?.closest("li").remove();
    if (slug === this.#current) this.#emit("lost");
    this.#emit("change");
  }

  /** `member.joined` and `member.changed`. */
  joined({ room, author, role }) {
    const door = this.#find(room);
    if (author.id !== this.#me.id || !door) return;
    door.dataset.joined = role;
    this.#showNews(door);
  }

  left({ room, kind, author }) {
    if (author.id !== this.#me.id) return;
    if (kind !== "open") return this.remove(room);
    const door = this.#find(room);
    if (!door) return;
    delete door.dataset.joined;
    door.dataset.level = "everything";
    this.#showNews(door);
  }

  level({ room, level }) {
    const door = this.#find(room);
    if (!door) return;
    door.dataset.level = level;
    this.#showNews(door);
  }

  posted({ room, author, mentions }) {
    const door = this.#find(room);
    if (!door) return;
    if (door.dataset.kind === "direct") this.#toTop(door);
    if (author.id === this.#me.id) return;
    door.dataset.unread = Math.min(Number(door.dataset.unread) + 1, MOST);
    if (mentions.includes(this.#me.id)) door.dataset.mentions = Number(door.dataset.mentions) + 1;
    this.#showNews(door);
  }

  /** An edit may name somebody, or no longer. */
  edited({ room, mentions }) {
    const door = this.#find(room);
    if (!Number(door?.dataset.unread)) return;
    if (mentions.includes(this.#me.id) || Number(door.dataset.mentions)) this.refreshSoon();
  }

  /** A deleted message may have been counted: the server knows. */
  deleted({ room }) {
    if (Number(this.#find(room)?.dataset.unread)) this.refreshSoon();
  }

  read({ room, unread, mentions }) {
    const door = this.#find(room);
    if (!door) return;
    door.dataset.unread = unread;
    door.dataset.mentions = mentions;
    this.#showNews(door);
  }

  renamed({ id }) {
    const known = this.#all().filter((door) => door.dataset.people?.split(" ").includes(String(id)));
    if (known.length) this.refreshSoon();
  }

  refreshSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), Math.random() * SPREAD);
  }

  /** As a fresh page would show it; after a pause, in which rooms may have been lost. */
  async refresh() {
    let rooms;
    try {
      ({ rooms } = await this.#api.rooms());
    } catch (error) {
      if (!error.status) this.refreshSoon();
      return;
    }
    const left = new Set(rooms.map(({ slug }) => slug));
    this.#all().filter((door) => !left.has(door.dataset.room)).forEach((door) => this.remove(door.dataset.room));
    for (const room of rooms) {
      const door = this.#find(room.slug) ?? this.#insert(room);
      this.#draw(door, room);
      // In the order in which the server names them.
      this.#listFor(room).append(door.closest("li"));
    }
    this.#emit("change");
  }

  #draw(door, room) {
    const set = { room: room.slug, kind: room.kind, level: room.level, unread: room.unread, mentions: room.mentions };
    for (const [name, value] of Object.entries(set)) if (value !== undefined) door.dataset[name] = value;
    if (room.role !== undefined) mark(door, "joined", room.role);
    mark(door, "archived", room.archived ? "" : null);
    if (room.people?.length) door.dataset.people = room.people.map(({ id }) => id).join(" ");
    door.querySelector(".door-name").textContent = room.name;
    door.querySelector("use").setAttribute("href", `#icon-${ICONS[room.kind] ?? "door"}`);
    this.#showNews(door);
    if (this.#isHere(door)) this.#emit("here", { room });
  }

  #showNews(door) {
    const unread = Number(door.dataset.unread);
    door.querySelector(".door-count").textContent = unread >= MOST ? `${MOST - 1}+` : unread;
    const news = door.querySelector(".door-news");
    news.toggleAttribute("hidden", !hasNews(door));
    news.classList.toggle("is-called", isCalled(door));
    this.#emit("change");
  }

  #insert(room) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    const door = item.querySelector(".door");
    // Rooms lie beside each other: the address of this one says where.
    door.href = location.pathname.replace(/[^/]+\/?$/, `${room.slug}/`);
    door.dataset.room = room.slug;
    const list = this.#listFor(room);
    if (room.kind === "direct") list.prepend(item);
    else list.append(item);
    return door;
  }

  #toTop(door) {
    const item = door.closest("li");
    if (item.previousElementSibling) this.#lists.directs.prepend(item);
  }

  #nameOf({ name, people }) {
    const others = (people ?? []).filter(({ id }) => id !== this.#me.id);
    return others.length ? others.map((person) => person.name).join(", ") : name;
  }

  #listFor({ kind }) {
    return kind === "direct" ? this.#lists.directs : this.#lists.rooms;
  }

  /** Among many rooms the one people are in is in view. */
  #reveal() {
    this.here?.scrollIntoView({ block: "nearest" });
  }

  #isHere(door) {
    return door.dataset.room === this.#current;
  }

  #all() {
    return Object.values(this.#lists).flatMap((list) => [...list.querySelectorAll(".door")]);
  }

  #find(slug) {
    return this.#all().find((door) => door.dataset.room === slug);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function hasNews(door) {
  return (Number(door.dataset.unread) > 0 && door.dataset.level === "everything") || isCalled(door);
}

function isCalled(door) {
  return Number(door.dataset.mentions) > 0 && door.dataset.level !== "nothing";
}

function mark(door, name, value) {
  if (value === null) delete door.dataset[name];
  else door.dataset[name] = value;
}
