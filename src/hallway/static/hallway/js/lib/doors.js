// The rooms in the sidebar: new ones appear, and those where something was said are lit.

export class Doors {
  #list;
  #template;
  #current;

  constructor({ list, template, current }) {
    this.#list = list;
    this.#template = template;
    this.#current = current;
    this.#reveal();
    // On a phone the rooms are a drawer: before it opens, nothing in it has a place to scroll to.
    list.closest("[popover]")?.addEventListener("toggle", () => this.#reveal());
  }

  add({ slug, name }) {
    if (this.#find(slug)) return;
    const item = this.#template.content.firstElementChild.cloneNode(true);
    const door = item.querySelector(".door");
    // Rooms lie beside each other: the address of this one says where.
    door.href = location.pathname.replace(/[^/]+\/?$/, `${slug}/`);
    door.dataset.room = slug;
    door.querySelector(".door-name").textContent = name;
    this.#list.append(item);
  }

  light(slug) {
    if (slug !== this.#current) this.#find(slug)?.querySelector(".door-news").removeAttribute("hidden");
  }

  /** Among many rooms the one people are in is in view. */
  #reveal() {
    this.#find(this.#current)?.scrollIntoView({ block: "nearest" });
  }

  #find(slug) {
    return [...this.#list.querySelectorAll(".door")].find((door) => door.dataset.room === slug);
  }
}
