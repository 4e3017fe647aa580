// The card beside the hovered point: its image, its class and its numbers.

/** The card changes to another side of the point only if that uncovers more than this many marks: else it would jump. */
const CALM = 4;

class Card {
  #map;
  /** The side of the point that it is on, by number; -1 while it is hidden. */
  #side = -1;

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
      this.#side = -1;
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

  /** Put the card beside the point, on the side where it covers the fewest of the marks. */
  place() {
    const { parts, panels, hovering, probe, root } = this.#map;
    const { card } = parts.card;
    const at = hovering.row >= 0 ? panels[hovering.side].pointOf(hovering.row) : probe.place;
    if (!at || card.hidden) return;
    const frame = root.getBoundingClientRect();
    const stages = panels.map((panel) => panel.stage.getBoundingClientRect());
    const marks = this.#map.neighboursOf(hovering.row).flatMap((ends, side) =>
      (hovering.row >= 0 ? [{ row: hovering.row }, ...ends] : []).map(({ row }) => {
        const [x, y] = panels[side].pointOf(row);
        return [x + stages[side].left - frame.left, y + stages[side].top - frame.top];
      }),
    );
    const stage = stages[hovering.row >= 0 ? hovering.side : probe.side];
    const x = stage.left - frame.left + Math.max(0, Math.min(stage.width, at[0]));
    const y = stage.top - frame.top + Math.max(0, Math.min(stage.height, at[1]));
    const place = cardPlace(x, y, card.offsetWidth, card.offsetHeight, frame, marks, this.#side);
    this.#side = place.side;
    const [left, top] = place.inside;
    card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

/**
 * Where a card of a size goes beside a point: right, left, above or below it, whichever covers the fewest marks and
 * stays inside the frame; the side that it is on already is kept unless another is clearly better.
 */
function cardPlace(x, y, width, height, frame, marks, before) {
  const gap = 18;
  const places = [
    [x + gap, y - height / 2],
    [x - gap - width, y - height / 2],
    [x - width / 2, y - gap - height],
    [x - width / 2, y + gap],
  ].map(([left, top], side) => {
    const inside = [
      Math.max(0, Math.min(frame.width - width, left)),
      Math.max(0, Math.min(frame.height - height, top)),
    ];
    const covers = ([mx, my], slack) =>
      mx > inside[0] - slack && mx < inside[0] + width + slack && my > inside[1] - slack && my < inside[1] + height + slack;
    const cost = marks.filter((mark) => covers(mark, 4)).length + (covers([x, y], gap / 2) ? 100 : 0);
    return { side, inside, cost: side === before ? cost - CALM : cost };
  });
  return places.reduce((best, place) => (place.cost < best.cost ? place : best));
}
