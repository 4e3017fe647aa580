// Decoding the place under the pointer: Python is asked, one question at a time.

const PROBE_EVERY_MS = 120;
const PROBE_LOST_MS = 4000;

class Probe {
  #map;
  #number = 0;
  #sentAt = -Infinity;
  #answered = true;
  /** Where the pointer rests, in CSS pixels of its map; `null` off the maps. */
  place = null;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Ask the page for what lies at a place. */
  ask(side, x, y) {
    const { frames, panels, hovering, send } = this.#map;
    const now = performance.now();
    const open = !this.#answered && now - this.#sentAt < PROBE_LOST_MS;
    this.place = [x, y];
    if (open || now - this.#sentAt < PROBE_EVERY_MS) return;
    const { centre, span } = frames[side];
    const [u, v] = panels[side].placeAt(x, y);
    this.#number = Math.round(Date.now());
    this.#sentAt = now;
    this.#answered = false;
    if (hovering.row < 0) hovering.side = side;
    send.setTriggerValue("probe", {
      number: this.#number,
      side: panels[side].side,
      x: centre[0] + u * span,
      y: centre[1] + v * span,
    });
  }

  /** Show the answer, if it is the one to the last question. */
  answer({ number, images }) {
    if (number !== this.#number) return;
    const { parts, data, hovering, card } = this.#map;
    this.#answered = true;
    const { decoded, answers } = parts.card;
    images.forEach((image, side) => {
      answers[side].image.parentElement.hidden = !image;
      if (!image) return;
      const { canvas, context } = sized(answers[side].image, image.width, image.height);
      const drawn = new ImageData(canvas.width, canvas.height);
      image.grey.forEach((value, p) => drawn.data.set([value, value, value, 255], 4 * p));
      context.putImageData(drawn, 0, 0);
    });
    decoded.hidden = !data.decode;
    parts.card.card.hidden = hovering.row < 0 && !this.place;
    card.fill();
    card.place();
  }
}
