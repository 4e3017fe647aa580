// One triplet of real images whose distances move from one model's to the other's. Changes in the browser alone.

const HOLD = 2600; // milliseconds that each model is shown while it plays

/** What is shown, per place on the page. */
const pictures = new WeakMap();

class MovingTriplet {
  constructor(data, parent) {
    Object.assign(this, { data, at: data.first, model: 0, timer: 0 });
    this.root = element("div", "moving");
    this.root.dataset.testid = "moving-triplet";
    this.stage = element("div", "stage");
    this.verdicts = element("div", "verdicts");
    this.verdicts.setAttribute("aria-live", "polite");
    this.root.append(this.stage, this.verdicts, this.#controls());
    parent.append(this.root);
    this.show(this.at);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (data.models.length > 1 && data.plays && !still) this.play();
  }

  #controls() {
    const bar = element("div", "controls");
    const button = (text, act) => {
      const made = element("button", "control", text);
      made.type = "button";
      made.addEventListener("click", act);
      bar.append(made);
      return made;
    };
    if (this.data.models.length > 1) this.pauseButton = button("Play", () => (this.timer ? this.pause() : this.play()));
    if (this.data.triplets.length > 1) {
      button("Another triplet", () => this.show((this.at + 1) % this.data.triplets.length));
      this.firstButton = button("Back to the first triplet", () => this.show(this.data.first));
    }
    return bar;
  }

  /** A model, and what it makes of the triplet; a button that shows the model's distances where there are two. */
  #verdict(model, place, [positive, negative]) {
    const right = positive <= negative;
    const line = element(this.data.models.length > 1 ? "button" : "p", "verdict");
    const dot = element("span", "dot");
    dot.style.background = model.colour;
    line.append(dot, element("b", "", model.name));
    if (this.data.verdicts) {
      line.classList.add(right ? "right" : "wrong");
      line.lastChild.append(`: ${right ? "right" : "wrong"}`);
      line.append(` · positive ${positive.toFixed(2)}, negative ${negative.toFixed(2)} away`);
    }
    if (line.localName === "button") {
      line.type = "button";
      line.addEventListener("click", () => {
        this.pause();
        this.turnTo(place);
      });
    }
    return line;
  }

  /** Show the triplet at this place of the list. */
  show(at) {
    this.at = at;
    const { sheet, triplets, scale } = this.data;
    const triplet = triplets[at];
    this.root.dataset.triplet = at;
    if (this.firstButton) this.firstButton.hidden = at === this.data.first;
    const card = (role, place, name) => {
      const made = element("figure", `card ${role}`);
      const words = element("figcaption", "", `${role}: ${name}`);
      words.title = words.textContent;
      const tile = tileElement("div", "picture", sheet, 3 * at + place);
      tile.setAttribute("role", "img");
      tile.setAttribute("aria-label", words.textContent);
      made.append(tile, words);
      return made;
    };
    const tracks = element("div", "tracks");
    this.parts = ["positive", "negative"].map((role, i) => {
      const track = element("div", `track ${role}`);
      const ticks = this.data.models.map((model, m) => {
        const tick = element("span", "tick");
        tick.style.left = `${(100 * triplet.distances[m][i]) / scale}%`;
        tick.style.background = model.colour;
        return tick;
      });
      const line = element("span", "line");
      const end = card(role, i + 1, triplet.names[i + 1]);
      track.append(end, ...ticks, line);
      tracks.append(track);
      return { line, end };
    });
    this.limit = element("span", "limit");
    tracks.lastChild.prepend(this.limit);
    this.stage.replaceChildren(card("anchor", 0, triplet.names[0]), tracks);
    this.lines = this.data.models.map((model, m) => this.#verdict(model, m, triplet.distances[m]));
    this.verdicts.replaceChildren(...this.lines);
    this.turnTo(this.model);
  }

  /** Move both images to where this model puts them. */
  turnTo(model) {
    this.model = model;
    const { triplets, models, scale } = this.data;
    const places = triplets[this.at].distances[model].map((distance) => `${(100 * distance) / scale}%`);
    this.root.style.setProperty("--model", models[model].colour);
    this.root.dataset.model = model;
    this.parts.forEach(({ line, end }, i) => {
      line.style.width = places[i];
      end.style.left = places[i];
    });
    this.limit.style.left = places[0];
    this.lines.forEach((line, m) => {
      line.classList.toggle("now", m === model);
      if (line.localName === "button") line.setAttribute("aria-pressed", m === model);
    });
  }

  play() {
    this.timer = setInterval(() => this.turnTo((this.model + 1) % this.data.models.length), HOLD);
    this.pauseButton.textContent = "Pause";
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.pauseButton) this.pauseButton.textContent = "Play";
  }

  remove() {
    this.pause();
    this.root.remove();
  }
}

export default function ({ data, parentElement }) {
  const shown = pictures.get(parentElement);
  if (shown?.data.name !== data.name) {
    shown?.remove();
    pictures.set(parentElement, new MovingTriplet(data, parentElement));
  }
  return () => {
    pictures.get(parentElement)?.remove();
    pictures.delete(parentElement);
  };
}
