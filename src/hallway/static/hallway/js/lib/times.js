// Moments as the reader's clock, calendar and language tell them.

const YEAR = 31_536_000;

export class Times {
  zone;
  #clock;
  #full;
  #brief;
  #calendar;
  #label;
  #labelWithYear;
  #relative;

  constructor({ zone, locale } = {}) {
    this.zone = zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: this.zone, ...options });
    this.#clock = format({ timeStyle: "short" });
    this.#full = format({ dateStyle: "full", timeStyle: "medium" });
    this.#brief = format({ day: "numeric", month: "short", year: "numeric" });
    this.#label = format({ weekday: "long", day: "numeric", month: "long" });
    this.#labelWithYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
    // Swedish writes dates as machines do: 2026-11-22.
    this.#calendar = new Intl.DateTimeFormat("sv", { timeZone: this.zone });
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  }

  /** The reader's day of a moment, as 2026-11-22. */
  day(moment) {
    return this.#calendar.format(moment);
  }

  /** "Today", "Yesterday" or the date, with the year if it is another. */
  dayLabel(moment, now = new Date()) {
    const days = (Date.parse(this.day(moment)) - Date.parse(this.day(now))) / 86_400_000;
    if (days !== 0 && days !== -1) {
      const isThisYear = this.day(moment).slice(0, 4) === this.day(now).slice(0, 4);
      return spaced((isThisYear ? this.#label : this.#labelWithYear).format(moment));
    }
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
    time.title = spaced(this.#full.format(date));
  }

  /** The browser's own variant of the page's language (en-GB for en), or just that. */
  static locale(language = document.documentElement.lang, wanted = navigator.languages) {
    const written = (tag) => {
      try {
        const { language, script } = new Intl.Locale(tag).maximize();
        return `${language}-${script}`;
      } catch {
        return tag; // "en-US@posix" and other names that browsers give and then do not know
      }
    };
    return wanted.find((tag) => written(tag) === written(language)) ?? language;
  }

  /** Tells the server for its next first paint. */
  remember() {
    document.cookie = `hallway_zone=${this.zone}; path=/; max-age=${YEAR}; SameSite=Lax`;
  }
}

/** The data for Chinese leave out the space that people write: 11月23日 星期一. */
const spaced = (written) => written.replace("日星期", "日 星期");
