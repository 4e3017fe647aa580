// Density: draws very many points by how many lie at each place, where single discs would run into flat areas.

/** More points than this are drawn by their local number. */
const CROWDED = 100_000;
/** Opacity of the places where most points lie. */
const DENSEST = 0.95;
/** Share of the points that lie in places denser than those. */
const DENSER = 0.02;
/** Single discs go over into a picture of the density while the number at the densest places grows by this factor. */
const SMOOTHLY = 4;
/** Cells along each side of the layout in which the densest places of all its points are looked for. */
const CELLS = 256;
/** Most cells along each side of the layout whose points are gathered, to be counted together. */
const MOST_GATHERED = 2048;
/** Discs that cover the picture more often than this on average are counted by whole pixels, as squares of their area. */
const MOST_LAYERS = 2;
/** Of a crowd that has just changed, as many rows are drawn at most, about: until the picture rests. */
const SAMPLE = 250_000;
/** The picture rests when it hasn't changed for this long. */
const REST_MS = 200;
/** Tiles along each side of the layout, by which the points of a resting crowd are sorted. */
const TILES = 128;
/** Weight of a pixel that a disc covers wholly. */
const WHOLE = 16;

/** Points an area of one frame at the densest places. */
function densestOf({ places, each }) {
  const side = Math.round(CELLS / Math.sqrt(each)); // a sample in as many cells as all would look denser by chance
  const cells = new Uint32Array(side * side);
  for (let k = 0; k < places.length; k += 2) cells[cellAt(places[k], places[k + 1], side)]++;
  const most = cells.reduce((largest, points) => Math.max(largest, points), 0);
  const pointsIn = new Float64Array(most + 1);
  for (const points of cells) pointsIn[points] += points;
  let densest = most;
  for (let denser = pointsIn[most]; densest > 1 && denser < (DENSER * places.length) / 2; densest--) {
    denser += pointsIn[densest - 1];
  }
  return each * densest * side * side;
}

/** The cell of a place, of so many along each side of the layout, line by line. */
function cellAt(u, v, side) {
  // A layout's frame reaches from −0.5 to 0.5; while points move between two layouts none leaves it.
  const column = Math.max(0, Math.min(side - 1, ((u + 0.5) * side) | 0));
  return Math.max(0, Math.min(side - 1, ((v + 0.5) * side) | 0)) * side + column;
}

/**
 * How opaque a place is under a number of discs: as of single discs for few at the densest places, and there it is null;
 * for many it grows with the root of the number, from a single disc's opacity to `DENSEST`. Between the two, while one
 * zooms, one goes over smoothly into the other.
 */
function opacityUnder(alpha, densest) {
  const through = Math.log(1 - Math.min(alpha, DENSEST));
  const opaque = Math.log(1 - DENSEST) / through;
  const share = Math.min(1, Math.log(densest / opaque) / Math.log(SMOOTHLY));
  if (!(share > 0)) return null;
  const slope = Math.max(0, DENSEST - alpha) / (Math.sqrt(densest) - 1);
  const shade = (number) => (number < 1 ? alpha * number : Math.min(DENSEST, alpha + slope * (Math.sqrt(number) - 1)));
  return (number) => share * shade(number) + (1 - share) * (1 - Math.exp(through * number));
}

/** Cells along each side of a layout, one to two a pixel at this scale, as a power of two. */
function cellsFor(scale) {
  return 2 ** Math.round(Math.log2(1.5 * scale));
}

/**
 * Points of a crowd, read one after the other: their places (x, y interleaved), packed colours and row numbers, how many
 * rows each stands for, and where each tile of the layout starts; `starts` is null where they are in no such order.
 */

/** At most about `SAMPLE` rows of one state, one of each so many at random: those of points that move. */
function sampled(layout, states, wanted, count, colours) {
  const each = Math.max(1, Math.floor(count / SAMPLE));
  const rows = new Uint32Array(Math.ceil(states.length / each));
  let taken = 0;
  let random = 1;
  for (let first = 0; first < states.length; first += each) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const row = first + ((random >>> 8) % each); // at equal steps one might meet one class alone
    if (states[row] === wanted) rows[taken++] = row;
  }
  return { ...copied(layout, colours, rows.subarray(0, taken)), each, starts: null };
}

/** All rows of one state, sorted by tiles: what is near in the picture is near in memory, and what is not in sight is left out. */
function tiled(layout, states, wanted, colours) {
  const starts = new Uint32Array(TILES * TILES + 1);
  const tiles = new Uint16Array(states.length);
  for (let i = 0; i < states.length; i++) {
    if (states[i] !== wanted) continue;
    tiles[i] = cellAt(layout[2 * i], layout[2 * i + 1], TILES);
    starts[tiles[i] + 1]++;
  }
  for (let tile = 0; tile < TILES * TILES; tile++) starts[tile + 1] += starts[tile];
  const rows = new Uint32Array(starts[TILES * TILES]);
  const next = starts.slice();
  for (let i = 0; i < states.length; i++) if (states[i] === wanted) rows[next[tiles[i]]++] = i;
  return { ...copied(layout, colours, rows), each: 1, starts };
}

