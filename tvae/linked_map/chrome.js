// Everything around the maps' canvases: tools, titles, legend, card. No text from outside goes through innerHTML.

/** Outlines of the tools' icons, on a 20 × 20 field. */
const ICONS = {
  pan: "M10 2v16M2 10h16M7.5 4.5 10 2l2.5 2.5M7.5 15.5 10 18l2.5-2.5M4.5 7.5 2 10l2.5 2.5M15.5 7.5 18 10l-2.5 2.5",
  lasso: "M6 14.2C3.6 13.2 2 11.4 2 9.2 2 5.8 5.6 3 10 3s8 2.8 8 6.2-3.6 6.2-8 6.2c-1 0-2-.1-2.9-.4M7.2 15a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0ZM6 16.6c.2 1-.3 1.900-1.400 2.400",
  box: "M3 6V3h3M9 3h2M14 3h3v3M17 9v2M17 14v3h-3M11 17H9M6 17H3v-3M3 11V9",
  nearer: "M10 4v12M4 10h12",
  farther: "M4 10h12",
  reset: "M3 8V3h5M17 12v5h-5M3 3l5.500 5.500M17 17l-5.500-5.500",
  link: "M8.500 11.500 11.500 8.500M9 6.500l2-2a3.200 3.200 0 0 1 4.500 4.500l-2 2M11 13.500l-2 2A3.200 3.200 0 0 1 4.500 11l2-2",
  images: "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z",
  names: "M3 5V3.500h14V5M10 3.500v13M7.500 16.500h5",
  contours: "M10 2.500c5 0 7.500 3 7.500 7s-3 8-8 8-7-3.500-7-7.500 2.500-7.500 7.500-7.500ZM10 7c2 0 3 1 3 2.700s-1.200 3.300-3.200 3.300S6.800 11.800 6.800 10 8 7 10 7Z",
  decode: "M10 2v4M10 14v4M2 10h4M14 10h4M7.500 7.500h5v5h-5z",
  play: "M6 3.500v13l10.500-6.500z",
  trails: "M3 14.500a2.500 2.500 0 0 0 4 2L17.500 3.500 4 12.500a2.500 2.500 0 0 0-1 2z",
  pause: "M6.500 4v12M13.500 4v12",
  png: "M10 3v10M6 9.500l4 4 4-4M3 16.500h14",
  full: "M3 7.500V3h4.500M12.500 3H17v4.500M17 12.500V17h-4.500M7.500 17H3v-4.500",
};

const TOOLS = [
  ["pan", "Move", "Move the map (drag). Click selects a point; hold Space for this in any tool"],
  ["lasso", "Lasso", "Lasso: draw around points. Shift adds, Alt removes"],
  ["box", "Box", "Box: drag across points. Shift adds, Alt removes"],
];

/** An element with properties, attributes (names with a dash) and children; text is never read as HTML. */
function element(tag, properties = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") created.setAttribute(name, value);
    else created[name] = value;
  }
  created.append(...children);
  return created;
}

/** An icon of `ICONS`. */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A tool button; `title` is its tooltip and its name for screen readers, `word` stands below the icon. */
function button(name, word, title) {
  const below = element("span", { className: "word", textContent: word });
  return element("button", { type: "button", className: "tool", title, "aria-label": title }, icon(name), below);
}

/** Set the state of a two-state button. */
function press(control, on) {
  control.setAttribute("aria-pressed", String(on));
}

/** The maps' names for tests and for keys, in the order in which they stand. */
const SIDES = ["left", "right", "third", "fourth", "fifth", "sixth"];

/** One map's title and canvases. */
function buildMap(side) {
  const canvas = element("canvas", {
    className: "points",
    tabIndex: 0,
    role: "application",
    "data-testid": `map-${side}`,
    "data-rows": "0",
    "data-hovered-row": "",
    "data-selected-count": "0",
    "data-frame-ms": "0",
    "aria-roledescription": "map of points",
    "aria-describedby": "lm-description",
  });
  const overlay = element("canvas", { className: "marks", "aria-hidden": "true" });
  const stage = element("div", { className: "stage waiting" }, canvas, overlay);
  const badge = element("span", { className: "badge" });
  const caption = element("span", { className: "caption" });
  const note = element("span", { className: "note" });
  const figure = element("div", { className: "map" }, element("div", { className: "title" }, badge, caption, note), stage);
  return { figure, canvas, overlay, stage, badge, caption, note };
}

