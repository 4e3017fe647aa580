// The names of the classes on the map.

const MOST_LABELS = 24;

/** Class names at the classes' middles, each with a halo; a name that would cover another is left out. */
function drawNames(panel, { classes, hiddenClasses, theme, counts }) {
  if (!panel.middles) return;
  const { context, ratio } = panel;
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
  for (const c of order.slice(0, MOST_LABELS)) {
    const text = shortened(classes[c].name);
    const px = x + panel.middles[2 * c] * scale;
    const py = y - panel.middles[2 * c + 1] * scale;
    const half = context.measureText(text).width / 2 + 2 * ratio;
    const box = [px - half, py - 10 * ratio, px + half, py + 10 * ratio];
    if (taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3])) continue;
    taken.push(box);
    context.strokeText(text, px, py);
    context.fillText(text, px, py);
  }
}

/** A name, shortened to fit on a map. */
function shortened(name) {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}
