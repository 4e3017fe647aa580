// Points on their way from one layout to another.

const MOST_TRAILS = 100;
/** A move of this share of the layout's extent or more leaves a trail. */
const TRAIL_FROM = 0.08;

/** Numbers a share of the way from one array to another. */
function between(from, to, share) {
  const made = new Float32Array(from.length);
  for (let i = 0; i < made.length; i++) made[i] = from[i] + (to[i] - from[i]) * share;
  return made;
}

/** A share that starts and ends slowly. */
function eased(share) {
  return share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
}

/** The lit rows that lie farthest apart in two layouts, farthest first. */
function trailsOf(from, to, states) {
  const moved = new Float32Array(states.length);
  for (let i = 0; i < states.length; i++) {
    if (states[i] === LIT) moved[i] = Math.hypot(to[2 * i] - from[2 * i], to[2 * i + 1] - from[2 * i + 1]);
  }
  const least = Math.max(TRAIL_FROM, moved.slice().sort().at(-MOST_TRAILS) ?? 0);
  const rows = [];
  for (let i = 0; i < moved.length; i++) if (moved[i] >= least) rows.push(i);
  rows.sort((a, b) => moved[b] - moved[a]).splice(MOST_TRAILS);
  return { rows, moved: rows.map((row) => moved[row]) };
}