/**
 * Build the whole component inside `host`.
 * @param {ShadowRoot|HTMLElement} host
 * @param {number} count of maps
 */
function buildChrome(host, count) {
  const tools = Object.fromEntries(TOOLS.map(([name, word, title]) => [name, button(name, word, title)]));
  const actions = {
    nearer: button("nearer", "In", "Zoom in"),
    farther: button("farther", "Out", "Zoom out"),
    reset: button("reset", "All", "Show all (double-click a map)"),
    link: button("link", "Link", "Link: zoom and move both maps together"),
    images: button("images", "Images", "Images in place of points where there is room: zoom in"),
    names: button("names", "Names", "Class names on the maps"),
    contours: button("contours", "Density", "Density: a line around the densest 80 % of each class"),
    decode: button("decode", "Decode", "Decode anywhere: what each model draws at the pointer's place (or hold D)"),
    play: button("play", "Play", "Play the left map's points to where the right map has them"),
    trails: button("trails", "Trails", "Trails: where the selected points, or those that move most, lie on the other map (T)"),
    png: button("png", "Save", "Save what is seen as a PNG"),
    full: button("full", "Full", "Full screen"),
  };
  const slider = element("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.005",
    value: "0",
    className: "morph",
    "aria-label": "Morph the left map into the right map",
  });
  const ends = [0, 1].map(() => element("span", { className: "end" }));
  const search = element("input", {
    type: "search",
    className: "search",
    placeholder: "Class or #row",
    title: "A class name, or # and a row number; Enter selects",
    "aria-label": "Find a class by name, or a row by # and its number",
    "autocomplete": "off",
    "spellcheck": false,
  });
  const searchNote = element("div", { className: "search-note", role: "status", hidden: true });
  const toolNote = element("div", { className: "tool-note", hidden: true, "aria-hidden": "true" });
  const filters = buildFilterPanel();
  const group = (label, ...children) => element("div", { className: "group", role: "group", "aria-label": label }, ...children);
  const bar = element(
    "div",
    { className: "bar", role: "toolbar", "aria-label": "Map tools" },
    toolNote,
    group("What a drag does", ...Object.values(tools)),
    group("View", actions.nearer, actions.farther, actions.reset, ...(count === 2 ? [actions.link] : [])),
    group("Shown", actions.images, actions.names, actions.contours, actions.decode),
    ...(count === 2 ? [group("Morph", actions.trails, actions.play, ends[0], slider, ends[1])] : []),
    element("div", { className: "finding" }, search, searchNote),
    filters.toggle,
    group("Save", actions.png, actions.full),
  );
  const maps = SIDES.slice(0, count).map(buildMap);
  const picked = element("button", { type: "button", className: "picked", hidden: true, title: "Clear the selection (Escape)" });
  const legend = element("div", { className: "legend", role: "group", "aria-label": "Classes" });
  const marksKey = element("div", { className: "marks-key", "data-testid": "map-marks-key" });
  const scale = element("div", { className: "scale", hidden: true });
  const trailKey = buildTrailKey();
  const figures = maps.map(({ figure }) => figure);
  const contourNote = element("div", {
    className: "contour-note",
    hidden: true,
    textContent: `Each line holds the densest ${100 * CONTOUR_SHARE} % of its class's images that pass the filters.`,
  });
  const card = buildCard();
  const description = element("p", { className: "unseen", id: "lm-description" });
  const spoken = element("p", { className: "unseen", role: "status", "aria-live": "polite" });
  const root = element(
    "div",
    { className: "lm" },
    bar,
    element("div", { className: "body" }, filters.panel, element("div", { className: "maps", "data-count": String(count) }, ...figures)),
    element(
      "div",
      { className: "foot" },
      element("div", { className: "key-line" }, marksKey, picked),
      trailKey,
      contourNote,
      scale,
      legend,
    ),
    card.card,
    description,
    spoken,
  );
  host.append(element("style", { textContent: STYLE }), root);
  const words = { bar, toolNote, search, searchNote, marksKey, trailKey, contourNote, picked, legend, scale, description, spoken };
  return { root, tools, actions, slider, ends, maps, filters, card, ...words };
}

