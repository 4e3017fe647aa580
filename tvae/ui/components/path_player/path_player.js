// Ways between two images, an arm a lane; everything moves with one slider, in the browser alone.

const PLAYED_IN = 5000; // milliseconds from end to end
const ICONS = { play: "M6 3.5v13l10.5-6.5z", pause: "M6 4h3v12H6zM11 4h3v12h-3z" };
const SVG = "http://www.w3.org/2000/svg";
const LEAST_LABELLED = 0.3; // a class with less of the vote everywhere has no room for its name

/** Per place on the page: what is shown, and where its slider stands. */
const players = new WeakMap();

const percent = (share) => `${Math.round(100 * share)} %`;
const signed = (value) => (Math.round(10 * value) / 10 + 0).toFixed(1).replace("-", "−"); // no −0.0

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

class Player {
  constructor(data, parent, at, commit) {
    Object.assign(this, { data, commit, lanes: [], playing: 0 });
    this.root = element("div", data.steps.length > 12 ? "player many" : "player");
    this.root.dataset.testid = "path-player";
    this.root.style.setProperty("--steps", data.steps.length);
    this.root.append(this.#controls());
    for (const lane of data.lanes) this.root.append(this.#lane(lane));
    parent.append(this.root);
    this.move(at);
  }

  /** Where t is across a track whose columns are the steps. */
  #across(t) {
    const { length } = this.data.steps;
    return (0.5 + t * (length - 1)) / length;
  }

  #controls() {
    const bar = element("div", "bar");
    const ends = element("div", "ends");
    this.data.ends.forEach((end, i) => {
      const name = `${this.data.classes[end.label].name} #${end.row}`;
      const shown =
        end.place >= 0 ? tileElement("span", "end", this.data.sheet, end.place) : element("span", "name", name);
      shown.title = `${i ? "to" : "from"} ${name}`;
      if (i) ends.append(element("span", "arrow", "→"));
      ends.append(shown);
    });
    this.button = element("button", "play");
    this.button.type = "button";
    this.button.addEventListener("click", () => {
      if (!this.playing) return this.play();
      this.pause();
      this.commit(this.t);
    });
    ends.append(this.button);
    this.slider = element("input", "slider");
    Object.assign(this.slider, { type: "range", min: 0, max: 1, step: 1 / Math.max(1, this.data.frames - 1) });
    this.slider.setAttribute("aria-label", "Place on the way, from the first image to the second");
    this.slider.addEventListener("input", () => {
      this.pause();
      this.move(+this.slider.value);
    });
    this.slider.addEventListener("change", () => this.commit(this.t));
    bar.append(ends, this.slider);
    this.#showPlaying(false);
    return bar;
  }

