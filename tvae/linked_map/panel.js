// One map: where things lie on its canvas, and how they are drawn.

const PICK_RADIUS = 14;
const SMALLEST_ZOOM = 1;
const LARGEST_ZOOM = 400;
/** Share of the shorter side that the whole layout takes at zoom 1. */
const FILL = 0.92;
/** Opacity of very many rows that are not selected, as a share of what it is while none is. */
const DIMMED_STRENGTH = 0.25;

class Panel {
  /** @param {string} side one of `SIDES`  @param {object} parts the elements from `buildChrome`  @param {(panel: Panel) => void} redraw */
  constructor(side, { canvas, overlay, stage }, redraw) {
    Object.assign(this, { side, canvas, overlay, stage });
    this.redraw = () => redraw(this);
    // Written from memory at every frame, so a canvas in memory is the fast one.
    this.context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.marks = overlay.getContext("2d");
    this.painter = new Painter();
    this.view = { x: 0, y: 0, zoom: 1 };
    this.ratio = 1;
    this.layout = null;
    this.grid = null;
    this.middles = null;
    this.sharing = null;
    this.contours = null;
    this.crowds = null;
    this.colours = null;
    this.order = null;
    this.colour = "#888888";
  }

  /** Stop what is to be drawn later. */
  remove() {
    clearTimeout(this.crowds?.resting);
  }

  /** Fit the canvases to the size that the page gives. Returns whether it changed. */
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
      // Not stretched to a stage of fractional width: a drawn pixel is a pixel of the screen.
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

  /** Number of visible rows inside an area of CSS pixels of the canvas. */
  countInside({ left, top, right, bottom }, states) {
    const [[west, north], [east, south]] = [this.placeAt(left, top), this.placeAt(right, bottom)];
    let count = 0;
    for (let row = 0; row < states.length; row++) {
      const [u, v] = [this.layout[2 * row], this.layout[2 * row + 1]];
      if (u > west && u < east && v > south && v < north && states[row] !== HIDDEN) count++;
    }
    return count;
  }

  /** The visible row nearest to the middle of the canvas, or -1. */
  middleRow(states) {
    this.grid ??= new Grid(this.layout);
    return this.grid.pick(this.view.x, this.view.y, 2, states);
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
    // Very many points grow only where so few of them are in sight that one sees them singly.
    const apart = Math.max(0, closer - Math.max(0, Math.log2(n / CROWDED) / 2));
    const radius = Math.min(5, Math.max(1.2, 3 - 0.75 * crowd) + 0.3 * apart);
    const alpha = Math.min(0.95, Math.max(0.2, 0.9 - 0.2 * crowd - 0.04 * crowd ** 2) + 0.12 * closer);
    return { radius: radius * this.ratio, alpha };
  }

  /**
   * Draw points, images and names.
   * @param {object} scene what both maps share: states, dimmed (whether some rows are), theme, tiles, showImages,
   *   showNames, contours (whether they are drawn), labels, classes, weights (how much each class's name matters),
   *   whole (whether all of very many points are drawn though they have just changed)
   */
  drawPoints(scene) {
    if (!this.layout || !this.painter.image) return;
    const tiles = scene.tiles && scene.showImages ? imagesInSight(this, scene) : null;
    this.painter.clear(scene.theme.ground);
    if (scene.contours) this.#paintContours(scene);
    const faint = tiles ? 0.25 : 1;
    if (scene.dimmed) this.#paintRows(scene, DIMMED, faint);
    this.#paintRows(scene, LIT, faint);
    this.painter.put(this.context);
    if (tiles) drawImages(this, tiles, scene);
    if (scene.showNames) drawNames(this, scene);
  }

  /** Draw the rows of one state: as single discs, or by their local number where they are very many. */
  #paintRows(scene, wanted, faint) {
    const { states, dimmed, rowsIn } = scene;
    const rows = rowsIn[wanted];
    // A few rows that are lit among very many are drawn as few.
    const { radius, alpha } = this.pointStyle(states.length > CROWDED ? rows : states.length);
    const selected = dimmed && wanted === LIT;
    const style = {
      radius: wanted === DIMMED ? radius * 0.9 : selected ? radius + 0.4 * this.ratio : radius,
      alpha: selected ? Math.min(1, alpha + 0.25) : alpha,
      strength: faint * (wanted === DIMMED ? DIMMED_STRENGTH : 1),
    };
    const to = this.transform;
    if (rows > CROWDED) {
      const { colours, order } = this;
      this.painter.crowd(this.layout, to, states, wanted, { colours, order }, { ...style, crowd: this.#crowdOf(scene, wanted) });
      return;
    }
    const opacity = wanted === DIMMED ? faint * Math.max(0.07, alpha * 0.2) : faint * style.alpha;
    this.painter.discs(this.layout, to, states, wanted, this, style.radius, opacity);
  }

  /** The very many rows of one state, anew where the points, their states or colours have changed. */
  #crowdOf({ states, weights, rowsIn, whole }, wanted) {
    const { layout, colours, crowds } = this;
    if (crowds?.layout !== layout || crowds.weights !== weights || crowds.colours !== colours) {
      clearTimeout(crowds?.resting);
      const of = [];
      const resting = setTimeout(() => {
        for (const crowd of Object.values(of)) crowd.settle();
        this.redraw();
      }, REST_MS);
      this.crowds = { layout, weights, colours, of, resting };
    }
    const crowd = (this.crowds.of[wanted] ??= new Crowd(layout, states, wanted, rowsIn[wanted], colours));
    if (whole) crowd.settle();
    return crowd;
  }

  /** Draw the classes' lines beneath the points; they are made anew where the points or those hidden have changed. */
  #paintContours(scene) {
    const { context, canvas, layout } = this;
    if (this.contours?.layout !== layout || this.contours.weights !== scene.weights) {
      const lines = contoursOf(layout, scene.labels, scene.states, scene.weights);
      this.contours = { layout, weights: scene.weights, lines };
    }
    context.fillStyle = scene.theme.groundColour;
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawContours(this, this.contours.lines, scene);
    this.painter.copy(context);
  }
}
