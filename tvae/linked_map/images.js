// Images in place of points: where there is room, one for each cell of a grid.

/** Side of an image in CSS pixels, and of the smallest cell for one image. */
const TILE = 30;

/** Most rows in a cell on average: with more, an image would hide too many points. */
const MOST_SHARING = 4;

/**
 * One row for each cell of a grid that is fixed to the layout at each doubling of the zoom, so that panning does not
 * change which rows have images. `null` while the map is too crowded for images.
 */
function imagesInSight(panel, { states }) {
  const { scale, x, y } = panel.transform;
  const { width, height } = panel.canvas;
  // The cell in the layout's frame: a power of two, from 1 to 2 tiles wide on the screen.
  const unit = 2 ** Math.ceil(Math.log2((TILE * panel.ratio) / scale));
  if (rowsSharing(panel, unit) > MOST_SHARING) return null;
  const cells = new Map();
  for (let i = 0; i < states.length; i++) {
    if (states[i] === HIDDEN) continue;
    const px = x + panel.layout[2 * i] * scale;
    const py = y - panel.layout[2 * i + 1] * scale;
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    const name = cellOf(panel.layout, i, unit);
    const before = cells.get(name);
    if (before === undefined || states[i] > states[before]) cells.set(name, i);
  }
  return { cells, unit };
}

/** The number of the cell that a row lies in. */
function cellOf(layout, row, unit) {
  return Math.floor(layout[2 * row] / unit) * 65536 + Math.floor(layout[2 * row + 1] / unit);
}

/** Size of the table that marks cells; two cells that share an entry count as one, which is rare. */
const PLACES = 1 << 18;
const taken = new Uint8Array(PLACES);

/** Mean number of rows in a cell over the whole layout, so that it does not depend on the part in view. */
function rowsSharing(panel, unit) {
  const { layout } = panel;
  if (panel.sharing?.layout !== layout || panel.sharing.unit !== unit) {
    let cells = 0;
    taken.fill(0);
    for (let i = 0; i < layout.length; i += 2) {
      const [column, row] = [Math.floor(layout[i] / unit), Math.floor(layout[i + 1] / unit)];
      const place = (Math.imul(column, 73856093) ^ Math.imul(row, 19349663)) & (PLACES - 1);
      cells += 1 - taken[place];
      taken[place] = 1;
    }
    panel.sharing = { layout, unit, rows: layout.length / 2 / cells };
  }
  return panel.sharing.rows;
}

/** Draw those images, each wholly inside its cell. */
function drawImages(panel, { cells, unit }, { states, tiles }) {
  const { context } = panel;
  const { scale, x, y } = panel.transform;
  const cell = unit * scale;
  const longer = Math.max(tiles.width, tiles.height);
  const size = Math.min(cell, TILE * 1.5 * panel.ratio) - 2 * panel.ratio;
  const width = (size * tiles.width) / longer;
  const height = (size * tiles.height) / longer;
  context.imageSmoothingEnabled = true;
  for (const i of cells.values()) {
    const tile = tiles.tile(i, panel.colours[i]);
    if (!tile) continue;
    // At the point, but wholly inside the cell, so that images don't overlap.
    const column = Math.floor(panel.layout[2 * i] / unit) * cell + x;
    const row = y - (Math.floor(panel.layout[2 * i + 1] / unit) + 1) * cell;
    const px = Math.max(column, Math.min(column + cell - width, x + panel.layout[2 * i] * scale - width / 2));
    const py = Math.max(row, Math.min(row + cell - height, y - panel.layout[2 * i + 1] * scale - height / 2));
    const [left, top] = [Math.round(px), Math.round(py)];
    context.globalAlpha = states[i] === DIMMED ? 0.3 : 1;
    if (!tiles.strokes) {
      context.fillStyle = cssColour(panel.colours[i]);
      context.fillRect(left - 1.5, top - 1.5, width + 3, height + 3);
    }
    context.drawImage(tile, left, top, width, height);
  }
  context.globalAlpha = 1;
}
