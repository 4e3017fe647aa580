// Views and hidden classes as parameters of the page's address, so that a link and a reload bring them back.
//
// zoom and, where the maps move separately, zoom-right: "zoom_x_y", the middle in the layout's frame.
// hidden: numbers of classes, such as "0.3-5".

const SHARE_AFTER_MS = 250;

class SharedView {
  #map;
  #timer = 0;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Take what the address says; for the first map of a page only, since it names places and classes of that one. */
  take() {
    const { send, panels, views, hidden, data } = this.#map;
    if (!send.readAddress || shelf.addressTaken) return;
    shelf.addressTaken = true;
    const [left, right] = ["zoom", "zoom-right"].map((name) => textToView(send.readAddress(name)));
    views.linked = !right || panels.length !== 2;
    panels.forEach((panel, side) => Object.assign(panel.view, (!views.linked && side === 1 ? right : left) ?? {}));
    for (const panel of panels) panel.keepInSight();
    for (const c of textToNumbers(send.readAddress("hidden"), data.classes.length)) hidden.add(c);
    this.changed(); // what the address asked in vain is not left there
  }

  /** Write the address once nothing has changed for a moment. */
  changed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), SHARE_AFTER_MS);
  }

  /** Write nothing any more. */
  stop() {
    clearTimeout(this.#timer);
  }

  #write() {
    const { send, panels, views, hidden } = this.#map;
    const [left, right] = panels.map(({ view }) => viewToText(view));
    send.writeAddress?.({
      zoom: left,
      "zoom-right": views.linked || panels.length < 2 ? "" : right || "1_0_0",
      hidden: numbersToText([...hidden].sort((a, b) => a - b)),
    });
  }
}

/** A view as text; empty where all is in view. */
function viewToText({ x, y, zoom }) {
  const rounded = [zoom.toFixed(2), x.toFixed(4), y.toFixed(4)].map(Number);
  return rounded[0] === 1 && !rounded[1] && !rounded[2] ? "" : rounded.map((value) => value || 0).join("_");
}

/** The view that a text names, `null` where it names none. */
function textToView(text) {
  const values = (text ?? "").split("_").map(Number);
  if (!text || values.length !== 3 || !values.every(Number.isFinite)) return null;
  const [zoom, x, y] = values;
  return { zoom: Math.max(SMALLEST_ZOOM, Math.min(LARGEST_ZOOM, zoom)), x, y };
}

/** Ascending numbers as text, such as "0.3-5". */
function numbersToText(numbers) {
  const spans = [];
  for (const number of numbers) {
    const last = spans.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else spans.push([number, number]);
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(".");
}

/** The numbers below n that a text names. */
function textToNumbers(text, n) {
  return (text ?? "").split(".").flatMap((piece) => {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(piece);
    if (!match) return [];
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? match[1]), n - 1);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}
