// Moments as the reader's clock, calendar and language tell them.

const YEAR = 31_536_000;

export class Times {
  zone;
  #clock;
  #full;
  #brief;
  #calendar;
  #label;
  #relative;

  constructor({ zone, locale } = {}) {
    this.zone = zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: this.zone, ...options });
    this.#clock = format({ hour: "numeric", minute: "2-digit" });
    this.#full = format({ dateStyle: "full", timeStyle: "medium" });
    this.#brief = format({ day: "numeric", month: "short", year: "numeric" });
    this.#label = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
    // Swedish writes dates as machines do: 2026-11-22.
    this.#calendar = new Intl.DateTimeFormat("sv", { timeZone: this.zone });
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  }

  /** The reader's day of a moment, as 2026-11-22. */
  day(moment) {
    return this.#calendar.format(moment);
  }

  /** "Today", "Yesterday" or the whole date. */
  dayLabel(moment, now = new Date()) {
    const days = (Date.parse(this.day(moment)) - Date.parse(this.day(now))) / 86_400_000;
    if (days !== 0 && days !== -1) return this.#label.format(moment);
    const word = this.#relative.format(days, "day");
    return word.charAt(0).toLocaleUpperCase() + word.slice(1);
  }

  /** The time of today, the day of any other. */
  short(date, now = new Date()) {
    return this.day(date) === this.day(now) ? this.#clock.format(date) : this.#brief.format(date);
  }

  /** Writes a moment into its `<time>`, with the full date as tooltip. */
  write(time, moment) {
    time.dateTime = moment;
    const date = new Date(moment);
    const text = this.#clock.format(date);
    if (time.textContent !== text) time.textContent = text;
    time.title = this.#full.format(date);
  }

  /** Tells the server for its next first paint. */
  remember() {
    document.cookie = `hallway_zone=${this.zone}; path=/; max-age=${YEAR}; SameSite=Lax`;
  }
}
