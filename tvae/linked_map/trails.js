// Trails: where points lie in the left layout and in the right one, as tapered lines in one still picture.

/** Radius of a trail at its start, in CSS pixels, and half its width at its end. */
const TRAIL_START_PX = 2.8;
const TRAIL_END_PX = 0.5;
/** Trails where nothing is selected: they start all over the map, and more of them would be a tangle. */
const MOST_UNSELECTED_TRAILS = 40;

class Trails {
  #map;
  #rows = null;
  /** Whether the trails are shown. */
  on = false;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Show the trails or hide them, and say which. */
  toggle() {
    this.on = !this.on;
    this.show();
    this.#map.parts.spoken.textContent = this.on ? this.words : "Trails hidden";
  }

  /** The lit rows or the layouts have changed, so the trails have too. */
  forget() {
    this.#rows = null;
    this.show();
  }

  /** The rows that have a trail, those that move farthest first; `null` while trails are hidden. */
  get rows() {
    const { layouts, states, dimmed } = this.#map;
    if (!this.on || layouts?.length !== 2) return null;
    this.#rows ??= (
      dimmed
        ? trailsOf(...layouts, states, Number.MIN_VALUE)
        : trailsOf(...layouts, states, TRAIL_FROM, MOST_UNSELECTED_TRAILS)
    ).rows;
    return this.#rows;
  }

  /** What the trails are, and how many of how many points have one. */
  get words() {
    const { data, dimmed, states, selecting } = this.#map;
    const [from, to] = data.sides.map((side) => side.short);
    const lit = states.reduce((count, state) => count + (state === LIT), 0);
    const [drawn, all] = [this.rows.length, lit].map((count) => count.toLocaleString("en"));
    const of = dimmed ? `${all} ${selecting.matches ? "found" : "selected"}` : `${all}`;
    if (!this.rows.length) return `Trails: none of ${of} moves${dimmed ? "" : " far"}`;
    const which = drawn === all ? `all ${of}` : `the ${drawn} that move most of ${of}`;
    return `Trails: wide end in ${from}, narrow end in ${to}; ${which}`;
  }

  /** Show what the trails are below the maps, and their number on the canvases, for tests. */
  show() {
    const { parts, panels } = this.#map;
    const rows = this.rows;
    parts.trailKey.hidden = !rows;
    if (rows) parts.trailKey.lastElementChild.textContent = this.words;
    for (const { canvas } of panels) canvas.dataset.trails = rows ? rows.join(" ") : "";
  }
}

/** The line of the legend that explains the trails. */
function buildTrailKey() {
  return element(
    "div",
    { className: "trail-key", hidden: true, "data-testid": "trail-key" },
    element("span", { className: "taper", "aria-hidden": "true" }),
    element("span"),
  );
}

/** A trail as a mark's picture: see `MARKS`. */
const TRAIL_PICTURE = [["path", { d: "M4 2.500 23 5.500v1L4 9.500a3.500 3.500 0 0 1 0-7z", fill: "currentColor", stroke: "none" }]];

/**
 * Draw a trail for each of the rows, from its place in the left layout to that in the right one.
 * @param {Panel} panel  @param {number[]} rows  @param {Float32Array[]} layouts left and right, x and y interleaved
 */
function drawTapers(panel, rows, [from, to], { halo }) {
  const { marks: context, ratio } = panel;
  const { scale, x, y } = panel.transform;
  const placeOf = (layout, row) => [(x + layout[2 * row] * scale) / ratio, (y - layout[2 * row + 1] * scale) / ratio];
  // The farthest last: its line is the longest and would be covered.
  for (const row of [...rows].reverse()) {
    const [ax, ay] = placeOf(from, row);
    const [bx, by] = placeOf(to, row);
    const angle = Math.atan2(by - ay, bx - ax);
    const [nx, ny] = [-Math.sin(angle), Math.cos(angle)];
    context.beginPath();
    context.arc(ax, ay, TRAIL_START_PX, angle + Math.PI / 2, angle - Math.PI / 2);
    context.lineTo(bx - nx * TRAIL_END_PX, by - ny * TRAIL_END_PX);
    context.lineTo(bx + nx * TRAIL_END_PX, by + ny * TRAIL_END_PX);
    context.closePath();
    context.lineWidth = 1.5;
    context.strokeStyle = halo;
    context.stroke();
    context.fillStyle = cssColour(panel.colours[row]);
    context.fill();
  }
}
