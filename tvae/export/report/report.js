// Maps of a report: drawn from the data in the page; hovering, keys and taps name an image, a class can be picked out.
const data = JSON.parse(document.getElementById("map-data").textContent);
const sprite = document.getElementById("sprite");
const says = document.getElementById("map-says");
const REACH = 14; // screen pixels from a point within which the pointer means it
const STEP = 10; // screen pixels that an arrow key goes at least

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
const rows = new Int32Array(bytes(data.rows));
const classes = new Int32Array(bytes(data.classes));
const n = rows.length;
let order = Array.from({ length: n }, (_, i) => i); // drawn in a fixed mixed order, so that no class covers the others
for (let i = n - 1, state = 1; i > 0; i--) {
  state = (state * 1103515245 + 12345) % 2147483648;
  const j = state % (i + 1);
  [order[i], order[j]] = [order[j], order[i]];
}
let picked = -1; // class that is picked out
let shown = -1; // point that is named, on both maps
let pinned = false; // it stays when the pointer leaves

const views = data.sides.map((side, place) => {
  const figure = document.getElementById(`map-${place}`);
  return {
    side,
    places: new Uint16Array(bytes(side.places)),
    errors: new Float32Array(bytes(side.errors)),
    canvas: figure.querySelector("canvas.points"),
    mark: figure.querySelector("canvas.mark"),
    tip: figure.querySelector(".tip"),
  };
});

const at = (view, i, size) => [(view.places[2 * i] / 65535) * size, (view.places[2 * i + 1] / 65535) * size];

function colours() {
  const style = getComputedStyle(document.documentElement);
  return { ink: style.getPropertyValue("--ink").trim(), ground: style.getPropertyValue("--ground").trim() };
}

/** The context of a canvas that is made as fine as the screen; its unit is a screen pixel. */
function cleared(canvas, size) {
  const scale = Math.max(2, window.devicePixelRatio || 1);
  canvas.width = canvas.height = Math.round(size * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return context;
}

function draw(view) {
  const size = view.canvas.clientWidth;
  if (!size) return;
  const context = cleared(view.canvas, size);
  const { ink, ground } = colours();
  const radius = Math.max(1.1, Math.min(4, (size / 360) * Math.min(3, 1.4 * (2000 / n) ** 0.25)));
  for (const faint of picked < 0 ? [false] : [true, false]) {
    for (const i of order) {
      if (picked >= 0 && (classes[i] !== picked) !== faint) continue;
      const [x, y] = at(view, i, size);
      context.globalAlpha = faint ? 0.12 : 0.8;
      context.fillStyle = data.colours[classes[i]];
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.fill();
    }
  }
  context.globalAlpha = 1;
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const [name, x, y] of view.side.names) {
    const half = context.measureText(name).width / 2 + 3;
    const left = Math.min(Math.max(x * size, half), size - half);
    context.strokeStyle = ground;
    context.lineWidth = 4;
    context.strokeText(name, left, y * size);
    context.fillStyle = ink;
    context.fillText(name, left, y * size);
  }
  drawMark(view, size);
}

function drawMark(view, size) {
  const context = cleared(view.mark, size);
  if (shown < 0) return;
  const { ink, ground } = colours();
  const [x, y] = at(view, shown, size);
  for (const [radius, width, colour] of [[8, 5, ground], [8, 2.5, ink]]) {
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
  context.beginPath();
  context.arc(x, y, 3.5, 0, 7);
  context.fillStyle = data.colours[classes[shown]];
  context.fill();
}

const errorText = (view, i) => `${view.side.name} ${view.errors[i].toFixed(2)}`;

function fillTip(view, size) {
  const { tip } = view;
  const [x, y] = at(view, shown, size);
  tip.hidden = false;
  tip.querySelector(".class").textContent = data.names[classes[shown]];
  tip.querySelector(".row").textContent = `row ${rows[shown].toLocaleString("en")}`;
  tip.querySelector(".error").textContent = `squared error ${view.errors[shown].toFixed(2)}`;
  const picture = tip.querySelector("canvas");
  if (picture) {
    const [width, height] = data.thumbnail;
    const across = sprite.naturalWidth / width;
    picture.width = width;
    picture.height = height;
    picture.getContext("2d").drawImage(
      sprite, (shown % across) * width, Math.floor(shown / across) * height, width, height, 0, 0, width, height,
    );
  }
  const left = x + 14 + tip.offsetWidth > size ? x - 14 - tip.offsetWidth : x + 14;
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.min(Math.max(y - tip.offsetHeight / 2, 0), size - tip.offsetHeight)}px`;
}

/** Name a point on both maps, or none (-1). */
function show(i, aloud = false) {
  if (i === shown) return;
  shown = i;
  for (const view of views) {
    const size = view.canvas.clientWidth;
    drawMark(view, size);
    if (i < 0) view.tip.hidden = true;
    else fillTip(view, size);
  }
  if (!aloud) return;
  says.textContent = i < 0 ? "" : `Class ${data.names[classes[i]]}, row ${rows[i]}. Squared error: ${
    views.map((view) => errorText(view, i)).join(", ")}.`;
}

/** The point that suits best: the one with the least cost, which is null for a point that does not suit. */
function best(view, cost) {
  const size = view.canvas.clientWidth;
  let [found, least] = [-1, Infinity];
  for (let i = 0; i < n; i++) {
    if (picked >= 0 && classes[i] !== picked) continue;
    const value = cost(...at(view, i, size));
    if (value !== null && value < least) [found, least] = [i, value];
  }
  return found;
}

function near(view, event) {
  const box = view.canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  return best(view, (a, b) => {
    const far = (a - x) ** 2 + (b - y) ** 2;
    return far <= REACH ** 2 ? far : null;
  });
}

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function onKey(view, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const size = view.canvas.clientWidth;
  if (event.key === "Escape") {
    pinned = false;
    show(-1, true);
    return;
  }
  if (!(event.key in ARROWS)) return;
  event.preventDefault();
  pinned = true;
  if (shown < 0) {
    show(best(view, (x, y) => (x - size / 2) ** 2 + (y - size / 2) ** 2), true);
    return;
  }
  const [right, down] = ARROWS[event.key];
  const [x, y] = at(view, shown, size);
  const next = best(view, (a, b) => {
    const ahead = (a - x) * right + (b - y) * down;
    const aside = Math.abs((a - x) * down) + Math.abs((b - y) * right);
    return ahead >= STEP && aside <= ahead ? ahead + 2 * aside : null;
  });
  if (next >= 0) show(next, true);
}

for (const view of views) {
  view.mark.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !pinned) show(near(view, event));
  });
  view.mark.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && !pinned) show(-1);
  });
  view.mark.addEventListener("click", (event) => {
    const found = near(view, event);
    pinned = found >= 0 && !(pinned && found === shown);
    show(found, true);
  });
  view.mark.addEventListener("keydown", (event) => onKey(view, event));
  view.mark.addEventListener("blur", () => {
    if (!document.hasFocus()) return;
    pinned = false;
    show(-1);
  });
}

const buttons = [...document.querySelectorAll(".legend button")];
buttons.forEach((button, place) => {
  button.disabled = false;
  button.addEventListener("click", () => {
    picked = picked === place ? -1 : place;
    buttons.forEach((other, its) => other.setAttribute("aria-pressed", String(its === picked)));
    show(-1);
    drawAll();
  });
});

function drawAll() {
  for (const view of views) draw(view);
}

window.addEventListener("resize", drawAll);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.documentElement.classList.add("drawn"); // the still maps are for paper, and for a page without its script
drawAll();
