// The screen that a page is on.

/** Scroll the page so that an element's top is in the window, unless it is in the upper half of it already. */
function bringIntoSight(target) {
  const { top } = target.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

/** Call `act` whenever the page comes to a screen with another ratio of device pixels, until the signal aborts. */
function whenRatioChanges(act, signal) {
  const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`); // asks about this one ratio alone
  const changed = () => {
    act();
    if (!signal.aborted) whenRatioChanges(act, signal);
  };
  query.addEventListener("change", changed, { once: true, signal });
}
