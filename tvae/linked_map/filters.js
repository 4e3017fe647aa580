// Which rows pass the filters, and how many would pass without one of them; one message to Python for each change.

/** Milliseconds after the last change of a gesture before Python is told. */
const TELL_AFTER_MS = 200;
/** Code of a row without a number. */
const MISSING_NUMBER = 255;

class Filters {
  #map;
  #gestures = 0;
  #timer = 0;
  #frame = 0;
  #asked = false;
  /** Columns by the block that they came in. */
  #blocks = { measures: [], labels: [] };
  /** What passes by column, as Python gave it: of columns that have not arrived yet too. */
  #given = {};
  /** Number of filters that each row fails. */
  failures = new Uint8Array(0);
  /** How many rows pass all filters. */
  passing = 0;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Stop all timers. */
  remove() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  /** Forget the columns of other rows. */
  restart() {
    this.#blocks = { measures: [], labels: [] };
  }

  /** Whether the page offers filters. */
  get offered() {
    return Boolean(this.#map.data?.filters);
  }

  /** Columns that rows can be filtered by. */
  get columns() {
    return [...this.#blocks.measures, this.#classColumn(), ...this.#blocks.labels];
  }

  /** Whether any row can fail. */
  get active() {
    return this.columns.some(isNarrowed);
  }

  #classColumn() {
    const { data, labels, hidden } = this.#map;
    this.classes ??= { id: "class", values: [], chosen: new Set() };
    const column = this.classes;
    column.title = data.filters?.notion ?? "class";
    column.values = data.classes.map(({ name }) => name);
    column.colours = data.classes.map(({ colour }) => colour);
    column.codes = labels;
    column.chosen = new Set(hidden.size ? [...column.values.keys()].filter((c) => !hidden.has(c)) : []);
    // Every class may be hidden: then none is chosen, and none passes.
    column.none = hidden.size > 0 && column.chosen.size === 0;
    return column;
  }

  /** Ask Python, once, for the columns beside the class: they are sent to those alone who open the panel. */
  ask() {
    if (!this.#asked) this.#map.send.setStateValue("filtersOpen", true);
    this.#asked = true;
  }

  /** Take the columns of a block, or none. */
  takeColumns(kind, blob) {
    this.#blocks[kind] = blob ? readColumns(blob, this.#map.n) : [];
    this.#apply();
    this.#map.filterPanel.build();
  }

  /** Take the page's filters, unless it has not yet received a newer change of this map's. */
  take({ filters, filtersGesture }) {
    if (!filters || filtersGesture < this.#gestures) return;
    this.#gestures = filtersGesture;
    this.#given = filters.passing;
    const { hidden, legend } = this.#map;
    hidden.clear();
    for (const c of filters.hidden) if (c < this.#map.data.classes.length) hidden.add(c);
    this.#apply();
    legend.show();
  }

  #apply() {
    for (const column of [...this.#blocks.measures, ...this.#blocks.labels]) {
      const numbers = this.#given[column.id];
      if (column.edges) [column.first, column.after] = numbers ?? [0, column.bins];
      else column.chosen = new Set(numbers ?? []);
    }
  }

  /** Let a column's bins from one to before another pass. */
  setRange(column, first, after) {
    Object.assign(column, { first, after });
    this.changed();
  }

  /** Let a column's values pass or not; none means that all pass. */
  choose(column, chosen) {
    if (column === this.classes) this.#hideClassesBut(chosen);
    else column.chosen = chosen;
    this.changed();
  }

  #hideClassesBut(chosen) {
    const { hidden, legend } = this.#map;
    hidden.clear();
    if (chosen.size) for (const c of this.classes.values.keys()) if (!chosen.has(c)) hidden.add(c);
    legend.show();
  }

  /** Let all rows pass a column. */
  clear(column) {
    if (column.edges) this.setRange(column, 0, column.bins);
    else this.choose(column, new Set());
  }

  /** Let all rows pass. */
  clearAll() {
    for (const column of this.columns) if (isNarrowed(column)) this.clear(column);
  }

  /** Select the rows that pass. */
  select() {
    this.#map.selecting.change(this.failures.map((failed) => (failed ? 0 : 1)), "replace");
  }

  /** After a change: show it with the next frame, and tell Python once it has come to rest. */
  changed() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#map.restate();
    });
    if (!this.offered) return;
    // A later number than any before it, in this tab or before a reload.
    this.#gestures = Math.max(this.#gestures + 1, Date.now());
    this.#given = this.#settings();
    this.#tellSoon();
  }

