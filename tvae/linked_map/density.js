// Density: draws very many points by how many lie at each place, where single discs would run into flat areas.

/** More points than this are drawn by their local number. */
const CROWDED = 100_000;
/** Opacity of the places where most points lie. */
const DENSEST = 0.95;
/** Share of the points that lie in places denser than those. */
const DENSER = 0.02;
/** Single discs go over into a picture of the density while the number at the densest places grows by this factor. */
const SMOOTHLY = 4;
/** Cells along each side of the layout in which the densest places are looked for. */
const CELLS = 256;
/** Most cells along each side of the layout whose points are gathered, to be counted together. */
const MOST_GATHERED = 2048;
/** Discs that cover the picture more often than this on average are counted by whole pixels, as squares of their area. */
const MOST_LAYERS = 2;
/** Weight of a pixel that a disc covers wholly. */
const WHOLE = 16;

/** Points an area of one frame at the densest places, for the rows of one state. */
function densestOf(layout, states, wanted) {
  const cells = new Uint32Array(CELLS * CELLS);
  let count = 0;
  for (let i = 0; i < states.length; i++) {
    if (states[i] !== wanted) continue;
    // A layout's frame reaches from −0.5 to 0.5; while points move between two layouts none leaves it.
    const column = Math.max(0, Math.min(CELLS - 1, ((layout[2 * i] + 0.5) * CELLS) | 0));
    const line = Math.max(0, Math.min(CELLS - 1, ((layout[2 * i + 1] + 0.5) * CELLS) | 0));
    cells[line * CELLS + column]++;
    count++;
  }
  const most = cells.reduce((largest, points) => Math.max(largest, points), 0);
  const pointsIn = new Float64Array(most + 1);
  for (const points of cells) pointsIn[points] += points;
  let densest = most;
  for (let denser = pointsIn[most]; densest > 1 && denser < DENSER * count; densest--) denser += pointsIn[densest - 1];
  return densest * CELLS * CELLS;
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

/** Cells along each side of a layout that are half a pixel or smaller at this scale, as a power of two. */
function cellsFor(scale) {
  return 2 ** Math.ceil(Math.log2(2 * scale));
}

/**
 * The rows of one state by the cell of the layout that they lie in, line by line: millions are then drawn as fast as the
 * picture has places for them. A cell stands where one of its rows does; their middles would show as a grid.
 */
function gathered(layout, states, wanted, colours, side) {
  const cellOf = (i) => {
    const column = Math.max(0, Math.min(side - 1, ((layout[2 * i] + 0.5) * side) | 0));
    return Math.max(0, Math.min(side - 1, ((layout[2 * i + 1] + 0.5) * side) | 0)) * side + column;
  };
  const slots = new Int32Array(side * side);
  for (let i = 0; i < states.length; i++) if (states[i] === wanted) slots[cellOf(i)] = 1;
  let taken = 0;
  for (let cell = 0; cell < slots.length; cell++) if (slots[cell]) slots[cell] = ++taken;
  const places = new Float32Array(2 * taken);
  const sums = new Int32Array(4 * taken);
  for (let i = 0; i < states.length; i++) {
    if (states[i] !== wanted) continue;
    const slot = slots[cellOf(i)] - 1;
    const colour = colours[i];
    places[2 * slot] = layout[2 * i];
    places[2 * slot + 1] = layout[2 * i + 1];
    sums[4 * slot]++;
    sums[4 * slot + 1] += colour & 255;
    sums[4 * slot + 2] += (colour >> 8) & 255;
    sums[4 * slot + 3] += (colour >> 16) & 255;
  }
  return { places, sums };
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

  /**
   * Count each point of one state at the first pixel of the square that stands for it. Returns how many are in sight.
   * @param {{scale: number, x: number, y: number}} to pixels of the image: x + u·scale, y − v·scale
   */
  count(layout, to, states, wanted, colours, side) {
    const { sums, stride } = this;
    sums.fill(0);
    const [right, bottom] = [stride - side, this.lines - side];
    const { scale } = to;
    const x0 = to.x - side / 2 + 0.5;
    const y0 = to.y - side / 2 + 0.5;
    let inSight = 0;
    for (let i = 0; i < states.length; i++) {
      if (states[i] !== wanted) continue;
      const x = x0 + layout[2 * i] * scale;
      const y = y0 - layout[2 * i + 1] * scale;
      if (!(x >= 0 && x < right && y >= 0 && y < bottom)) continue;
      const at = ((y | 0) * stride + (x | 0)) << 2;
      const colour = colours[i];
      sums[at]++;
      sums[at + 1] += colour & 255;
      sums[at + 2] += (colour >> 8) & 255;
      sums[at + 3] += (colour >> 16) & 255;
      inSight++;
    }
    return inSight;
  }

  /** Count gathered points as `count` counts single ones, each cell's at its place. */
  countGathered({ places, sums: from }, to, side) {
    const { sums, stride } = this;
    sums.fill(0);
    const [right, bottom] = [stride - side, this.lines - side];
    const { scale } = to;
    const x0 = to.x - side / 2 + 0.5;
    const y0 = to.y - side / 2 + 0.5;
    let inSight = 0;
    for (let k = 0; k < places.length; k += 2) {
      const x = x0 + places[k] * scale;
      const y = y0 - places[k + 1] * scale;
      if (!(x >= 0 && x < right && y >= 0 && y < bottom)) continue;
      const at = ((y | 0) * stride + (x | 0)) << 2;
      sums[at] += from[2 * k];
      sums[at + 1] += from[2 * k + 1];
      sums[at + 2] += from[2 * k + 2];
      sums[at + 3] += from[2 * k + 3];
      inSight += from[2 * k];
    }
    return inSight;
  }

  /** Count each point of one state at every pixel of its disc. */
  stamp(layout, to, states, wanted, colours, stamps, border) {
    const { sums, stride } = this;
    sums.fill(0);
    const [right, bottom] = [stride - border, this.lines - border];
    const { scale, x: x0, y: y0 } = to;
    for (let i = 0; i < states.length; i++) {
      if (states[i] !== wanted) continue;
      const x = x0 + layout[2 * i] * scale;
      const y = y0 - layout[2 * i + 1] * scale;
      if (!(x > border && x < right && y > border && y < bottom)) continue;
      const [ix, iy] = [x | 0, y | 0];
      const { places, weights } = stamps[(((y - iy) * 4) << 2) | ((x - ix) * 4)];
      const colour = colours[i];
      const [red, green, blue] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
      for (let j = 0; j < places.length; j++) {
        const at = (iy * stride + ix + places[j]) << 2;
        const weight = weights[j];
        sums[at] += weight;
        sums[at + 1] += weight * red;
        sums[at + 2] += weight * green;
        sums[at + 3] += weight * blue;
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
