// The linked maps together: takes the data that Python sends, holds their state, and draws them.

class LatentMap {
  #frame = 0;
  #stale = new Set();
  #applied = {};
  #drawnReported = false;
  #abort = new AbortController();

  /** @param {ShadowRoot|HTMLElement} host  @param {number} count of maps */
  constructor(host, count) {
    this.parts = buildChrome(host, count);
    this.root = this.parts.root;
    this.panels = this.parts.maps.map((map, side) => new Panel(SIDES[side], map, (panel) => this.redraw([panel])));
    this.showImages = true;
    this.showNames = true;
    this.showContours = false;
    /** Classes that are not shown, by number. */
    this.hidden = new Set();
    this.n = 0;
    /** A byte a row where only some rows are shown, `null` where all are. */
    this.only = null;
    this.layouts = null;
    this.states = null;
    /** Number of rows of each state. */
    this.rowsIn = [0, 0, 0];
    this.neighbours = [];
    this.values = null;
    this.tiles = null;
    this.filters = new Filters(this);
    this.filterPanel = new FilterPanel(this);
    this.card = new Card(this);
    this.legend = new Legend(this);
    this.marksKey = new MarksKey(this.parts.marksKey);
    this.probe = new Probe(this);
    this.hovering = new Hovering(this);
    this.selecting = new Selecting(this);
    this.views = new Views(this);
    this.sharedView = new SharedView(this);
    this.morph = new Morph(this);
    this.trails = new Trails(this);
    this.fullScreen = new FullScreen(this);
    this.tools = new Tools(this);
    this.gestures = new Gestures(this);
    // Other parts of the page may point at a row: detail {memory, row}, row -1 to stop.
    this.on(document, "latent-map:point", ({ detail }) => {
      const here = this.states && detail?.memory === this.data.memory;
      if (here && detail.row < this.n) this.hovering.mark(detail.row, 0);
    });
    // … or give the maps the focus, as when what covers them is closed: detail {memory}
    this.on(document, "latent-map:focus", ({ detail }) => {
      if (detail?.memory === this.data?.memory) this.panels[0].canvas.focus({ preventScroll: true });
    });
    // … or bring a row into sight on the maps: detail {memory, row}
    this.on(document, "latent-map:show", ({ detail }) => {
      if (!this.states || detail?.memory !== this.data.memory || detail.row >= this.n) return;
      for (const panel of this.panels) this.views.goTo(detail.row, panel);
    });
    // … or bring the map that was pointed at into the window, whose lower part is covered: detail {memory, covered}.
    this.on(document, "latent-map:in-window", ({ detail }) => {
      if (!this.states || detail?.memory !== this.data.memory) return;
      const { row, side } = this.hovering;
      bringIntoSight(this.parts.maps[row >= 0 ? side : 0].figure, detail.covered);
    });
    this.sizes = new ResizeObserver(() => this.#resized());
    for (const panel of this.panels) this.sizes.observe(panel.stage);
    whenRatioChanges(() => this.#resized(), this.#abort.signal);
    this.arrived = () => this.#take();
    shelf.listeners.add(this.arrived);
  }

  /** Listen to an event until the page drops the component. */
  on(target, type, act, options = {}) {
    target.addEventListener(type, act, { signal: this.#abort.signal, ...options });
  }

  /** Remove all elements and listeners; called when the page drops the component. */
  remove() {
    this.#remember();
    this.fullScreen.leave();
    this.sharedView.stop();
    this.#abort.abort();
    this.sizes.disconnect();
    shelf.listeners.delete(this.arrived);
    cancelAnimationFrame(this.#frame);
    this.filters.remove();
    this.hovering.remove();
    for (const panel of this.panels) panel.remove();
    this.root.remove();
  }

  // ---- what comes from Python

  /** Show a message from Python. Blocks that have not arrived yet are read when they do. */
  show(data, send) {
    this.pending = data;
    this.send = send;
    this.theme = readTheme(this.root);
    if (!this.data) {
      this.data = data;
      this.#recall();
      this.#showTitles();
    }
    this.#take();
  }

  /** Read the blocks of the last message that have arrived and are not shown yet. */
  #take() {
    const data = this.pending;
    if (!data) return;
    const geometry = shelf.blobs.get(data.blobs.geometry);
    // Names, colours and selection belong to these rows: no part of a message is shown before its rows have arrived.
    if (!geometry && this.#applied.geometry !== data.blobs.geometry) return;
    this.data = data;
    this.#showTitles();
    this.#takeGeometry(data, geometry);
    this.#takeOptional("neighbours", (blob) => (this.neighbours = blob ? readNeighbours(blob) : []));
    this.#takeOptional("values", (blob) => (this.values = blob ? readValues(blob) : null));
    this.#takeOptional("sprites", (blob) => this.#takeSprites(blob));
    for (const kind of ["measures", "labels"]) this.#takeOptional(kind, (blob) => this.filters.takeColumns(kind, blob));
    this.filters.take(data);
    this.selecting.take(data.picked);
    this.#colour();
    this.restate();
  }

  #takeGeometry(data, blob) {
    const name = `${data.blobs.geometry} ${data.aligned} ${data.only}`;
    if (this.#applied.frame === name || !blob) return;
    const before = this.layouts && this.panels.map((panel) => panel.layout);
    const sameRows = before && this.n === blob.header.rows;
    this.#applied.frame = name;
    this.#applied.geometry = data.blobs.geometry;
    Object.assign(this, readGeometry(blob, data.aligned));
    this.only = data.only ? textToMask(data.only, this.n) : null;
    // Other rows have been projected: what was zoomed in on is elsewhere now.
    if ((this.#applied.only ?? data.only) !== data.only) this.views.reset();
    this.#applied.only = data.only;
    this.middles = this.layouts.map((layout) => classMedians(layout, this.labels, data.classes.length, this.only));
    if (!sameRows) {
      this.states = new Uint8Array(this.n);
      this.selecting.restart(this.n);
      this.filters.restart();
      this.hovering.forget();
    }
    this.counts = new Array(data.classes.length).fill(0);
    this.labels.forEach((label, row) => (this.counts[label] += this.only ? this.only[row] : 1));
    this.shownCount = this.only ? countOf(this.only) : this.n;
    this.filterPanel.build();
    const classNames = data.classes.map((c) => c.name).join("\n");
    if (this.#applied.classes !== undefined && this.#applied.classes !== classNames) this.hidden.clear();
    this.#applied.classes = classNames;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.morph.place(sameRows && !calm ? before : null);
    for (const { stage, canvas } of this.panels) {
      stage.classList.remove("waiting");
      canvas.dataset.rows = String(this.n);
    }
    this.#resized();
  }

  /** Read an optional block when it has arrived and differs from the one before. */
  #takeOptional(kind, read) {
    const name = this.data.blobs[kind];
    if (this.#applied[kind] === name) return;
    const blob = name && shelf.blobs.get(name);
    if (name && !blob) return;
    this.#applied[kind] = name;
    read(blob);
  }

  #takeSprites(blob) {
    this.tiles = null;
    if (!blob) return;
    Tiles.read(blob).then((tiles) => {
      if (this.#applied.sprites !== blob.header.id || this.#abort.signal.aborted) return;
      this.tiles = tiles;
      this.card.fill();
      this.redraw();
    });
  }

  // ---- what is kept while the component is off the page

  #remember() {
    if (!this.data) return;
    const { showImages, showNames, showContours } = this;
    shelf.memory.set(this.data.memory, {
      settings: { showImages, showNames, showContours },
      tool: this.tools.tool,
      decoding: this.probe.on,
      trails: this.trails.on,
      linked: this.views.linked,
      share: this.morph.share,
      filtersOpen: this.filterPanel.chosen,
      views: this.panels.map(({ view }) => ({ ...view })),
      hidden: [...this.hidden].map((c) => this.data.classes[c]?.name),
    });
  }

  #recall() {
    const kept = shelf.memory.get(this.data.memory);
    if (kept) {
      Object.assign(this, kept.settings);
      this.tools.tool = kept.tool;
      this.probe.on = kept.decoding;
      this.trails.on = kept.trails;
      this.views.linked = kept.linked;
      this.morph.share = kept.share;
      this.panels.forEach((panel, side) => Object.assign(panel.view, kept.views[side] ?? kept.views[0]));
      this.filterPanel.chosen = kept.filtersOpen;
      this.data.classes.forEach(({ name }, c) => kept.hidden.includes(name) && this.hidden.add(c));
    } else {
      this.sharedView.take();
    }
    if (this.panels.length !== 2) {
      this.views.linked = true;
      this.morph.share = 0;
    }
    this.root.classList.toggle("zoomed", this.panels.some(({ view }) => view.zoom > 1));
    this.tools.show();
  }

  // ---- colours and states of the rows

  /** Give every row its colour on each map. */
  #colour() {
    const { data, theme, values, labels, n } = this;
    const byNumber = data.scale && values && this.#applied.values === data.blobs.values;
    const classColours = data.classes.map((c) => packedColour(c.colour));
    if (byNumber) {
      const ends = values.flatMap((v) => [leastOf(v, Math.min, Infinity), leastOf(v, Math.max, -Infinity)]);
      const low = data.scale.low ?? Math.min(...ends);
      const high = data.scale.high ?? Math.max(...ends);
      this.domain = [Number.isFinite(low) ? low : 0, Number.isFinite(high) ? high : 0];
    }
    const ramp = byNumber && rampColours(theme.ramp);
    this.panels.forEach((panel, side) => {
      panel.colours = new Uint32Array(n);
      panel.order = null;
      if (!byNumber) {
        for (let i = 0; i < n; i++) panel.colours[i] = classColours[labels[i]];
        return;
      }
      const [low, high] = this.domain;
      const step = 255 / (high - low || 1);
      const places = Int16Array.from(values[side], (value) =>
        Number.isNaN(value) ? -1 : Math.max(0, Math.min(255, Math.round((value - low) * step))),
      );
      panel.colours = Uint32Array.from(places, (place) => (place < 0 ? theme.missing : ramp[place]));
      // High values are drawn last, so that low ones don't cover them.
      panel.order = Uint32Array.from(places.keys()).sort((a, b) => places[a] - places[b]);
    });
    this.byNumber = Boolean(byNumber);
    this.legend.show();
    this.card.fill();
  }

  /** Work out which rows are hidden, dimmed or lit; then redraw and update the description. */
  restate() {
    this.sharedView.changed();
    const { states, n, parts, hovering, filters } = this;
    if (!states) return;
    filters.recount();
    const { lit, mask } = this.selecting;
    for (let i = 0; i < n; i++) states[i] = filters.failures[i] ? HIDDEN : lit && !lit[i] ? DIMMED : LIT;
    this.rowsIn = [0, 0, 0];
    for (let i = 0; i < n; i++) this.rowsIn[states[i]]++;
    this.weights = classWeights(this.labels, states, this.data.classes.length);
    this.filterPanel.show();
    this.dimmed = Boolean(lit);
    this.morph.forgetTrails();
    this.trails.forget();
    const count = countOf(mask);
    const passing = mask.reduce((sum, selected, row) => sum + (selected && states[row] !== HIDDEN), 0);
    for (const { canvas } of this.panels) canvas.dataset.selectedCount = String(count);
    parts.picked.hidden = count === 0;
    const [all, some] = [count, passing].map((rows) => rows.toLocaleString("en"));
    parts.picked.textContent = passing < count ? `${all} selected, ${some} shown ✕` : `${all} selected ✕`;
    if (hovering.row >= 0 && states[hovering.row] === HIDDEN) hovering.mark(-1);
    this.legend.describe(count);
    this.redraw();
  }

  #showTitles() {
    const { data, parts } = this;
    data.sides.forEach((side, at) => {
      const map = parts.maps[at];
      map.badge.textContent = side.title;
      map.figure.style.setProperty("--arm", side.colour);
      map.caption.textContent = side.caption;
      map.canvas.setAttribute("aria-label", `${side.title} ${side.caption}`.trim());
    });
    data.sides.slice(0, 2).forEach((side, at) => {
      parts.ends[at].textContent = side.short;
      parts.ends[at].title = side.title;
      parts.card.answers[at].name.textContent = side.title;
    });
    parts.actions.decode.hidden = !data.decode;
    const [left, right] = data.sides;
    parts.card.answers[1].root.hidden = !right;
    if (right) parts.actions.play.title = `Play: move the points of ${left.title} to their places in ${right.title}`;
    this.#colourSides();
    this.morph.show();
  }

  #colourSides() {
    this.data.sides.forEach(({ colour }, at) => (this.panels[at].colour = this.theme.dark ? lightened(colour) : colour));
  }

  // ---- drawing

  #resized() {
    if (this.panels.filter((panel) => panel.resize()).length) this.redraw();
  }

  /** Request a frame that redraws these maps' points, and all marks. */
  redraw(panels = this.panels) {
    for (const panel of panels) this.#stale.add(panel);
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#frame = 0;
    const start = performance.now();
    this.morph.advance(now);
    if (!this.layouts || !this.panels[0].colours) return;
    if (this.#stale.size) this.#drawPoints();
    this.#drawMarks();
    const cost = (performance.now() - start).toFixed(2);
    for (const { canvas, view } of this.panels) {
      canvas.dataset.frameMs = cost;
      canvas.dataset.hoveredRow = this.hovering.row >= 0 ? String(this.hovering.row) : "";
      canvas.dataset.view = `${view.x.toFixed(5)} ${view.y.toFixed(5)} ${view.zoom.toFixed(4)}`;
    }
    this.#tellDrawn();
    if (this.tiles?.unfinished) this.redraw();
    else if (this.morph.moving) this.redraw([]);
  }

  /** Draw the points of the maps that are stale; `whole`: also where they have just changed, all of very many. */
  #drawPoints(whole = false) {
    const { states, rowsIn, dimmed, theme, tiles, showImages, showNames, weights, labels, data } = this;
    const scene = { states, rowsIn, dimmed, theme, tiles, showImages, showNames, weights, labels, classes: data.classes };
    Object.assign(scene, { contours: this.showContours, whole });
    tiles?.startFrame();
    for (const panel of this.#stale) panel.drawPoints(scene);
    this.#stale.clear();
    if (this.hovering.row >= 0) this.card.place();
  }

  #drawMarks() {
    const { hovering, selecting, gestures, morph, probe } = this;
    const tapered = this.trails.rows;
    const ends = this.neighboursOf(hovering.row >= 0 ? hovering.row : selecting.focus);
    const shown = (row) => row >= 0 && this.states[row] !== HIDDEN;
    const lines = shown(hovering.row >= 0 ? hovering.row : selecting.focus) ? ends.flat().filter(({ row }) => shown(row)) : [];
    this.marksKey.show({
      titles: this.data.sides.slice(0, 2).map(({ short }) => short),
      focus: shown(selecting.focus),
      hovered: shown(hovering.row),
      shared: lines.some(({ shared }) => shared),
      alone: lines.some(({ shared }) => !shared),
      trails: !tapered && morph.trails?.rows.length > 0,
      probed: Boolean(probe.spot),
      outline: this.panels.some((panel) => gestures.outlineOn(panel)?.length > 1),
      dimmed: this.dimmed,
      crowd: Math.max(...this.rowsIn.slice(1)) > CROWDED,
    });
    this.panels.forEach((panel, side) =>
      drawMarks(panel, this, {
        hovered: hovering.row,
        focus: selecting.focus,
        neighbours: ends[side],
        outline: gestures.outlineOn(panel),
        trails: side === 0 && !tapered ? morph.trails : null,
        tapered,
        probed: probe.spot,
      }),
    );
  }

  /** Act while the maps stand in another theme; the browser shows nothing of it. */
  inTheme(theme, act) {
    const own = this.theme;
    this.#paint(theme);
    act();
    this.#paint(own);
  }

  #paint(theme) {
    this.theme = theme;
    this.#colour();
    this.#colourSides();
    for (const panel of this.panels) this.#stale.add(panel);
    this.#drawPoints(true);
    this.#drawMarks();
  }

  /** Report to Python, if it wants to know, that the maps are drawn: the page may then show what it held back. */
  #tellDrawn() {
    const wanted = this.data.tellWhenDrawn;
    if (wanted && !this.#drawnReported) this.send.setStateValue("drawn", true);
    this.#drawnReported = wanted;
  }

  /** A row's neighbours in each arm, and whether the other arm has them too. */
  neighboursOf(row) {
    const { picked, focused } = this.data;
    const all = focused && row >= 0 && row === picked.focus;
    const rows = this.panels.map((_, side) => {
      if (all) return focused[side] ?? [];
      return row >= 0 ? (this.neighbours[side]?.row(row) ?? []) : [];
    });
    const sets = rows.map((list) => new Set(list));
    return rows.map((list, side) => list.map((end) => ({ row: end, shared: Boolean(sets[1 - side]?.has(end)) })));
  }
}

/** How much each class's name matters: its lit rows, then its dimmed ones; 0 where all are hidden. */
function classWeights(labels, states, classes) {
  const weights = new Float64Array(classes);
  const dimmed = 1 / (states.length + 1);
  for (let i = 0; i < states.length; i++) {
    if (states[i] === LIT) weights[labels[i]]++;
    else if (states[i] === DIMMED) weights[labels[i]] += dimmed;
  }
  return weights;
}

/** The least (or, with Math.max, the largest) of the numbers that are not NaN. */
function leastOf(values, choose, start) {
  let extreme = start;
  for (const value of values) if (!Number.isNaN(value)) extreme = choose(extreme, value);
  return extreme;
}

/** Put this code on the page-wide shelf under its version, where the views look for it. */
function offer(version) {
  if (shelf.code.has(version)) return;
  const maps = new WeakMap();
  shelf.code.set(version, {
    show(host, data, send) {
      const count = data.sides.length;
      if (maps.get(host)?.panels.length !== count) {
        maps.get(host)?.remove();
        maps.set(host, new LatentMap(host, count));
      }
      maps.get(host).show(data, send);
    },
    remove(host) {
      maps.get(host)?.remove();
      maps.delete(host);
    },
  });
  for (const arrived of [...shelf.listeners]) arrived();
}