function copied(layout, colours, rows) {
  const places = new Float32Array(2 * rows.length);
  const own = new Uint32Array(rows.length);
  for (let k = 0; k < rows.length; k++) {
    places[2 * k] = layout[2 * rows[k]];
    places[2 * k + 1] = layout[2 * rows[k] + 1];
    own[k] = colours[rows[k]];
  }
  return { places, colours: own, rows };
}

/**
 * Tiled points by the cell of the layout that they lie in: millions are then drawn as fast as the picture has places for
 * them. A cell stands where one of its points does; their middles would show as a grid.
 * @param {number} side cells along each side of the layout, a multiple of `TILES`
 */
function gathered({ places: points, colours, starts: of }, side) {
  const within = side / TILES;
  const slots = new Int32Array(within * within);
  const places = new Float32Array(points.length);
  const sums = new Int32Array(2 * points.length);
  const starts = new Uint32Array(of.length);
  let taken = 0;
  for (let tile = 0; tile + 1 < of.length; tile++) {
    slots.fill(0);
    for (let k = of[tile]; k < of[tile + 1]; k++) {
      const cell = cellAt(points[2 * k], points[2 * k + 1], side);
      const local = (((cell / side) | 0) % within) * within + (cell % within);
      if (!slots[local]) {
        places[2 * taken] = points[2 * k];
        places[2 * taken + 1] = points[2 * k + 1];
        slots[local] = ++taken;
      }
      const at = 4 * (slots[local] - 1);
      const colour = colours[k];
      sums[at]++;
      sums[at + 1] += colour & 255;
      sums[at + 2] += (colour >> 8) & 255;
      sums[at + 3] += (colour >> 16) & 255;
    }
    starts[tile + 1] = taken;
  }
  return { places: places.slice(0, 2 * taken), sums: sums.slice(0, 4 * taken), starts };
}

/** The very many rows of one state: a sample of them at first, and all once the picture rests. */
class Crowd {
  #cells = null;
  #gathering = null;

  constructor(layout, states, wanted, count, colours) {
    this.points = sampled(layout, states, wanted, count, colours);
    this.densest = densestOf(this.points);
    this.settle = () => {
      if (!this.points.starts) this.points = tiled(layout, states, wanted, colours);
    };
  }

  /** The points by their cells at this scale, or null: they are gathered while the picture rests, for the gestures that follow. */
  cellsAt(scale) {
    const side = Math.max(TILES, cellsFor(scale));
    if (this.#cells?.side === side) return this.#cells;
    clearTimeout(this.#gathering);
    if (side > MOST_GATHERED) return null;
    this.#gathering = setTimeout(() => {
      if (this.points.starts) this.#cells = { ...gathered(this.points, side), side };
    }, REST_MS);
    return null;
  }
}

/** The points at each pixel of an image: their number, and the sums of their colours. */
class Tally {
  /** @param {number} stride pixels a line  @param {number} lines */
  constructor(stride, lines) {
    Object.assign(this, { stride, lines });
    /** Number, red, green, blue. Whole numbers, because boxes are summed by adding and taking away. */
    this.sums = new Int32Array(4 * stride * lines);
    this.columns = new Int32Array(4 * stride);
  }

