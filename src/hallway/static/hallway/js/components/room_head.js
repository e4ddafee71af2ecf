// What the page says about its room: the line above the timeline, and whether one may write.

/** The line above the timeline: what the room is about, and the way in. */
export const roomHead = (hall) => ({
  isOutside: false,

  init() {
    const look = () => {
      const door = hall.doors.here;
      this.isOutside = Boolean(door) && !("joined" in door.dataset) && !("archived" in door.dataset);
    };
    hall.doors.addEventListener("change", look);
    look();
  },
  async join() {
    try {
      await hall.api.join(hall.room);
      this.isOutside = false;
    } catch {
      // The button stays: it can be pressed again.
    }
  },
});

/** Shows what changed about this room: its name, what it is about, and whether one may write. */
export function follow(hall) {
  const find = (id) => document.getElementById(id);
  let { roomName } = document.body.dataset;
  let posting = document.body.dataset.posting;

  const showClosed = () => {
    const door = hall.doors.here;
    if (!door) return;
    const isArchived = "archived" in door.dataset;
    const isClosed = posting === "managers" && door.dataset.joined !== "manager" && !hall.isAdmin;
    find("composer").hidden = isArchived || isClosed;
    find("closed-archived").hidden = !isArchived;
    find("closed-managers").hidden = isArchived || !isClosed;
  };
  document.addEventListener("hallway:room", ({ detail: room }) => {
    const box = find("composer-text");
    find("room-name").textContent = room.name;
    find("room-about").textContent = room.description;
    box.placeholder = box.placeholder.replace(roomName, () => room.name);
    roomName = room.name;
    posting = room.posting;
    showClosed();
  });
  hall.doors.addEventListener("change", showClosed);
}
