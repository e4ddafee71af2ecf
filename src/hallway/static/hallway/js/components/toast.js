// A word about what was just done, for a moment and for everybody: it is a status.

const SHOWN = 2_500;
let timer;

/** `name` is one of the texts the server wrote into the element. */
export function say(name) {
  const toast = document.getElementById("toast");
  toast.textContent = toast.dataset[name];
  clearTimeout(timer);
  timer = setTimeout(() => (toast.textContent = ""), SHOWN);
}
