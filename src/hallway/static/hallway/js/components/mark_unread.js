// "Mark unread from here": the key U on a message, or the button in its toolbar.

export function markUnread({ api, room, scroller }) {
  const mark = (row) => {
    const id = Number(row?.querySelector(".message").dataset.id);
    // What came of it is told by `room.read`, here as on every other screen.
    if (id) api.markUnread(room, id).catch(() => {});
  };
  scroller.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "u" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches(".row")) return;
    event.preventDefault();
    mark(event.target);
  });
  scroller.addEventListener("click", (event) => {
    if (event.target.closest("[data-mark-unread]")) mark(event.target.closest(".row"));
  });
}
