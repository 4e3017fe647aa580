// Gestures on a map: mouse, pen and touch.

const CLICK_SLACK_PX = 4;
/** A click this soon after another in the same place is the second of a double-click. */
const DOUBLE_CLICK_MS = 500;

class Gestures {
  #map;
  #now = null;
  #touches = new Map();
  #beforeClick = null;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
    map.panels.forEach((panel, side) => {
      const { canvas } = panel;
      map.on(canvas, "pointerdown", (event) => this.#down(event, panel));
      map.on(canvas, "pointermove", (event) => this.#moved(event, panel, side));
      map.on(canvas, "pointerup", (event) => this.#up(event, panel, side));
      map.on(canvas, "pointercancel", (event) => this.#cancelled(event));
      // A finger always leaves the map; the point that it tapped stays marked.
      map.on(canvas, "pointerleave", (event) => event.pointerType !== "touch" && map.hovering.left());
      map.on(canvas, "wheel", (event) => map.views.wheel(event, panel, side), { passive: false });
      map.on(canvas, "dblclick", () => this.#doubleClicked(panel));
      map.on(canvas, "contextmenu", (event) => this.#now && event.preventDefault());
    });
  }

  /** Whether a gesture is under way. */
  get busy() {
    return Boolean(this.#now);
  }

  /** The outline of the lasso or box on a map, `null` when there is none. */
  outlineOn(panel) {
    return this.#now?.panel === panel ? this.#now.outline : null;
  }

  /** Cancel the gesture. */
  drop() {
    this.#now = null;
    this.#touches.clear();
  }

  #down(event, panel) {
    const { states, tools } = this.#map;
    if (event.button > 1 || !states) return;
    if (this.#now && this.#now.panel !== panel) return; // a finger on the other map: one gesture at a time
    const { offsetX: x, offsetY: y } = event;
    panel.canvas.focus({ preventScroll: true });
    panel.canvas.setPointerCapture(event.pointerId);
    this.#touches.set(event.pointerId, [x, y]);
    if (this.#touches.size > 1) {
      this.#now = { panel, kind: "pinch", last: this.#pinch(), moved: true, outline: null };
      return;
    }
    const kind = tools.moving || event.button === 1 ? "pan" : tools.tool;
    const how = event.shiftKey ? "add" : event.altKey ? "remove" : "replace";
    this.#now = { panel, kind, start: [x, y], last: [x, y], how, moved: false, outline: null };
  }

  #moved(event, panel, side) {
    const { offsetX: x, offsetY: y } = event;
    const gesture = this.#now;
    if (gesture?.panel !== panel) {
      this.#map.hovering.moved(side, x, y);
      return;
    }
    if (this.#touches.has(event.pointerId)) this.#touches.set(event.pointerId, [x, y]);
    if (gesture.kind === "pinch") {
      this.#pinched(gesture);
      return;
    }
    if (!gesture.moved) {
      if (Math.hypot(x - gesture.start[0], y - gesture.start[1]) < CLICK_SLACK_PX) return;
      gesture.moved = true;
      this.#map.hovering.mark(-1);
    }
    if (gesture.kind === "pan") {
      panel.panBy(x - gesture.last[0], y - gesture.last[1]);
      gesture.last = [x, y];
      this.#map.views.changed(panel);
      return;
    }
    gesture.outline = gesture.kind === "lasso" ? lengthened(gesture, x, y) : corners(gesture.start, [x, y]);
    this.#map.redraw([]);
  }

  #up(event, panel, side) {
    const { selecting, states } = this.#map;
    if (!this.#touches.delete(event.pointerId)) return; // of no gesture
    const gesture = this.#now;
    if (gesture?.panel !== panel) return;
    if (gesture.kind === "pinch" && this.#touches.size) return;
    this.#now = null;
    if (!gesture.moved) this.#clicked(event, panel, side, gesture.how);
    else if (gesture.outline?.length > 2) {
      const polygon = gesture.outline.map(([x, y]) => panel.placeAt(x, y));
      selecting.change(rowsInside(panel.layout, polygon, states), gesture.how);
    }
    this.#map.redraw([]);
  }

  #clicked(event, panel, side, how) {
    const { selecting, hovering, states } = this.#map;
    const { offsetX: x, offsetY: y, timeStamp: at } = event;
    const last = this.#beforeClick;
    const same = last?.panel === panel && Math.hypot(x - last.x, y - last.y) < CLICK_SLACK_PX;
    if (same && at - last.at < DOUBLE_CLICK_MS) return;
    this.#beforeClick = { panel, x, y, at, mask: selecting.mask, focus: selecting.focus };
    this.#map.probe.moved(side, x, y); // a finger has no other way to point
    const row = panel.pick(x, y, states);
    if (row < 0) return;
    const again = how === "add" && selecting.mask[row] && row === selecting.focus;
    selecting.changeRow(row, again ? "remove" : how);
    hovering.mark(row, side);
  }

  /** Show the whole map, and undo the selection that the first of the two clicks made. */
  #doubleClicked(panel) {
    const { selecting, views } = this.#map;
    if (this.#beforeClick) selecting.change(this.#beforeClick.mask, "replace", this.#beforeClick.focus);
    this.#beforeClick = null;
    views.reset(panel);
  }

  #cancelled(event) {
    if (!this.#touches.delete(event.pointerId)) return;
    this.#now = null;
    this.#map.redraw([]);
  }

  /** The middle of two fingers and their distance. */
  #pinch() {
    const [[ax, ay], [bx, by]] = [...this.#touches.values()];
    return { x: (ax + bx) / 2, y: (ay + by) / 2, apart: Math.hypot(ax - bx, ay - by) || 1 };
  }

  #pinched(gesture) {
    if (this.#touches.size < 2) return;
    const now = this.#pinch();
    const { panel, last } = gesture;
    panel.panBy(now.x - last.x, now.y - last.y);
    panel.zoomAt(now.x, now.y, now.apart / last.apart);
    gesture.last = now;
    this.#map.views.changed(panel);
  }
}

/** A lasso's outline with another point, unless it is at the place of the last one. */
function lengthened({ outline, start }, x, y) {
  if (!outline) return [start, [x, y]];
  const [px, py] = outline.at(-1);
  if (Math.hypot(x - px, y - py) >= 2) outline.push([x, y]);
  return outline;
}

/** The corners of a box between two opposite ones. */
function corners([ax, ay], [bx, by]) {
  return [
    [ax, ay],
    [bx, ay],
    [bx, by],
    [ax, by],
  ];
}
