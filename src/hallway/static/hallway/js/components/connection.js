export const connection = ({ link }) => ({
  isLost: false,
  isOffline: false,
  isStopped: false,

  init() {
    const show = () => {
      this.isLost = link.isLost;
      this.isOffline = link.isOffline;
      this.isStopped = link.isStopped;
    };
    link.addEventListener("change", show);
    show();
  },
  tryNow() {
    link.tryNow();
  },
  reload() {
    location.reload();
  },
});
