// Hovering: marks the row under the pointer on both maps, without flicker.

const THROTTLE_MS = 50;
const FIRST_DWELL_MS = 125;
const NEXT_DWELL_MS = 60;
const LEAVE_GRACE_MS = 260;

/** The row under the pointer. */
class Hovering {
  #map;
  #pointer = null;
  #aim = -1;
  #dwell = 0;
  #throttle = 0;
  /** The marked row, -1 when none is. */
  row = -1;
  /** The map that the pointer is on. */
  side = 0;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Stop all timers. */
  remove() {
    clearTimeout(this.#dwell);
    clearTimeout(this.#throttle);
  }

  /** Forget the row without redrawing: the maps have other rows now. */
  forget() {
    this.row = this.#aim = -1;
  }

  /** Find the row under the pointer, at most every `THROTTLE_MS`. */
  moved(side, x, y) {
    this.#pointer = { side, x, y };
    if (!this.#map.gestures.busy && this.#map.states) this.#map.probe.moved(side, x, y);
    if (this.#throttle) return;
    this.#throttle = setTimeout(() => {
      this.#throttle = 0;
      this.look();
    }, THROTTLE_MS);
  }

  /** Find the row under the pointer now: the pointer or the points have moved. */
  look() {
    const map = this.#map;
    if (!this.#pointer || map.gestures.busy || !map.states || map.morph.playing) return;
    const { side, x, y } = this.#pointer;
    this.#aimAt(map.panels[side].pick(x, y, map.states), side);
  }

  /** Take a row as the next one to mark; a change starts the delay before it is marked, or before the mark goes. */
  #aimAt(hit, side) {
    if (hit === this.#aim && (hit < 0 || side === this.side)) return;
    this.#aim = hit;
    clearTimeout(this.#dwell);
    if (hit < 0) {
      this.#dwell = setTimeout(() => this.mark(-1), LEAVE_GRACE_MS);
      return;
    }
    this.side = side;
    this.#dwell = setTimeout(() => this.mark(hit, side), this.row < 0 ? FIRST_DWELL_MS : NEXT_DWELL_MS);
  }

  /** The pointer left the maps. */
  left() {
    this.#pointer = null;
    this.#map.probe.left();
    this.#aimAt(-1, this.side);
    if (this.row < 0) this.mark(-1);
  }

  /** Mark a row on both maps and show its card; -1 for none. */
  mark(row, side = this.side) {
    const { card, probe } = this.#map;
    clearTimeout(this.#dwell);
    const before = this.row;
    this.row = this.#aim = row;
    this.side = side;
    if (row < 0) card.empty(Boolean(probe.place));
    if (row < 0 && before < 0) return;
    card.fill();
    this.#map.redraw([]);
  }
}
