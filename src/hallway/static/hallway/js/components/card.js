// Who somebody is: pressed is a name or a picture, and the card opens over the page.

import { sanitizedByServer } from "../lib/trusted.js";
import { fetchStyle } from "./dialogs.js";

let dialog;
let shown = null;

export async function showCard(hall, id) {
  dialog ??= make(hall);
  shown = Number(id);
  const isThere = await fill(hall);
  if (isThere && !dialog.open) dialog.showModal();
}

function make(hall) {
  const made = document.createElement("dialog");
  made.className = "dialog person-card";
  made.id = "person-card";
  made.setAttribute("aria-labelledby", "person-card-name");
  made.dir = document.documentElement.dir;
  made.addEventListener("close", () => (shown = null));
  made.addEventListener("click", (event) => {
    // What is pressed outside of its content is the veil behind it.
    if (event.target === made || event.target.closest("[data-close]")) return made.close();
    if (event.target.closest("[data-write]")) write(hall);
  });
  document.body.append(made);
  const look = ({ id, author }) => made.open && (id ?? author?.id) === shown && fill(hall);
  hall.tabs.addEventListener("event", ({ detail: { kind, payload } }) => kind === "author.renamed" && look(payload));
  hall.tabs.addEventListener("signal", ({ detail: { kind, payload } }) => kind === "presence" && look(payload));
  return made;
}

/** Draws the card as things stand; whether there was one to draw. */
async function fill({ root }) {
  const wanted = shown;
  let card;
  try {
    const answer = await fetch(`${root}people/${wanted}/card/`, { credentials: "same-origin", cache: "no-store" });
    // Somebody who is gone has none, and who is signed out is led away by the stream.
    if (!answer.ok || answer.redirected) return false;
    card = sanitizedByServer(await answer.text());
    await fetchStyle(card.querySelector("[data-style]").dataset.style);
  } catch {
    return false; // Without a connection, which the page tells already.
  }
  if (wanted !== shown) return false;
  const place = [...dialog.querySelectorAll("button, a")].indexOf(document.activeElement);
  dialog.replaceChildren(card);
  if (place >= 0) dialog.querySelectorAll("button, a")[place]?.focus();
  return true;
}

async function write({ api, root }) {
  try {
    const { slug } = await api.startDirect([shown]);
    location.assign(`${root}rooms/${slug}/`);
  } catch (error) {
    const problem = dialog.querySelector(".form-problem");
    problem.textContent = error.status ? error.message : problem.dataset.unreachable;
  }
}