/** The hover card's elements. */
function buildCard() {
  const image = element("canvas", { className: "thumbnail", "data-testid": "map-card-image", width: 1, height: 1 });
  const swatch = element("span", { className: "swatch" });
  const name = element("strong");
  const row = element("span", { className: "row" });
  const facts = element("div", { className: "facts" });
  const answers = [0, 1].map(() => {
    const [image, name] = [element("canvas", { width: 1, height: 1 }), element("strong")];
    const words = element("span");
    return { image, name, words, root: element("div", {}, image, name, words) };
  });
  const decoded = element(
    "div",
    { className: "decoded", hidden: true, "data-testid": "map-decoded" },
    ...answers.map((answer) => answer.root),
  );
  const about = element("div", { className: "about" }, element("div", {}, swatch, name), row, facts);
  const card = element("div", { className: "card", hidden: true, "data-testid": "map-card", "data-row": "" }, image, about, decoded);
  return { card, image, about, swatch, name, row, facts, decoded, answers };
}

/** One legend entry: colour, name, how many. */
function legendEntry({ name, colour }, count) {
  const swatch = element("span", { className: "swatch" });
  swatch.style.background = colour;
  const entry = element(
    "button",
    { type: "button", className: "entry", title: "Click hides, double-click shows only this class" },
    swatch,
    element("span", { className: "name", textContent: name }),
    element("span", { className: "count", textContent: count.toLocaleString("en") }),
  );
  press(entry, true);
  return entry;
}

/** The colour scales for numbers; each starts near its theme's background, so that high values stand out. */
const RAMPS = {
  light: ["#d3d5e0", "#a9a8d0", "#8c74bd", "#8a3d96", "#5a0a55"],
  dark: ["#3d3d4f", "#66589b", "#9c6ccb", "#df8fcb", "#ffdbe6"],
};

/** 256 packed colours along a colour scale. */
function rampColours(stops) {
  const parts = stops.map(colourParts);
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (parts.length - 1);
    const lower = Math.min(parts.length - 2, Math.floor(at));
    const [r, g, b] = [0, 1, 2].map((c) =>
      Math.round(parts[lower][c] + (parts[lower + 1][c] - parts[lower][c]) * (at - lower)),
    );
    return (b << 16) | (g << 8) | r;
  });
}

/** How large the page's text is: 1 where it has the browser's usual size. */
const textScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;

/** The colours and the font of the page's theme. */
function readTheme(root) {
  const style = getComputedStyle(root);
  const ground = style.getPropertyValue("--st-background-color").trim() || "#ffffff";
  const text = style.getPropertyValue("--st-text-color").trim() || "#31333f";
  return themeOf(ground, text, style.fontFamily || "sans-serif");
}

/** A theme from the colours of its ground and its text, as #rrggbb. */
function themeOf(ground, text, font) {
  const [r, g, b] = colourParts(ground);
  const dark = 0.299 * r + 0.587 * g + 0.114 * b < 128;
  const [tr, tg, tb] = colourParts(text);
  return {
    dark,
    ground: packedColour(ground),
    groundColour: ground,
    text,
    font,
    halo: `rgb(${r} ${g} ${b} / 0.9)`,
    wash: `rgb(${tr} ${tg} ${tb} / 0.07)`,
    missing: packedColour(dark ? "#4a4d57" : "#c9ccd3"),
    ramp: dark ? RAMPS.dark : RAMPS.light,
  };
}

/** A number as text with three or four digits. */
function figure(value) {
  if (!Number.isFinite(value)) return "none";
  const size = Math.abs(value);
  return value.toLocaleString("en", { maximumFractionDigits: size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4 });
}
