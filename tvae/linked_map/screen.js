// The screen that a page is on.

/** Scroll the page so that an element is in the window, whose lower `covered` pixels something covers. */
function bringIntoSight(target, covered) {
  const { top, bottom } = target.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight - covered) return;
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
