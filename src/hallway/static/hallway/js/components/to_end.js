// The button that leads back to the newest message.

export const toEnd = ({ timeline }) => ({
  isAway: false,
  count: 0,

  init() {
    timeline.addEventListener("end", ({ detail }) => {
      this.isAway = detail.isAway;
      this.count = detail.count;
    });
  },
  get isQuiet() {
    return this.count === 0;
  },
  get isOne() {
    return this.count === 1;
  },
  get isMany() {
    return this.count > 1;
  },
  go() {
    timeline.toEnd();
  },
});
