// One map: where things lie on its canvas, and how they are drawn.

const PICK_RADIUS = 14;
const SMALLEST_ZOOM = 1;
const LARGEST_ZOOM = 400;
/** Share of the shorter side that the whole layout takes at zoom 1. */
const FILL = 0.92;
/** Side of an image in CSS pixels, and of the cell that it has to itself at the finest. */
const TILE = 30;
const MOST_LABELS = 24;

class Panel {
  /** @param {"left"|"right"} side  @param {object} parts the elements from `buildChrome` */
  constructor(side, { canvas, overlay, stage }) {
    Object.assign(this, { side, canvas, overlay, stage });
    // Written from memory at every frame, so a canvas in memory is the fast one.
    this.context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.marks = overlay.getContext("2d");
    this.painter = new Painter();
    this.view = { x: 0, y: 0, zoom: 1 };
    this.ratio = 1;
    this.layout = null;
    this.grid = null;
    this.middles = null;
    this.colours = null;
    this.order = null;
    this.colour = "#888888";
  }

  /** Take up the place that the page gives. Returns whether anything changed. */
  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    const width = Math.round(this.stage.clientWidth * ratio);
    const height = Math.round(this.stage.clientHeight * ratio);
    if (width < 2 || height < 2 || (width === this.canvas.width && height === this.canvas.height && this.painter.image)) {
      return false;
    }
    this.ratio = ratio;
    for (const canvas of [this.canvas, this.overlay]) {
      Object.assign(canvas, { width, height });
      // Not stretched to a stage of a broken width: a drawn pixel is a pixel of the screen.
      Object.assign(canvas.style, { width: `${width / ratio}px`, height: `${height / ratio}px` });
    }
    this.painter.resize(width, height);
    return true;
  }

  /** Show another layout; the grid is made when it is next asked for. */
  place(layout) {
    this.layout = layout;
    this.grid = null;
  }

  /** From the layout's frame to device pixels: x + u·scale, y − v·scale. */
  get transform() {
    const { width, height } = this.canvas;
    const scale = Math.min(width, height) * FILL * this.view.zoom;
    return { scale, x: width / 2 - this.view.x * scale, y: height / 2 + this.view.y * scale };
  }

  /** Where a row is, in CSS pixels of the canvas. */
  pointOf(row) {
    const { scale, x, y } = this.transform;
    return [(x + this.layout[2 * row] * scale) / this.ratio, (y - this.layout[2 * row + 1] * scale) / this.ratio];
  }

  /** The place in the layout's frame under CSS pixels of the canvas. */
  placeAt(px, py) {
    const { scale, x, y } = this.transform;
    return [(px * this.ratio - x) / scale, (y - py * this.ratio) / scale];
  }

  /** The visible row within the pick radius of CSS pixels, or -1. */
  pick(px, py, states) {
    if (!this.layout) return -1;
    this.grid ??= new Grid(this.layout);
    const [u, v] = this.placeAt(px, py);
    return this.grid.pick(u, v, (PICK_RADIUS * this.ratio) / this.transform.scale, states);
  }

  /** Zoom by a factor, holding the place under CSS pixels still. */
  zoomAt(px, py, factor) {
    const [u, v] = this.placeAt(px, py);
    const { view } = this;
    const zoom = Math.max(SMALLEST_ZOOM, Math.min(LARGEST_ZOOM, view.zoom * factor));
    const share = view.zoom / zoom;
    view.x = u + (view.x - u) * share;
    view.y = v + (view.y - v) * share;
    view.zoom = zoom;
    this.keepInSight();
  }

  /** Move by CSS pixels. */
  panBy(dx, dy) {
    const { scale } = this.transform;
    this.view.x -= (dx * this.ratio) / scale;
    this.view.y += (dy * this.ratio) / scale;
    this.keepInSight();
  }

  /** Keep some of the layout on the canvas. */
  keepInSight() {
    const { view } = this;
    const reach = 0.5;
    view.x = Math.max(-reach, Math.min(reach, view.x));
    view.y = Math.max(-reach, Math.min(reach, view.y));
  }

  /** Bring a row into the middle unless it is well in sight. */
  bringIntoSight(row) {
    const [x, y] = this.pointOf(row);
    const edge = 24;
    if (x > edge && y > edge && x < this.stage.clientWidth - edge && y < this.stage.clientHeight - edge) return;
    this.view.x = this.layout[2 * row];
    this.view.y = this.layout[2 * row + 1];
    this.keepInSight();
  }

  /** Radius in device pixels and opacity of a point: smaller and fainter the more points share the picture. */
  pointStyle(n) {
    const crowd = Math.max(0, Math.log10(n / 500));
    const closer = Math.log2(this.view.zoom);
    const radius = Math.min(5, Math.max(1.2, 3 - 0.75 * crowd) + 0.3 * closer);
    const alpha = Math.min(0.95, Math.max(0.3, 0.9 - 0.24 * crowd) + 0.12 * closer);
    return { radius: radius * this.ratio, alpha };
  }

  /**
   * Draw points, images and names.
   * @param {object} scene what both maps share: states, dimmed (whether some rows are), theme, tiles, showImages,
   *   showNames, classes, hiddenClasses
   */
  drawPoints(scene) {
    if (!this.layout || !this.painter.image) return;
    const { states, theme } = scene;
    const to = this.transform;
    const { radius, alpha } = this.pointStyle(states.length);
    const tiles = scene.tiles && scene.showImages ? this.#tilesInSight(scene) : null;
    this.painter.clear(theme.ground);
    const faint = tiles ? 0.25 : 1;
    if (scene.dimmed) {
      this.painter.discs(this.layout, to, states, DIMMED, this, radius * 0.9, faint * Math.max(0.07, alpha * 0.2));
      this.painter.discs(this.layout, to, states, LIT, this, radius + 0.4 * this.ratio, faint * Math.min(1, alpha + 0.25));
    } else {
      this.painter.discs(this.layout, to, states, LIT, this, radius, faint * alpha);
    }
    this.painter.put(this.context);
    if (tiles) this.#drawTiles(tiles, scene);
    if (scene.showNames) this.#drawNames(scene);
  }

  /**
   * One row for each cell of a grid that is fixed to the layout at each doubling of the zoom, so that panning does not
   * change who is shown. `null` while the map is too crowded for images to stand for it.
   */
  #tilesInSight({ states }) {
    const { scale, x, y } = this.transform;
    const { width, height } = this.canvas;
    const side = TILE * this.ratio;
    // The cell in the layout's frame: a power of two, from 1 to 2 tiles wide on the screen.
    const unit = 2 ** Math.ceil(Math.log2(side / scale));
    const across = Math.ceil(width / (unit * scale)) + 2;
    const cells = new Map();
    const left = Math.floor(-x / scale / unit);
    const most = 3 * across * (Math.ceil(height / (unit * scale)) + 2);
    let inSight = 0;
    for (let i = 0; i < states.length; i++) {
      if (states[i] === HIDDEN) continue;
      const px = x + this.layout[2 * i] * scale;
      const py = y - this.layout[2 * i + 1] * scale;
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      if (++inSight > most) return null;
      const column = Math.floor(this.layout[2 * i] / unit) - left;
      const row = Math.floor(this.layout[2 * i + 1] / unit);
      const name = row * across + column;
      const before = cells.get(name);
      if (before === undefined || states[i] > states[before]) cells.set(name, i);
    }
    return { cells, unit };
  }

  #drawTiles({ cells, unit }, { states, tiles }) {
    const { context } = this;
    const { scale, x, y } = this.transform;
    const cell = unit * scale;
    const longer = Math.max(tiles.width, tiles.height);
    const size = Math.min(cell, TILE * 1.5 * this.ratio) - 2 * this.ratio;
    const width = (size * tiles.width) / longer;
    const height = (size * tiles.height) / longer;
    context.imageSmoothingEnabled = true;
    for (const i of cells.values()) {
      const tile = tiles.tile(i, this.colours[i]);
      if (!tile) continue;
      // At the point, but wholly inside the cell, so that no two images meet.
      const column = Math.floor(this.layout[2 * i] / unit) * cell + x;
      const row = y - (Math.floor(this.layout[2 * i + 1] / unit) + 1) * cell;
      const px = Math.max(column, Math.min(column + cell - width, x + this.layout[2 * i] * scale - width / 2));
      const py = Math.max(row, Math.min(row + cell - height, y - this.layout[2 * i + 1] * scale - height / 2));
      const [left, top] = [Math.round(px), Math.round(py)];
      context.globalAlpha = states[i] === DIMMED ? 0.3 : 1;
      if (!tiles.strokes) {
        context.fillStyle = cssColour(this.colours[i]);
        context.fillRect(left - 1.5, top - 1.5, width + 3, height + 3);
      }
      context.drawImage(tile, left, top, width, height);
    }
    context.globalAlpha = 1;
  }

  /** Class names at the classes' middles, each with a halo; a name that would cover another is left out. */
  #drawNames({ classes, hiddenClasses, theme, counts }) {
    if (!this.middles) return;
    const { context, ratio } = this;
    const { scale, x, y } = this.transform;
    const order = classes.map((_, c) => c).filter((c) => counts[c] && !hiddenClasses.has(c));
    order.sort((a, b) => counts[b] - counts[a]);
    context.font = `700 ${16 * ratio}px ${theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 5 * ratio;
    context.strokeStyle = theme.halo;
    context.fillStyle = theme.text;
    const taken = [];
    for (const c of order.slice(0, MOST_LABELS)) {
      const text = shortened(classes[c].name);
      const px = x + this.middles[2 * c] * scale;
      const py = y - this.middles[2 * c + 1] * scale;
      const half = context.measureText(text).width / 2 + 2 * ratio;
      const box = [px - half, py - 10 * ratio, px + half, py + 10 * ratio];
      if (taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3])) continue;
      taken.push(box);
      context.strokeText(text, px, py);
      context.fillText(text, px, py);
    }
  }

  /**
   * Draw what moves often over the points: trails, lines to neighbours, rings, the gesture's outline.
   * @param {object} scene as for `drawPoints`
   * @param {{hovered: number, focus: number, neighbours: object[], outline: number[][]|null, trails: object|null}} marks
   *   neighbours are {row, shared} of the marked row in this map
   */
  drawMarks({ theme, states }, { hovered, focus, neighbours, outline, trails }) {
    const { marks: context, ratio } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.overlay.width, this.overlay.height);
    if (!this.layout) return;
    const { colour } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.lineCap = "round";
    if (trails) this.#drawTrails(trails);
    const centre = hovered >= 0 ? hovered : focus;
    if (centre >= 0 && states[centre] !== HIDDEN) {
      const [x, y] = this.pointOf(centre);
      const ends = neighbours.filter(({ row }) => states[row] !== HIDDEN).map((end) => ({ ...end, at: this.pointOf(end.row) }));
      for (const [width, style] of [
        [3, theme.halo],
        [1.25, colour],
      ]) {
        context.lineWidth = width;
        context.strokeStyle = style;
        context.beginPath();
        for (const { at } of ends) {
          context.moveTo(x, y);
          context.lineTo(at[0], at[1]);
        }
        context.stroke();
      }
      // A neighbour in both arms is a full dot, one of this arm alone a hollow one.
      for (const { at, shared } of ends) disc(context, at[0], at[1], 3.5, shared ? colour : theme.halo, colour, 1.5);
    }
    if (focus >= 0 && states[focus] !== HIDDEN) this.#ring(focus, 9, colour, theme.halo, 2.5);
    if (hovered >= 0 && states[hovered] !== HIDDEN) this.#ring(hovered, 7, theme.text, theme.halo, 2);
    if (outline && outline.length > 1) {
      context.beginPath();
      outline.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.fillStyle = theme.wash;
      context.fill();
      context.strokeStyle = theme.text;
      context.lineWidth = 1.25;
      context.setLineDash([5, 4]);
      context.stroke();
      context.setLineDash([]);
    }
    this.canvas.dataset.hoveredRow = hovered >= 0 ? String(hovered) : "";
  }

  #ring(row, radius, colour, halo, width) {
    const [x, y] = this.pointOf(row);
    disc(this.marks, x, y, radius, null, halo, width + 2.5);
    disc(this.marks, x, y, radius, null, colour, width);
  }

  /** Where the rows that move most came from. */
  #drawTrails({ rows, moved, from }) {
    const { marks: context, ratio } = this;
    const { scale, x, y } = this.transform;
    const largest = moved[0] || 1;
    rows.forEach((row, rank) => {
      const share = moved[rank] / largest;
      context.globalAlpha = 0.25 + 0.5 * share;
      context.lineWidth = 0.75 + 1.25 * share;
      context.strokeStyle = cssColour(this.colours[row]);
      context.beginPath();
      context.moveTo((x + from[2 * row] * scale) / ratio, (y - from[2 * row + 1] * scale) / ratio);
      context.lineTo(...this.pointOf(row));
      context.stroke();
    });
    context.globalAlpha = 1;
  }
}

/** A circle, filled and stroked as asked. */
function disc(context, x, y, radius, fill, stroke, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  context.lineWidth = width;
  context.strokeStyle = stroke;
  context.stroke();
}

/** A packed colour as CSS. */
function cssColour(packed) {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

/** A name that fits on a map. */
function shortened(name) {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}
