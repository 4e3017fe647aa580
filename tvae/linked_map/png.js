// Saves the maps as a PNG file.

/**
 * Save the maps as they are on the screen but on a light ground, with titles, legend and where they come from.
 * @param {LatentMap} map
 */
function savePicture(map) {
  map.inTheme(themeOf("#ffffff", "#1d2430", map.theme.font), () => paintPicture(map));
}

/** Most maps side by side; more stand in rows. */
const MOST_ACROSS = 3;

/** @param {LatentMap} map */
function paintPicture({ data, theme, panels, hidden, byNumber, domain }) {
  const ratio = panels[0].ratio;
  const [gap, head, line] = [16 * ratio, 34 * ratio, 24 * ratio];
  const across = Math.min(MOST_ACROSS, panels.length);
  const [wide, tall] = ["width", "height"].map((size) => Math.max(...panels.map(({ canvas }) => canvas[size])));
  const down = Math.ceil(panels.length / across);
  const height = down * tall + (down - 1) * head;
  const width = across * wide + (across + 1) * gap;
  const { canvas, context } = sized(document.createElement("canvas"), width, head + height + (data.facts.Title ? 4 : 3) * line);
  context.fillStyle = theme.groundColour;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "middle";
  panels.forEach((panel, side) => {
    const x = gap + (side % across) * (wide + gap);
    const y = Math.floor(side / across) * (head + tall);
    context.fillStyle = panel.colour;
    context.fillRect(x, y + head / 2 - 5 * ratio, 10 * ratio, 10 * ratio);
    const name = x + 17 * ratio; // in the text's own colour, as above the maps: the arm's is too light to be read
    context.font = `600 ${15 * ratio}px ${theme.font}`;
    context.fillStyle = theme.text;
    context.fillText(data.sides[side].title, name, y + head / 2);
    const after = name + context.measureText(data.sides[side].title).width + 10 * ratio;
    context.font = `${13 * ratio}px ${theme.font}`;
    context.fillText(data.sides[side].caption, after, y + head / 2);
    context.drawImage(panel.canvas, x, y + head);
    context.drawImage(panel.overlay, x, y + head);
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
      const room = context.measureText(name).width + 32 * ratio;
      if (x + room > width) [x, y] = [gap, y + line];
      context.fillStyle = c.colour;
      context.beginPath();
      context.arc(x + 5 * ratio, y, 5 * ratio, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = theme.text;
      context.fillText(name, x + 15 * ratio, y);
      x += room;
    });
  }
  if (data.facts.Title) {
    context.fillStyle = theme.text;
    context.fillText(data.facts.Title, gap, canvas.height - line, width - 2 * gap);
  }
  canvas.toBlob((blob) => {
    const address = URL.createObjectURL(withFacts(blob, data.facts));
    element("a", { href: address, download: "latent-map.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}

/** A canvas of a size and its context. */
function sized(canvas, width, height) {
  Object.assign(canvas, { width, height });
  return { canvas, context: canvas.getContext("2d") };
}

const PNG_HEADER = 33;

/** The PNG with text fields after its header, by name. */
function withFacts(png, facts) {
  const chunks = Object.entries(facts).map(([name, text]) => textChunk(name, text));
  return new Blob([png.slice(0, PNG_HEADER), ...chunks, png.slice(PNG_HEADER)], { type: "image/png" });
}

/** An iTXt chunk: name, not compressed, no language, text as UTF-8. */
function textChunk(name, text) {
  const content = new TextEncoder().encode(`iTXt${name}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(content.length + 8);
  const numbers = new DataView(chunk.buffer);
  numbers.setUint32(0, content.length - 4);
  chunk.set(content, 4);
  numbers.setUint32(content.length + 4, crc32(content));
  return chunk;
}

/** The checksum of a PNG's chunk. */
function crc32(bytes) {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}
