"""How long pages take to open on a warm server, and a change of a slider to be seen, in a real Chromium."""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
OPENINGS = 3
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A slider of a page, and what tells that its change is seen."""

    page: str
    """Path of the page."""
    name: str
    """Label of the slider; empty where only the page's opening is measured."""
    shown: str
    """JavaScript that returns what is on screen, as text; empty until the page stands."""


PICTURE = "document.querySelector('[data-testid=stImage] img')?.currentSrc ?? ''"
PLAYER = """(() => {
  for (const host of document.querySelectorAll('[data-testid=stBidiComponentIsolated], [class*=st-key-path] *')) {
    const player = host.shadowRoot?.querySelector('.player');
    if (player) return player.querySelectorAll('.step').length + player.dataset.frame;
  }
  return '';
})()"""

SLIDERS = (
    Slider(page="Reconstructions?run=mnist", name="How many", shown=PICTURE),
    Slider(page="Reconstructions?run=mnist&code=a+sample&error-map=true", name="How many", shown=PICTURE),
    Slider(page="Interpolation?run=mnist", name="Steps", shown=PLAYER),
    Slider(page="Interpolation?run=mnist&way=spherical&ends=confusable+pair", name="Steps", shown=PLAYER),
    Slider(page="Interpolation?run=mnist", name="Place on the way, from the first image to the second", shown=PLAYER),
    Slider(page="Generation?run=mnist", name="Temperature", shown=PICTURE),
    Slider(page="Generation?run=mnist&ask=4", name="Temperature", shown=PICTURE),
    Slider(page="Generation?run=mnist", name="Samples shown", shown=PICTURE),
    Slider(page="Traversals?run=mnist", name="Steps", shown=PICTURE),
    Slider(page="Your_own_digit?run=mnist&strokes=AAZfN1JfSoBuhJaCrH4ABJ4wmGSSlo7N", name="", shown=PICTURE),
)

SEEN = """shown => {
  const look = () => eval(shown), before = look();
  window.addEventListener('keydown', () => { window.pressed = performance.now(); }, {once: true, capture: true});
  window.seen = new Promise(told => {
    const wait = () => {
      const now = look();
      if (now && now !== before) told(performance.now() - window.pressed);
      else requestAnimationFrame(wait);
    };
    requestAnimationFrame(wait);
  });
}"""
"""Makes `window.seen`: milliseconds from the key to the first frame that shows something else."""


@contextmanager
def server() -> Iterator[str]:
    """The app on a free port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.address", "127.0.0.1"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def opening(browser: Any, address: str, slider: Slider) -> tuple[Page, float]:
    """The page opened by its address, and seconds until its main picture stands."""
    page = browser.new_page()
    begun = time.perf_counter()
    page.goto(f"{address}/{slider.page}")
    page.wait_for_function(f"() => ({slider.shown}) !== ''", timeout=120_000)
    return page, time.perf_counter() - begun


def changing(page: Page, slider: Slider, times: int) -> list[float]:
    """Milliseconds from a key on the slider to the changed picture."""
    handle = page.get_by_role("slider", name=slider.name)
    found = []
    for i in range(times):
        page.wait_for_timeout(700)  # the last rerun is over, and so is what draws below the picture
        page.evaluate(SEEN, slider.shown)
        handle.press("ArrowRight" if i % 2 == 0 else "ArrowLeft")
        found.append(float(page.evaluate("() => window.seen")))
    return found


def main() -> None:
    """Print the table of medians as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=9, help="changes of each slider")
    times = parser.parse_args().times
    with server() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        browser = chromium.new_context(viewport={"width": 1400, "height": 900})  # keeps Streamlit's own files
        print("| page | slider | by address, s | change, ms | slowest change, ms |")
        print("| --- | --- | ---: | ---: | ---: |")
        for slider in SLIDERS:
            opening(browser, address, slider)[0].close()  # the server's first time
            openings = []
            for _ in range(OPENINGS):
                page, seconds = opening(browser, address, slider)
                openings.append(seconds)
                if len(openings) < OPENINGS:
                    page.close()
            changes = changing(page, slider, times) if slider.name else []
            page.close()
            changed = f"{statistics.median(changes):.0f} | {max(changes):.0f}" if changes else " | "
            print(f"| {slider.page} | {slider.name} | {statistics.median(openings):.2f} | {changed} |", flush=True)
        chromium.close()


if __name__ == "__main__":
    main()
