"""Time to open a page on a warm server, and time and bytes until a slider's change is seen, in a real Chromium."""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.browsing import chromium, opened, served, settle

OPENINGS = 3


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A slider of a page, and the script that tells when its change is visible."""

    page: str
    """Path of the page."""
    name: str
    """Label of the slider, or what it begins with; empty where only the page's opening is measured."""
    on_screen: str
    """JavaScript that returns what is on screen, as text; empty until the page stands."""


PICTURE = "document.querySelector('[data-testid=stImage] img')?.currentSrc ?? ''"
PLAYER = """(() => {
  for (const host of document.querySelectorAll('[data-testid=stBidiComponentIsolated], [class*=st-key-path] *')) {
    const player = host.shadowRoot?.querySelector('.player');
    if (player) return player.querySelectorAll('.step').length + player.dataset.frame;
  }
  return '';
})()"""

ADVICE = "document.querySelector('[data-testid=stMain] h4')?.innerText ?? ''"
TABLE = "document.querySelector('[data-testid=stTable]')?.innerText ?? ''"
BELOW_MAPS = """[...document.querySelectorAll('[data-testid=stMain] [data-testid=stCaptionContainer]')]
  .map(each => each.innerText).filter(text => /^(One minus the overlap|Classes of the selected)/.test(text)).join()"""

SLIDERS = (
    Slider(page="Latent_map?run=mnist", name="Neighbours k", on_screen=BELOW_MAPS),
    Slider(page="Latent_map?run=mnist", name="Select images by their change — start", on_screen=BELOW_MAPS),
    Slider(page="Reconstructions?run=mnist", name="How many", on_screen=PICTURE),
    Slider(page="Reconstructions?run=mnist&code=a+sample&error-map=true", name="How many", on_screen=PICTURE),
    Slider(page="Interpolation?run=mnist", name="Steps", on_screen=PLAYER),
    Slider(page="Interpolation?run=mnist&way=spherical&ends=confusable+pair", name="Steps", on_screen=PLAYER),
    Slider(page="Interpolation?run=mnist", name="Place on the way", on_screen=PLAYER),
    Slider(page="Triplets?run=mnist", name="Margin m", on_screen=TABLE),
    Slider(page="Which_weight?run=mnist", name="I accept at most", on_screen=ADVICE),
    Slider(page="Which_weight?run=mnist-ladder", name="Triplet weight", on_screen=TABLE),
    Slider(page="Generation?run=mnist", name="Temperature", on_screen=PICTURE),
    Slider(page="Generation?run=mnist&ask=4", name="Temperature", on_screen=PICTURE),
    Slider(page="Generation?run=mnist", name="Samples on_screen", on_screen=PICTURE),
    Slider(page="Traversals?run=mnist", name="Steps", on_screen=PICTURE),
    Slider(page="Your_own_digit?run=mnist&strokes=AAZfN1JfSoBuhJaCrH4ABJ4wmGSSlo7N", name="", on_screen=PICTURE),
)

OVER = 700
"""Milliseconds after which a rerun is over, and so is what it draws below the picture."""

SEEN = """on_screen => {
  const look = () => eval(on_screen), before = look();
  window.addEventListener('keydown', () => { window.pressed = performance.now(); }, {once: true, capture: true});
  window.seen = new Promise(resolve => {
    const wait = () => {
      const now = look();
      if (now && now !== before) resolve(performance.now() - window.pressed);
      else requestAnimationFrame(wait);
    };
    requestAnimationFrame(wait);
  });
}"""
"""Makes `window.seen`: milliseconds from the key to the first frame that shows something else."""


def opening(context: BrowserContext, address: str, slider: Slider, received: list[int]) -> tuple[Page, float]:
    """A page opened by its address, and the seconds until its main picture is drawn.

    `received`: from now on, the bytes of each message over the page's socket.
    """
    page = opened(context)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    begun = time.perf_counter()
    page.goto(f"{address}/{slider.page}")
    page.wait_for_function(f"() => ({slider.on_screen}) !== ''", timeout=120_000)
    return page, time.perf_counter() - begun


FETCHED = "() => performance.getEntriesByType('resource').reduce((sum, each) => sum + each.transferSize, 0)"
"""Bytes that the page has fetched beside what its socket brought: pictures."""


def changing(page: Page, slider: Slider, times: int, received: list[int]) -> tuple[list[float], list[float]]:
    """Milliseconds from a key on the slider to the changed picture, and bytes until all of it has come."""
    handle = page.get_by_role("slider", name=slider.name)
    seconds, sizes = [], []
    settle(page)
    for i in range(times):
        received.clear()
        before = page.evaluate(FETCHED)
        page.evaluate(SEEN, slider.on_screen)
        handle.press("ArrowRight" if i % 2 == 0 else "ArrowLeft")
        seconds.append(float(page.evaluate("() => window.seen")))
        page.wait_for_timeout(OVER)
        sizes.append(page.evaluate(FETCHED) - before + sum(received))
    return seconds, sizes


def main() -> None:
    """Print the table of medians as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=9, help="changes of each slider")
    times = parser.parse_args().times
    with served() as address, sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context()  # keeps Streamlit's own files
        print("| page | slider | by address, s | change, ms | slowest change, ms | bytes a change |")
        print("| --- | --- | ---: | ---: | ---: | ---: |")
        for slider in SLIDERS:
            received: list[int] = []
            opening(context, address, slider, received)[0].close()  # the server's first time
            openings = []
            for _ in range(OPENINGS):
                page, seconds = opening(context, address, slider, received)
                openings.append(seconds)
                if len(openings) < OPENINGS:
                    page.close()
            changed = " | | "
            if slider.name:
                changes, sizes = changing(page, slider, times, received)
                changed = f"{statistics.median(changes):.0f} | {max(changes):.0f} | {statistics.median(sizes):,.0f}"
            page.close()
            print(f"| {slider.page} | {slider.name} | {statistics.median(openings):.2f} | {changed} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
