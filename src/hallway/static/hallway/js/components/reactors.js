// Who reacted: told when the pointer rests on a reaction, when it has the focus, and on a long touch.

const REST = 350;
const PRESS = 500;
const MOST_NAMED = 12;
const GAP = 6;

/** `pressed`: the touch that was going on when this was fetched. */
export function reactors({ api, rows, pressed }) {
  const tip = document.getElementById("reactors");
  const list = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });
  let shownFor = null;
  let timer;
  let isLong = false;

  async function show(button) {
    const id = Number(button.closest(".message").dataset.id);
    let found;
    try {
      const { reactions } = await api.reactions(id);
      found = reactions.find(({ emoji }) => emoji === button.dataset.emoji);
    } catch {
      return; // Nobody asked aloud.
    }
    if (!found || shownFor !== button || !button.isConnected) return;
    const names = found.authors.slice(0, MOST_NAMED).map(({ name }) => name);
    const rest = found.count - names.length;
    if (rest > 0) names.push(tip.dataset.others.replace("{count}", rest));
    tip.textContent = list.format(names);
    tip.showPopover();
    place(button);
    button.setAttribute("aria-describedby", tip.id);
  }

  function place(button) {
    const at = button.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const above = at.top - height - GAP;
    tip.style.top = `${above > GAP ? above : at.bottom + GAP}px`;
    tip.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
  }

  function ask(button, wait) {
    if (button === shownFor) return;
    hide();
    if (!button) return;
    shownFor = button;
    timer = setTimeout(() => show(button), wait);
  }

  function hide() {
    clearTimeout(timer);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  }

  const reactionAt = (element) => element?.closest?.(".reaction") ?? null;
  rows.addEventListener("pointerover", (event) => event.pointerType === "mouse" && ask(reactionAt(event.target), REST));
  rows.addEventListener("pointerleave", hide);
  rows.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && ask(reactionAt(event.target), 0));
  rows.addEventListener("focusout", hide);
  function press(event) {
    isLong = false;
    const button = reactionAt(event.target);
    if (event.pointerType !== "touch" || !button) return;
    hide();
    shownFor = button;
    timer = setTimeout(() => {
      isLong = true;
      show(button);
    }, PRESS);
  }
  rows.addEventListener("pointerdown", press);
  rows.addEventListener("pointerup", () => !isLong && clearTimeout(timer));
  rows.addEventListener("pointercancel", hide);
  rows.addEventListener("contextmenu", (event) => isLong && event.preventDefault());
  // The finger that asked who it was does not react by that.
  rows.addEventListener("click", (event) => {
    if (isLong && reactionAt(event.target)) event.stopImmediatePropagation();
    else hide();
    isLong = false;
  }, { capture: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.getElementById("timeline").addEventListener("scroll", hide, { passive: true });
  // What this was fetched for is under the pointer already.
  if (pressed) press(pressed);
  else ask(rows.querySelector(".reaction:is(:hover, :focus-visible)"), REST);
}
