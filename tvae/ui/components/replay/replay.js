// The replay of a training: all moments are here, points and curves move between them in the browser alone.

const PLAYED_IN = 12000; // milliseconds from the first moment to the last
const FULL = 32000; // the edge of a map, as Python sends it
const MARGIN = 0.94; // of half a map that its points reach
const MOST_NAMED = 20; // classes of which a legend still fits
const ICONS = { play: "M6 3.5v13l10.5-6.5z", pause: "M6 4h3v12H6zM11 4h3v12h-3z" };
const SVG = "http://www.w3.org/2000/svg";

/** Per place on the page: the replay that is shown. */
const replays = new WeakMap();

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Int16Array(bytes.buffer);
}

/** The context of a canvas whose pixels are the screen's, cleared; width and height are in CSS pixels. */
function cleared(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const size = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

class Replay {
  constructor(data, parent, at) {
    this.data = data;
    this.last = data.epochs.length - 1;
    this.playing = 0;
    this.rows = data.classes.map(() => []); // of each class: a colour is set once for all its points
    data.labels.forEach((label, row) => this.rows[label].push(row));
    this.root = element("div", "replay");
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Replay of the training: space plays, the arrow keys step");
    this.root.dataset.testid = "replay";
    this.root.addEventListener("keydown", (event) => this.#key(event));
    const maps = element("div", "maps");
    this.sides = data.sides.map((side) => this.#side(side, maps));
    this.chart = element("canvas", "chart");
    this.chart.setAttribute("role", "img");
    this.chart.setAttribute("aria-label", "Triplet accuracy of each arm at each moment");
    this.root.append(this.#bar(), maps);
    if (data.sides.some((side) => side.accuracy)) this.root.append(this.chart);
    if (data.classes.length <= MOST_NAMED) this.root.append(this.#legend());
    for (const kind of ["pointerdown", "pointermove"]) this.chart.addEventListener(kind, (event) => this.#seek(event));
    parent.append(this.root);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.root);
    this.move(at ?? this.last);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (at === undefined && !still) {
      this.move(0);
      this.play();
    }
  }

  #bar() {
    const bar = element("div", "bar");
    this.button = element("button", "play");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.toggle());
    this.scrubber = element("input", "scrubber");
    Object.assign(this.scrubber, { type: "range", min: 0, max: this.last, step: "any" });
    this.scrubber.setAttribute("aria-label", "Moment of the training");
    this.scrubber.addEventListener("input", () => {
      this.pause();
      this.move(+this.scrubber.value);
    });
    this.moment = element("span", "moment");
    bar.append(this.button, this.scrubber, this.moment);
    this.#showPlaying(false);
    return bar;
  }

  #side(side, maps) {
    const section = element("section", "side");
    section.style.setProperty("--arm", side.colour);
    const head = element("div", "head");
    const score = element("span", "score");
    head.append(element("span", "title", side.title), score);
    const losses = element("div", "losses");
    const canvas = element("canvas", "map");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Map of the latent means, ${side.title}`);
    section.append(head, losses, canvas);
    maps.append(section);
    return { side, score, losses, canvas, points: unpacked(side.points) };
  }

  #legend() {
    const legend = element("div", "legend");
    for (const { name, colour } of this.data.classes) {
      const entry = element("span", "", name);
      entry.style.setProperty("--class", colour);
      legend.append(entry);
    }
    return legend;
  }

  #showPlaying(on) {
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 20 20");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", on ? ICONS.pause : ICONS.play);
    icon.append(path);
    this.button.replaceChildren(icon);
    this.button.title = on ? "Pause" : "Play the training";
    this.button.setAttribute("aria-label", this.button.title);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key === " " && event.target !== this.button) this.toggle();
    else if (event.key in steps) this.#jump(Math.round(this.at) + steps[event.key]);
    else if (event.key === "Home") this.#jump(0);
    else if (event.key === "End") this.#jump(this.last);
    else return;
    event.preventDefault();
  }

  #jump(at) {
    this.pause();
    this.move(Math.max(0, Math.min(this.last, at)));
  }

  #seek(event) {
    if (event.type === "pointerdown") this.chart.setPointerCapture(event.pointerId);
    else if (!this.chart.hasPointerCapture(event.pointerId)) return;
    const { left, width } = this.chart.getBoundingClientRect();
    this.#jump(((event.clientX - left) / width) * this.last);
  }

  /** Go to a moment; between two, points and numbers are interpolated. */
  move(at) {
    this.at = at;
    const { epochs, parting } = this.data;
    const nearest = Math.round(at);
    const apart = parting >= 0 && nearest >= parting ? " · the arms have parted" : "";
    this.moment.textContent = `epoch ${epochs[nearest]}${apart}`;
    this.scrubber.value = at;
    this.scrubber.setAttribute("aria-valuetext", this.moment.textContent);
    this.root.dataset.moment = nearest;
    for (const { side, score, losses } of this.sides) {
      score.textContent = side.accuracy ? `${percent(side.accuracy[nearest])} in order` : "";
      losses.textContent = side.losses[nearest];
    }
    this.draw();
  }

  draw() {
    for (const side of this.sides) this.#drawMap(side);
    if (this.chart.isConnected) this.#drawChart();
  }

  #drawMap({ canvas, points }) {
    const { context, width, height } = cleared(canvas);
    const { labels, classes } = this.data;
    const from = Math.min(this.last, Math.floor(this.at));
    const share = this.at - from;
    const [first, second] = [from, Math.min(this.last, from + 1)].map((moment) => 2 * moment * labels.length);
    const scale = (MARGIN * Math.min(width, height)) / 2 / FULL;
    const size = labels.length > 600 ? 2.4 : 4;
    const [x0, y0] = [(width - size) / 2, (height - size) / 2];
    context.globalAlpha = 0.8;
    this.rows.forEach((rows, label) => {
      context.fillStyle = classes[label].colour;
      for (const row of rows) {
        const i = first + 2 * row;
        const j = second + 2 * row;
        const x = points[i] + share * (points[j] - points[i]);
        const y = points[i + 1] + share * (points[j + 1] - points[i + 1]);
        context.fillRect(x0 + scale * x, y0 - scale * y, size, size);
      }
    });
    context.globalAlpha = 1;
  }

  #drawChart() {
    const { context, width, height } = cleared(this.chart);
    const style = getComputedStyle(this.root);
    const shown = this.sides.map(({ side }) => side).filter((side) => side.accuracy);
    const values = shown.flatMap((side) => side.accuracy);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = (moment) => (this.last ? 1 + ((width - 2) * moment) / this.last : width / 2);
    const y = (value) => height - 6 - ((height - 24) * (value - low)) / Math.max(high - low, 1e-6);
    const line = (at, dash, text) => {
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(x(at), 16);
      context.lineTo(x(at), height);
      context.stroke();
      const right = x(at) > width / 2;
      context.textAlign = right ? "right" : "left";
      if (text) context.fillText(text, x(at) + (right ? -5 : 5), 12);
    };
    context.font = `12px ${style.fontFamily}`;
    context.fillStyle = context.strokeStyle = style.color;
    context.lineWidth = 1;
    const { parting, epochs } = this.data;
    if (parting >= 0) line(parting, [4, 3], `the arms part: epoch ${epochs[parting]}`);
    line(this.at, [], "");
    context.lineWidth = 2;
    for (const side of shown) {
      context.strokeStyle = side.colour;
      context.beginPath();
      side.accuracy.forEach((value, moment) => context.lineTo(x(moment), y(value)));
      context.stroke();
    }
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    const from = this.at >= this.last ? 0 : this.at;
    const begun = performance.now() - (this.last ? from / this.last : 1) * PLAYED_IN;
    this.#showPlaying(true);
    const tick = (now) => {
      const share = Math.max(0, Math.min(1, (now - begun) / PLAYED_IN));
      this.move(share * this.last);
      if (share < 1) this.playing = requestAnimationFrame(tick);
      else this.pause();
    };
    this.playing = requestAnimationFrame(tick);
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.#showPlaying(false);
  }

  remove() {
    this.pause();
    this.sizes.disconnect();
    this.root.remove();
  }
}

export default function ({ data, parentElement }) {
  const shown = replays.get(parentElement);
  if (shown?.data.name !== data.name) {
    shown?.remove();
    const at = shown && shown.last === data.epochs.length - 1 ? shown.at : undefined;
    replays.set(parentElement, new Replay(data, parentElement, at));
  }
  return () => {
    replays.get(parentElement)?.remove();
    replays.delete(parentElement);
  };
}
