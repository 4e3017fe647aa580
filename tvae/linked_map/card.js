// The card of the hovered point, in a corner of its map: its image, its class and its numbers.

/** The card changes to another corner only if that uncovers more than this many marks: else it would jump. */
const CALM = 4;
/** Pixels around the place that is pointed at which the card leaves free. */
const SURROUNDINGS = 48;
/** Pixels between the card and the map's edges. */
const INSET = 6;
/** Widths in pixels: of a map below which the card is a small one, and of the card at most. */
const SMALL_MAP = 480;
const WIDEST = 380;

class Card {
  #map;
  /** The corner of the map that it is in, by number; -1 while it is hidden. */
  #corner = -1;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** No row is hovered; the card stays where it has something else to show. */
  empty(stays) {
    const { card } = this.#map.parts.card;
    card.hidden = !stays;
    card.dataset.row = "";
    if (!stays) {
      this.#corner = -1;
      return;
    }
    this.fill();
    this.place();
  }

  /** Show the hovered row. */
  fill() {
    const { parts, tiles, labels, data, hovering } = this.#map;
    const { card, image, about, name, swatch, row: number, facts } = parts.card;
    const { row } = hovering;
    image.hidden = row < 0 || !tiles;
    about.hidden = row < 0;
    if (row < 0) return;
    const { name: className, colour } = data.classes[labels[row]];
    if (tiles) tiles.drawOn(image, row);
    name.textContent = className;
    swatch.style.background = colour;
    number.textContent = `row ${row.toLocaleString("en", { useGrouping: false })}`;
    const texts = this.#factsOf(row);
    facts.replaceChildren(...texts.map((text) => element("div", { textContent: text })));
    card.dataset.row = String(row);
    card.hidden = false;
    parts.spoken.textContent = `Row ${row}, class ${className}. ${texts.join(". ")}`;
    this.place();
  }

  #factsOf(row) {
    const map = this.#map;
    const facts = [];
    if (map.byNumber) {
      const names = map.data.sides.map((side) => side.title);
      const { title, ends } = map.data.scale;
      const half = (map.domain[0] + map.domain[1]) / 2;
      const word = (value) => (ends ? ends[value > half ? 1 : 0] : figure(value));
      const words = map.values.map((values) => (Number.isNaN(values[row]) ? "none" : word(values[row])));
      if (new Set(words).size === 1) facts.push(`${title}: ${words[0]}`);
      else facts.push(...words.map((value, side) => `${names[side]}: ${value}`));
    }
    const [left, right] = map.neighboursOf(row);
    if (left.length && right?.length) {
      facts.push(`${left.filter((end) => end.shared).length} of ${left.length} nearest shared`);
    }
    return facts;
  }

  /** Put the card into the corner of the hovered map where it covers the fewest of the marks. */
  place() {
    const { parts, panels, hovering, probe, root, states } = this.#map;
    const { card } = parts.card;
    const side = hovering.row >= 0 ? hovering.side : probe.side;
    const at = hovering.row >= 0 ? panels[side].pointOf(hovering.row) : probe.place;
    if (!at || card.hidden) return;
    const { stage } = panels[side];
    const [frame, ground] = [root.getBoundingClientRect(), stage.getBoundingClientRect()];
    const room = { width: stage.clientWidth, height: stage.clientHeight };
    card.classList.toggle("small", room.width < SMALL_MAP);
    card.style.maxWidth = `${Math.min(WIDEST, room.width - 2 * INSET)}px`;
    const ends = hovering.row >= 0 ? this.#map.neighboursOf(hovering.row)[side] : [];
    const marks = ends.map(({ row }) => panels[side].pointOf(row));
    const corners = cornersOf(room, card.offsetWidth, card.offsetHeight);
    const corner = bestCorner(corners, at, marks, this.#corner, (area) => panels[side].countInside(area, states));
    this.#corner = corner.number;
    const left = ground.left + stage.clientLeft - frame.left + corner.left;
    const top = ground.top + stage.clientTop - frame.top + corner.top;
    card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

/** Where a card of a size lies in each corner of a map. */
function cornersOf(room, width, height) {
  return [0, 1, 2, 3].map((number) => {
    const left = number % 2 ? Math.max(0, room.width - INSET - width) : INSET;
    const top = number < 2 ? INSET : Math.max(0, room.height - INSET - height);
    return { number, left, top, right: left + width, bottom: top + height };
  });
}

/**
 * The corner where a card covers neither the surroundings of the place that is pointed at, nor more marks than it must;
 * of equal ones that with the fewest points. The corner that it is in already is kept unless another is clearly better.
 */
function bestCorner(corners, place, marks, before, pointsIn) {
  const covers = ({ left, top, right, bottom }, [x, y], slack) =>
    x > left - slack && x < right + slack && y > top - slack && y < bottom + slack;
  const costs = corners.map((corner) => {
    const cost = marks.filter((mark) => covers(corner, mark, 4)).length + (covers(corner, place, SURROUNDINGS) ? 100 : 0);
    return corner.number === before ? cost - CALM : cost;
  });
  const best = corners.filter((_, at) => costs[at] === Math.min(...costs));
  if (best.length === 1) return best[0];
  const crowds = best.map(pointsIn);
  return best[crowds.indexOf(Math.min(...crowds))];
}
