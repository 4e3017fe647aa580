// Saves both maps as a PNG file.

/**
 * Save both maps as they are on the screen, with titles and legend.
 * @param {LatentMap} map
 */
function savePicture({ data, theme, panels, hidden, byNumber, domain }) {
  const ratio = panels[0].ratio;
  const [gap, head, line] = [16 * ratio, 34 * ratio, 24 * ratio];
  const widths = panels.map((panel) => panel.canvas.width);
  const height = Math.max(...panels.map((panel) => panel.canvas.height));
  const width = widths[0] + widths[1] + 3 * gap;
  const { canvas, context } = sized(document.createElement("canvas"), width, head + height + 3 * line);
  context.fillStyle = theme.groundColour;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "middle";
  panels.forEach((panel, side) => {
    const x = gap + side * (widths[0] + gap);
    context.font = `600 ${15 * ratio}px ${theme.font}`;
    context.fillStyle = panel.colour;
    context.fillText(data.sides[side].title, x, head / 2);
    const after = x + context.measureText(data.sides[side].title).width + 10 * ratio;
    context.font = `${13 * ratio}px ${theme.font}`;
    context.fillStyle = theme.text;
    context.fillText(data.sides[side].caption, after, head / 2);
    context.drawImage(panel.canvas, x, head);
    context.drawImage(panel.overlay, x, head);
  });
  let x = gap;
  let y = head + height + line;
  if (byNumber) {
    const [low, high] = data.scale.ends ?? domain.map(figure);
    const text = `${data.scale.title} ${data.scale.unit ? `(${data.scale.unit})` : ""}  ${low}`;
    context.fillText(text, x, y);
    x += context.measureText(text).width + 8 * ratio;
    rampColours(theme.ramp).forEach((colour, i) => {
      context.fillStyle = cssColour(colour);
      context.fillRect(x + (i / 256) * 140 * ratio, y - 6 * ratio, ratio, 12 * ratio);
    });
    context.fillStyle = theme.text;
    context.fillText(high, x + 148 * ratio, y);
  } else {
    data.classes.forEach((c, at) => {
      if (hidden.has(at)) return;
      const name = shortened(c.name);
      const wide = context.measureText(name).width + 32 * ratio;
      if (x + wide > width) [x, y] = [gap, y + line];
      context.fillStyle = c.colour;
      context.beginPath();
      context.arc(x + 5 * ratio, y, 5 * ratio, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = theme.text;
      context.fillText(name, x + 15 * ratio, y);
      x += wide;
    });
  }
  canvas.toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    element("a", { href: address, download: "latent-map.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}

/** A canvas of a size and its context. */
function sized(canvas, width, height) {
  Object.assign(canvas, { width, height });
  return { canvas, context: canvas.getContext("2d") };
}
