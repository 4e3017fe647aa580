// A line around the densest part of each class, drawn beneath the points.

/** Share of a class's rows that its line holds. */
const CONTOUR_SHARE = 0.8;
/** A class of fewer rows has no line. */
const FEWEST_FOR_CONTOUR = 12;
/** Most classes that have lines, the heaviest first. */
const MOST_CONTOURS = 30;
/** Cells of the density's grid along its longer side. */
const CONTOUR_CELLS = 64;

/** The lines of the heaviest classes: {c, rings}, the rings in the layout's frame. Hidden rows don't count. */
function contoursOf(layout, labels, states, weights) {
  const classes = [...weights.keys()].filter((c) => weights[c] > 0).sort((a, b) => weights[b] - weights[a]);
  const members = new Map(classes.slice(0, MOST_CONTOURS).map((c) => [c, []]));
  for (let i = 0; i < states.length; i++) if (states[i] !== HIDDEN) members.get(labels[i])?.push(i);
  return [...members].map(([c, rows]) => ({ c, rings: densestPart(layout, rows, CONTOUR_SHARE) }));
}

/** Rings around the densest part of some rows that holds a share of them: by a kernel density estimate. */
function densestPart(layout, rows, share) {
  if (rows.length < FEWEST_FOR_CONTOUR) return [];
  const grid = densityGrid(layout, rows);
  const densities = Float32Array.from(rows, (row) => densityAt(grid, layout[2 * row], layout[2 * row + 1])).sort();
  const level = densities[Math.floor((1 - share) * rows.length)];
  return ringsAt(grid, level).map((ring) => ring.map(([x, y]) => [grid.x0 + x * grid.cell, grid.y0 + y * grid.cell]));
}

/** Density of rows on a grid: a Gaussian kernel of Scott's width, 0 at the border. */
function densityGrid(layout, rows) {
  const axes = [0, 1].map((axis) => {
    let [low, high, sum, squares] = [Infinity, -Infinity, 0, 0];
    for (const row of rows) {
      const value = layout[2 * row + axis];
      low = Math.min(low, value);
      high = Math.max(high, value);
      sum += value;
      squares += value * value;
    }
    const mean = sum / rows.length;
    return { low, high, variance: Math.max(0, squares / rows.length - mean * mean) };
  });
  const spread = Math.sqrt((axes[0].variance + axes[1].variance) / 2);
  const kernel = Math.max(spread * rows.length ** (-1 / 6), 1e-4);
  const longer = Math.max(...axes.map(({ low, high }) => high - low)) + 8 * kernel;
  const cell = Math.max(longer / CONTOUR_CELLS, kernel / 2.5);
  const [x0, y0] = axes.map(({ low }) => low - 4 * kernel);
  const [width, height] = axes.map(({ low, high }) => Math.ceil((high - low + 8 * kernel) / cell) + 2);
  const grid = { x0, y0, cell, width, height, values: new Float32Array(width * height) };
  for (const row of rows) addTo(grid, layout[2 * row], layout[2 * row + 1]);
  blur(grid, kernel / cell);
  for (let i = 0; i < width * height; i++) {
    const column = i % width;
    if (column === 0 || column === width - 1 || i < width || i >= width * (height - 1)) grid.values[i] = 0;
  }
  return grid;
}

/** Add a row to the four corners around its place, to the nearer ones more. */
function addTo({ x0, y0, cell, width, values }, x, y) {
  const [u, v] = [(x - x0) / cell, (y - y0) / cell];
  const [column, line] = [Math.floor(u), Math.floor(v)];
  const [right, up] = [u - column, v - line];
  const at = line * width + column;
  values[at] += (1 - right) * (1 - up);
  values[at + 1] += right * (1 - up);
  values[at + width] += (1 - right) * up;
  values[at + width + 1] += right * up;
}

/** The density at a place, between the four corners around it. */
function densityAt({ x0, y0, cell, width, values }, x, y) {
  const [u, v] = [(x - x0) / cell, (y - y0) / cell];
  const [column, line] = [Math.floor(u), Math.floor(v)];
  const [right, up] = [u - column, v - line];
  const at = line * width + column;
  const below = values[at] * (1 - right) + values[at + 1] * right;
  const above = values[at + width] * (1 - right) + values[at + width + 1] * right;
  return below * (1 - up) + above * up;
}

/** Blur a grid by a Gaussian of a width in cells, first along lines, then along columns. */
function blur(grid, width) {
  const reach = Math.ceil(3 * width);
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / width) ** 2));
  for (const [step, length, stride, lines] of [
    [1, grid.width, grid.width, grid.height],
    [grid.width, grid.height, 1, grid.width],
  ]) {
    const blurred = new Float32Array(grid.values.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        const value = grid.values[line * stride + i * step];
        if (!value) continue;
        const [from, to] = [Math.max(0, i - reach), Math.min(length - 1, i + reach)];
        for (let j = from; j <= to; j++) blurred[line * stride + j * step] += value * weights[j - i + reach];
      }
    }
    grid.values = blurred;
  }
}

/**
 * The sides that a line enters and leaves a square by, for each set of its corners above the level (1 lower left,
 * 2 lower right, 4 upper right, 8 upper left); sides are 0 below, 1 right, 2 above, 3 left.
 */
const CROSSINGS = [
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
];

/** Closed lines of a level on a grid whose border lies below it, in cells (marching squares). */
function ringsAt({ values, width, height }, level) {
  const next = new Map();
  // A side of a square by number: the one to the right of a corner is even, the one above it odd.
  const sideOf = (at, side) => [2 * at, 2 * (at + 1) + 1, 2 * (at + width), 2 * at + 1][side];
  for (let line = 0; line < height - 1; line++) {
    for (let column = 0; column < width - 1; column++) {
      const at = line * width + column;
      let above = values[at] > level ? 1 : 0;
      if (values[at + 1] > level) above += 2;
      if (values[at + width + 1] > level) above += 4;
      if (values[at + width] > level) above += 8;
      if (above === 0 || above === 15) continue;
      for (const [from, to] of CROSSINGS[above]) next.set(sideOf(at, from), sideOf(at, to));
    }
  }
  const rings = [];
  while (next.size) {
    const start = next.keys().next().value;
    const ring = [];
    for (let side = start; next.has(side); ) {
      ring.push(crossingOf(side, values, width, level));
      const after = next.get(side);
      next.delete(side);
      side = after;
    }
    rings.push(ring);
  }
  return rings;
}

/** Where the level lies on a side of a square. */
function crossingOf(side, values, width, level) {
  const at = side >> 1;
  const [column, line] = [at % width, Math.floor(at / width)];
  const to = values[side & 1 ? at + width : at + 1];
  const share = (level - values[at]) / (to - values[at]);
  return side & 1 ? [column, line + share] : [column + share, line];
}

/** Draw the classes' lines and a tint inside them on a map's ground. */
function drawContours(panel, contours, { classes, theme }) {
  const { context, ratio } = panel;
  const { scale, x, y } = panel.transform;
  context.lineWidth = 1.75 * ratio;
  context.lineJoin = "round";
  for (const { c, rings } of contours) {
    context.beginPath();
    for (const ring of rings) {
      ring.forEach(([u, v], i) => (i ? context.lineTo(x + u * scale, y - v * scale) : context.moveTo(x + u * scale, y - v * scale)));
      context.closePath();
    }
    context.fillStyle = context.strokeStyle = classes[c].colour;
    context.globalAlpha = theme.dark ? 0.2 : 0.13;
    context.fill("evenodd");
    context.globalAlpha = 1;
    context.stroke();
  }
}