  #showPlaying(on) {
    const icon = svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" });
    icon.append(svg("path", { d: on ? ICONS.pause : ICONS.play }));
    this.button.replaceChildren(icon);
    this.button.setAttribute("aria-label", on ? "Pause" : "Play the way");
    this.button.title = on ? "Pause" : "Play the way";
  }

  #lane(lane) {
    const { sheet } = this.data;
    const section = element("section", "lane");
    section.style.setProperty("--arm", lane.colour);
    const head = element("div", "head");
    const big = tileElement("div", "big", sheet, lane.place);
    const vote = element("p", "vote");
    const near = element("p", "quiet");
    const density = element("p", "quiet");
    head.append(element("h2", "title", lane.title), big, vote, near, density);
    const track = element("div", "track");
    const playhead = element("div", "playhead");
    const strip = element("div", "strip");
    const buttons = this.data.steps.map((frame) => this.#step(lane, frame));
    strip.append(...buttons);
    const votes = this.#votes(lane);
    votes.append(playhead);
    track.append(votes, strip);
    const body = element("div", "body");
    body.append(element("p", "told", lane.told), track);
    section.append(head, body);
    this.lanes.push({ lane, big, vote, near, density, buttons });
    return section;
  }

  #step(lane, frame) {
    const { sheet, classes, near } = this.data;
    const winner = classes[lane.winners[frame]];
    const nearest = near[lane.near[frame]];
    const button = element("button", "step");
    button.type = "button";
    const words = `${winner.name}, ${percent(lane.sureness[frame])} of the vote, log p ${signed(lane.density[frame])}`;
    button.title = `${words}; nearest: row ${nearest.row} (${classes[nearest.label].name}), ${lane.distance[frame]} away`;
    button.setAttribute("aria-label", `Step: ${button.title}`);
    const name = element("span", "name", winner.name);
    name.style.setProperty("--class", winner.colour);
    const real =
      nearest.place >= 0
        ? tileElement("span", "real", sheet, nearest.place)
        : element("span", "quiet", `#${nearest.row}`);
    button.append(
      tileElement("span", "decoded", sheet, lane.place + frame),
      name,
      element("span", "share", percent(lane.sureness[frame])),
      real,
      element("span", "quiet", signed(lane.density[frame])),
    );
    button.addEventListener("click", () => {
      this.pause();
      this.move(frame / Math.max(1, this.data.frames - 1));
      this.commit(this.t);
    });
    return button;
  }

  /** Shares of the vote stacked: the first image's class at the bottom, the second's on top, others between. */
  #votes(lane) {
    const { frames, classes, ends } = this.data;
    const box = element("div", "votes");
    const picture = svg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" });
    const [from, to] = ends.map((end) => String(end.label));
    const rank = (label) => (label === from ? -1 : label === to ? 1 : 0);
    const order = Object.keys(lane.shares).sort((a, b) => rank(a) - rank(b) || a - b);
    const base = new Array(frames).fill(0);
    const x = (frame) => 1000 * this.#across(frames > 1 ? frame / (frames - 1) : 0);
    for (const label of order) {
      const shares = lane.shares[label];
      const low = base.map((value, i) => `${x(i)},${100 - 100 * value}`);
      shares.forEach((share, i) => (base[i] += share));
      const high = base.map((value, i) => `${x(i)},${100 - 100 * value}`);
      const area = svg("polygon", { points: [...low, ...high.reverse()].join(" "), fill: classes[label].colour });
      picture.append(area);
      const peak = shares.indexOf(Math.max(...shares));
      if (shares[peak] >= LEAST_LABELLED) {
        // In the middle of where the class is at its height, not at the height's first frame.
        let last = peak;
        while (last + 1 < frames && shares[last + 1] === shares[peak]) last++;
        const middle = Math.round((peak + last) / 2);
        const name = element("span", "region", classes[label].name);
        name.style.left = `${x(middle) / 10}%`;
        name.style.top = `${100 - 100 * (base[middle] - shares[middle] / 2)}%`;
        box.append(name);
      }
    }
    box.prepend(picture);
    const seek = (event) => {
      const { left, width } = box.getBoundingClientRect();
      const { length } = this.data.steps;
      const t = length > 1 ? (((event.clientX - left) / width) * length - 0.5) / (length - 1) : 0;
      this.pause();
      this.move(Math.max(0, Math.min(1, t)));
    };
    box.addEventListener("pointerdown", (event) => {
      box.setPointerCapture(event.pointerId);
      seek(event);
    });
    box.addEventListener("pointermove", (event) => box.hasPointerCapture(event.pointerId) && seek(event));
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => this.commit(this.t));
    return box;
  }

  /** Go to a place on the way, from 0 to 1. */
  move(t) {
    const { frames, classes, near, sheet, steps, voters } = this.data;
    this.t = t;
    const frame = Math.round(t * (frames - 1));
    this.root.dataset.frame = frame;
    this.root.style.setProperty("--at", `${100 * this.#across(t)}%`);
    this.slider.value = t;
    this.slider.setAttribute("aria-valuetext", `t = ${t.toFixed(2)}`);
    for (const { lane, big, vote, near: nearWords, density, buttons } of this.lanes) {
      showTile(big, sheet, lane.place + frame);
      const nearest = near[lane.near[frame]];
      vote.textContent = `${classes[lane.winners[frame]].name} · ${percent(lane.sureness[frame])} of ${voters}`;
      nearWords.textContent = `nearest #${nearest.row} (${classes[nearest.label].name}), ${lane.distance[frame].toFixed(2)}`;
      density.textContent = `t = ${t.toFixed(2)} · log p ${signed(lane.density[frame])}`;
      buttons.forEach((button, i) => button.setAttribute("aria-current", steps[i] === frame ? "step" : "false"));
    }
  }

  play() {
    const from = this.t >= 1 ? 0 : this.t;
    const begun = performance.now() - from * PLAYED_IN;
    this.#showPlaying(true);
    const tick = (now) => {
      const t = Math.max(0, Math.min(1, (now - begun) / PLAYED_IN));
      this.move(t);
      if (t < 1) {
        this.playing = requestAnimationFrame(tick);
      } else {
        this.pause();
        this.commit(1);
      }
    };
    this.playing = requestAnimationFrame(tick);
  }

  pause() {
    if (!this.playing) return;
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.#showPlaying(false);
  }

  remove() {
    this.pause();
    this.root.remove();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const shown = players.get(parentElement);
  if (shown?.data.name !== data.name) {
    const commit = (t) => setStateValue("at", Math.round(1000 * t) / 1000);
    shown?.remove();
    players.set(parentElement, new Player(data, parentElement, shown ? shown.t : data.openedAt, commit));
  }
  return () => {
    players.get(parentElement)?.remove();
    players.delete(parentElement);
  };
}
