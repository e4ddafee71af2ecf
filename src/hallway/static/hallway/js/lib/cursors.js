// A cursor is `epoch-number`: within one epoch the numbers say which came first.

export function parse(cursor) {
  const cut = cursor.lastIndexOf("-");
  return { epoch: cursor.slice(0, cut), number: Number(cursor.slice(cut + 1)) };
}

/** Whether nothing lies between: who has read up to `mine` has all that `theirs` has. */
export function covers(mine, theirs) {
  const [a, b] = [parse(mine), parse(theirs)];
  return a.epoch === b.epoch && a.number >= b.number;
}
