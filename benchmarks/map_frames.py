"""The latent map page in a real Chromium: time to the first maps, to answers, bytes sent, frame times. Prints Markdown.

    python -m benchmarks.map_frames [n ...]

takes some ten minutes; the machine should have nothing else to do. With numbers of points it measures the frames of
such maps alone.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.browsing import ROOT, chromium, machine, opened, served, settle
from tvae.linked_map.payload import geometry_blob, neighbours_blob, neighbours_that_fit, values_blob

VISITS = 3
LARGE = (70_000, 500_000, 2_000_000)
"""Points of the maps that are not the app's own."""
FIRST_MAPS = '[data-testid=map-left][data-rows="10000"]'
PAGE = "Latent_map?run=mnist"
WATCH = """canvas => {
  window.costs = []; window.gaps = [];
  new MutationObserver(() => window.costs.push(+canvas.dataset.frameMs))
    .observe(canvas, {attributes: true, attributeFilter: ['data-frame-ms']});
  let last = performance.now();
  const tick = () => { const now = performance.now(); window.gaps.push(now - last); last = now;
                       requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
"""JavaScript that records the cost of each frame of the left map, and the time between the browser's frames."""
TAKE = "() => { const taken = [window.costs, window.gaps]; window.costs = []; window.gaps = []; return taken; }"

GESTURES = 9
"""Times that each gesture with an answer is made."""
MOVES = 60
"""Moves of the pointer in one drag over a filter."""
ANSWERED = """([event, onScreen]) => {
  const look = () => eval(onScreen), before = look();
  let begun = 0;
  window.addEventListener(event, () => { begun = performance.now(); }, {once: true, capture: true});
  window.answered = new Promise(resolve => {
    const wait = () => {
      const now = look();
      if (begun && now && now !== before) resolve(performance.now() - begun);
      else requestAnimationFrame(wait);
    };
    requestAnimationFrame(wait);
  });
}"""
"""Makes `window.answered`: milliseconds from the next such event to the first frame that shows something else."""
SENTENCE = """[...document.querySelectorAll('[data-testid=stMain] p')]
  .map(each => each.innerText).find(text => /^Row [\\d,]+, class/.test(text)) ?? ''"""
"""What is said about the row that was clicked."""
TABLE = "window.table.querySelector('tbody')?.innerText ?? ''"
COUNTED = """count => {
  window.counted = [];
  let moved = 0;
  window.addEventListener('pointermove', () => { moved = performance.now(); }, true);
  new MutationObserver(() => {
    if (moved) window.counted.push(performance.now() - moved);
    moved = 0;
  }).observe(count, {characterData: true, childList: true, subtree: true});
}"""
"""Notes in `window.counted` how long after a move of the pointer the count of the rows that pass was another."""


def quantile(values: list[float], share: float) -> float:
    """Quantile of the values: this share of them is at or below it."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def seconds_until(page: Page, act: Callable[[], object], sign: str) -> float:
    """Seconds from an action until its sign is visible."""
    started = time.perf_counter()
    act()
    page.locator(sign).first.wait_for(timeout=180_000)
    return time.perf_counter() - started


def first_maps(browser: Browser, address: str, empty: str = "") -> None:
    """Print the time from opening the page to the maps, by what the browser has opened before."""
    sign = "h1" if empty else FIRST_MAPS
    target = address if empty else f"{address}/{PAGE}"
    taken: dict[str, list[float]] = {}
    for _ in range(VISITS):
        context = browser.new_context()
        page = opened(context)
        visit = lambda page=page: page.goto(target, wait_until="commit")  # noqa: E731
        taken.setdefault("a browser that was never here", []).append(seconds_until(page, visit, sign))
        page.wait_for_timeout(3000)
        taken.setdefault("a browser that was here before", []).append(seconds_until(page, visit, sign))
        page.wait_for_timeout(3000)
        if not empty:
            page.goto(f"{address}/?run=mnist")
            page.get_by_test_id("map-left").wait_for(timeout=60_000)
            page.wait_for_timeout(3000)
            link = page.get_by_role("link", name="Latent map", exact=True)
            sign_here = f"{FIRST_MAPS}[aria-label^='VAE t-SNE, perplexity']"
            taken.setdefault("by the link on the overview", []).append(seconds_until(page, link.click, sign_here))
            page.wait_for_timeout(2000)
        context.close()
    for name, times in taken.items():
        what = empty or "first maps"
        print(f"| {what}, {name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} |")


def bytes_sent(browser: Browser, address: str) -> None:
    """Print the bytes that the server sends: over the socket for the page and each action, by HTTP for the page."""
    context = browser.new_context()
    page = opened(context)
    received: list[int] = []
    fetched: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda ended: fetched.append(int(ended["encodedDataLength"])))

    def measure(name: str, act: Callable[[], object]) -> None:
        received.clear()
        act()
        page.wait_for_timeout(5000)
        print(f"| {name} | {sum(received):,} |")

    def choose(label: str, option: str) -> None:
        page.get_by_label(label, exact=True).click()
        page.get_by_role("option", name=option, exact=True).click()

    def lasso() -> None:
        page.get_by_role("button", name="Lasso").click()
        box: Any = page.get_by_test_id("map-left").bounding_box()
        for number, (x, y) in enumerate(((0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6))):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if number == 0:
                page.mouse.down()
        page.mouse.up()

    measure("opening the page, all of it", lambda: page.goto(f"{address}/{PAGE}"))
    print(f"| the same by HTTP, in a browser that was never here | {sum(fetched):,} |")
    measure("selecting with a lasso, the drawer included", lasso)
    measure("colour by neighbourhood change", lambda: choose("Colour by", "neighbourhood change"))
    measure("back to the classes", lambda: choose("Colour by", "class"))
    measure("another projection of both maps", lambda: choose("Projection", "UMAP"))
    measure("hovering", lambda: hover(page, page.get_by_test_id("map-left").bounding_box()))
    context.close()


def bytes_a_point(rows: int) -> None:
    """Print the bytes a point takes on each map, block by block; a block's size does not depend on its values."""
    layout, labels = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32), np.zeros(rows, np.int64)
    table = np.zeros((rows, neighbours_that_fit(rows)), np.int64)
    weights = [
        len(blob.data) / (2 * rows)
        for blob in (
            geometry_blob((layout, layout), labels),
            neighbours_blob(table, table),
            values_blob(layout[:, 0], layout[:, 1]),
        )
    ]
    cells = " | ".join(f"{weight:.2f}" for weight in (*weights, sum(weights)))
    print(f"| 2 × {rows:,}, {table.shape[1]} neighbours | {cells} |")


