// The thumbnails: one sheet for all rows, small canvases for those in view.

/** Most small canvases that are kept. */
const KEPT_TILES = 8000;
/** Milliseconds of a frame for making new ones; the rest follow in the next frames. */
const MAKING_MS = 5;

/** The sprite sheet, unpacked. */
class Tiles {
  #kept = new Map();
  #deadline = 0;
  /** Whether the last frame lacked the time to make some. */
  unfinished = false;

  constructor(header, sheet) {
    Object.assign(this, header);
    this.sheet = sheet;
  }

  /** Unpack a sheet off the main thread. */
  static async read({ header, bytes }) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Tiles(header, new Uint8Array(await new Response(stream).arrayBuffer()));
  }

  /** The image of a row, as it is; or, where images are strokes on black, the strokes alone in a packed colour. */
  #imageOf(row, ink) {
    const { width, height, channels, sheet } = this;
    const image = new ImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    const first = row * width * height * channels;
    for (let p = 0; p < words.length; p++) {
      const at = first + p * channels;
      const value = sheet[at];
      if (ink !== undefined) words[p] = (value << 24) | ink;
      else if (channels === 3) words[p] = 0xff000000 | (sheet[at + 2] << 16) | (sheet[at + 1] << 8) | value;
      else words[p] = 0xff000000 | (value << 16) | (value << 8) | value;
    }
    return image;
  }

  /** Draw a row's image on a canvas, pixel for pixel. */
  drawOn(canvas, row) {
    canvas.width = this.width;
    canvas.height = this.height;
    canvas.getContext("2d").putImageData(this.#imageOf(row), 0, 0);
  }

  /** Start a frame's time for making small canvases. */
  startFrame() {
    this.#deadline = performance.now() + MAKING_MS;
    this.unfinished = false;
  }

  /** A small canvas of a row, ready to be drawn at any size; strokes take the colour. `null` when time is up. */
  tile(row, colour) {
    const ink = this.strokes ? colour : undefined;
    const name = row * 16777216 + (ink ?? 0);
    let canvas = this.#kept.get(name);
    if (!canvas) {
      if (performance.now() > this.#deadline) {
        this.unfinished = true;
        return null;
      }
      if (this.#kept.size >= KEPT_TILES) this.#kept.delete(this.#kept.keys().next().value);
      canvas = new OffscreenCanvas(this.width, this.height);
      canvas.getContext("2d").putImageData(this.#imageOf(row, ink), 0, 0);
      this.#kept.set(name, canvas);
    }
    return canvas;
  }
}
