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
function paintPicture(map) {
  const { data, theme, panels } = map;
  const ratio = panels[0].ratio;
  const [gap, head, line] = [16 * ratio, 34 * ratio, 24 * ratio];
  const across = Math.min(MOST_ACROSS, panels.length);
  const [wide, tall] = ["width", "height"].map((size) => Math.max(...panels.map(({ canvas }) => canvas[size])));
  const down = Math.ceil(panels.length / across);
  const below = down * (head + tall);
  const width = across * wide + (across + 1) * gap;
  const room = { left: gap, right: width - gap, line, ratio };
  const height = paintKey(sized(document.createElement("canvas"), 1, 1).context, map, room, below + line);
  const { canvas, context } = sized(document.createElement("canvas"), width, height);
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
  paintKey(context, map, room, below + line);
  canvas.toBlob((blob) => {
    const address = URL.createObjectURL(withFacts(blob, data.facts));
    element("a", { href: address, download: "latent-map.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}

/**
 * Paint what the colours, rings and lines mean, how many rows are seen, and where the maps come from.
 * @param {{left: number, right: number, line: number, ratio: number}} room
 * @param {number} top the middle of the first line
 * @returns {number} the height of the picture, which is known once this has been painted somewhere
 */
function paintKey(context, map, { left, right, line, ratio }, top) {
  const { data, theme, marksKey, trails, byNumber, hidden } = map;
  let [x, y] = [left, top];
  const newLine = () => ([x, y] = [left, y + line]);
  /** Paint a piece of the key: its picture, and words after it; on the next line where this one is full. */
  const piece = (words, pictureWidth, paint) => {
    const width = (pictureWidth + 6) * ratio + context.measureText(words).width;
    if (x > left && x + width > right) newLine();
    paint?.(x, y);
    context.fillStyle = context.strokeStyle = theme.text;
    context.fillText(words, x + (pictureWidth ? (pictureWidth + 5) * ratio : 0), y);
    x += width + 11 * ratio;
  };
  context.font = `${13 * ratio}px ${theme.font}`;
  context.textBaseline = "middle";
  context.fillStyle = context.strokeStyle = theme.text;
  if (byNumber) {
    const [low, high] = data.scale.ends ?? map.domain.map(figure);
    piece(`${data.scale.title} ${data.scale.unit ? `(${data.scale.unit})` : ""}  ${low}`, 0);
    piece(high, 140, (at, middle) =>
      rampColours(theme.ramp).forEach((colour, i) => {
        context.fillStyle = cssColour(colour);
        context.fillRect(at + (i / 256) * 140 * ratio, middle - 6 * ratio, ratio, 12 * ratio);
      }),
    );
  } else {
    data.classes.forEach((c, at) => {
      if (hidden.has(at)) return;
      piece(shortened(c.name), 10, (start, middle) => {
        context.fillStyle = c.colour;
        context.beginPath();
        context.arc(start + 5 * ratio, middle, 5 * ratio, 0, 2 * Math.PI);
        context.fill();
      });
    });
  }
  newLine();
  for (const [, picture, words] of marksKey.drawn) piece(words, 24, (at, middle) => paintMark(context, picture, at, middle, ratio));
  if (trails.rows) piece(trails.words, 24, (at, middle) => paintMark(context, TRAIL_PICTURE, at, middle, ratio));
  if (map.showContours) piece(map.parts.contourNote.textContent, 0);
  if (x > left) newLine();
  for (const word of [rowsInWords(map), data.facts.Title].filter(Boolean).join(" ").split(" ")) {
    const width = context.measureText(`${word} `).width;
    if (x > left && x + width > right) newLine();
    context.fillText(word, x, y);
    x += width;
  }
  return y + line;
}

/** How many images the picture shows, and how many of them are selected. @param {LatentMap} map */
function rowsInWords({ states, n, selecting }) {
  const [seen, all, selected] = [states.reduce((count, state) => count + (state !== HIDDEN), 0), n, countOf(selecting.mask)].map(
    (count) => count.toLocaleString("en"),
  );
  return `${seen === all ? all : `${seen} of ${all}`} images${selected === "0" ? "" : `, ${selected} selected`}.`;
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
