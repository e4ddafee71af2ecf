// Telling those who run the place of a message.

export const report = ({ api }) => ({
  quote: "",
  reason: "",
  problem: "",
  isDone: false,

  init() {
    const begin = () => {
      if (this.$root.open) this.quote = this.$root.dataset.quote;
    };
    new MutationObserver(begin).observe(this.$root, { attributeFilter: ["open"] });
  },
  async send() {
    this.problem = "";
    try {
      await api.report(Number(this.$root.dataset.message), this.reason);
      this.isDone = true;
      this.$nextTick(() => this.$refs.thanks.focus());
    } catch (error) {
      this.problem = error.status ? error.message : this.$root.dataset.unreachable;
    }
  },
  close() {
    this.$root.close();
  },
  closed() {
    delete this.$root.dataset.quote;
    Object.assign(this, { quote: "", reason: "", problem: "", isDone: false });
  },
});
