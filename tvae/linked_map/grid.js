// Finds points by place: a grid over a layout, nearest points, points inside a polygon.

/** Rows sorted into square cells, so that a search around a place reads few of them. */
class Grid {
  /** @param {Float32Array} layout x, y interleaved */
  constructor(layout) {
    const n = layout.length / 2;
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      const x = layout[2 * i];
      const y = layout[2 * i + 1];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
    const side = Math.max(8, Math.min(256, Math.round(Math.sqrt(n / 2))));
    Object.assign(this, { layout, x0, y0, side, cell: Math.max(x1 - x0, y1 - y0, 1e-9) / side + 1e-12 });
    const starts = new Int32Array(side * side + 1);
    const cells = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      cells[i] = this.#across(layout[2 * i], x0) + side * this.#across(layout[2 * i + 1], y0);
      starts[cells[i] + 1]++;
    }
    for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
    const next = starts.slice();
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) order[next[cells[i]]++] = i;
    this.starts = starts;
    this.order = order;
  }

  #across(value, low) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((value - low) / this.cell)));
  }

  /**
   * The row nearest to a place within a radius, among those with a state above 0; lit rows win over dimmed ones that
   * are not clearly nearer. -1 when there is none.
   */
  pick(x, y, radius, states) {
    const { layout, side, starts, order } = this;
    let best = -1;
    let least = radius * radius;
    const right = this.#across(x + radius, this.x0);
    const top = this.#across(y + radius, this.y0);
    for (let row = this.#across(y - radius, this.y0); row <= top; row++) {
      for (let column = this.#across(x - radius, this.x0); column <= right; column++) {
        const cell = row * side + column;
        for (let k = starts[cell]; k < starts[cell + 1]; k++) {
          const i = order[k];
          if (states[i] === HIDDEN) continue;
          const dx = layout[2 * i] - x;
          const dy = layout[2 * i + 1] - y;
          const distance = (dx * dx + dy * dy) * (states[i] === DIMMED ? 4 : 1);
          if (distance < least) {
            least = distance;
            best = i;
          }
        }
      }
    }
    return best;
  }
}

/** How a row is drawn on a map. */
const HIDDEN = 0;
const DIMMED = 1;
const LIT = 2;

/**
 * The rows inside a polygon, by the even-odd rule, as a mask.
 * @param {Float32Array} layout x, y interleaved
 * @param {number[][]} polygon corners in the layout's frame
 * @param {Uint8Array} states hidden rows stay outside
 */
function rowsInside(layout, polygon, states) {
  const n = states.length;
  const mask = new Uint8Array(n);
  const xs = polygon.map((p) => p[0]);
  const ys = polygon.map((p) => p[1]);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let i = 0; i < n; i++) {
    const x = layout[2 * i];
    const y = layout[2 * i + 1];
    if (states[i] === HIDDEN || x < x0 || x > x1 || y < y0 || y > y1) continue;
    let inside = false;
    for (let a = 0, b = xs.length - 1; a < xs.length; b = a++) {
      if (ys[a] > y !== ys[b] > y && x < ((xs[b] - xs[a]) * (y - ys[a])) / (ys[b] - ys[a]) + xs[a]) inside = !inside;
    }
    mask[i] = inside ? 1 : 0;
  }
  return mask;
}

/** Unit steps of the arrow keys, y upwards. */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** The nearest visible row in a direction (within 45 degrees of it), or -1; going sideways counts double. */
function rowTowards(layout, from, [dx, dy], states) {
  const x = layout[2 * from];
  const y = layout[2 * from + 1];
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < states.length; i++) {
    if (states[i] === HIDDEN || i === from) continue;
    const along = (layout[2 * i] - x) * dx + (layout[2 * i + 1] - y) * dy;
    const aside = Math.abs((layout[2 * i] - x) * dy) + Math.abs((layout[2 * i + 1] - y) * dx);
    if (along <= 0 || aside > along) continue;
    if (along + 2 * aside < least) {
      least = along + 2 * aside;
      best = i;
    }
  }
  return best;
}

/**
 * The middle of each class: the median of x and of y over its rows.
 * @returns {Float32Array} x, y interleaved; NaN for a class without rows
 */
function classMedians(layout, labels, classes, only) {
  const members = Array.from({ length: classes }, () => []);
  for (let i = 0; i < labels.length; i++) if (!only || only[i]) members[labels[i]].push(i);
  const middles = new Float32Array(classes * 2).fill(NaN);
  members.forEach((rows, c) => {
    for (const axis of [0, 1]) {
      const sorted = Float32Array.from(rows, (i) => layout[2 * i + axis]).sort();
      if (sorted.length) middles[2 * c + axis] = sorted[sorted.length >> 1];
    }
  });
  return middles;
}
