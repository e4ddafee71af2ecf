// A message as a row: fills the same template the server fills, so that both draw the same.

import { fillReactions } from "./reactions.js";
import { sanitizedByServer } from "./trusted.js";

export const HUES = 12;

export function drawMessage(template, message, times) {
  const drawn = template.content.cloneNode(true);
  fillMessage(drawn.firstElementChild, message, times);
  return drawn;
}

export function fillMessage(article, message, times) {
  article.id = message.id ? `message-${message.id}` : `sending-${message.client_id}`;
  article.dataset.id = message.id ?? "";
  article.dataset.authorId = message.author.id;
  article.dataset.clientId = message.client_id;
  article.dataset.version = message.version ?? "";
  article.classList.toggle("emoji-only", Boolean(message.emoji_only));
  nameAuthor(article, message.author);
  times.write(article.querySelector(".sent"), message.created_at);
  const body = article.querySelector(".body");
  fillQuote(article, message.reply_to);
  // A message not yet sent has no HTML: the server makes it.
  if (message.html === undefined) body.textContent = message.content;
  else body.replaceChildren(sanitizedByServer(message.html));
  article.querySelector(".edited").toggleAttribute("hidden", !message.edited_at);
  fillPin(article, message.pinned_at);
  fillReactions(article, message.reactions);
}

export function fillPin(article, pinnedAt) {
  article.querySelector(".pinned").toggleAttribute("hidden", !pinnedAt);
}

/** The quote of what a message replies to, as that is now; null takes it away. */
export function fillQuote(article, quote) {
  let drawn = article.querySelector(".quote");
  if (!quote) return drawn?.remove();
  if (!drawn) {
    drawn = document.getElementById("quote-template").content.firstElementChild.cloneNode(true);
    article.querySelector(".byline").after(drawn);
  }
  drawn.className = quote.deleted ? "quote is-gone" : "quote";
  drawn.setAttribute("href", `#message-${quote.id}`);
  drawn.dataset.quotes = quote.id;
  drawn.dataset.authorId = quote.author?.id ?? "";
  drawn.querySelector(".quote-author").textContent = quote.author?.name ?? "";
  drawn.querySelector(".quote-text").textContent = quote.excerpt;
}

export function nameAuthor(article, author) {
  const { id, name } = author;
  const avatar = article.querySelector(".avatar");
  avatar.className = `avatar hue-${id % HUES}`;
  avatar.dataset.presence = id;
  fillAvatar(avatar, author);
  const shown = article.querySelector(".author");
  shown.textContent = name;
  shown.dataset.person = id;
}

/** A picture, or initials where there is none. */
export function fillAvatar(avatar, { id, name, picture }) {
  if (!picture) {
    avatar.textContent = initials(name);
    return;
  }
  const image = Object.assign(new Image(36, 36), { alt: "" });
  image.src = `${document.body.dataset.root}pictures/${id}/${picture}.webp`;
  avatar.replaceChildren(image);
}

/** First letters of the first and the last word, as `templatetags/hallway.py` takes them. */
export function initials(name) {
  const words = name.split(/\s+/u).filter(Boolean);
  const letters = [words[0], ...words.slice(1).slice(-1)].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase();
}