  /** First and last of the points in each line of tiles that an image shows; all where they are in no order. */
  #inSight({ places, starts }, { scale, x, y }) {
    if (!starts) return [[0, places.length / 2]];
    const tile = (at) => Math.max(0, Math.min(TILES - 1, Math.floor((at / scale + 0.5) * TILES)));
    const [left, right] = [tile(-x), tile(this.stride - x)];
    const [bottom, top] = [tile(y - this.lines), tile(y)];
    const ranges = [];
    for (let line = bottom; line <= top; line++) {
      ranges.push([starts[line * TILES + left], starts[line * TILES + right + 1]]);
    }
    return ranges;
  }

  /** Row numbers of the points in sight, ascending. */
  rowsInSight(points, to) {
    const parts = this.#inSight(points, to).map(([from, end]) => points.rows.subarray(from, end));
    const rows = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      rows.set(part, at);
      at += part.length;
    }
    return rows.sort();
  }

  /**
   * Count each point at the first pixel of the square that stands for it. Returns how many are in sight.
   * @param {{scale: number, x: number, y: number}} to pixels of the image: x + u·scale, y − v·scale
   */
  count(points, to, side) {
    const { places, colours } = points;
    const { sums, stride } = this;
    sums.fill(0);
    const [right, bottom] = [stride - side, this.lines - side];
    const { scale } = to;
    const x0 = to.x - side / 2 + 0.5;
    const y0 = to.y - side / 2 + 0.5;
    let inSight = 0;
    for (const [from, end] of this.#inSight(points, to)) {
      for (let k = from; k < end; k++) {
        const x = x0 + places[2 * k] * scale;
        const y = y0 - places[2 * k + 1] * scale;
        if (!(x >= 0 && x < right && y >= 0 && y < bottom)) continue;
        const at = ((y | 0) * stride + (x | 0)) << 2;
        const colour = colours[k];
        sums[at]++;
        sums[at + 1] += colour & 255;
        sums[at + 2] += (colour >> 8) & 255;
        sums[at + 3] += (colour >> 16) & 255;
        inSight++;
      }
    }
    return inSight;
  }

  /** Count gathered points as `count` counts single ones, each cell's at its place. */
  countGathered(cells, to, side) {
    const { places, sums: of } = cells;
    const { sums, stride } = this;
    sums.fill(0);
    const [right, bottom] = [stride - side, this.lines - side];
    const { scale } = to;
    const x0 = to.x - side / 2 + 0.5;
    const y0 = to.y - side / 2 + 0.5;
    let inSight = 0;
    for (const [from, end] of this.#inSight(cells, to)) {
      for (let k = from; k < end; k++) {
        const x = x0 + places[2 * k] * scale;
        const y = y0 - places[2 * k + 1] * scale;
        if (!(x >= 0 && x < right && y >= 0 && y < bottom)) continue;
        const at = ((y | 0) * stride + (x | 0)) << 2;
        sums[at] += of[4 * k];
        sums[at + 1] += of[4 * k + 1];
        sums[at + 2] += of[4 * k + 2];
        sums[at + 3] += of[4 * k + 3];
        inSight += of[4 * k];
      }
    }
    return inSight;
  }

  /** Count each point at every pixel of its disc. */
  stamp(points, to, stamps, border) {
    const { places: at, colours } = points;
    const { sums, stride } = this;
    sums.fill(0);
    const [right, bottom] = [stride - border, this.lines - border];
    const { scale, x: x0, y: y0 } = to;
    for (const [from, end] of this.#inSight(points, to)) {
      for (let k = from; k < end; k++) {
        const x = x0 + at[2 * k] * scale;
        const y = y0 - at[2 * k + 1] * scale;
        if (!(x > border && x < right && y > border && y < bottom)) continue;
        const [ix, iy] = [x | 0, y | 0];
        const { places, weights } = stamps[(((y - iy) * 4) << 2) | ((x - ix) * 4)];
        const colour = colours[k];
        const [red, green, blue] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
        for (let j = 0; j < places.length; j++) {
          const pixel = (iy * stride + ix + places[j]) << 2;
          const weight = weights[j];
          sums[pixel] += weight;
          sums[pixel + 1] += weight * red;
          sums[pixel + 2] += weight * green;
          sums[pixel + 3] += weight * blue;
        }
      }
    }
  }

  /**
   * Blend the mean colour of each pixel's points over an image.
   * @param {Uint32Array} pixels of the image
   * @param {number} side of the square that each count spreads over, to the right and down
   * @param {(number) => number} opacity under a number that was counted
   */
  blend(pixels, side, opacity) {
    const { sums, columns, stride, lines } = this;
    const opacities = Float32Array.from({ length: 2048 }, (_, number) => opacity(number));
    columns.fill(0);
    const line = 4 * stride;
    const gone = side * line;
    const across = 4 * side;
    for (let y = 0; y < lines; y++) {
      const start = y * line;
      let [number, red, green, blue] = [0, 0, 0, 0];
      for (let x = 0; x < line; x += 4) {
        const at = start + x;
        if (sums[at]) {
          columns[x] += sums[at];
          columns[x + 1] += sums[at + 1];
          columns[x + 2] += sums[at + 2];
          columns[x + 3] += sums[at + 3];
        }
        if (y >= side && sums[at - gone]) {
          columns[x] -= sums[at - gone];
          columns[x + 1] -= sums[at - gone + 1];
          columns[x + 2] -= sums[at - gone + 2];
          columns[x + 3] -= sums[at - gone + 3];
        }
        if (columns[x]) {
          number += columns[x];
          red += columns[x + 1];
          green += columns[x + 2];
          blue += columns[x + 3];
        }
        if (x >= across && columns[x - across]) {
          number -= columns[x - across];
          red -= columns[x - across + 1];
          green -= columns[x - across + 2];
          blue -= columns[x - across + 3];
        }
        if (number === 0) continue;
        const share = number < 2048 ? opacities[number] : opacity(number);
        const each = share / number;
        const rest = 1 - share;
        const p = at >> 2;
        const ground = pixels[p];
        pixels[p] =
          0xff000000 |
          ((rest * ((ground >> 16) & 255) + each * blue + 0.5) << 16) |
          ((rest * ((ground >> 8) & 255) + each * green + 0.5) << 8) |
          (rest * (ground & 255) + each * red + 0.5);
      }
    }
  }
}
