// Full screen: the maps fill the screen, or the window where the browser forbids that.
//
// The whole page goes on the screen and the maps fill its window, so that what a page has beside or over its maps can be
// there too: such a page's style sheet asks for `data-map-full` of the body, and sets --map-full-right and --map-full-bottom
// for what takes room there. A page whose panels hold in what they contain names an element around the maps to go alone.

class FullScreen {
  #map;

  /** @param {LatentMap} map */
  constructor(map) {
    this.#map = map;
    map.on(document, "fullscreenchange", () => document.fullscreenElement || this.#fill(false));
    // On the window, so after all others on the page: an open list, a sheet over the maps or an outline goes first.
    map.on(window, "keydown", (event) => {
      if (event.key === "Escape" && this.on && !event.defaultPrevented) this.leave();
    });
  }

  /** Whether the maps fill the screen or the window. */
  get on() {
    return this.#map.root.classList.contains("filling");
  }

  toggle() {
    if (this.on) this.leave();
    else this.#enter();
  }

  leave() {
    if (!this.on) return;
    this.#fill(false);
    if (document.fullscreenElement) document.exitFullscreen();
  }

  #enter() {
    this.#fill(true);
    // Without the lock, which some browsers don't have, Escape leaves the full screen and no page hears of it.
    const keepEscape = () => navigator.keyboard?.lock?.(["Escape"]);
    const screen = this.#map.send.screen ?? document.documentElement;
    screen.requestFullscreen?.()?.then(keepEscape).catch(() => {});
  }

  #fill(on) {
    this.#map.root.classList.toggle("filling", on);
    document.body.toggleAttribute("data-map-full", on);
  }
}
