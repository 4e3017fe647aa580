// Decodes the place under the pointer: sends requests to another part of the page, one at a time.

const PROBE_KEY = "d";
/** How long an answer is waited for. */
const PROBE_LOST_MS = 4000;

class Probe {
  #map;
  #number = 0;
  #askedAt = -Infinity;
  #open = false;
  #held = false;
  #over = null;
  #wanted = false;
  /** Whether the mode is on. */
  on = false;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
    map.on(document, "keydown", (event) => this.#key(event, true));
    map.on(document, "keyup", (event) => this.#key(event, false));
    map.on(window, "blur", () => this.#hold(false));
    map.on(document, "latent-map:decoded", ({ detail }) => map.data && detail.memory === map.data.memory && this.#answer(detail));
  }

  /** Whether places are decoded now: the mode is on or the key is held, and the page answers. */
  get active() {
    return Boolean(this.#map.data?.decode) && (this.on || this.#held);
  }

  /** The pointer's position in CSS pixels of its map; `null` off the maps and while nothing is decoded. */
  get place() {
    return this.#over && this.active ? [this.#over.x, this.#over.y] : null;
  }

  /** The map that the pointer is on. */
  get side() {
    return this.#over?.side ?? 0;
  }

  /** The same position in the coordinates that both maps share; `null` as above. */
  get spot() {
    return this.place && this.#map.panels[this.#over.side].placeAt(...this.place);
  }

  /** Switch the mode. */
  toggle() {
    this.on = !this.on;
    this.#changed();
  }

  /** The pointer moved over a map. */
  moved(side, x, y) {
    this.#over = { side, x, y };
    if (!this.active) return;
    this.#follow();
  }

  /** The pointer left the maps. */
  left() {
    this.#over = null;
    this.#wanted = false;
    if (this.active) this.#map.redraw([]);
  }

  #key(event, down) {
    if (event.key.toLowerCase() !== PROBE_KEY || event.ctrlKey || event.metaKey || event.altKey) return;
    if (down && (!this.#over || event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]"))) return;
    this.#hold(down);
  }

  #hold(held) {
    if (this.#held === held) return;
    this.#held = held;
    this.#changed();
  }

  #changed() {
    const { parts, hovering, card } = this.#map;
    if (this.active && this.#over) this.#follow();
    if (this.active) return;
    parts.card.decoded.hidden = true;
    if (hovering.row < 0) card.empty(false);
    else card.place();
    this.#map.redraw([]);
  }

  #follow() {
    const { hovering, card } = this.#map;
    if (hovering.row < 0) card.place();
    this.#wanted = true;
    this.#ask();
    this.#map.redraw([]);
  }

  /** Request the place under the pointer, unless an answer is still to come. */
  #ask() {
    const { frames, panels, morph, data } = this.#map;
    const now = performance.now();
    if (!this.#wanted || !this.#over || !this.active || (this.#open && now - this.#askedAt < PROBE_LOST_MS)) return;
    this.#wanted = false;
    const { side } = this.#over;
    if (side === 0 && morph.share > 0) return; // halfway between two layouts a place has no code
    const { centre, span } = frames[side];
    const [u, v] = this.spot;
    this.#number = Math.max(this.#number + 1, Math.round(Date.now()));
    this.#askedAt = now;
    this.#open = true;
    const question = { number: this.#number, x: centre[0] + u * span, y: centre[1] + v * span };
    document.dispatchEvent(new CustomEvent("latent-map:probe", { detail: { memory: data.memory, question } }));
  }

  /** Show the answer if it is the one to the last request, and send the next request. */
  #answer({ number, sides }) {
    if (number !== this.#number) return;
    const { parts, hovering, card } = this.#map;
    this.#open = false;
    this.#ask();
    if (!this.place) return;
    const { decoded, answers } = parts.card;
    sides.forEach(({ values, height, width, channels, told, far }, side) => {
      const { image, words, root } = answers[side];
      words.textContent = told;
      root.classList.toggle("far", far);
      image.hidden = !values;
      if (!values) return;
      const { canvas, context } = sized(image, width, height);
      const drawn = new ImageData(canvas.width, canvas.height);
      const bytes = Uint8Array.from(atob(values), (letter) => letter.charCodeAt(0));
      for (let p = 0; p < bytes.length / channels; p++) {
        const [red, green = red, blue = red] = bytes.subarray(p * channels, (p + 1) * channels);
        drawn.data.set([red, green, blue, 255], 4 * p);
      }
      context.putImageData(drawn, 0, 0);
    });
    decoded.hidden = false;
    decoded.dataset.number = String(number);
    parts.card.card.hidden = false;
    if (hovering.row < 0) card.fill();
    card.place();
  }
}
