// Reactions under a message. What the server counts (actions/reactions.py), an event counts here.

const MOST_NAMED = 50;

/** Draws a whole summary; a button that stays keeps its focus. */
export function fillReactions(article, summary) {
  let list = article.querySelector(".reactions");
  if (!summary?.length) return list?.remove();
  if (!list) {
    list = document.createElement("div");
    list.className = "reactions";
    article.querySelector(".edited").after(list);
  }
  const known = new Map([...list.children].map((button) => [button.dataset.emoji, button]));
  summary.forEach((reaction, index) => {
    const button = known.get(reaction.emoji) ?? make(reaction.emoji);
    known.delete(reaction.emoji);
    write(button, reaction.count, reaction.authors);
    if (list.children[index] !== button) list.insertBefore(button, list.children[index] ?? null);
  });
  known.forEach((button) => button.remove());
}

/** Applies one event: somebody reacted, or took it back. */
export function applyReaction(article, { emoji, author }, adds) {
  const summary = readReactions(article);
  const found = summary.find((one) => one.emoji === emoji);
  if (!found && adds) summary.push({ emoji, count: 1, authors: [author.id] });
  else if (found && adds) {
    found.count += 1;
    if (found.authors.length < MOST_NAMED) found.authors.push(author.id);
  } else if (found) {
    found.count -= 1;
    found.authors = found.authors.filter((id) => id !== author.id);
  }
  fillReactions(article, summary.filter((one) => one.count > 0));
}

export function hasReacted(article, emoji, author) {
  return readReactions(article).some((one) => one.emoji === emoji && one.authors.includes(author));
}

/** Which of them are mine shows; the drawing itself is the same for everybody. */
export function markMine(article, me) {
  for (const button of article.querySelectorAll(".reaction")) {
    button.setAttribute("aria-pressed", String(authors(button).includes(me)));
  }
  let isCalled = false;
  for (const mention of article.querySelectorAll(".mention")) {
    const isMe = Number(mention.dataset.author) === me;
    mention.classList.toggle("is-me", isMe);
    isCalled ||= isMe;
  }
  article.classList.toggle("calls-me", isCalled);
}

function readReactions(article) {
  return [...article.querySelectorAll(".reaction")].map((button) => ({
    emoji: button.dataset.emoji,
    count: Number(button.querySelector(".reaction-count").textContent),
    authors: authors(button),
  }));
}

function authors(button) {
  return button.dataset.authors.split(" ").filter(Boolean).map(Number);
}

function make(emoji) {
  const button = document.getElementById("reaction-template").content.firstElementChild.cloneNode(true);
  button.dataset.emoji = emoji;
  button.firstChild.data = `${emoji} `;
  return button;
}

function write(button, count, ids) {
  button.dataset.authors = ids.join(" ");
  button.querySelector(".reaction-count").textContent = count;
}
