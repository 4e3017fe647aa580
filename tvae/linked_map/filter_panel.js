// The panel of filters beside the maps: for each column what passes and how many rows, as controls.

/** The panel is open at first where the maps have at least this much room, in CSS pixels. */
const OPEN_FROM_PX = 1150;

class FilterPanel {
  #map;
  #facets = [];
  /** Whether a pointer or a key holds one of the controls. */
  held = false;
  /** Whether a person has opened or closed it; `null` leaves that to the width. */
  chosen = null;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
    const { toggle, panel, clear, select } = map.parts.filters;
    map.on(toggle, "click", () => this.open(!this.isOpen));
    map.on(clear, "click", () => map.filters.clearAll());
    map.on(select, "click", () => map.filters.select());
    for (const start of ["pointerdown", "keydown"]) map.on(panel, start, () => (this.held = true));
    for (const end of ["pointerup", "pointercancel", "keyup", "blur"]) map.on(window, end, () => (this.held = false));
  }

  /** Whether the panel is to be seen. */
  get isOpen() {
    return this.#map.filters.offered && (this.chosen ?? this.#map.root.clientWidth >= OPEN_FROM_PX);
  }

  /** Open or close the panel. */
  open(open) {
    this.chosen = open;
    this.build();
    this.show();
  }

  /** Make the controls anew, for other columns. */
  build() {
    const { filters, data, parts, n } = this.#map;
    const columns = this.isOpen && n ? filters.columns : [];
    this.#facets = columns.map((column) => (column.edges ? new RangeFacet(this.#map, column) : new ValueFacet(this.#map, column)));
    const { constant = [] } = data.filters ?? {};
    parts.filters.constant.textContent = constant.length ? `The same for all images: ${constant.join(", ")}` : "";
    parts.filters.facets.replaceChildren(...this.#facets.map(({ root }) => root));
  }

  /** Show how many rows pass, after `Filters.recount`. */
  show() {
    const { filters, parts } = this.#map;
    const { toggle, panel, count, clear, select } = parts.filters;
    const { active, words, offered } = filters;
    const open = this.isOpen;
    toggle.hidden = !offered;
    toggle.textContent = active ? `Filters: ${words.replace(" images pass", "")}` : "Filters";
    toggle.setAttribute("aria-expanded", String(open));
    if (open === panel.hidden) {
      panel.hidden = !open;
      this.build();
    }
    if (open) filters.ask();
    count.textContent = words;
    clear.disabled = select.disabled = !active;
    if (!open) return;
    for (const facet of this.#facets) facet.show(filters.failures);
  }
}

/** A facet's frame: the column's name, what passes in words, a button that clears it. */
function facetFrame(map, column) {
  const range = element("span", { className: "facet-range" });
  const clear = element("button", {
    type: "button",
    className: "facet-clear",
    title: "Let all pass",
    "aria-label": `Clear the filter by ${column.title}`,
    textContent: "✕",
  });
  map.on(clear, "click", () => map.filters.clear(column));
  const title = element("span", { className: "facet-title", textContent: column.title, title: column.unit ?? "" });
  const head = element("div", { className: "facet-head" }, title, range, clear);
  const root = element("section", { className: "facet", role: "group", "aria-label": column.title, "data-column": column.id }, head);
  return { root, range, clear };
}

/** Most bars of a histogram. */
const MOST_BARS = 50;
const PLOT_HEIGHT = 42;

/** A histogram with a range over it. */
class RangeFacet {
  #map;
  #column;
  #brush = null;

  constructor(map, column) {
    this.#map = map;
    this.#column = column;
    Object.assign(this, facetFrame(map, column));
    column.all = countsOf({ ...column, table: null }, failuresOf([], map.n, map.only));
    this.canvas = element("canvas", { className: "facet-plot", "aria-hidden": "true" });
    const slider = (name) =>
      element("input", {
        type: "range",
        min: "0",
        max: String(column.bins),
        step: "1",
        className: "facet-slider",
        "aria-label": `${name} ${column.title}`,
        title: column.unit,
      });
    this.low = slider("Least");
    this.high = slider("Most");
    map.on(this.low, "input", () => this.#slid(this.low));
    map.on(this.high, "input", () => this.#slid(this.high));
    map.on(this.canvas, "pointerdown", (event) => this.#pressed(event));
    map.on(this.canvas, "pointermove", (event) => this.#dragged(event));
    map.on(this.canvas, "pointerup", () => (this.#brush = null));
    map.on(this.canvas, "pointercancel", () => (this.#brush = null));
    this.missing = element("div", { className: "facet-missing" });
    const without = column.all[MISSING_NUMBER];
    this.missing.hidden = !without;
    this.missing.textContent = `${without.toLocaleString("en")} without a value: left out by any range`;
    this.root.append(this.canvas, element("div", { className: "facet-sliders" }, this.low, this.high), this.missing);
  }

  #slid(slider) {
    const { first, after } = this.#column;
    const bin = Number(slider.value);
    if (slider === this.low) this.#map.filters.setRange(this.#column, Math.min(bin, after - 1), after);
    else this.#map.filters.setRange(this.#column, first, Math.max(bin, first + 1));
  }

  /** The edge nearest to a place on the histogram. */
  #edgeAt(event) {
    return Math.max(0, Math.min(this.#column.bins, (event.offsetX / this.canvas.clientWidth) * this.#column.bins));
  }

  /** Start a range at a place, or hold the narrowed range that lies there. */
  #pressed(event) {
    const { first, after, bins } = this.#column;
    const at = this.#edgeAt(event);
    this.canvas.setPointerCapture(event.pointerId);
    const moves = after - first < bins && at > first && at < after;
    this.#brush = { at, moves, first, after };
    event.preventDefault();
  }

  #dragged(event) {
    if (!this.#brush) return;
    const { bins } = this.#column;
    const { at, moves, first, after } = this.#brush;
    const now = this.#edgeAt(event);
    if (!moves) {
      const [low, high] = at < now ? [Math.floor(at), Math.ceil(now)] : [Math.floor(now), Math.ceil(at)];
      this.#map.filters.setRange(this.#column, low, Math.max(high, low + 1));
      return;
    }
    const by = Math.max(-first, Math.min(bins - after, Math.round(now - at)));
    this.#map.filters.setRange(this.#column, first + by, after + by);
  }

  /** Show the range and the counts. */
  show(failures) {
    const column = this.#column;
    const { first, after, bins } = column;
    const narrowed = isNarrowed(column);
    const least = numberText(column, column.edges[first]);
    const most = numberText(column, column.edges[after] - (column.whole ? 1 : 0));
    this.range.textContent = `${least} – ${most}`;
    this.clear.hidden = !narrowed;
    for (const [slider, value, text] of [
      [this.low, first, `at least ${least}`],
      [this.high, after, `at most ${most}`],
    ]) {
      slider.value = String(value);
      slider.setAttribute("aria-valuetext", text);
    }
    this.root.classList.toggle("narrowed", narrowed);
    this.#draw(countsOf(column, failures), first / bins, after / bins);
  }

  #draw(counts, from, to) {
    const { canvas } = this;
    const { theme } = this.#map;
    const column = this.#column;
    const ratio = globalThis.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const height = Math.round(PLOT_HEIGHT * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const all = barsOf(column.all, column.bins);
    const bars = barsOf(counts, column.bins);
    canvas.dataset.counts = bars.join(" ");
    const tallest = Math.max(...all, 1);
    const wide = width / all.length;
    const paint = (heights, style, alpha) => {
      context.fillStyle = style;
      context.globalAlpha = alpha;
      heights.forEach((count, bar) => {
        if (!count) return;
        const tall = Math.max(ratio, (count / tallest) * (height - ratio));
        context.fillRect(bar * wide, height - tall, Math.max(3 * ratio, wide - ratio), tall);
      });
    };
    const style = column.colour ? (theme.dark ? lightened(column.colour) : column.colour) : theme.text;
    paint(all, theme.text, 0.13);
    paint(bars, theme.text, 0.25);
    context.save();
    context.beginPath();
    context.rect(from * width, 0, (to - from) * width, height);
    context.clip();
    paint(bars, style, column.colour ? 1 : 0.7);
    context.restore();
    context.globalAlpha = 1;
  }
}

/** Counts of bins joined to at most `MOST_BARS` bars. */
function barsOf(counts, bins) {
  const each = Math.ceil(bins / MOST_BARS);
  const bars = new Array(Math.ceil(bins / each)).fill(0);
  for (let bin = 0; bin < bins; bin++) bars[Math.floor(bin / each)] += counts[bin];
  return bars;
}

/** A number of a column as text: a date, or with no more decimals than its bins have. */
function numberText({ dates, decimals }, number) {
  if (dates) return new Date(number * 86_400_000).toISOString().slice(0, 10);
  return number.toLocaleString("en", { maximumFractionDigits: decimals });
}

/** Values that stand in the panel before they are searched for. */
const VALUES_IN_SIGHT = 8;
const ALL_IN_SIGHT = 12;
const MOST_FOUND = 40;

/** The values of a column, each with a box to tick and how many rows; none ticked means that all pass. */
class ValueFacet {
  #map;
  #column;
  #order;
  #all;
  #rows = new Map();
  #listed = "";

  constructor(map, column) {
    this.#map = map;
    this.#column = column;
    Object.assign(this, facetFrame(map, column));
    this.#all = countsOf({ ...column, table: null }, failuresOf([], map.n, map.only));
    const present = [...column.values.keys()].filter((value) => this.#all[value]);
    this.#order = present.length <= ALL_IN_SIGHT ? present : present.sort((a, b) => this.#all[b] - this.#all[a]);
    this.finder = element("input", {
      type: "search",
      className: "facet-finder",
      placeholder: `Find among ${present.length.toLocaleString("en")}`,
      "aria-label": `Find a value of ${column.title}`,
      hidden: present.length <= ALL_IN_SIGHT,
    });
    this.list = element("div", { className: "facet-values" });
    this.rest = element("div", { className: "facet-missing" });
    map.on(this.finder, "input", () => this.show(map.filters.failures));
    this.root.append(this.finder, this.list, this.rest);
  }

  /** The values to list: what is ticked, then what is searched for or the most frequent. */
  #values() {
    const { values, chosen } = this.#column;
    const wanted = this.finder.value.trim().toLowerCase();
    const most = wanted ? MOST_FOUND : this.#order.length <= ALL_IN_SIGHT ? ALL_IN_SIGHT : VALUES_IN_SIGHT;
    const matching = wanted ? this.#order.filter((value) => values[value].toLowerCase().includes(wanted)) : this.#order;
    if (this.#order.length <= ALL_IN_SIGHT) return matching;
    const ticked = this.#order.filter((value) => chosen.has(value)).slice(0, MOST_FOUND);
    // Where most are ticked, as when the legend hides a few, they aren't moved to the front.
    const front = chosen.size > VALUES_IN_SIGHT ? [] : ticked;
    return [...new Set([...front, ...matching])].slice(0, Math.max(most, front.length));
  }

  #row(value) {
    const { values, colours } = this.#column;
    const box = element("input", { type: "checkbox" });
    const count = element("span", { className: "count" });
    const bar = element("span", { className: "facet-bar" });
    if (colours) bar.style.background = colours[value];
    const name = element("span", { className: "name", textContent: values[value], title: values[value] });
    const root = element("label", { className: "facet-value" }, box, name, count, element("span", { className: "facet-track" }, bar));
    this.#map.on(box, "change", () => this.#ticked(value, box.checked));
    return { root, box, count, bar };
  }

  #ticked(value, on) {
    const chosen = new Set(this.#column.chosen);
    if (on) chosen.add(value);
    else chosen.delete(value);
    this.#map.filters.choose(this.#column, chosen);
  }

  /** Show what is ticked and the counts. */
  show(failures) {
    const { chosen, none } = this.#column;
    const counts = countsOf(this.#column, failures);
    const values = this.#values();
    const listed = values.join(" ");
    if (listed !== this.#listed) {
      this.#listed = listed;
      for (const value of values) if (!this.#rows.has(value)) this.#rows.set(value, this.#row(value));
      this.list.replaceChildren(...values.map((value) => this.#rows.get(value).root));
    }
    const largest = Math.max(1, ...values.map((value) => this.#all[value]));
    let listedRows = 0;
    for (const value of values) {
      const row = this.#rows.get(value);
      row.box.checked = chosen.has(value);
      row.count.textContent = counts[value].toLocaleString("en");
      row.bar.style.width = `${(100 * counts[value]) / largest}%`;
      listedRows += counts[value];
    }
    const others = this.#order.length - values.length;
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.rest.hidden = others === 0;
    this.rest.textContent = `${others.toLocaleString("en")} other values: ${(total - listedRows).toLocaleString("en")} images`;
    const narrowed = isNarrowed(this.#column);
    this.range.textContent = none ? "none" : narrowed ? `${chosen.size.toLocaleString("en")} of ${this.#order.length.toLocaleString("en")}` : "";
    this.clear.hidden = !narrowed;
    this.root.classList.toggle("narrowed", narrowed);
  }
}

/** The elements of the panel and of the button that opens it. */
function buildFilterPanel() {
  const toggle = element("button", {
    type: "button",
    className: "filters-toggle",
    title: "Filter the images of both maps by class, change, error …",
    "aria-controls": "lm-filters",
    hidden: true,
  });
  const count = element("strong", { "data-testid": "filters-count" });
  const clear = element("button", { type: "button", textContent: "Clear filters" });
  const select = element("button", { type: "button", textContent: "Select these", title: "Select the images that pass" });
  const facets = element("div", { className: "facets" });
  const constant = element("div", { className: "facet-missing" });
  const head = element("div", { className: "filters-head" }, count, element("span", {}, clear, select));
  const panel = element(
    "aside",
    { className: "filters", id: "lm-filters", hidden: true, "aria-label": "Filters", "data-testid": "filters" },
    element("div", { className: "filters-scroll" }, head, facets, constant),
  );
  return { toggle, panel, count, clear, select, facets, constant };
}
