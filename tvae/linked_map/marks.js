// Marks on a second canvas over the points, redrawn often: lines to neighbours, rings, trails, the lasso's outline.

/**
 * Redraw all marks of one map.
 * @param {object} scene as for `drawPoints`
 * @param {{hovered: number, focus: number, neighbours: object[], outline: number[][]|null, trails: object|null,
 *   probed: number[]|null, tapered: number[]|null}} marks
 *   neighbours are {row, shared} of the marked row in this map, probed the place that is decoded,
 *   tapered the rows whose trails between the layouts are drawn
 */
function drawMarks(panel, { theme, states, layouts }, { hovered, focus, neighbours, outline, trails, probed, tapered }) {
  const { marks: context, ratio } = panel;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, panel.overlay.width, panel.overlay.height);
  if (!panel.layout) return;
  const { colour } = panel;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.lineCap = "round";
  if (trails) drawTrails(panel, trails);
  if (tapered) drawTapers(panel, tapered, layouts, theme);
  const centre = hovered >= 0 ? hovered : focus;
  if (centre >= 0 && states[centre] !== HIDDEN) {
    const [x, y] = panel.pointOf(centre);
    const shown = neighbours.filter(({ row }) => states[row] !== HIDDEN);
    const ends = shown.map((end) => ({ ...end, at: panel.pointOf(end.row) }));
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
    // A neighbour in both arms is a filled dot, one in this arm alone a ring.
    for (const { at, shared } of ends) disc(context, at[0], at[1], 3.5, shared ? colour : theme.halo, colour, 1.5);
  }
  if (focus >= 0 && states[focus] !== HIDDEN) ring(panel, focus, 9, colour, theme.halo, 2.5);
  if (hovered >= 0 && states[hovered] !== HIDDEN) ring(panel, hovered, 7, theme.text, theme.halo, 2);
  if (probed) drawCross(panel, probed, theme);
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
}

/** A ring around a row, with a halo that separates it from the points. */
function ring(panel, row, radius, colour, halo, width) {
  const [x, y] = panel.pointOf(row);
  disc(panel.marks, x, y, radius, null, halo, width + 2.5);
  disc(panel.marks, x, y, radius, null, colour, width);
}

/** A cross at a place in the coordinates that both maps share. */
function drawCross(panel, [u, v], { text, halo }) {
  const { marks: context, ratio } = panel;
  const { scale, x, y } = panel.transform;
  const [px, py] = [(x + u * scale) / ratio, (y - v * scale) / ratio];
  for (const [width, style] of [
    [4, halo],
    [1.5, text],
  ]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(px + 4 * dx, py + 4 * dy);
      context.lineTo(px + 11 * dx, py + 11 * dy);
    }
    context.stroke();
  }
}

/** Lines to where the rows that move most came from. */
function drawTrails(panel, { rows, moved, from }) {
  const { marks: context, ratio } = panel;
  const { scale, x, y } = panel.transform;
  const largest = moved[0] || 1;
  rows.forEach((row, rank) => {
    const share = moved[rank] / largest;
    context.globalAlpha = 0.25 + 0.5 * share;
    context.lineWidth = 0.75 + 1.25 * share;
    context.strokeStyle = cssColour(panel.colours[row]);
    context.beginPath();
    context.moveTo((x + from[2 * row] * scale) / ratio, (y - from[2 * row + 1] * scale) / ratio);
    context.lineTo(...panel.pointOf(row));
    context.stroke();
  });
  context.globalAlpha = 1;
}

/** A circle with a fill and a stroke. */
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
