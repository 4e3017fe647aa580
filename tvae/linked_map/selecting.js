// Which rows are selected, by gesture or by search; one message to Python for each change.

class Selecting {
  #map;
  #gestures = 0;
  /** One byte a row. */
  mask = null;
  /** Rows that match the search while it is typed, `null` when there is none. */
  matches = null;
  /** The row last clicked or reached by arrow keys, -1 for none. */
  focus = -1;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Clear everything, for other rows. */
  restart(n) {
    this.mask = new Uint8Array(n);
    this.matches = null;
    this.focus = -1;
    this.#gestures = 0;
  }

  /** Take the page's selection, unless it has not yet received a newer gesture of this map. */
  take({ rows, focus, gesture }) {
    if (gesture < this.#gestures) return;
    const { n } = this.#map;
    this.#gestures = gesture;
    this.mask = textToMask(rows, n);
    this.focus = focus < n ? focus : -1;
  }

  /** The rows to highlight while the others are dimmed, `null` to highlight all. */
  get lit() {
    return this.matches ?? (this.mask.includes(1) ? this.mask : null);
  }

  /**
   * Change the selection by a gesture.
   * @param {Uint8Array} rows mask of the rows that the gesture took
   * @param {"replace"|"add"|"remove"} how
   * @param {number} focus the row clicked, -1 when none was
   */
  change(rows, how, focus = -1) {
    const { n, send } = this.#map;
    const before = this.mask;
    const after = before.slice();
    for (let i = 0; i < n; i++) {
      if (how === "replace") after[i] = rows[i];
      else if (rows[i]) after[i] = how === "add" ? 1 : 0;
    }
    this.matches = null;
    const same = focus === this.focus && after.every((value, i) => value === before[i]);
    if (!same) {
      this.mask = after;
      this.focus = focus;
      // A later number than any before it, in this tab or before a reload.
      this.#gestures = Math.max(this.#gestures + 1, Date.now());
      send.setStateValue("selection", { gesture: this.#gestures, n, rows: maskToText(after), focus });
    }
    this.#map.restate();
  }

  /** Change the selection by one row. */
  changeRow(row, how) {
    const rows = new Uint8Array(this.#map.n);
    rows[row] = 1;
    this.change(rows, how, how === "remove" ? -1 : row);
  }

  /** Clear the selection, the search and the marked row. */
  clear() {
    const { parts, hovering, n } = this.#map;
    parts.search.value = "";
    this.#note("", false);
    hovering.mark(-1);
    this.change(new Uint8Array(n), "replace");
  }

  /** Highlight the rows that a search text names, and say at the field how many; `commit` selects them. */
  search(text, commit) {
    const map = this.#map;
    if (!map.states) return;
    const result = this.#searched(text);
    if (!result || result.nothing) {
      this.#note(result?.nothing ?? "", Boolean(result));
      this.matches = null;
      map.restate();
    } else if (!commit) {
      this.#note(`${result.found} Enter selects.`, false);
      this.matches = result.rows;
      map.restate();
    } else {
      this.#note("", false);
      this.change(result.rows, "replace", result.row);
      if (result.row >= 0) {
        map.views.goTo(result.row, map.panels[0]);
        map.hovering.mark(result.row, 0);
      }
    }
  }

  /** Write what a search gave below its field. */
  #note(text, nothing) {
    const { search, searchNote } = this.#map.parts;
    searchNote.textContent = text;
    searchNote.hidden = !text;
    search.classList.toggle("nothing", nothing);
    search.setAttribute("aria-invalid", String(nothing));
  }

  /** The rows that a search text names and words for them, or why there are none; null where the text is empty. */
  #searched(text) {
    const { n, data, labels, states } = this.#map;
    const names = data.classes.map((c) => c.name);
    const wanted = searched(text, names);
    if (!wanted) return null;
    const rows = new Uint8Array(n);
    const { classes, row } = wanted;
    if (row >= n) return { nothing: `There is no row ${row.toLocaleString("en")}: rows run from 0 to ${(n - 1).toLocaleString("en")}.` };
    if (row >= 0) {
      if (states[row] === HIDDEN) return { nothing: `Row ${row} is hidden, as others of ${names[labels[row]]} may be.` };
      rows[row] = 1;
      return { rows, row, found: `Row ${row}, class ${names[labels[row]]}.` };
    }
    const said = text.trim().slice(0, 40);
    if (!classes.length) return { nothing: `Nothing is called “${said}”. Type a class's name, or # and a row's number.` };
    const wantedClasses = new Set(classes);
    for (let i = 0; i < n; i++) if (wantedClasses.has(labels[i]) && states[i] !== HIDDEN) rows[i] = 1;
    const count = countOf(rows);
    const called = classes.length > 3 ? `${classes.length} classes` : classes.map((c) => names[c]).join(", ");
    if (!count) return { nothing: `All images of ${called} are hidden.` };
    return { rows, row: -1, found: `${called}: ${count.toLocaleString("en")} image${count === 1 ? "" : "s"}.` };
  }
}
