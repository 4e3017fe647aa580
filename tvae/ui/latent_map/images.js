// Images in place of points: once there is room, one for each cell of a grid.

/** Side of an image in CSS pixels, and of the cell that it has to itself at the finest. */
const TILE = 30;

/**
 * One row for each cell of a grid that is fixed to the layout at each doubling of the zoom, so that panning does not
 * change who is shown. `null` while the map is too crowded for images to stand for it.
 */
function imagesInSight(panel, { states }) {
  const { scale, x, y } = panel.transform;
  const { width, height } = panel.canvas;
  const side = TILE * panel.ratio;
  // The cell in the layout's frame: a power of two, from 1 to 2 tiles wide on the screen.
  const unit = 2 ** Math.ceil(Math.log2(side / scale));
  const across = Math.ceil(width / (unit * scale)) + 2;
  const cells = new Map();
  const left = Math.floor(-x / scale / unit);
  const most = 3 * across * (Math.ceil(height / (unit * scale)) + 2);
  let inSight = 0;
  for (let i = 0; i < states.length; i++) {
    if (states[i] === HIDDEN) continue;
    const px = x + panel.layout[2 * i] * scale;
    const py = y - panel.layout[2 * i + 1] * scale;
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    if (++inSight > most) return null;
    const column = Math.floor(panel.layout[2 * i] / unit) - left;
    const row = Math.floor(panel.layout[2 * i + 1] / unit);
    const name = row * across + column;
    const before = cells.get(name);
    if (before === undefined || states[i] > states[before]) cells.set(name, i);
  }
  return { cells, unit };
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
    // At the point, but wholly inside the cell, so that no two images meet.
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
