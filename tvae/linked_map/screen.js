// The screen that a page is on.

/** Call `act` whenever the page comes to a screen with another ratio of device pixels, until the signal aborts. */
function whenRatioChanges(act, signal) {
  const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`); // asks about this one ratio alone
  const changed = () => {
    act();
    if (!signal.aborted) whenRatioChanges(act, signal);
  };
  query.addEventListener("change", changed, { once: true, signal });
}
