// The replay of a training: all moments are here, points and curves move between them in the browser alone.

const PLAYED_IN = 12000; // milliseconds from the first moment to the last
const LOOK_AGAIN = 200; // milliseconds between two looks whether the page is drawn
const FULL = 32000; // the edge of a map, as Python sends it
const MARGIN = 0.94; // of half a map that its points reach
const MOST_NAMED = 20; // classes of which a legend still fits
const FEW = 600; // images that are drawn as larger, round points
const NAME_SPACE = 18; // pixels between two names of classes on a map
/** How large the page's text is: 1 where it has the browser's usual size. */
const textScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
/** Room around the chart's lines, in pixels. */
const plotRoom = () => {
  const scale = textScale();
  return { left: 44 * scale, right: 8, top: 18 * scale, bottom: 22 * scale };
};
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

/** At most five round percentages from low to high, as shares. */
function roundShares(low, high) {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((size) => (high - low) / size <= 4) ?? 0.5;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

class Replay {
  constructor(data, parent) {
    this.playing = 0;
    this.root = element("div", "replay");
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Replay of the training: space plays, the arrow keys step");
    this.root.dataset.testid = "replay";
    this.root.addEventListener("keydown", (event) => this.#key(event));
    const views = element("div", "views");
    views.style.setProperty("--maps", data.sides.length);
    this.sides = data.sides.map((side) => this.#side(side, views));
    this.measured = data.sides.some((side) => side.accuracy);
    if (this.measured) this.#addChart(data, views);
    this.root.append(this.#bar(), views);
    if (data.classes.length <= MOST_NAMED) this.root.append(this.#legend(data.classes));
    this.#take(data);
    parent.append(this.root);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.root);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.move(still ? this.last : 0);
    if (!still) this.#playAtRest();
  }

  /** Play once the page's script has ended: until then its frames would hold up the rest of the page. */
  #playAtRest() {
    const runs = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "running";
    this.waiting = setTimeout(() => (runs ? this.#playAtRest() : this.play()), LOOK_AGAIN);
  }

  /** Show further moments of the same training, from the present one on; from the last one the new last. */
  update(data) {
    const { playing, at, last } = this;
    this.pause();
    this.#take(data);
    this.move(at === last && !playing ? this.last : Math.min(at, this.last));
    if (playing) this.play();
  }

  #take(data) {
    this.data = data;
    this.last = data.moments.length - 1;
    this.rows = data.classes.map(() => []); // of each class: a colour is set once for all its points
    data.labels.forEach((label, row) => this.rows[label].push(row));
    this.sides.forEach((shown, place) => Object.assign(shown, { side: data.sides[place], points: unpacked(data.sides[place].points) }));
    this.scrubber.max = this.last;
    this.parting.hidden = data.parting < 0;
    this.parting.textContent = data.parting < 0 ? "" : `the arms have parted: ${data.moments[data.parting]}`;
  }

  #bar() {
    const bar = element("div", "bar");
    this.button = element("button", "play");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.toggle());
    this.scrubber = element("input", "scrubber");
    Object.assign(this.scrubber, { type: "range", min: 0, step: "any" });
    this.scrubber.setAttribute("aria-label", "Moment of the training");
    this.scrubber.addEventListener("input", () => {
      this.pause();
      this.move(+this.scrubber.value);
    });
    this.moment = element("span", "moment");
    this.parting = element("button", "parting");
    this.parting.type = "button";
    this.parting.title = "Go to the moment from which their shares of triplets in order stay nearly as far apart as they end";
    this.parting.addEventListener("click", () => this.#jump(this.data.parting));
    bar.append(this.button, this.scrubber, this.moment, this.parting);
    this.#showPlaying(false);
    return bar;
  }

  #side({ title, colour }, views) {
    const { section, score, below } = this.#view(title, views);
    section.style.setProperty("--arm", colour);
    const canvas = element("canvas", "map");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Map of the latent means, ${title}`);
    section.append(canvas);
    return { score, losses: below, canvas };
  }

  #addChart({ unit }, views) {
    const { section, below } = this.#view("Triplets in order", views);
    section.classList.add("shares");
    below.textContent = `share at m = 0, against the ${unit}`;
    this.chart = element("canvas", "chart");
    this.chart.setAttribute("role", "img");
    this.chart.setAttribute("aria-label", "Share of triplets in order of each arm at each moment");
    for (const kind of ["pointerdown", "pointermove"]) this.chart.addEventListener(kind, (event) => this.#seek(event));
    section.append(this.chart);
  }

  #view(title, views) {
    const section = element("section", "view");
    const head = element("div", "head");
    const score = element("span", "score");
    head.append(element("span", "title", title), score);
    const below = element("div", "below");
    section.append(head, below);
    views.append(section);
    return { section, score, below };
  }

  #legend(classes) {
    const legend = element("div", "legend");
    for (const { name, colour } of classes) {
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
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    if (event.key === " " && event.target.tagName !== "BUTTON") this.toggle();
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
    const room = plotRoom();
    this.#jump(((event.clientX - left - room.left) / (width - room.left - room.right)) * this.last);
  }

  /** Go to a moment; between two, points and numbers are interpolated. */
  move(at) {
    this.at = at;
    const { moments, parting } = this.data;
    const nearest = Math.round(at);
    const parted = parting >= 0 && nearest >= parting;
    this.moment.textContent = moments[nearest];
    this.parting.classList.toggle("parted", parted);
    this.scrubber.value = at;
    this.scrubber.setAttribute("aria-valuetext", `${moments[nearest]}${parted ? ", the arms have parted" : ""}`);
    this.root.dataset.moment = nearest;
    for (const { side, score, losses } of this.sides) {
      score.textContent = side.accuracy ? `${percent(side.accuracy[nearest])} in order` : "";
      losses.textContent = side.losses[nearest];
    }
    this.draw();
  }

  draw() {
    for (const side of this.sides) this.#drawMap(side);
    if (this.measured) this.#drawChart();
  }

  #drawMap({ canvas, points }) {
    const { context, width, height } = cleared(canvas);
    const { labels, classes } = this.data;
    const from = Math.min(this.last, Math.floor(this.at));
    const share = this.at - from;
    const [first, second] = [from, Math.min(this.last, from + 1)].map((moment) => 2 * moment * labels.length);
    const scale = (MARGIN * Math.min(width, height)) / 2 / FULL;
    const few = labels.length <= FEW;
    const names = [];
    context.globalAlpha = 0.8;
    this.rows.forEach((rows, label) => {
      let [sumX, sumY] = [0, 0];
      context.fillStyle = classes[label].colour;
      context.beginPath();
      for (const row of rows) {
        const i = first + 2 * row;
        const j = second + 2 * row;
        const x = width / 2 + scale * (points[i] + share * (points[j] - points[i]));
        const y = height / 2 - scale * (points[i + 1] + share * (points[j + 1] - points[i + 1]));
        sumX += x;
        sumY += y;
        if (few) {
          context.moveTo(x, y);
          context.arc(x, y, 2.4, 0, 7);
        } else context.fillRect(x - 1.2, y - 1.2, 2.4, 2.4);
      }
      if (few) context.fill();
      if (rows.length) names.push({ name: classes[label].name, x: sumX / rows.length, y: sumY / rows.length });
    });
    context.globalAlpha = 1;
    this.#drawNames(context, names);
  }

  /** Names of the classes at the means of their points, once these have moved apart. */
  #drawNames(context, names) {
    const style = getComputedStyle(this.root);
    const far = (one, other) => one === other || Math.hypot(one.x - other.x, one.y - other.y) >= NAME_SPACE;
    context.font = `700 ${13 * textScale()}px ${style.fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = style.getPropertyValue("--ground");
    context.fillStyle = style.color;
    for (const one of names) {
      if (!names.every((other) => far(one, other))) continue;
      context.strokeText(one.name, one.x, one.y);
      context.fillText(one.name, one.x, one.y);
    }
  }

  #drawChart() {
    const { context, width, height } = cleared(this.chart);
    const style = getComputedStyle(this.root);
    const { parting, ticks } = this.data;
    const shown = this.sides.map(({ side }) => side);
    const values = shown.flatMap((side) => side.accuracy);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = plotRoom();
    const [right, bottom] = [width - room.right, height - room.bottom];
    const x = (moment) => room.left + ((right - room.left) * moment) / Math.max(this.last, 1);
    const y = (share) => bottom - 4 - ((bottom - 4 - room.top) * (share - low)) / Math.max(high - low, 1e-6);
    const line = (...[x0, y0, x1, y1]) => {
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
    };
    context.font = `${12 * textScale()}px ${style.fontFamily}`;
    context.fillStyle = context.strokeStyle = style.color;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const share of roundShares(low, high)) {
      context.fillText(`${Math.round(100 * share)} %`, room.left - 6, y(share));
      context.globalAlpha = 0.15;
      line(room.left, y(share), right, y(share));
      context.globalAlpha = 1;
    }
    context.textAlign = "center";
    for (const { at, text } of ticks) {
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(x(at), width - half), height - 8);
      line(x(at), bottom, x(at), bottom + 4);
    }
    if (parting >= 0) {
      context.textAlign = x(parting) > width / 2 ? "right" : "left";
      context.fillText("parted", x(parting) + (context.textAlign === "left" ? 4 : -4), 7);
      context.setLineDash([4, 3]);
      line(x(parting), 0, x(parting), bottom);
      context.setLineDash([]);
    }
    line(x(this.at), room.top - 4, x(this.at), bottom);
    context.lineWidth = 2;
    for (const { colour, accuracy } of shown) {
      context.fillStyle = context.strokeStyle = colour;
      context.beginPath();
      accuracy.forEach((share, moment) => context.lineTo(x(moment), y(share)));
      context.stroke();
      const from = Math.min(this.last, Math.floor(this.at));
      const next = accuracy[Math.min(this.last, from + 1)];
      context.beginPath();
      context.arc(x(this.at), y(accuracy[from] + (this.at - from) * (next - accuracy[from])), 4, 0, 7);
      context.fill();
    }
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    clearTimeout(this.waiting);
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
    clearTimeout(this.waiting);
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
  if (shown && shown.data.subject === data.subject) {
    if (shown.data.name !== data.name) shown.update(data);
  } else {
    shown?.remove();
    replays.set(parentElement, new Replay(data, parentElement));
  }
  return () => {
    replays.get(parentElement)?.remove();
    replays.delete(parentElement);
  };
}
