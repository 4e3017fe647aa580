// The two maps together: what a person does to one shows on both.

const THROTTLE_MS = 50;
const FIRST_DWELL_MS = 125;
const NEXT_DWELL_MS = 60;
const LEAVE_GRACE_MS = 260;
const CLICK_SLACK_PX = 4;
const MORPH_LEG_MS = 2000;
const SETTLE_MS = 450;
const WHEEL_REST_MS = 350;
const PROBE_EVERY_MS = 120;
const PROBE_LOST_MS = 4000;

class LatentMap {
  #frame = 0;
  #stale = new Set();
  #wheeledAt = -Infinity;
  #timers = {};
  #pointer = null;
  #gesture = null;
  #touches = new Map();
  #settling = null;
  #playing = null;
  #trails = null;
  #applied = {};
  #told = false;
  #probe = { number: 0, sentAt: -Infinity, place: null, answered: true };

  constructor(host) {
    this.parts = buildChrome(host);
    this.root = this.parts.root;
    this.panels = [new Panel("left", this.parts.left), new Panel("right", this.parts.right)];
    this.tool = "pan";
    this.linked = true;
    this.showImages = true;
    this.showNames = true;
    this.morph = 0;
    this.hidden = new Set();
    this.hovered = -1;
    this.hoveredOn = 0;
    this.aim = -1;
    this.focus = -1;
    this.gestures = 0;
    this.n = 0;
    this.layouts = null;
    this.neighbours = [null, null];
    this.values = null;
    this.tiles = null;
    this.found = null;
    this.abort = new AbortController();
    this.#listen();
    this.sizes = new ResizeObserver(() => this.#resized());
    for (const panel of this.panels) this.sizes.observe(panel.stage);
    this.arrived = () => this.#take();
    shelf.listeners.add(this.arrived);
  }

  /** Let go of everything; called when the page drops the component. */
  remove() {
    this.#remember();
    this.abort.abort();
    this.sizes.disconnect();
    shelf.listeners.delete(this.arrived);
    cancelAnimationFrame(this.#frame);
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.root.remove();
  }

  // ---- what comes from Python

  /** Show a message from Python. Blocks that have not arrived yet are taken up when they do. */
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
    if (data.decoded) this.#showDecoded(data.decoded);
  }

  /** Take up whatever of the last message is on the shelf and not yet shown. */
  #take() {
    const data = this.pending;
    if (!data) return;
    const geometry = shelf.blobs.get(data.blobs.geometry);
    // Names, colours and selection belong to these rows: nothing of a message is shown before its rows are here.
    if (!geometry && this.#applied.geometry !== data.blobs.geometry) return;
    this.data = data;
    this.#showTitles();
    this.#takeGeometry(data, geometry);
    this.#takeOptional("neighbours", (blob) => (this.neighbours = blob ? readNeighbours(blob) : [null, null]));
    this.#takeOptional("values", (blob) => (this.values = blob ? readValues(blob) : null));
    this.#takeOptional("sprites", (blob) => this.#takeSprites(blob));
    this.#takePicked(data.picked);
    this.#colour();
    this.#restate();
  }

  #takeGeometry(data, blob) {
    const name = `${data.blobs.geometry} ${data.aligned}`;
    if (this.#applied.frame === name || !blob) return;
    const before = this.layouts && this.panels.map((panel) => panel.layout);
    const sameRows = before && this.n === blob.header.rows;
    this.#applied.frame = name;
    this.#applied.geometry = data.blobs.geometry;
    Object.assign(this, readGeometry(blob, data.aligned));
    this.middles = this.layouts.map((layout) => classMedians(layout, this.labels, data.classes.length));
    this.#trails = null;
    if (!sameRows) {
      this.selected = new Uint8Array(this.n);
      this.states = new Uint8Array(this.n);
      this.found = null;
      this.hovered = this.aim = this.focus = -1;
      this.gestures = 0;
    }
    this.counts = new Array(data.classes.length).fill(0);
    for (const label of this.labels) this.counts[label]++;
    const known = data.classes.map((c) => c.name).join("\n");
    if (this.#applied.classes !== undefined && this.#applied.classes !== known) this.hidden.clear();
    this.#applied.classes = known;
    this.#placeLayouts();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (sameRows && !calm) this.#settleFrom(before);
    for (const { stage, canvas } of this.panels) {
      stage.classList.remove("waiting");
      canvas.dataset.rows = String(this.n);
    }
    this.#resized();
  }

  /** Read a block that the maps can do without, when it is there and another than before. */
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
      if (this.#applied.sprites !== blob.header.id || this.abort.signal.aborted) return;
      this.tiles = tiles;
      this.#fillCard();
      this.#redraw();
    });
  }

