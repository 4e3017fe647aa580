// The legend: colours of the classes or of numbers, hidden classes, and a description for screen readers.

class Legend {
  #map;
  #shown = "";
  /** The entry of each class. */
  #entries = [];
  /** The heading of each group of several classes, with its classes. */
  #headings = [];

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Show the classes, and the scale where numbers are coloured. */
  show() {
    const { data, parts, counts, byNumber, hidden } = this.#map;
    const entries = data.classes.map((c) => [c.name, byNumber ? null : c.colour]);
    const name = JSON.stringify([entries, counts]);
    if (this.#shown !== name) {
      this.#shown = name;
      this.#build();
    }
    this.#entries.forEach((entry, c) => press(entry, !hidden.has(c)));
    for (const { heading, members } of this.#headings) press(heading, members.some((c) => !hidden.has(c)));
    parts.scale.hidden = !byNumber;
    if (byNumber) this.#showScale();
  }

  /** Few classes stand side by side; many by group, each with a heading, below a field that finds classes. */
  #build() {
    const { data, parts } = this.#map;
    this.#entries = data.classes.map((_, c) => this.#entry(c));
    this.#headings = [];
    const groups = [];
    data.classes.forEach(({ group }, c) => (groups[group] ??= []).push(c));
    if (groups.length === data.classes.length) {
      parts.legend.replaceChildren(...this.#entries);
      return;
    }
    const families = groups.map((members) => {
      const entries = members.map((c) => this.#entries[c]);
      const heading = this.#heading(members);
      this.#headings.push({ heading, members });
      return element("div", { className: "family" }, heading, ...entries);
    });
    parts.legend.replaceChildren(this.#finder(), ...families);
  }

  /** The name of a group, from its first class to its last; a click hides or shows all of them. */
  #heading(members) {
    const { classes } = this.#map.data;
    const name = `${classes[members[0]].name} – ${classes[members.at(-1)].name}`;
    const heading = element("button", { type: "button", className: "heading", title: `Hide or show ${name}`, textContent: name });
    heading.addEventListener("click", () => {
      const { hidden } = this.#map;
      const hide = members.some((c) => !hidden.has(c));
      for (const c of members) hide ? hidden.add(c) : hidden.delete(c);
      this.#changed();
    });
    return heading;
  }

  /** A field that shows the entries whose name holds what is typed; Enter shows only these classes on the maps. */
  #finder() {
    const finder = element("input", {
      type: "search",
      className: "finder",
      placeholder: "Find a class",
      title: "Part of a class's name; Enter shows only these classes",
      "aria-label": "Find a class in the legend",
    });
    const matches = () => {
      const wanted = finder.value.trim().toLowerCase();
      return this.#map.data.classes.map(({ name }) => name.toLowerCase().includes(wanted));
    };
    finder.addEventListener("input", () => {
      const matching = matches();
      this.#entries.forEach((entry, c) => (entry.hidden = !matching[c]));
      for (const { heading, members } of this.#headings) heading.parentElement.hidden = !members.some((c) => matching[c]);
    });
    finder.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const matching = matches();
      const { hidden } = this.#map;
      hidden.clear();
      if (matching.some(Boolean)) matching.forEach((match, c) => match || hidden.add(c));
      this.#changed();
    });
    return finder;
  }

  #entry(c) {
    const { data, counts, byNumber } = this.#map;
    const { name, colour } = data.classes[c];
    const entry = legendEntry({ name, colour: byNumber ? "var(--faint)" : colour }, counts[c]);
    entry.addEventListener("click", (event) => (event.altKey ? this.#isolate(c) : this.#toggle(c)));
    entry.addEventListener("dblclick", () => this.#isolate(c));
    return entry;
  }

  #showScale() {
    const { data, domain, theme, parts } = this.#map;
    const { title, unit, ends } = data.scale;
    const [low, high] = ends ?? domain.map(figure);
    const bar = element("span", { className: "ramp" });
    bar.style.background = `linear-gradient(to right, ${theme.ramp.join(", ")})`;
    parts.scale.replaceChildren(
      element("span", { className: "what", textContent: title }),
      element("span", { textContent: low }),
      bar,
      element("span", { textContent: high }),
      element("span", { className: "unit", textContent: unit }),
    );
  }

  #toggle(c) {
    const { hidden } = this.#map;
    if (!hidden.delete(c)) hidden.add(c);
    this.#changed();
  }

  /** Show only one class, or all again when it is the only one shown. */
  #isolate(c) {
    const { hidden, data } = this.#map;
    const alone = !hidden.has(c) && hidden.size === data.classes.length - 1;
    hidden.clear();
    if (!alone) data.classes.forEach((_, at) => at !== c && hidden.add(at));
    this.#changed();
  }

  #changed() {
    this.show();
    this.#map.filters.changed();
  }

  /** Describe the maps in words, for screen readers. */
  describe(count) {
    const { data, n, labels, counts, hidden, byNumber, selecting, parts } = this.#map;
    const titles = data.sides.map((s) => `${s.title}${s.caption ? `, ${s.caption}` : ""}`);
    const rows = `${this.#map.shownCount.toLocaleString("en")} rows`;
    const maps = [`A map of ${rows}: ${titles[0]}.`, `Two maps of the same ${rows}. Left: ${titles[0]}. Right: ${titles[1]}.`];
    const shown = data.classes.filter((_, c) => counts[c] && !hidden.has(c)).map((c) => c.name);
    const mix = data.classes.map(({ name }) => ({ name, count: 0 }));
    if (count) for (let i = 0; i < n; i++) mix[labels[i]].count += selecting.mask[i];
    const selected = mix.filter((one) => one.count).sort((a, b) => b.count - a.count);
    parts.description.textContent = [
      maps[titles.length - 1] ?? `${titles.length} maps of the same ${rows}: ${titles.join("; ")}.`,
      byNumber ? `Coloured by ${data.scale.title}.` : "Coloured by class.",
      hidden.size ? `Classes shown: ${shown.join(", ") || "none"}.` : `All ${shown.length} classes shown.`,
      count
        ? `${count.toLocaleString("en")} rows selected: ${selected.map((c) => `${c.count} of class ${c.name}`).join(", ")}.`
        : "No rows selected.",
      "Arrow keys walk from point to point, Enter selects, Escape clears.",
    ].join(" ");
  }
}
