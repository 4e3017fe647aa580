// The row of tools above the maps, and the keys.

/** How long a finger's tool says what it does. */
const NOTE_MS = 4000;

class Tools {
  #map;
  #noteTimer = 0;
  /** What a drag does: "pan", "lasso" or "box". */
  tool = "pan";

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
    const { parts, root, views, morph, selecting } = map;
    const { actions, tools, slider, search } = parts;
    for (const name of Object.keys(tools)) map.on(tools[name], "click", () => this.#choose(name));
    map.on(actions.nearer, "click", () => views.zoom(1));
    map.on(actions.farther, "click", () => views.zoom(-1));
    map.on(actions.reset, "click", () => views.reset());
    map.on(actions.link, "click", () => this.#switched(() => views.link(!views.linked)));
    map.on(actions.images, "click", () => this.#switched(() => (map.showImages = !map.showImages)));
    map.on(actions.names, "click", () => this.#switched(() => (map.showNames = !map.showNames)));
    map.on(actions.contours, "click", () => this.#switched(() => (map.showContours = !map.showContours)));
    map.on(actions.decode, "click", () => this.#switched(() => map.probe.toggle()));
    map.on(actions.trails, "click", () => this.#switched(() => map.trails.toggle()));
    map.on(actions.play, "click", () => morph.play());
    map.on(slider, "input", () => morph.set(Number(slider.value)));
    map.on(search, "input", () => selecting.search(search.value, false));
    map.on(actions.png, "click", () => map.layouts && savePicture(map));
    map.on(actions.full, "click", () => map.fullScreen.toggle());
    // A finger has no tooltip.
    map.on(parts.bar, "pointerup", ({ pointerType, target }) => pointerType === "touch" && this.#explain(target.closest(".tool")));
    map.on(parts.picked, "click", () => selecting.clear());
    map.on(root, "keydown", (event) => this.#pressed(event));
    map.on(root, "keyup", (event) => event.key === " " && root.classList.remove("moving"));
    map.on(root, "focusout", () => root.classList.remove("moving"));
  }

  /** Whether a drag moves the map. */
  get moving() {
    return this.tool === "pan" || this.#map.root.classList.contains("moving");
  }

  /** Show on the buttons what is switched on. */
  show() {
    const { parts, root, views, showImages, showNames, showContours } = this.#map;
    for (const [name, control] of Object.entries(parts.tools)) press(control, name === this.tool);
    press(parts.actions.link, views.linked);
    press(parts.actions.images, showImages);
    press(parts.actions.names, showNames);
    press(parts.actions.trails, this.#map.trails.on);
    press(parts.actions.contours, showContours);
    parts.contourNote.hidden = !showContours;
    press(parts.actions.decode, this.#map.probe.on);
    root.dataset.tool = this.tool;
  }

  /** Say for a while what a tool does; `null` says nothing. */
  #explain(control) {
    const { toolNote } = this.#map.parts;
    clearTimeout(this.#noteTimer);
    toolNote.hidden = !control;
    if (!control) return;
    toolNote.textContent = control.title;
    this.#noteTimer = setTimeout(() => (toolNote.hidden = true), NOTE_MS);
  }

  #choose(tool) {
    this.tool = tool;
    this.show();
  }

  #switched(change) {
    change();
    this.show();
    this.#map.redraw();
  }

  #pressed(event) {
    const { states, panels, parts, root, selecting, views, gestures, hovering, trails, fullScreen } = this.#map;
    if (!states) return;
    const side = panels.findIndex((panel) => panel.canvas === event.target);
    if (event.key === "Escape" && fullScreen.on) {
      if (!panels.some((panel) => gestures.outlineOn(panel))) return; // it leaves the full screen
      gestures.drop();
    } else if (event.key === "Escape") {
      gestures.drop();
      selecting.clear();
    } else if (event.target === parts.search) {
      if (event.key === "Enter") selecting.search(parts.search.value, true);
      return;
    } else if (side < 0) {
      return;
    } else if (ARROWS[event.key]) {
      this.#walk(panels[side], side, ARROWS[event.key]);
    } else if (event.key === "Enter" && hovering.row >= 0) {
      selecting.changeRow(hovering.row, event.shiftKey ? "add" : event.altKey ? "remove" : "replace");
    } else if (event.key === " ") {
      root.classList.add("moving");
    } else if (event.key === "+" || event.key === "-") {
      views.zoom(event.key === "+" ? 1 : -1);
    } else if (event.key === "0") {
      views.reset();
    } else if (event.key.toLowerCase() === "t" && panels.length === 2) {
      this.#switched(() => trails.toggle());
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Mark the next point in a direction, from the marked row or else from the middle of the map. */
  #walk(panel, side, direction) {
    const { hovering, selecting, states, views } = this.#map;
    const from = [hovering.row, selecting.focus].find((row) => row >= 0 && states[row] !== HIDDEN) ?? -1;
    const row = from < 0 ? panel.middleRow(states) : rowTowards(panel.layout, from, direction, states);
    if (row < 0) return;
    views.goTo(row, panel);
    hovering.mark(row, side);
  }
}
