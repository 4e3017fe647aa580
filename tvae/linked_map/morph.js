// Moves the points from one layout to another: by slider, by play, or because Python sent other layouts.

const MORPH_LEG_MS = 2000;
const SETTLE_MS = 450;
const MOST_TRAILS = 100;
/** A move of this share of the layout's extent or more leaves a trail. */
const TRAIL_FROM = 0.08;

class Morph {
  #map;
  #settling = null;
  #playing = null;
  #trails = null;
  /** The share of the way from the left layout to the right one at which the left map's points are, from 0 to 1. */
  share = 0;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
  }

  /** Whether the points are being played to the other layout. */
  get playing() {
    return Boolean(this.#playing);
  }

  /** Whether the points are being animated. */
  get moving() {
    return Boolean(this.#settling || this.#playing);
  }

  /** Put all maps' points where the layouts and the share say; with `before`, animated from those positions. */
  place(before = null) {
    const { panels, layouts, middles } = this.#map;
    panels.forEach((panel, side) => {
      panel.place(layouts[side]);
      panel.middles = middles[side];
    });
    this.#placeLeft();
    this.#settling = before && { before, goal: panels.map((panel) => panel.layout), start: performance.now() };
    this.#map.redraw();
  }

  #placeLeft() {
    const { panels, layouts, middles } = this.#map;
    const [left] = panels;
    left.place(this.share === 0 ? layouts[0] : between(...layouts, this.share));
    left.middles = this.share === 0 ? middles[0] : between(...middles, this.share);
    this.#map.redraw([left]);
  }

  /** Set the share, as by the slider. */
  set(share) {
    this.#stop();
    if (this.#map.layouts) this.#to(share);
  }

  #to(share) {
    if (this.#settling) this.place();
    this.share = share;
    this.show();
    this.#placeLeft();
    this.#map.hovering.mark(-1);
  }

  /** Show the share on the slider and in the note. */
  show() {
    const { parts, data } = this.#map;
    parts.slider.value = String(this.share);
    parts.slider.style.setProperty("--share", `${this.share * 100}%`);
    if (data.sides.length !== 2) return;
    const percent = Math.round(this.share * 100);
    parts.slider.setAttribute("aria-valuetext", `${percent} % of the way to ${data.sides[1].title}`);
    parts.maps[0].note.textContent = this.share > 0 ? `${percent} % of the way to ${data.sides[1].title}` : "";
  }

  /** Start playing to the other end, or stop. */
  play() {
    if (this.#playing) {
      this.#stop();
      return;
    }
    if (!this.#map.layouts) return;
    this.#playing = { from: this.share, goal: this.share < 1 ? 1 : 0, start: performance.now() };
    this.#map.parts.actions.play.replaceChildren(icon("pause"));
    this.#map.redraw();
  }

  #stop() {
    this.#playing = null;
    this.#map.parts.actions.play.replaceChildren(icon("play"));
  }

  /** Move animated points to their places at this time. */
  advance(now) {
    if (this.#settling) {
      const { before, goal, start } = this.#settling;
      const share = Math.min(1, (now - start) / SETTLE_MS);
      this.#map.panels.forEach((panel, side) =>
        panel.place(share === 1 ? goal[side] : between(before[side], goal[side], eased(share))),
      );
      this.#map.redraw();
      if (share === 1) {
        this.#settling = null;
        this.#map.hovering.look();
      }
    }
    if (this.#playing) {
      const { from, goal, start } = this.#playing;
      const share = Math.min(1, (now - start) / (MORPH_LEG_MS * Math.abs(goal - from) || 1));
      this.#to(share === 1 ? goal : from + (goal - from) * eased(share));
      if (share === 1) {
        this.#stop();
        this.#map.hovering.look();
      }
    }
  }

  /** The lit rows have changed, so the trails have too. */
  forgetTrails() {
    this.#trails = null;
  }

  /** The lit rows that move most between the layouts, farthest first; `null` while none has moved. */
  get trails() {
    const { layouts, states } = this.#map;
    if (this.share === 0 || !layouts) return null;
    this.#trails ??= trailsOf(...layouts, states, TRAIL_FROM);
    return { ...this.#trails, from: layouts[0] };
  }
}

/** The numbers that lie a share of the way from one array to another. */
function between(from, to, share) {
  const made = new Float32Array(from.length);
  for (let i = 0; i < made.length; i++) made[i] = from[i] + (to[i] - from[i]) * share;
  return made;
}

/** The share eased, so that motion starts and ends slowly. */
function eased(share) {
  return share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
}

/** The lit rows that lie farthest apart in two layouts, by `leastMove` at least and `most` of them, farthest first. */
function trailsOf(from, to, states, leastMove, most = MOST_TRAILS) {
  const moved = new Float32Array(states.length);
  for (let i = 0; i < states.length; i++) {
    if (states[i] === LIT) moved[i] = Math.hypot(to[2 * i] - from[2 * i], to[2 * i + 1] - from[2 * i + 1]);
  }
  const least = Math.max(leastMove, moved.slice().sort().at(-most) ?? 0);
  const rows = [];
  for (let i = 0; i < moved.length; i++) if (moved[i] >= least) rows.push(i);
  rows.sort((a, b) => moved[b] - moved[a]).splice(most);
  return { rows, moved: rows.map((row) => moved[row]) };
}
