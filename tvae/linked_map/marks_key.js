// The key of the marks: what each ring, line and dot means that is drawn on the maps now.

/**
 * Each mark: its picture on a field of 24 × 12 as SVG elements, what it means in few words, or a function that gives them,
 * and whether it is drawn.
 */
const MARKS = [
  ["focus", [["circle", { cx: 12, cy: 6, r: 4.5, "stroke-width": 2.5 }]], "clicked", ({ focus }) => focus],
  ["hovered", [["circle", { cx: 12, cy: 6, r: 4, "stroke-width": 1.5 }]], "pointed at", ({ hovered }) => hovered],
  [
    "shared",
    [["path", { d: "M1 6h17" }], ["circle", { cx: 19, cy: 6, r: 3, fill: "currentColor" }]],
    ({ titles }) => `near in ${titles.map(shortened).join(" and ")}`,
    ({ shared }) => shared,
  ],
  ["alone", [["path", { d: "M1 6h14" }], ["circle", { cx: 19, cy: 6, r: 3 }]], "near in this one only", ({ alone }) => alone],
  ["trails", [["path", { d: "M2 10 22 2", "stroke-width": 2 }]], "came from there on the left map", ({ trails }) => trails],
  ["probed", [["path", { d: "M12 0v4M12 8v4M4 6h5M15 6h5" }]], "place decoded", ({ probed }) => probed],
  ["outline", [["path", { d: "M2 6h20", "stroke-dasharray": "4 3" }]], "drawn around", ({ outline }) => outline],
  ["dimmed", [["circle", { cx: 12, cy: 6, r: 3, fill: "currentColor", stroke: "none", opacity: 0.3 }]], "not selected", ({ dimmed }) => dimmed],
  [
    "crowd",
    [3, 8, 14].map((cx, at) => ["circle", { cx, cy: 6, r: 3.5, fill: "currentColor", stroke: "none", opacity: [0.2, 0.5, 1][at] }]),
    "stronger where more points lie",
    ({ crowd }) => crowd,
  ],
];

class MarksKey {
  #root;
  #shown = null;
  /** The marks that are drawn now, as in `MARKS`. */
  drawn = [];

  /** @param {HTMLElement} root the element that holds the key */
  constructor(root) {
    this.#root = root;
  }

  /** Show the key of the marks that these facts say are drawn. */
  show(facts) {
    const drawn = MARKS.filter(([, , , isDrawn]) => isDrawn(facts));
    this.drawn = drawn.map(([mark, picture, words]) => [mark, picture, typeof words === "function" ? words(facts) : words]);
    const name = this.drawn.map(([mark, , words]) => `${mark} ${words}`).join(" ");
    if (name === this.#shown) return;
    this.#shown = name;
    const entries = this.drawn.map(([mark, picture, words]) => element("span", { className: "mark", "data-mark": mark }, markPicture(picture), words));
    const hint = "Click a point, or draw around some with the lasso.";
    const untouched = this.drawn.every(([mark]) => mark === "crowd");
    this.#root.replaceChildren(...entries, ...(untouched ? [element("span", { className: "hint", textContent: hint })] : []));
  }
}

/** A mark's picture. */
function markPicture(parts) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 12");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, attributes] of parts) {
    const part = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    svg.append(part);
  }
  return svg;
}

/** Paint a mark's picture on a canvas, its field's left end at a place; `scale` pixels a unit of the field. */
function paintMark(context, parts, x, y, scale) {
  context.save();
  context.translate(x, y - 6 * scale);
  context.scale(scale, scale);
  for (const [name, attributes] of parts) {
    const shape = new Path2D(attributes.d ?? "");
    if (name === "circle") shape.arc(attributes.cx, attributes.cy, attributes.r, 0, 2 * Math.PI);
    context.globalAlpha = attributes.opacity ?? 1;
    context.lineWidth = attributes["stroke-width"] ?? 1.4;
    context.setLineDash((attributes["stroke-dasharray"] ?? "").split(" ").filter(Boolean).map(Number));
    if (attributes.stroke !== "none") context.stroke(shape);
    if (attributes.fill) context.fill(shape);
  }
  context.restore();
}