  /** The page's selection, unless a newer gesture of this map is still on its way to the page. */
  #takePicked({ rows, focus, gesture }) {
    if (gesture < this.gestures) return;
    this.gestures = gesture;
    this.selected = textToMask(rows, this.n);
    this.focus = focus < this.n ? focus : -1;
  }

  // ---- what is kept while the component is off the page

  #remember() {
    if (!this.data) return;
    const { tool, linked, showImages, showNames, morph } = this;
    const views = this.panels.map(({ view }) => ({ ...view }));
    const hidden = [...this.hidden].map((c) => this.data.classes[c]?.name);
    shelf.memory.set(this.data.memory, { tool, linked, showImages, showNames, morph, views, hidden });
  }

  #recall() {
    const kept = shelf.memory.get(this.data.memory);
    if (kept) {
      const { views, hidden, ...settings } = kept;
      Object.assign(this, settings);
      this.panels.forEach((panel, side) => Object.assign(panel.view, views[side]));
      this.data.classes.forEach(({ name }, c) => hidden.includes(name) && this.hidden.add(c));
    }
    this.#showSettings();
  }

  // ---- colours, states, legend

  /** Give every row its colour on each map. */
  #colour() {
    const { data, theme, values, labels, n } = this;
    const byNumber = data.scale && values && this.#applied.values === data.blobs.values;
    const classColours = data.classes.map((c) => packedColour(c.colour));
    if (byNumber) {
      const known = values.flatMap((v) => [leastOf(v, Math.min, Infinity), leastOf(v, Math.max, -Infinity)]);
      const low = data.scale.low ?? Math.min(...known);
      const high = data.scale.high ?? Math.max(...known);
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
      // What stands out on the scale is not to be buried under what doesn't.
      panel.order = Uint32Array.from(places.keys()).sort((a, b) => places[a] - places[b]);
    });
    this.byNumber = Boolean(byNumber);
    this.#showLegend();
    this.#fillCard();
  }

  /** Work out which rows are hidden, dimmed, lit; then redraw and tell. */
  #restate() {
    const { labels, hidden, states, n } = this;
    if (!states) return;
    const lit = this.found ?? (this.selected.includes(1) ? this.selected : null);
    for (let i = 0; i < n; i++) states[i] = hidden.has(labels[i]) ? HIDDEN : lit && !lit[i] ? DIMMED : LIT;
    this.dimmed = Boolean(lit);
    this.#trails = null;
    const count = countOf(this.selected);
    for (const { canvas } of this.panels) canvas.dataset.selectedCount = String(count);
    this.parts.picked.hidden = count === 0;
    this.parts.picked.textContent = `${count.toLocaleString("en")} selected ✕`;
    if (this.hovered >= 0 && states[this.hovered] === HIDDEN) this.#hover(-1);
    this.#describe(count);
    this.#redraw();
  }

  #showTitles() {
    const { data, parts } = this;
    data.sides.forEach((side, at) => {
      const map = [parts.left, parts.right][at];
      map.badge.textContent = side.title;
      map.figure.style.setProperty("--arm", side.colour);
      map.caption.textContent = side.caption;
      map.canvas.setAttribute("aria-label", `${side.title} ${side.caption}`.trim());
      this.panels[at].colour = this.theme.dark ? lightened(side.colour) : side.colour;
      parts.ends[at].textContent = parts.ends[at].title = side.title;
      parts.card.answers[at].name.textContent = side.title;
    });
    parts.actions.play.title = `Play the points of ${data.sides[0].title} to where ${data.sides[1].title} has them`;
    this.#showMorph();
  }

  #showLegend() {
    const { data, parts, counts } = this;
    const entries = data.classes.map((c) => [c.name, this.byNumber ? null : c.colour]);
    const name = JSON.stringify([entries, counts]);
    if (this.#applied.legend !== name) {
      this.#applied.legend = name;
      parts.legend.replaceChildren(
        ...data.classes.map(({ name, colour }, c) => {
          const entry = legendEntry({ name, colour: this.byNumber ? "var(--faint)" : colour }, counts[c]);
          entry.addEventListener("click", (event) => (event.altKey ? this.#isolate(c) : this.#toggle(c)));
          entry.addEventListener("dblclick", () => this.#isolate(c));
          return entry;
        }),
      );
    }
    [...parts.legend.children].forEach((entry, c) => press(entry, !this.hidden.has(c)));
    parts.scale.hidden = !this.byNumber;
    if (this.byNumber) this.#showScale();
  }

  #showScale() {
    const { title, unit, ends } = this.data.scale;
    const [low, high] = ends ?? this.domain.map(figure);
    const bar = element("span", { className: "ramp" });
    bar.style.background = `linear-gradient(to right, ${this.theme.ramp.join(", ")})`;
    this.parts.scale.replaceChildren(
      element("span", { className: "what", textContent: title }),
      element("span", { textContent: low }),
      bar,
      element("span", { textContent: high }),
      element("span", { className: "unit", textContent: unit }),
    );
  }

  #toggle(c) {
    if (!this.hidden.delete(c)) this.hidden.add(c);
    this.#showLegend();
    this.#restate();
  }

  /** Show only one class, or all again when it is already alone. */
  #isolate(c) {
    const alone = !this.hidden.has(c) && this.hidden.size === this.data.classes.length - 1;
    this.hidden = new Set(alone ? [] : this.data.classes.map((_, at) => at).filter((at) => at !== c));
    this.#showLegend();
    this.#restate();
  }

  /** What is shown, in words, for those who don't see it. */
  #describe(count) {
    const { data, n, counts, hidden } = this;
    const [left, right] = data.sides.map((s) => `${s.title}${s.caption ? `, ${s.caption}` : ""}`);
    const shown = data.classes.filter((_, c) => counts[c] && !hidden.has(c)).map((c) => c.name);
    const mix = data.classes.map((c, at) => [c.name, at, 0]);
    if (count) for (let i = 0; i < n; i++) mix[this.labels[i]][2] += this.selected[i];
    const selected = mix.filter((m) => m[2]).sort((a, b) => b[2] - a[2]);
    this.parts.description.textContent = [
      `Two maps of the same ${n.toLocaleString("en")} rows. Left: ${left}. Right: ${right}.`,
      this.byNumber ? `Coloured by ${data.scale.title}.` : "Coloured by class.",
      hidden.size ? `Classes shown: ${shown.join(", ") || "none"}.` : `All ${shown.length} classes shown.`,
      count
        ? `${count.toLocaleString("en")} rows selected: ${selected.map((m) => `${m[2]} of class ${m[0]}`).join(", ")}.`
        : "No rows selected.",
      "Arrow keys walk from point to point, Enter selects, Escape clears.",
    ].join(" ");
  }

  // ---- layouts, morph, motion

  /** Put both maps' points where the layouts and the morph want them. */
  #placeLayouts() {
    this.panels[1].place(this.layouts[1]);
    this.panels[1].middles = this.middles[1];
    this.#placeLeft();
    this.#redraw();
  }

  /** Put the left map's points as far on their way to the right layout as the morph wants them. */
  #placeLeft() {
    const [left] = this.panels;
    left.place(this.morph === 0 ? this.layouts[0] : between(...this.layouts, this.morph));
    left.middles = this.morph === 0 ? this.middles[0] : between(...this.middles, this.morph);
    this.#redraw([left]);
  }

  /** Let the points of both maps run from where they were to where they now belong. */
  #settleFrom(before) {
    this.#settling = { before, goal: this.panels.map((panel) => panel.layout), start: performance.now() };
  }

  #settle(now) {
    if (!this.#settling) return;
    const { before, goal, start } = this.#settling;
    const share = Math.min(1, (now - start) / SETTLE_MS);
    this.panels.forEach((panel, side) =>
      panel.place(share === 1 ? goal[side] : between(before[side], goal[side], eased(share))),
    );
    if (share === 1) this.#settling = null;
    this.#redraw();
  }

  #setMorph(share) {
    if (this.#settling) this.#placeLayouts();
    this.#settling = null;
    this.morph = share;
    this.#showMorph();
    this.#placeLeft();
    this.#hover(-1);
  }

  #showMorph() {
    const { parts, morph, data } = this;
    parts.slider.value = String(morph);
    parts.slider.style.setProperty("--share", `${morph * 100}%`);
    parts.left.note.textContent = morph > 0 ? `${Math.round(morph * 100)} % of the way to ${data.sides[1].title}` : "";
  }

  #play() {
    if (this.#playing) {
      this.#stopPlaying();
      return;
    }
    if (!this.layouts) return;
    const goal = this.morph < 1 ? 1 : 0;
    this.#playing = { from: this.morph, goal, start: performance.now() };
    this.parts.actions.play.replaceChildren(icon("pause"));
    this.#redraw();
  }

  #stopPlaying() {
    this.#playing = null;
    this.parts.actions.play.replaceChildren(icon("play"));
  }

  #advance(now) {
    if (!this.#playing) return;
    const { from, goal, start } = this.#playing;
    const share = Math.min(1, (now - start) / (MORPH_LEG_MS * Math.abs(goal - from) || 1));
    this.#setMorph(share === 1 ? goal : from + (goal - from) * eased(share));
    if (share === 1) this.#stopPlaying();
  }

  /** The lit rows that move most between the layouts, farthest first. */
  #trailsNow() {
    if (this.morph === 0 || !this.layouts) return null;
    this.#trails ??= trailsOf(...this.layouts, this.states);
    return { ...this.#trails, from: this.layouts[0] };
  }

  // ---- drawing

  #resized() {
    if (this.panels.filter((panel) => panel.resize()).length) this.#redraw();
  }

  /** Ask for a frame that draws these maps' points anew, and all marks. */
  #redraw(panels = this.panels) {
    for (const panel of panels) this.#stale.add(panel);
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#frame = 0;
    const start = performance.now();
    this.#settle(now);
    this.#advance(now);
    if (!this.layouts || !this.panels[0].colours) return;
    if (this.#stale.size) {
      const { states, dimmed, theme, tiles, showImages, showNames, counts } = this;
      const scene = { states, dimmed, theme, tiles, showImages, showNames, counts };
      Object.assign(scene, { classes: this.data.classes, hiddenClasses: this.hidden });
      tiles?.startFrame();
      for (const panel of this.#stale) panel.drawPoints(scene);
      this.#stale.clear();
      if (this.hovered >= 0) this.#placeCard();
    }
    const centre = this.hovered >= 0 ? this.hovered : this.focus;
    const ends = this.#neighboursOf(centre);
    this.panels.forEach((panel, side) =>
      panel.drawMarks(this, {
        hovered: this.hovered,
        focus: this.focus,
        neighbours: ends[side],
        outline: this.#gesture?.panel === panel ? this.#gesture.outline : null,
        trails: side === 0 ? this.#trailsNow() : null,
      }),
    );
    const cost = (performance.now() - start).toFixed(2);
    for (const { canvas, view } of this.panels) {
      canvas.dataset.frameMs = cost;
      canvas.dataset.view = `${view.x.toFixed(5)} ${view.y.toFixed(5)} ${view.zoom.toFixed(4)}`;
    }
    this.#tellDrawn();
    if (this.tiles?.unfinished) this.#redraw();
    else if (this.#settling || this.#playing) this.#redraw([]);
  }

  /** Tell Python, if it asked, that the maps can be seen: what the page holds back until then may come. */
  #tellDrawn() {
    const asked = this.data.tellWhenDrawn;
    if (asked && !this.#told) this.send.setStateValue("drawn", true);
    this.#told = asked;
  }

  /** A row's neighbours in each arm, and whether the other arm has them too. */
  #neighboursOf(row) {
    const { picked, focused } = this.data;
    const all = focused && row >= 0 && row === picked.focus;
    const rows = all ? focused : this.neighbours.map((table) => (table && row >= 0 ? table.row(row) : []));
    const sets = rows.map((list) => new Set(list));
    return rows.map((list, side) => list.map((end) => ({ row: end, shared: sets[1 - side].has(end) })));
  }

  // ---- hovering

  /** Aim at what lies under the pointer; a change of aim starts the dwell or the grace. */
  #aimAt(hit, side) {
    if (hit === this.aim && (hit < 0 || side === this.hoveredOn)) return;
    this.aim = hit;
    clearTimeout(this.#timers.dwell);
    if (hit < 0) {
      this.#timers.dwell = setTimeout(() => this.#hover(-1), LEAVE_GRACE_MS);
      return;
    }
    const dwell = this.hovered < 0 ? FIRST_DWELL_MS : NEXT_DWELL_MS;
    this.hoveredOn = side;
    this.#timers.dwell = setTimeout(() => this.#hover(hit, side), dwell);
  }

  /** Look under the pointer, at most every `THROTTLE_MS`. */
  #pointerMoved(side, x, y) {
    this.#pointer = { side, x, y };
    if (this.#timers.throttle) return;
    this.#timers.throttle = setTimeout(() => {
      this.#timers.throttle = 0;
      this.#lookUnderPointer();
    }, THROTTLE_MS);
  }

  #lookUnderPointer() {
    if (!this.#pointer || this.#gesture || !this.states || this.#playing) return;
    const { side, x, y } = this.#pointer;
    this.#aimAt(this.panels[side].pick(x, y, this.states), side);
    if (this.data.decode) this.#askDecoder(side, x, y);
  }

  #pointerLeft() {
    this.#pointer = null;
    this.#probe.place = null;
    this.#aimAt(-1, this.hoveredOn);
    if (this.hovered < 0) this.#hover(-1);
  }

  /** Mark a row on both maps and show its card; -1 for none. */
  #hover(row, side = this.hoveredOn) {
    clearTimeout(this.#timers.dwell);
    this.aim = row;
    const before = this.hovered;
    this.hovered = row;
    this.hoveredOn = side;
    if (row < 0) {
      this.parts.card.card.hidden = !this.#probe.place;
      this.parts.card.card.dataset.row = "";
    }
    if (row < 0 && before < 0) return;
    this.#fillCard();
    this.#redraw([]);
  }

  #fillCard() {
    const { card } = this.parts;
    const row = this.hovered;
    const shown = row >= 0;
    card.image.hidden = !shown || !this.tiles;
    card.about.hidden = !shown;
    if (!shown) return;
    const { name } = this.data.classes[this.labels[row]];
    if (this.tiles) this.tiles.drawOn(card.image, row);
    card.name.textContent = name;
    card.swatch.style.background = this.data.classes[this.labels[row]].colour;
    card.row.textContent = `row ${row.toLocaleString("en", { useGrouping: false })}`;
    card.facts.replaceChildren(...this.#factsOf(row).map((text) => element("div", { textContent: text })));
    card.card.dataset.row = String(row);
    card.card.hidden = false;
    this.parts.spoken.textContent = `Row ${row}, class ${name}. ${this.#factsOf(row).join(". ")}`;
    this.#placeCard();
  }

  #factsOf(row) {
    const facts = [];
    if (this.byNumber) {
      const [left, right] = this.values.map((v) => (Number.isNaN(v[row]) ? "none" : figure(v[row])));
      const names = this.data.sides.map((s) => s.title);
      const { title, ends } = this.data.scale;
      if (ends) facts.push(...this.values.map((v, side) => `${names[side]}: ${ends[v[row] > (this.domain[0] + this.domain[1]) / 2 ? 1 : 0]}`));
      else if (left === right) facts.push(`${title} ${left}`);
      else facts.push(`${names[0]} ${left}`, `${names[1]} ${right}`);
    }
    const [left, right] = this.#neighboursOf(row);
    if (left.length && right.length) {
      facts.push(`${left.filter((end) => end.shared).length} of ${left.length} nearest shared`);
    }
    return facts;
  }

  /** Put the card beside the point, on the side where it covers the fewest of the marks. */
  #placeCard() {
    const { card } = this.parts.card;
    const panel = this.panels[this.hoveredOn];
    const at = this.hovered >= 0 ? panel.pointOf(this.hovered) : this.#probe.place;
    if (!at || card.hidden) return;
    const frame = this.root.getBoundingClientRect();
    const stages = this.panels.map((p) => p.stage.getBoundingClientRect());
    const marks = this.#neighboursOf(this.hovered).flatMap((ends, side) =>
      (this.hovered >= 0 ? [{ row: this.hovered }, ...ends] : []).map(({ row }) => {
        const [x, y] = this.panels[side].pointOf(row);
        return [x + stages[side].left - frame.left, y + stages[side].top - frame.top];
      }),
    );
    const stage = stages[this.hoveredOn];
    const x = stage.left - frame.left + Math.max(0, Math.min(stage.width, at[0]));
    const y = stage.top - frame.top + Math.max(0, Math.min(stage.height, at[1]));
    const [left, top] = cardPlace(x, y, card.offsetWidth, card.offsetHeight, frame, marks);
    card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  // ---- decoding the place under the pointer

  /** Ask the page for what lies at a place; one question at a time. */
  #askDecoder(side, x, y) {
    const now = performance.now();
    const probe = this.#probe;
    const open = !probe.answered && now - probe.sentAt < PROBE_LOST_MS;
    probe.place = [x, y];
    if (open || now - probe.sentAt < PROBE_EVERY_MS) return;
    const { centre, span } = this.frames[side];
    const [u, v] = this.panels[side].placeAt(x, y);
    Object.assign(probe, { number: Math.round(Date.now()), sentAt: now, answered: false });
    this.hoveredOn = this.hovered < 0 ? side : this.hoveredOn;
    this.send.setTriggerValue("probe", {
      number: probe.number,
      side: this.panels[side].side,
      x: centre[0] + u * span,
      y: centre[1] + v * span,
    });
  }

  #showDecoded({ number, images }) {
    if (number !== this.#probe.number) return;
    this.#probe.answered = true;
    const { card, decoded, answers } = this.parts.card;
    images.forEach((image, side) => {
      answers[side].image.parentElement.hidden = !image;
      if (!image) return;
      const { canvas, context } = sized(answers[side].image, image.width, image.height);
      const drawn = new ImageData(canvas.width, canvas.height);
      image.grey.forEach((value, p) => drawn.data.set([value, value, value, 255], 4 * p));
      context.putImageData(drawn, 0, 0);
    });
    decoded.hidden = !this.data.decode;
    card.hidden = this.hovered < 0 && !this.#probe.place;
    this.#fillCard();
    this.#placeCard();
  }

  // ---- selecting

  /**
   * Change the selection by a gesture and tell Python, once.
   * @param {Uint8Array} mask the rows that the gesture took
   * @param {"replace"|"add"|"remove"} how
   * @param {number} focus the row clicked, -1 when none was
   */
  #select(mask, how, focus = -1) {
    const before = this.selected;
    const after = before.slice();
    for (let i = 0; i < this.n; i++) {
      if (how === "replace") after[i] = mask[i];
      else if (mask[i]) after[i] = how === "add" ? 1 : 0;
    }
    this.found = null;
    const same = focus === this.focus && after.every((value, i) => value === before[i]);
    if (!same) {
      this.selected = after;
      this.focus = focus;
      // Later than any before it, in this tab or another life of it.
      this.gestures = Math.max(this.gestures + 1, Date.now());
      this.send.setStateValue("selection", { gesture: this.gestures, n: this.n, rows: maskToText(after), focus });
    }
    this.#restate();
  }

  #selectRow(row, how) {
    const mask = new Uint8Array(this.n);
    mask[row] = 1;
    this.#select(mask, how, how === "remove" ? -1 : row);
  }

  /** What a search text means: the rows, and the single row when it names one. */
  #searched(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return null;
    const mask = new Uint8Array(this.n);
    const names = this.data.classes.map((c) => c.name.toLowerCase());
    const exact = names.indexOf(wanted);
    const number = /^(?:#|row)?\s*(\d+)$/.exec(wanted);
    if (exact < 0 && number) {
      const row = Number(number[1]);
      if (row >= this.n || this.states[row] === HIDDEN) return { mask, row: -1 };
      mask[row] = 1;
      return { mask, row };
    }
    const hits = new Set(exact >= 0 ? [exact] : names.flatMap((name, c) => (name.includes(wanted) ? [c] : [])));
    for (let i = 0; i < this.n; i++) {
      if (hits.has(this.labels[i]) && !this.hidden.has(this.labels[i])) mask[i] = 1;
    }
    return { mask, row: -1 };
  }

  #search(text, commit) {
    if (!this.states) return;
    const result = this.#searched(text);
    const empty = result && !result.mask.includes(1);
    this.parts.search.classList.toggle("nothing", Boolean(empty));
    this.parts.search.setAttribute("aria-invalid", String(Boolean(empty)));
    if (!result || empty) {
      this.found = null;
      this.#restate();
      if (empty && commit) this.parts.spoken.textContent = "Nothing found";
      return;
    }
    if (!commit) {
      this.found = result.mask;
      this.#restate();
      return;
    }
    this.#select(result.mask, "replace", result.row);
    if (result.row >= 0) {
      this.#goTo(result.row, this.panels[0]);
      this.#hover(result.row, 0);
    }
  }

  #clear() {
    this.#gesture = null;
    this.found = null;
    this.parts.search.value = "";
    this.parts.search.classList.remove("nothing");
    this.#hover(-1);
    this.#select(new Uint8Array(this.n), "replace");
  }

  // ---- what a person does

  #listen() {
    const { parts, root } = this;
    const { signal } = this.abort;
    const on = (target, type, act, options = {}) => target.addEventListener(type, act, { signal, ...options });
    for (const name of Object.keys(parts.tools)) on(parts.tools[name], "click", () => this.#setTool(name));
    on(parts.actions.nearer, "click", () => this.#zoomBy(1.6));
    on(parts.actions.farther, "click", () => this.#zoomBy(1 / 1.6));
    on(parts.actions.reset, "click", () => this.#resetViews(this.panels));
    for (const [name, setting] of [
      ["link", "linked"],
      ["images", "showImages"],
      ["names", "showNames"],
    ]) {
      on(parts.actions[name], "click", () => {
        this[setting] = !this[setting];
        if (this.linked) Object.assign(this.panels[1].view, this.panels[0].view);
        this.#showSettings();
        this.#redraw();
      });
    }
    on(parts.actions.play, "click", () => this.#play());
    on(parts.slider, "input", () => {
      this.#stopPlaying();
      if (this.layouts) this.#setMorph(Number(parts.slider.value));
    });
    on(parts.search, "input", () => this.#search(parts.search.value, false));
    on(parts.actions.png, "click", () => this.layouts && savePicture(this));
    on(parts.actions.full, "click", () => this.#toggleFull());
    on(parts.picked, "click", () => this.#clear());
    on(root, "keydown", (event) => this.#keyDown(event));
    on(root, "keyup", (event) => event.key === " " && root.classList.remove("moving"));
    on(root, "focusout", () => root.classList.remove("moving"));
    on(document, "fullscreenchange", () => this.#resized());
    // Other parts of the page may point at a row: detail {memory, row}, row -1 to stop.
    on(document, "latent-map:point", ({ detail }) => {
      if (this.states && detail?.memory === this.data.memory && detail.row < this.n) this.#hover(detail.row, 0);
    });
    this.panels.forEach((panel, side) => {
      const { canvas } = panel;
      on(canvas, "pointerdown", (event) => this.#down(event, panel));
      on(canvas, "pointermove", (event) => this.#move(event, panel, side));
      on(canvas, "pointerup", (event) => this.#up(event, panel, side));
      on(canvas, "pointercancel", (event) => this.#cancel(event));
      // A finger always leaves; what it tapped stays marked.
      on(canvas, "pointerleave", (event) => event.pointerType !== "touch" && this.#pointerLeft());
      on(canvas, "wheel", (event) => this.#wheel(event, panel), { passive: false });
      on(canvas, "dblclick", () => this.#resetViews(this.linked ? this.panels : [panel]));
      on(canvas, "contextmenu", (event) => this.#gesture && event.preventDefault());
    });
  }

  #showSettings() {
    const { parts } = this;
    for (const [name, control] of Object.entries(parts.tools)) press(control, name === this.tool);
    press(parts.actions.link, this.linked);
    press(parts.actions.images, this.showImages);
    press(parts.actions.names, this.showNames);
    this.root.dataset.tool = this.tool;
  }

  #setTool(tool) {
    this.tool = tool;
    this.#showSettings();
  }

  /** After a change of one map's view: take the other along if they are linked. */
  #viewChanged(panel) {
    if (this.linked) {
      for (const other of this.panels) if (other !== panel) Object.assign(other.view, panel.view);
    }
    // A finger may scroll the page past a map that has nothing to move.
    this.root.classList.toggle("zoomed", this.panels.some((p) => p.view.zoom > 1));
    this.#redraw();
  }

  #resetViews(panels) {
    for (const panel of panels) {
      Object.assign(panel.view, { x: 0, y: 0, zoom: 1 });
      this.#viewChanged(panel);
    }
  }

  #zoomBy(factor) {
    for (const panel of this.linked ? this.panels.slice(0, 1) : this.panels) {
      panel.zoomAt(panel.stage.clientWidth / 2, panel.stage.clientHeight / 2, factor);
      this.#viewChanged(panel);
    }
  }

  #goTo(row, panel) {
    panel.bringIntoSight(row);
    this.#viewChanged(panel);
  }

  #wheel(event, panel) {
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016));
    // Nothing left to zoom out of: let the page scroll, but not by the rest of the same turn of the wheel.
    const rest = factor < 1 && panel.view.zoom <= SMALLEST_ZOOM;
    if (rest && event.timeStamp - this.#wheeledAt > WHEEL_REST_MS) return;
    event.preventDefault();
    this.#wheeledAt = event.timeStamp;
    if (rest) return;
    panel.zoomAt(event.offsetX, event.offsetY, factor);
    this.#viewChanged(panel);
    this.#pointerMoved(this.panels.indexOf(panel), event.offsetX, event.offsetY);
  }

  #down(event, panel) {
    if (event.button > 1 || !this.states) return;
    const { offsetX: x, offsetY: y } = event;
    panel.canvas.focus({ preventScroll: true });
    panel.canvas.setPointerCapture(event.pointerId);
    this.#touches.set(event.pointerId, [x, y]);
    if (this.#touches.size === 2) {
      this.#gesture = { panel, kind: "pinch", last: this.#pinch(), moved: true };
      return;
    }
    const moving = this.tool === "pan" || event.button === 1 || this.root.classList.contains("moving");
    const how = event.shiftKey ? "add" : event.altKey ? "remove" : "replace";
    this.#gesture = { panel, kind: moving ? "pan" : this.tool, start: [x, y], last: [x, y], how, moved: false, outline: null };
  }

  #move(event, panel, side) {
    const { offsetX: x, offsetY: y } = event;
    const gesture = this.#gesture;
    if (!gesture || gesture.panel !== panel) {
      this.#pointerMoved(side, x, y);
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
      this.#hover(-1);
      if (gesture.kind === "lasso") gesture.outline = [gesture.start];
    }
    if (gesture.kind === "pan") {
      panel.panBy(x - gesture.last[0], y - gesture.last[1]);
      gesture.last = [x, y];
      this.#viewChanged(panel);
      return;
    }
    if (gesture.kind === "lasso") {
      const [px, py] = gesture.outline.at(-1);
      if (Math.hypot(x - px, y - py) < 2) return;
      gesture.outline.push([x, y]);
    } else {
      const [sx, sy] = gesture.start;
      gesture.outline = [
        [sx, sy],
        [x, sy],
        [x, y],
        [sx, y],
      ];
    }
    this.#redraw([]);
  }

  #up(event, panel, side) {
    this.#touches.delete(event.pointerId);
    const gesture = this.#gesture;
    if (!gesture || gesture.panel !== panel) return;
    if (gesture.kind === "pinch" && this.#touches.size) return;
    this.#gesture = null;
    if (!gesture.moved) this.#clicked(event, panel, side, gesture.how);
    else if (gesture.outline) {
      const polygon = gesture.outline.map(([x, y]) => panel.placeAt(x, y));
      if (polygon.length > 2) this.#select(rowsInside(panel.layout, polygon, this.states), gesture.how);
    }
    this.#redraw([]);
  }

  #clicked(event, panel, side, how) {
    // The second click of a double-click resets the view; the first has already selected.
    if (event.detail > 1) return;
    const row = panel.pick(event.offsetX, event.offsetY, this.states);
    if (row < 0) return;
    const remove = how === "remove" || (how === "add" && this.selected[row] && row === this.focus);
    this.#selectRow(row, remove ? "remove" : how);
    this.#hover(row, side);
  }

  #cancel(event) {
    this.#touches.delete(event.pointerId);
    this.#gesture = null;
    this.#redraw([]);
  }

  /** The middle of two fingers and how far they are apart. */
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
    this.#viewChanged(panel);
  }

  #keyDown(event) {
    if (!this.states) return;
    const side = this.panels.findIndex((panel) => panel.canvas === event.target);
    if (event.key === "Escape") {
      this.#clear();
    } else if (event.target === this.parts.search) {
      if (event.key === "Enter") this.#search(this.parts.search.value, true);
      return;
    } else if (side < 0) {
      return;
    } else if (ARROWS[event.key]) {
      this.#walk(this.panels[side], side, ARROWS[event.key]);
    } else if (event.key === "Enter" && this.hovered >= 0) {
      this.#selectRow(this.hovered, event.shiftKey ? "add" : event.altKey ? "remove" : "replace");
    } else if (event.key === " ") {
      this.root.classList.add("moving");
    } else if (event.key === "+" || event.key === "-") {
      this.#zoomBy(event.key === "+" ? 1.6 : 1 / 1.6);
    } else if (event.key === "0") {
      this.#resetViews(this.panels);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Go to the next point in a direction, from the marked row or else from the middle of the map. */
  #walk(panel, side, direction) {
    const from = [this.hovered, this.focus].find((row) => row >= 0 && this.states[row] !== HIDDEN) ?? -1;
    let row;
    if (from >= 0) {
      row = rowTowards(panel.layout, from, direction, this.states);
    } else {
      panel.grid ??= new Grid(panel.layout);
      row = panel.grid.pick(panel.view.x, panel.view.y, 2, this.states);
    }
    if (row < 0) return;
    this.#goTo(row, panel);
    this.#hover(row, side);
  }

  // ---- taking it away

  #toggleFull() {
    const { root } = this;
    const fill = () => root.classList.toggle("filling");
    if (root.classList.contains("filling")) fill();
    else if (root.getRootNode().fullscreenElement === root) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen().catch(fill);
    else fill();
  }
}

/** The least (or, with Math.max, the largest) of the numbers that are known. */
function leastOf(values, choose, start) {
  let found = start;
  for (const value of values) if (!Number.isNaN(value)) found = choose(found, value);
  return found;
}

/** Put this code on the shelf under its version, for the views to find. */
function offer(version) {
  if (shelf.code.has(version)) return;
  const maps = new WeakMap();
  shelf.code.set(version, {
    show(host, data, send) {
      if (!maps.has(host)) maps.set(host, new LatentMap(host));
      maps.get(host).show(data, send);
    },
    remove(host) {
      maps.get(host)?.remove();
      maps.delete(host);
    },
  });
  for (const arrived of [...shelf.listeners]) arrived();
}