  #tellSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#map.filterPanel.held ? this.#tellSoon() : this.#tell()), TELL_AFTER_MS);
  }

  #tell() {
    const { send, n, hidden, parts } = this.#map;
    const passing = this.#settings();
    send.setStateValue("filters", { gesture: this.#gestures, n, passing, hidden: [...hidden].sort((a, b) => a - b) });
    parts.spoken.textContent = this.words;
  }

  #settings() {
    const narrowed = [...this.#blocks.measures, ...this.#blocks.labels].filter(isNarrowed);
    return Object.fromEntries(
      narrowed.map((column) => [column.id, column.edges ? [column.first, column.after] : [...column.chosen].sort((a, b) => a - b)]),
    );
  }

  /** How many rows pass, in words. */
  get words() {
    return `${this.passing.toLocaleString("en")} of ${this.#map.shownCount.toLocaleString("en")} images pass`;
  }

  /** Count anew which rows pass, and of each column how many rows of each bin or value pass all others. */
  recount() {
    const { n, only } = this.#map;
    this.failures = failuresOf(this.columns, n, only);
    this.passing = 0;
    for (let i = 0; i < n; i++) if (this.failures[i] === 0) this.passing++;
  }
}

/** Whether some rows can fail a column's filter. */
function isNarrowed({ edges, first, after, bins, chosen, none }) {
  return edges ? first > 0 || after < bins : chosen.size > 0 || Boolean(none);
}

/** Which codes of a column pass its filter, one byte a code; `null` where all do. */
function passingCodes(column) {
  if (!isNarrowed(column)) return null;
  const { edges, first, after, values, chosen } = column;
  if (edges) return Uint8Array.from({ length: MISSING_NUMBER + 1 }, (_, bin) => (bin >= first && bin < after ? 1 : 0));
  return Uint8Array.from(values, (_, value) => (chosen.has(value) ? 1 : 0));
}

/**
 * The number of filters that each of n rows fails; keeps each column's table of codes that pass.
 * @param {Uint8Array|null} only a byte a row where only some rows are shown: the others count nowhere
 */
function failuresOf(columns, n, only = null) {
  const failures = only ? only.map((shown) => (shown ? 0 : 2)) : new Uint8Array(n);
  for (const column of columns) {
    const { codes } = column;
    const table = (column.table = passingCodes(column));
    if (table) for (let i = 0; i < n; i++) failures[i] += 1 - table[codes[i]];
  }
  return failures;
}

/** How many rows of each code pass the filters of all other columns. */
function countsOf({ codes, table, edges, values }, failures) {
  const counts = new Uint32Array(edges ? MISSING_NUMBER + 1 : values.length);
  for (let i = 0; i < failures.length; i++) {
    const failed = failures[i];
    if (failed === 0 || (failed === 1 && table && !table[codes[i]])) counts[codes[i]]++;
  }
  return counts;
}

/** The columns of a block, each with a code for each of n rows; all rows pass. */
function readColumns({ header, bytes }, n) {
  return header.columns.map((column) => {
    const Codes = column.bytes === 2 ? Uint16Array : Uint8Array;
    const codes = new Codes(bytes.buffer, bytes.byteOffset + column.start, n);
    if (column.values) return { ...column, codes, chosen: new Set() };
    const bins = column.edges.length - 1;
    return { ...column, codes, bins, first: 0, after: bins };
  });
}