def hover(page: Page, box: Any) -> None:
    """Go over a map slowly enough for rows to be marked."""
    for step in range(80):
        page.mouse.move(box["x"] + (0.3 + step / 200) * box["width"], box["y"] + (0.4 + step / 400) * box["height"])
        page.wait_for_timeout(30)


def gestures(page: Page, canvas: Locator) -> dict[str, tuple[list[float], list[float]]]:
    """Frame costs and frame gaps, in ms, during panning, zooming, hovering and morphing of the map."""
    box: Any = canvas.bounding_box()

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def drag() -> None:
        page.mouse.move(*at(0.5, 0.5))
        page.mouse.down()
        for step in range(120):
            page.mouse.move(*at(0.5 + 0.1 * ((step % 20) - 10) / 10, 0.5 + step / 1000))
        page.mouse.up()

    def wheel(by: int) -> None:
        page.mouse.move(*at(0.5, 0.5))
        for _ in range(30):
            page.mouse.wheel(0, by)
            page.wait_for_timeout(20)

    measured = {}
    canvas.evaluate(WATCH)
    for name, act in {
        "pan": drag,
        "zoom in": lambda: wheel(-60),
        "zoom out": lambda: wheel(60),
        "hover": lambda: hover(page, box),
        "morph": lambda: (page.get_by_role("button", name="Play the left").click(), page.wait_for_timeout(2500)),
    }.items():
        page.evaluate(TAKE)
        act()
        page.wait_for_timeout(300)
        measured[name] = page.evaluate(TAKE)
    return measured


def answer(page: Page, event: str, on_screen: str, act: Callable[[], object]) -> float:
    """Milliseconds from the event that the act ends in to the first frame that shows something else."""
    settle(page)
    page.evaluate(ANSWERED, [event, on_screen])
    act()
    return float(page.evaluate("() => window.answered"))


