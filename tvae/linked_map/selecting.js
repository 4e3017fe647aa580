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
    this.#showWhetherFound(true);
    hovering.mark(-1);
    this.change(new Uint8Array(n), "replace");
  }

  /** Highlight the rows that a search text names; `commit` selects them. */
  search(text, commit) {
    const map = this.#map;
    if (!map.states) return;
    const result = this.#searched(text);
    const empty = Boolean(result) && !result.rows.includes(1);
    this.#showWhetherFound(!empty);
    if (!result || empty) {
      this.matches = null;
      map.restate();
      if (empty && commit) map.parts.spoken.textContent = "Nothing found";
    } else if (!commit) {
      this.matches = result.rows;
      map.restate();
    } else {
      this.change(result.rows, "replace", result.row);
      if (result.row >= 0) {
        map.views.goTo(result.row, map.panels[0]);
        map.hovering.mark(result.row, 0);
      }
    }
  }

  #showWhetherFound(any) {
    const { search } = this.#map.parts;
    search.classList.toggle("nothing", !any);
    search.setAttribute("aria-invalid", String(!any));
  }

  /** The rows that a search text names: a class by its name, a row by its number, or all classes whose name contains it. */
  #searched(text) {
    const { n, data, labels, hidden, states } = this.#map;
    const wanted = text.trim().toLowerCase();
    if (!wanted) return null;
    const rows = new Uint8Array(n);
    const names = data.classes.map((c) => c.name.toLowerCase());
    const exact = names.indexOf(wanted);
    const number = /^(?:#|row)?\s*(\d+)$/.exec(wanted);
    if (exact < 0 && number) {
      const row = Number(number[1]);
      if (row >= n || states[row] === HIDDEN) return { rows, row: -1 };
      rows[row] = 1;
      return { rows, row };
    }
    const hits = new Set(exact >= 0 ? [exact] : names.flatMap((name, c) => (name.includes(wanted) ? [c] : [])));
    for (let i = 0; i < n; i++) if (hits.has(labels[i]) && !hidden.has(labels[i])) rows[i] = 1;
    return { rows, row: -1 };
  }
}
