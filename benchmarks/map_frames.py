"""Frame times, bytes and time to the first maps of the latent map page in a real Chromium."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).parents[1]
PORT = 8599
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
WATCH = """canvas => {
  window.costs = []; window.gaps = [];
  new MutationObserver(() => window.costs.push(+canvas.dataset.frameMs))
    .observe(canvas, {attributes: true, attributeFilter: ['data-frame-ms']});
  let last = performance.now();
  const tick = () => { const now = performance.now(); window.gaps.push(now - last); last = now;
                       requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
"""Notes what each frame of the left map cost, and the time between the browser's own frames."""
TAKE = "() => { const taken = [window.costs, window.gaps]; window.costs = []; window.gaps = []; return taken; }"


def quantile(values: list[float], share: float) -> float:
    """The value that this share of the values is at or below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def gestures(page: Page, canvas: Locator) -> dict[str, tuple[list[float], list[float]]]:
    """Frame costs and frame gaps, in ms, while the map is panned, zoomed, hovered."""

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
        for _ in range(20):
            page.mouse.wheel(0, by)
            page.wait_for_timeout(20)

    def hover() -> None:
        for step in range(80):
            page.mouse.move(*at(0.3 + step / 200, 0.4 + step / 400))
            page.wait_for_timeout(30)

    measured = {}
    canvas.evaluate(WATCH)
    for name, act in {
        "pan": drag,
        "zoom in": lambda: wheel(-60),
        "zoom out": lambda: wheel(60),
        "hover": hover,
    }.items():
        page.evaluate(TAKE)
        act()
        page.wait_for_timeout(300)
        costs, gaps = page.evaluate(TAKE)
        measured[name] = (costs, gaps)
    return measured


def main() -> None:
    """Print the table as Markdown."""
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(PORT), "--server.address", "127.0.0.1"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
            for visit in ("first visit of the server", "second visit"):
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                received: list[int] = []
                page.on("websocket", lambda ws, r=received: ws.on("framereceived", lambda data: r.append(len(data))))
                started = time.perf_counter()
                page.goto(f"{address}/Latent_map?run=mnist")
                canvas = page.locator('[data-testid=map-left][data-rows="10000"]')
                canvas.wait_for(timeout=120_000)
                print(f"first maps, {visit}: {time.perf_counter() - started:.2f} s")
                page.wait_for_timeout(4000)
                print(f"bytes received: {sum(received):,}")
                if visit == "second visit":
                    print("\n| gesture | frames | cost median, ms | cost p99, ms | frame gap median, ms |")
                    print("| --- | ---: | ---: | ---: | ---: |")
                    for name, (costs, gaps) in gestures(page, canvas).items():
                        if costs:
                            told = f"{statistics.median(costs):.1f} | {quantile(costs, 0.99):.1f}"
                            print(f"| {name} | {len(costs)} | {told} | {statistics.median(gaps):.1f} |")
                page.close()
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=20)


if __name__ == "__main__":
    main()
