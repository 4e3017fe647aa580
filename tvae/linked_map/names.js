// The names of the classes on the map.

const MOST_LABELS = 64;
/** Where a name may stand, in lines below its class's middle, the first that is free. */
const LINES = [0, -1, 1, -2, 2];

/**
 * Class names at the classes' middles, each with a halo. A name that would cover another stands a line or two above or
 * below, and is left out where that covers one too.
 */
function drawNames(panel, { classes, hiddenClasses, theme, counts }) {
  if (!panel.middles) return;
  const { context } = panel;
  const ratio = panel.ratio * textScale();
  const { scale, x, y } = panel.transform;
  const order = classes.map((_, c) => c).filter((c) => counts[c] && !hiddenClasses.has(c));
  order.sort((a, b) => counts[b] - counts[a]);
  context.font = `700 ${16 * ratio}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 5 * ratio;
  context.strokeStyle = theme.halo;
  context.fillStyle = theme.text;
  const taken = [];
  const isFree = (box) => !taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3]);
  for (const c of order.slice(0, MOST_LABELS)) {
    const text = shortened(classes[c].name);
    const px = x + panel.middles[2 * c] * scale;
    const py = y - panel.middles[2 * c + 1] * scale;
    const half = context.measureText(text).width / 2 + 2 * ratio;
    const boxes = LINES.map((line) => py + line * 20 * ratio).map((at) => [px - half, at - 10 * ratio, px + half, at + 10 * ratio]);
    const box = boxes.find(isFree);
    if (!box) continue;
    taken.push(box);
    context.strokeText(text, px, box[1] + 10 * ratio);
    context.fillText(text, px, box[1] + 10 * ratio);
  }
}

/** A name, shortened to fit on a map. */
function shortened(name) {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}
