// Reads what Python packed: blocks of bytes into typed arrays, sets of rows as text.

/**
 * The layouts in one frame each: centred on 0, the larger extent 1, y upwards.
 * Aligned layouts share the frame, so that the same place means the same on all maps.
 * @returns {{n: number, labels: Uint8Array|Uint16Array, layouts: Float32Array[], frames: object[]}}
 *   layouts are x, y interleaved; a frame has the centre and span that lead back to the layout's own units.
 */
function readGeometry({ header, bytes }, aligned) {
  const n = header.rows;
  const own = header.sides.map(({ low, extent }) => ({ low, high: [low[0] + extent[0], low[1] + extent[1]] }));
  const joint = {
    low: [0, 1].map((axis) => Math.min(...own.map(({ low }) => low[axis]))),
    high: [0, 1].map((axis) => Math.max(...own.map(({ high }) => high[axis]))),
  };
  const frames = own.map((box) => {
    const { low, high } = aligned ? joint : box;
    return {
      centre: [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2],
      span: Math.max(high[0] - low[0], high[1] - low[1]) || 1,
    };
  });
  const layouts = header.sides.map(({ low, span }, side) => {
    const steps = new Uint16Array(bytes.buffer, bytes.byteOffset + side * n * 4, n * 2);
    const layout = new Float32Array(n * 2);
    const { centre, span: unit } = frames[side];
    const step = span / 65535 / unit;
    const first = [(low[0] - centre[0]) / unit, (low[1] - centre[1]) / unit];
    for (let i = 0; i < n; i++) {
      layout[2 * i] = first[0] + steps[2 * i] * step;
      layout[2 * i + 1] = first[1] + steps[2 * i + 1] * step;
    }
    return layout;
  });
  const Labels = header.label_bytes === 2 ? Uint16Array : Uint8Array;
  const labels = new Labels(bytes.buffer, bytes.byteOffset + layouts.length * n * 4, n);
  return { n, labels, layouts, frames };
}

/** A table of k row numbers for each row, each in as few bits as it needs; one row is unpacked at a time, on demand. */
class PackedRows {
  constructor(bytes, { k, bits }) {
    this.bytes = bytes;
    this.k = k;
    this.bits = bits;
  }

  /** The k neighbours of a row, nearest first. */
  row(index) {
    const { bytes, bits, k } = this;
    const neighbours = new Array(k);
    for (let j = 0; j < k; j++) {
      const at = (index * k + j) * bits;
      const byte = at >>> 3;
      const word = ((bytes[byte] << 24) | (bytes[byte + 1] << 16) | (bytes[byte + 2] << 8) | bytes[byte + 3]) >>> 0;
      neighbours[j] = ((word << (at & 7)) >>> 0) >>> (32 - bits);
    }
    return neighbours;
  }
}

/** @returns {(PackedRows|null)[]} left's and right's neighbours. */
function readNeighbours({ header, bytes }) {
  let at = 0;
  return header.tables.map((table) => {
    if (!table) return null;
    const rows = new PackedRows(bytes.subarray(at, at + table.bytes), table);
    at += table.bytes;
    return rows;
  });
}

/** @returns {Float32Array[]} values of each map; NaN where missing. */
function readValues({ header, bytes }) {
  const pairs = Math.ceil(header.sides / 2);
  const n = bytes.length / 3 / pairs;
  const value = (step) => (step === 4095 ? NaN : header.low + step * header.step);
  const sides = [];
  for (let pair = 0; pair < pairs; pair++) {
    const [one, other] = [new Float32Array(n), new Float32Array(n)];
    for (let i = 0; i < n; i++) {
      const at = 3 * (pair * n + i);
      const [first, middle, last] = [bytes[at], bytes[at + 1], bytes[at + 2]];
      one[i] = value(first | ((middle & 15) << 8));
      other[i] = value((middle >> 4) | (last << 4));
    }
    sides.push(one, other);
  }
  return sides.slice(0, header.sides);
}

/** A mask of rows as base64 of one bit a row; empty text for no rows. */
function maskToText(mask) {
  if (!mask.includes(1)) return "";
  const packed = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) packed[i >> 3] |= mask[i] << (i & 7);
  let text = "";
  for (let i = 0; i < packed.length; i += 4096) text += String.fromCharCode(...packed.subarray(i, i + 4096));
  return btoa(text);
}

/** The mask that `maskToText` (or Python) wrote. */
function textToMask(text, n) {
  const mask = new Uint8Array(n);
  const packed = atob(text);
  if (packed.length === 0) return mask;
  for (let i = 0; i < n; i++) mask[i] = (packed.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return mask;
}

/** Number of rows in a mask. */
function countOf(mask) {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i];
  return count;
}
