// The names of the classes on the map.

/** Where a name may stand, in lines below its class's middle, the first that is free. */
const LINES = [0, -1, 1, -2, 2];
/** With more classes in sight than this their names are written smaller. */
const FEW_NAMES = 30;
/** Share of a map that names may cover. */
const NAMES_SHARE = 0.14;
/** Longest name, in characters and as a share of the map's width. */
const LONGEST_NAME = 22;
const WIDEST_NAME = 0.4;
/** CSS pixels that stay free between names. */
const NAME_GAP = 4;

/**
 * Class names at the classes' middles, each with a halo, those of the heaviest classes first. A name that would cover
 * another stands a line or two above or below, and is left out where that covers one too; zooming in brings it.
 * @param {object} scene weights has a number for each class, 0 where it has no name to show
 */
function drawNames(panel, { classes, weights, theme }) {
  if (!panel.middles) return;
  const { context, canvas } = panel;
  const ratio = panel.ratio * textScale();
  const { scale, x, y } = panel.transform;
  const { width, height } = canvas;
  const inSight = [];
  classes.forEach(({ name }, c) => {
    const px = x + panel.middles[2 * c] * scale;
    const py = y - panel.middles[2 * c + 1] * scale;
    if (weights[c] > 0 && px >= 0 && py >= 0 && px < width && py < height) inSight.push({ name, px, py, weight: weights[c] });
  });
  inSight.sort((a, b) => b.weight - a.weight);
  const size = (inSight.length > FEW_NAMES ? 12 : 16) * ratio;
  context.font = `700 ${size}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 5 * ratio;
  context.strokeStyle = theme.halo;
  context.fillStyle = theme.text;
  const measure = (text) => context.measureText(text).width;
  for (const { text, box } of placedNames(inSight, measure, { width, height, line: 1.4 * size, gap: NAME_GAP * ratio })) {
    const [px, py] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    context.strokeText(text, px, py);
    context.fillText(text, px, py);
  }
}

/**
 * The names that have room, each with its box (left, top, right, bottom) inside the map; no two boxes meet.
 * @param {{name: string, px: number, py: number}[]} names the most important first, each with the place that it is of
 */
function placedNames(names, measure, { width, height, line, gap }) {
  const placed = [];
  let room = NAMES_SHARE * width * height;
  for (const { name, px, py } of names) {
    const text = cutToWidth(shortened(name), measure, WIDEST_NAME * width);
    const wide = measure(text);
    const left = Math.max(gap, Math.min(width - gap - wide, px - wide / 2));
    const box = LINES.map((step) => py + (step - 0.5) * line)
      .map((top) => [left, top, left + wide, top + line])
      .find(
        ([x0, y0, x1, y1]) =>
          y0 >= 0 && y1 <= height && !placed.some(({ box: [a, b, c, d] }) => x0 < c + gap && a < x1 + gap && y0 < d && b < y1),
      );
    if (!box) continue;
    placed.push({ text, box });
    room -= wide * line;
    if (room < 0) break;
  }
  return placed;
}

/** A name, shortened to fit on a map. */
function shortened(name) {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

/** A text with as much of its beginning as a width holds. */
function cutToWidth(text, measure, widest) {
  if (measure(text) <= widest) return text;
  let length = text.length - 1;
  while (length > 1 && measure(`${text.slice(0, length)}…`) > widest) length--;
  return `${text.slice(0, length)}…`;
}
