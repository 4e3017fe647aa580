// The arms of a run one by one: points of the map move, images change; all in the browser.

const STAY = 1400; // milliseconds at an arm while it plays
const MOVE = 500; // milliseconds from one map to the next
const SPAN = 65535;
const ICONS = { play: "M6 3.5v13l10.5-6.5z", pause: "M6 4h3v12H6zM11 4h3v12h-3z" };

/** Per place on the page: what is shown, and which arm. */
const players = new WeakMap();
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

class ArmPlayer {
  constructor(data, parent, order, arm) {
    Object.assign(this, { data, arm, playing: 0, frame: 0 });
    this.order = order in data.orders ? order : Object.keys(data.orders)[0];
    this.points = numbers(data.positions);
    this.labels = numbers(data.labels);
    this.shown = this.#of(arm);
    this.root = element("div", "arms");
    this.root.dataset.testid = "arm-player";
    this.canvas = element("canvas", "map");
    this.canvas.setAttribute("role", "img");
    const images = element("div", "images");
    this.tiles = data.rows.map((name, row) => this.#row(images, name, row));
    this.#inputs(images);
    const body = element("div", "body");
    body.append(this.canvas, images);
    this.root.append(this.#controls(), body);
    parent.append(this.root);
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(this.canvas);
    this.show(arm, false);
  }

  #of(arm) {
    const length = 2 * this.labels.length;
    return Float32Array.from(this.points.subarray(arm * length, (arm + 1) * length));
  }

  #controls() {
    const bar = element("div", "bar");
    this.button = element("button", "play");
    this.button.type = "button";
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.slider = element("input", "slider");
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "Arm");
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(this.data.orders[this.order][+this.slider.value]);
    });
    this.choices = element("div", "orders");
    this.choices.append(element("span", "quiet", "in order of"));
    for (const name of Object.keys(this.data.orders)) {
      const choice = element("button", "order", name);
      choice.type = "button";
      choice.addEventListener("click", () => {
        this.pause();
        this.order = name;
        const arms = this.data.orders[name];
        this.show(arms.includes(this.arm) ? this.arm : arms[0]);
      });
      this.choices.append(choice);
    }
    this.title = element("h3", "title");
    this.summary = element("p", "summary");
    const told = element("div", "told");
    told.setAttribute("aria-live", "polite");
    told.append(this.title, this.summary);
    bar.append(this.button, this.slider, this.choices, told);
    return bar;
  }

  #row(parent, name, row) {
    const figure = element("div", "row");
    const strip = element("div", "strip");
    const tiles = [];
    for (let i = 0; i < this.data.count; i++) {
      tiles.push(tileElement("span", "image", this.data.sheet, 0));
      strip.append(tiles[i]);
    }
    figure.append(element("p", "quiet", name), strip);
    parent.append(figure);
    return { row, tiles };
  }

  /** The test images stand above their reconstructions and never change. */
  #inputs(parent) {
    const figure = element("div", "row");
    const strip = element("div", "strip");
    for (let i = 0; i < this.data.count; i++) strip.append(tileElement("span", "image", this.data.sheet, i));
    figure.append(element("p", "quiet", "test images"), strip);
    parent.prepend(figure);
  }

  /** Show an arm: its images at once, its points on their way. */
  show(arm, moving = !calm.matches) {
    const { data } = this;
    const arms = data.orders[this.order];
    this.arm = arm;
    this.slider.max = arms.length - 1;
    this.slider.value = arms.indexOf(arm);
    this.slider.setAttribute("aria-valuetext", data.stops[arm].name);
    for (const choice of this.choices.querySelectorAll("button"))
      choice.setAttribute("aria-pressed", choice.textContent === this.order);
    const stop = data.stops[arm];
    this.root.style.setProperty("--arm", stop.colour);
    this.root.dataset.arm = stop.name;
    this.title.textContent = stop.name;
    this.summary.textContent = stop.summary;
    this.canvas.setAttribute("aria-label", `Map of ${stop.name}`);
    for (const { row, tiles } of this.tiles)
      tiles.forEach((tile, i) => showTile(tile, data.sheet, data.count * (1 + row * data.stops.length + arm) + i));
    this.#showPlaying();
    this.#moveTo(this.#of(arm), moving);
  }

  #moveTo(goal, moving) {
    cancelAnimationFrame(this.frame);
    if (!moving) {
      this.shown = goal;
      this.#draw();
      return;
    }
    const from = this.shown.slice();
    const begun = performance.now();
    const tick = (now) => {
      const t = Math.min(1, Math.max(0, (now - begun) / MOVE));
      const eased = t * t * (3 - 2 * t);
      for (let i = 0; i < goal.length; i++) this.shown[i] = from[i] + eased * (goal[i] - from[i]);
      this.#draw();
      if (t < 1) this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  #draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down) Object.assign(this.canvas, { width: across, height: down });
    const pen = this.canvas.getContext("2d");
    const side = Math.min(across, down) - 12 * ratio;
    const [left, top] = [(across - side) / 2, (down - side) / 2];
    const size = 2.2 * ratio;
    pen.clearRect(0, 0, across, down);
    pen.globalAlpha = 0.75;
    this.data.classes.forEach((entry, label) => {
      pen.fillStyle = entry.colour;
      for (let i = 0; i < this.labels.length; i++) {
        if (this.labels[i] !== label) continue;
        pen.fillRect(left + (side * this.shown[2 * i]) / SPAN - size / 2, top + (side * this.shown[2 * i + 1]) / SPAN - size / 2, size, size);
      }
    });
  }

  #showPlaying() {
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 20 20");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", this.playing ? ICONS.pause : ICONS.play);
    icon.append(path);
    this.button.replaceChildren(icon);
    const name = this.playing ? "Pause" : "Play the arms";
    this.button.setAttribute("aria-label", name);
    this.button.title = name;
  }

  play() {
    const next = () => {
      const arms = this.data.orders[this.order];
      this.show(arms[(arms.indexOf(this.arm) + 1) % arms.length]);
    };
    this.playing = setInterval(next, STAY);
    next();
  }

  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = 0;
    this.#showPlaying();
  }

  remove() {
    this.pause();
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.root.remove();
  }
}

export default function ({ data, parentElement }) {
  const shown = players.get(parentElement);
  if (shown?.data.name !== data.name) {
    shown?.remove();
    const same = shown && shown.data.stops.length === data.stops.length;
    players.set(parentElement, new ArmPlayer(data, parentElement, shown?.order, same ? shown.arm : data.openedAt));
  }
  return () => {
    players.get(parentElement)?.remove();
    players.delete(parentElement);
  };
}
