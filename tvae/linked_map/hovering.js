// Pointing at a point: calm, and the same row marked on both maps.

const THROTTLE_MS = 50;
const FIRST_DWELL_MS = 125;
const NEXT_DWELL_MS = 60;
const LEAVE_GRACE_MS = 260;

/** Which row the pointer rests on. */
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

  /** Forget timers. */
  remove() {
    clearTimeout(this.#dwell);
    clearTimeout(this.#throttle);
  }

  /** Forget the row without a word: the rows are others now. */
  forget() {
    this.row = this.#aim = -1;
  }

  /** Look under the pointer, at most every `THROTTLE_MS`. */
  moved(side, x, y) {
    this.#pointer = { side, x, y };
    if (!this.#map.gestures.busy && this.#map.states) this.#map.probe.moved(side, x, y);
    if (this.#throttle) return;
    this.#throttle = setTimeout(() => {
      this.#throttle = 0;
      this.look();
    }, THROTTLE_MS);
  }

  /** Look under the pointer now: it has moved, or points have come to rest beneath it. */
  look() {
    const map = this.#map;
    if (!this.#pointer || map.gestures.busy || !map.states || map.morph.playing) return;
    const { side, x, y } = this.#pointer;
    this.#aimAt(map.panels[side].pick(x, y, map.states), side);
  }

  /** Aim at what lies under the pointer; a change of aim starts the dwell or the grace. */
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

  /** The pointer went off the maps. */
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