def click_a_point(page: Page, canvas: Locator, share: float) -> None:
    """Click the first point that the pointer meets on its way through a map, from this share of its width on."""
    box: Any = canvas.bounding_box()
    for step in range(60):
        page.mouse.move(box["x"] + (share + step / 200) * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_timeout(200)
        if canvas.get_attribute("data-hovered-row"):
            page.mouse.down()
            page.mouse.up()
            return
    raise SystemExit("the pointer met no point of the map")  # a click beside them has no answer to wait for


def answers(browser: Browser, address: str, has_drawer: bool = True) -> None:
    """Print how long a click on a point and the drawer's table take to answer."""
    context = browser.new_context()
    page = opened(context)
    page.goto(f"{address}/{PAGE}")
    canvas = page.locator(FIRST_MAPS)
    canvas.wait_for(timeout=180_000)
    taken: dict[str, list[float]] = {}
    for number in range(GESTURES):
        click = lambda share=0.15 + number / 16: click_a_point(page, canvas, share)  # noqa: E731
        taken.setdefault("a click's answer", []).append(answer(page, "pointerup", SENTENCE, click))
    if has_drawer:
        page.goto(f"{address}/{PAGE}")  # nothing is selected: the table is of all rows
        page.get_by_role("tab", name="Table").click()
        table = page.get_by_test_id("row-table")
        table.wait_for(timeout=60_000)
        table.evaluate("table => { window.table = table.getRootNode(); }")
        for _ in range(GESTURES):
            turn = page.get_by_role("button", name="Next page").click
            taken.setdefault("the table's next page", []).append(answer(page, "click", TABLE, turn))
            sort = table.get_by_role("button", name="Change").click
            taken.setdefault("sorting the table of 10,000 rows", []).append(answer(page, "click", TABLE, sort))
    for name, times in taken.items():
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |", flush=True)
    context.close()


def filter_drag(browser: Browser, address: str) -> None:
    """Print how the counts follow a drag over a filter, and what the browser tells the server of it."""
    context = browser.new_context()
    page = opened(context)
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data))))
    page.goto(f"{address}/{PAGE}")
    page.locator(FIRST_MAPS).wait_for(timeout=180_000)
    page.locator(".filters-toggle").click()
    plot = page.locator(".facet[data-column='change'] canvas")
    plot.wait_for(timeout=180_000)
    settle(page)
    box: Any = plot.bounding_box()
    page.get_by_test_id("filters-count").evaluate(COUNTED)
    sent.clear()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(MOVES):
        page.mouse.move(box["x"] + (0.1 + 0.8 * step / MOVES) * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_timeout(16)
    during = len(sent)
    page.mouse.up()
    settle(page)
    counted = page.evaluate("() => window.counted")
    cells = f"{len(counted)} | {statistics.median(counted):.1f} | {quantile(counted, 0.99):.1f}"
    print(f"| {cells} | {during} | {len(sent) - during} |")
    context.close()


def frames(browser: Browser, address: str, rows: int) -> None:
    """Print the cost of a frame by gesture."""
    context = browser.new_context()
    page = opened(context)
    page.goto(address)
    canvas = page.locator(f'[data-testid=map-left][data-rows="{rows}"]')
    canvas.wait_for(timeout=180_000)
    page.wait_for_timeout(8000)  # panels, images
    for name, (costs, gaps) in gestures(page, canvas).items():
        cost = f"{statistics.median(costs):.1f} | {quantile(costs, 0.99):.1f}" if costs else "none | none"
        print(f"| {name} | 2 × {rows:,} | {len(costs)} | {cost} | {statistics.median(gaps):.1f} |")
    context.close()


def print_heading_of_frames() -> None:
    """Print the first two lines of the table of frame times."""
    print("\n| gesture | points | frames | median, ms | 99th percentile, ms | between frames, ms |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")


def frames_of_large_maps(browser: Browser, sizes: Sequence[int]) -> None:
    """Print the cost of a frame by gesture of maps that are not the app's own."""
    with served(ROOT / "benchmarks" / "large_map_app.py") as address:
        for rows in sizes:
            frames(browser, f"{address}/?rows={rows}", rows)


def main() -> None:
    """Print the tables."""
    sizes = [int(text) for text in sys.argv[1:]]
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        print(f"{machine()}; Chromium {browser.version}, headless, no graphics card, 1400 × 900.\n")
        if sizes:
            print_heading_of_frames()
            frames_of_large_maps(browser, sizes)
            browser.close()
            return
        print(f"| seconds from asking | median of {VISITS} | least | most |\n| --- | ---: | ---: | ---: |")
        with served(ROOT / "benchmarks" / "empty_app.py") as address:
            first_maps(browser, address, empty="an empty Streamlit page")
        with served() as address:
            first_maps(browser, address)
            print(f"\n| gesture | answered after, ms, median of {GESTURES} | slowest |\n| --- | ---: | ---: |")
            answers(browser, address)
            print("\n| counts in a drag | ms after a move, median | 99th percentile | messages meanwhile | after |")
            print("| ---: | ---: | ---: | ---: | ---: |")
            filter_drag(browser, address)
            print("\n| bytes received | |\n| --- | ---: |")
            bytes_sent(browser, address)
            print("\n| bytes a point and map | positions and label | neighbours | one colouring | all |")
            print("| --- | ---: | ---: | ---: | ---: |")
            bytes_a_point(10_000)
            bytes_a_point(70_000)
            print_heading_of_frames()
            frames(browser, f"{address}/{PAGE}", 10_000)
        frames_of_large_maps(browser, LARGE)
        browser.close()


if __name__ == "__main__":
    main()
