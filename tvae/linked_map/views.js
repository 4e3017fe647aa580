// The part of each map in view: zoom and pan, separately or all together.

const WHEEL_REST_MS = 350;
const ZOOM_STEP = 1.6;

class Views {
  #map;
  #wheeledAt = -Infinity;
  /** Whether the maps move together. */
  linked = true;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** After a change of one map's view: change the others' too if they are linked. */
  changed(panel) {
    const { panels, root } = this.#map;
    if (this.linked) {
      for (const other of panels) if (other !== panel) Object.assign(other.view, panel.view);
    }
    // A finger may scroll the page past a map that has nothing to move.
    root.classList.toggle("zoomed", panels.some((p) => p.view.zoom > 1));
    this.#map.sharedView.changed();
    this.#map.redraw();
  }

  /** Show all of a map, or of all maps if they are linked. */
  reset(panel) {
    for (const one of this.linked || !panel ? this.#map.panels : [panel]) {
      Object.assign(one.view, { x: 0, y: 0, zoom: 1 });
      this.changed(one);
    }
  }

  /** Zoom in (`steps` above 0) or out about the middle. */
  zoom(steps) {
    const { panels } = this.#map;
    for (const panel of this.linked ? panels.slice(0, 1) : panels) {
      panel.zoomAt(panel.stage.clientWidth / 2, panel.stage.clientHeight / 2, ZOOM_STEP ** steps);
      this.changed(panel);
    }
  }

  /** Bring a row into view. */
  goTo(row, panel) {
    panel.bringIntoSight(row);
    this.changed(panel);
  }

  /** Give all maps the left one's view. */
  link(linked) {
    this.linked = linked;
    const [left, ...others] = this.#map.panels;
    if (linked) for (const other of others) Object.assign(other.view, left.view);
    this.#map.sharedView.changed();
    this.#map.redraw();
  }

  /** Zoom about the pointer. */
  wheel(event, panel, side) {
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016));
    // Fully zoomed out: let the page scroll, but not by the rest of the same turn of the wheel.
    const rest = factor < 1 && panel.view.zoom <= SMALLEST_ZOOM;
    if (rest && event.timeStamp - this.#wheeledAt > WHEEL_REST_MS) return;
    event.preventDefault();
    this.#wheeledAt = event.timeStamp;
    if (rest) return;
    panel.zoomAt(event.offsetX, event.offsetY, factor);
    this.changed(panel);
    this.#map.hovering.moved(side, event.offsetX, event.offsetY);
  }
}
