"""Decode anywhere in a real Chromium: delay from the pointer to the decoded image, and requests open at once."""

from __future__ import annotations

import argparse
import math
import statistics

from playwright.sync_api import sync_playwright

from benchmarks.browsing import WINDOW, chromium, served

MAPS = ("mnist&projection=t-SNE", "mnist&projection=PCA", "digits&projection=t-SNE")
MOVE_EVERY_MS = 16

WATCH = """() => {
  const moves = [];
  const asked = new Map();
  let open = 0;
  Object.assign(window, {lags: [], most: 0});
  document.addEventListener('pointermove', () => moves.push(performance.now()), {capture: true});
  document.addEventListener('latent-map:probe', ({detail}) => {
    window.most = Math.max(window.most, ++open);
    asked.set(detail.question.number, moves.length);
  });
  // Before the map's own listener, which asks the next question at once; the image itself is seen a frame later.
  window.addEventListener('latent-map:decoded', ({detail}) => {
    open--;
    const count = asked.get(detail.number);
    requestAnimationFrame(() => {
      for (let i = 0; i < count; i++) {
        if (moves[i] !== null) window.lags.push(performance.now() - moves[i]);
        moves[i] = null;
      }
    });
  }, {capture: true});
}"""
"""Makes `window.lags`: milliseconds from each move of the pointer to the frame that shows its place, or a later one."""


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=400, help="moves of the pointer on each map")
    moves = parser.parse_args().moves
    with served() as address, sync_playwright() as playwright:
        browser = chromium(playwright)
        print("| map | moves answered | median, ms | 90 in 100 within, ms | slowest, ms | requests at once |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for map_query in MAPS:
            page = browser.new_page(viewport=WINDOW)
            page.goto(f"{address}/Latent_map?run={map_query}")
            page.get_by_text("What became of").or_(page.get_by_text("The selection")).first.wait_for(timeout=120_000)
            page.wait_for_timeout(4000)  # what follows the maps is drawn, too
            page.get_by_role("button", name="Decode anywhere").click()
            box = page.locator(".lm canvas").first.bounding_box()
            assert box is not None
            page.evaluate(WATCH)
            for i in range(moves):
                angle = 2 * math.pi * i / 120
                x = box["x"] + box["width"] * (0.5 + 0.35 * math.cos(angle))
                y = box["y"] + box["height"] * (0.5 + 0.35 * math.sin(1.7 * angle))
                page.mouse.move(x, y)
                page.wait_for_timeout(MOVE_EVERY_MS)
            page.wait_for_timeout(1500)
            lags = sorted(page.evaluate("window.lags"))
            cells = f"{statistics.median(lags):.0f} | {lags[int(0.9 * len(lags))]:.0f} | {lags[-1]:.0f}"
            print(f"| {map_query} | {len(lags)} | {cells} | {page.evaluate('window.most')} |", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
