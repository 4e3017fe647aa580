// Which rows are selected, by gesture or by search; one message to Python for each change.

class Selecting {
  #map;
  #gestures = 0;
  /** One byte a row. */
  mask = null;
  /** Rows that a search shows while it is typed, `null` when there is none. */
  found = null;
  /** The row last clicked or walked to, -1 when none was. */
  focus = -1;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Start over with other rows. */
  restart(n) {
    this.mask = new Uint8Array(n);
    this.found = null;
    this.focus = -1;
    this.#gestures = 0;
  }

  /** The page's selection, unless a newer gesture of this map is still on its way to the page. */
  take({ rows, focus, gesture }) {
    if (gesture < this.#gestures) return;
    const { n } = this.#map;
    this.#gestures = gesture;
    this.mask = textToMask(rows, n);
    this.focus = focus < n ? focus : -1;
  }

  /** The rows to light up while the rest dims, `null` to light up all. */
  get lit() {
    return this.found ?? (this.mask.includes(1) ? this.mask : null);
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
    this.found = null;
    const same = focus === this.focus && after.every((value, i) => value === before[i]);
    if (!same) {
      this.mask = after;
      this.focus = focus;
      // Later than any before it, in this tab or another life of it.
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

  /** Select nothing, look for nothing, point at nothing. */
  clear() {
    const { parts, hovering, n } = this.#map;
    parts.search.value = "";
    this.#tellWhetherFound(true);
    hovering.mark(-1);
    this.change(new Uint8Array(n), "replace");
  }

  /** Show what a text names while it is typed; `commit` selects it. */
  search(text, commit) {
    const map = this.#map;
    if (!map.states) return;
    const result = this.#searched(text);
    const empty = Boolean(result) && !result.rows.includes(1);
    this.#tellWhetherFound(!empty);
    if (!result || empty) {
      this.found = null;
      map.restate();
      if (empty && commit) map.parts.spoken.textContent = "Nothing found";
    } else if (!commit) {
      this.found = result.rows;
      map.restate();
    } else {
      this.change(result.rows, "replace", result.row);
      if (result.row >= 0) {
        map.views.goTo(result.row, map.panels[0]);
        map.hovering.mark(result.row, 0);
      }
    }
  }

  #tellWhetherFound(found) {
    const { search } = this.#map.parts;
    search.classList.toggle("nothing", !found);
    search.setAttribute("aria-invalid", String(!found));
  }

  /** What a text means: a class by its name, a row by its number, or all classes whose name holds it. */
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
