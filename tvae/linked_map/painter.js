// Draws points as discs straight into an image's bytes: without a graphics card faster than canvas paths.

/** Pixels around the image, so that discs at the border need no clipping. */
const MARGIN = 20;

/** A CSS colour as one number: blue << 16 | green << 8 | red. */
function packedColour(text) {
  const [r, g, b] = colourParts(text);
  return (b << 16) | (g << 8) | r;
}

const parsing = document.createElement("canvas").getContext("2d");

/** Red, green, blue of any CSS colour. */
function colourParts(text) {
  parsing.fillStyle = "#888888";
  parsing.fillStyle = text;
  const colour = parsing.fillStyle;
  if (colour[0] === "#") return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return colour.match(/[\d.]+/g).slice(0, 3).map(Number);
}

/** A packed colour as CSS. */
function cssColour(packed) {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

/** A colour half-way to white, for thin lines on a dark ground. */
function lightened(text) {
  return `rgb(${colourParts(text).map((part) => Math.round((part + 255) / 2)).join(" ")})`;
}

/** Draws discs on a plain background and copies them to a canvas in one step. */
class Painter {
  #stamps = new Map();
  #tally = null;

  /** Start over with another size, in device pixels. */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.stride = width + 2 * MARGIN;
    this.image = new ImageData(this.stride, height + 2 * MARGIN);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.#stamps.clear();
    this.#tally = null;
  }

  /** Paint everything in one packed colour. */
  clear(colour) {
    this.pixels.fill(0xff000000 | colour);
  }

  /** Start with what a canvas of the same size shows. */
  copy(context) {
    const shown = new Uint32Array(context.getImageData(0, 0, this.width, this.height).data.buffer);
    for (let line = 0; line < this.height; line++) {
      const row = shown.subarray(line * this.width, (line + 1) * this.width);
      this.pixels.set(row, (line + MARGIN) * this.stride + MARGIN);
    }
  }

  /** Sixteen discs, one for each quarter-pixel offset: which pixels they touch, and how much (0 to `most`). */
  #stampsOf(radius, most) {
    const name = `${radius.toFixed(2)} ${most.toFixed(2)}`;
    const kept = this.#stamps.get(name);
    if (kept) return kept;
    if (this.#stamps.size > 64) this.#stamps.clear();
    const reach = Math.ceil(radius + 1);
    const made = Array.from({ length: 16 }, (_, offset) => {
      const cx = ((offset & 3) + 0.5) / 4 - 0.5;
      const cy = ((offset >> 2) + 0.5) / 4 - 0.5;
      const places = [];
      const weights = [];
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const cover = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(dx - cx, dy - cy)));
          const weight = Math.round(cover * most);
          if (weight === 0) continue;
          places.push(dy * this.stride + dx);
          weights.push(weight);
        }
      }
      return { places: Int32Array.from(places), weights: Int32Array.from(weights) };
    });
    this.#stamps.set(name, made);
    return made;
  }

  /**
   * Blend a disc for each row of one state.
   * @param {Float32Array} layout x, y interleaved
   * @param {{scale: number, x: number, y: number}} to device pixels: x + u·scale, y − v·scale
   * @param {Uint8Array} states  @param {number} wanted which state to draw
   * @param {Uint32Array} colours packed, one a row
   * @param {Uint32Array|null} order rows to draw, from the lowest to the topmost; `null` for all in their own order
   */
  discs(layout, to, states, wanted, { colours, order }, radius, alpha) {
    const { pixels, stride } = this;
    const stamps = this.#stampsOf(Math.min(radius, MARGIN - 3), alpha * 128);
    const right = this.width + 2 * MARGIN - radius - 2;
    const bottom = this.height + 2 * MARGIN - radius - 2;
    const border = radius + 2;
    const { scale } = to;
    const x0 = to.x + MARGIN;
    const y0 = to.y + MARGIN;
    const count = order ? order.length : states.length;
    for (let k = 0; k < count; k++) {
      const i = order ? order[k] : k;
      if (states[i] !== wanted) continue;
      const x = x0 + layout[2 * i] * scale;
      const y = y0 - layout[2 * i + 1] * scale;
      if (!(x > border && x < right && y > border && y < bottom)) continue;
      const ix = x | 0;
      const iy = y | 0;
      const { places, weights } = stamps[(((y - iy) * 4) << 2) | ((x - ix) * 4)];
      const at = iy * stride + ix;
      const redBlue = colours[i] & 0xff00ff;
      const green = colours[i] & 0xff00;
      for (let j = 0; j < places.length; j++) {
        const p = at + places[j];
        const ground = pixels[p];
        const weight = weights[j];
        const rest = 128 - weight;
        // Red and blue in one multiplication: 128 · 0xff00ff just fits 31 bits.
        pixels[p] =
          0xff000000 |
          (((Math.imul(ground & 0xff00ff, rest) + Math.imul(redBlue, weight)) >>> 7) & 0xff00ff) |
          (((Math.imul(ground & 0xff00, rest) + Math.imul(green, weight)) >>> 7) & 0xff00);
      }
    }
  }

  /**
   * Blend the rows of one state by their local number; where colours meet, by their mean.
   * @param {{colours: Uint32Array, order: Uint32Array|null}} rows as for `discs`
   * @param {number} alpha opacity of a single disc  @param {Crowd} crowd those rows
   * @param {number} strength share of the opacity that is drawn
   */
  crowd(layout, to, states, wanted, rows, { radius, alpha, crowd, strength }) {
    const area = Math.PI * radius * radius;
    const opacity = opacityUnder(alpha, (crowd.densest * area) / to.scale ** 2);
    this.#tally ??= new Tally(this.stride, this.height + 2 * MARGIN);
    const inImage = { scale: to.scale, x: to.x + MARGIN, y: to.y + MARGIN };
    const { points } = crowd;
    if (!opacity) {
      const order = points.starts && !rows.order ? this.#tally.rowsInSight(points, inImage) : rows.order;
      this.discs(layout, to, states, wanted, { ...rows, order }, radius, strength * alpha);
      return;
    }
    const side = Math.max(1, Math.round(Math.sqrt(area)));
    const cells = crowd.cellsAt(to.scale);
    const inSight = cells ? this.#tally.countGathered(cells, inImage, side) : this.#tally.count(points, inImage, side);
    if (points.each * inSight * area > MOST_LAYERS * this.width * this.height) {
      const each = cells ? 1 : points.each;
      this.#tally.blend(this.pixels, side, (number) => strength * opacity((each * number * area) / side ** 2));
      return;
    }
    const disc = Math.min(radius, MARGIN - 3);
    this.#tally.stamp(points, inImage, this.#stampsOf(disc, WHOLE), disc + 2);
    this.#tally.blend(this.pixels, 1, (number) => strength * opacity((points.each * number) / WHOLE));
  }

  /** Copy the image to the canvas. */
  put(context) {
    context.putImageData(this.image, -MARGIN, -MARGIN, MARGIN, MARGIN, this.width, this.height);
  }
}
