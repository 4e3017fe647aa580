"""Our latent map beside TensorBoard's projector and jupyter-scatter, in one Chromium: first picture, frames a second.

    python -m benchmarks.map_peers [--rounds N]

The first picture of MNIST's 10,000 test images is ours and TensorBoard's in turns, in browsers that were never there.
Frames are those that the browser asks for while a mouse drags a map about; ours and jupyter-scatter's are two linked
maps. Ours, which need no WebGL, are in a Chromium without the switches for it, which slow a plain canvas down.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from benchmarks.browsing import ROOT, chromium, free_port, machine, opened, running, served
from benchmarks.large_map_app import points
from benchmarks.peers import BROWSER_PEERS, peers_python
from tvae.cli.parsing import main as command_line

SIZES = (10_000, 70_000, 500_000)
WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""Switches of Chromium with which it draws the peers' WebGL on the processor, without a graphics card."""
DRAWN = 15_000
"""Pixels that are not the ground's, of a picture with points."""
SECONDS = 120.0
"""Patience with a picture."""
DRAG_SECONDS = 4.0
FRAMES = """() => {
  window.frames_ = 0;
  const tick = () => { window.frames_++; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
"""JavaScript that counts the browser's frames."""
CELL = """import numpy as np, jscatter
n = {n}
data = np.load("points.npz")
maps = [
    jscatter.Scatter(x=at[:, 0], y=at[:, 1], color_by=data[f"labels{{n}}"], width=480, height=480)
    for at in (data[f"vae{{n}}"], data[f"tvae{{n}}"])
]
jscatter.link(maps)"""


def shows_points(page: Page) -> bool:
    """Whether points are seen in the middle of the window, where the maps of both are."""
    clip: Any = {"x": 320, "y": 250, "width": 760, "height": 450}
    try:
        taken = page.screenshot(clip=clip)
    except Error:  # while the browser sets up WebGL
        return False
    picture = np.asarray(Image.open(io.BytesIO(taken)).convert("L"))
    return picture.size - np.bincount(picture.ravel()).max() > DRAWN


def seconds_to_picture(browser: Browser, address: str) -> float:
    """Seconds from asking for a page until its points are seen, in a browser that was never there."""
    context = browser.new_context()
    page = opened(context)
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    while not shows_points(page):
        if time.perf_counter() - started > SECONDS:
            raise TimeoutError(f"no points within {SECONDS:.0f} s at {address}")
    taken = time.perf_counter() - started
    context.close()
    return taken


def frames_a_second(page: Page, box: Any) -> float:
    """Number of frames a second that the browser draws while a mouse drags about in a box of the page."""
    page.evaluate(FRAMES)
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    started, before = time.perf_counter(), page.evaluate("() => window.frames_")
    step = 0
    while time.perf_counter() - started < DRAG_SECONDS:
        page.mouse.move(middle[0] + 60 * np.sin(step / 6), middle[1] + 40 * np.cos(step / 6))
        step += 1
    taken = page.evaluate("() => window.frames_") - before
    seconds = time.perf_counter() - started
    page.mouse.up()
    return taken / seconds


def our_frames(browser: Browser, address: str, n: int) -> float:
    """Number of frames a second that our two maps of n points draw."""
    page = opened(browser.new_context())
    page.goto(f"{address}/?rows={n}")
    canvas = page.locator(f'[data-testid=map-left][data-rows="{n}"]')
    canvas.wait_for(timeout=1000 * SECONDS)
    page.wait_for_timeout(4000)
    return in_closed_page(page, lambda: frames_a_second(page, canvas.bounding_box()))


def tensorboard_frames(browser: Browser, address: str) -> float:
    """Number of frames a second that the projector draws."""
    page = opened(browser.new_context())
    page.goto(address)
    until = time.monotonic() + SECONDS
    while not shows_points(page) and time.monotonic() < until:
        page.wait_for_timeout(200)
    page.wait_for_timeout(2000)
    box = {"x": 400, "y": 300, "width": 600, "height": 400}
    return in_closed_page(page, lambda: frames_a_second(page, box))


def scatter_frames(browser: Browser, address: str, n: int) -> float:
    """Number of frames a second that jupyter-scatter's two linked maps of n points draw, in JupyterLab."""
    page = opened(browser.new_context())
    # A page of one document alone: JupyterLab opens the notebooks of the pages before again in its other.
    page.goto(f"{address}/doc/tree/maps{n}.ipynb")
    # JupyterLab drops a cell that is run before the kernel is idle.
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=1000 * SECONDS)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    canvas = page.locator(".jp-OutputArea canvas").filter(visible=True).first
    canvas.wait_for(timeout=1000 * SECONDS)
    page.wait_for_timeout(5000)
    canvas.scroll_into_view_if_needed()
    return in_closed_page(page, lambda: frames_a_second(page, canvas.bounding_box()))


def in_closed_page(page: Page, act: Callable[[], float]) -> float:
    """Result of a measurement in a page; the page is closed after it."""
    try:
        return act()
    finally:
        page.context.close()


def notebooks(folder: Path) -> None:
    """Write the files for JupyterLab: the points of each size, and a notebook that shows them."""
    arrays: dict[str, np.ndarray] = {}
    for n in SIZES:
        positions, labels = points(n)
        arrays |= {f"{arm}{n}": at for arm, at in positions.items()} | {f"labels{n}": labels}
        cell = {"cell_type": "code", "id": "maps", "metadata": {}, "outputs": [], "execution_count": None}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {
            "cells": [{**cell, "source": CELL.format(n=n)}],
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (folder / f"maps{n}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    np.savez(folder / "points.npz", allow_pickle=False, **arrays)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that each first picture is asked for")
    rounds = parser.parse_args().rounds
    python, missing = peers_python(BROWSER_PEERS, seconds=600.0)
    for peer, reason in missing.items():
        print(f"{peer} is missing: {reason}")
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        playwright = held.enter_context(sync_playwright())
        browser, without_webgl = chromium(playwright, WEBGL), chromium(playwright)
        print(f"{machine()}; Chromium {browser.version}, headless, WebGL on the processor, 1400 × 900.\n")
        command_line(
            ["export", str(ROOT / "checkpoints" / "mnist"), "--to", "projector", "--out", str(folder / "logs")]
        )
        port = free_port()
        options = ["--logdir", folder / "logs", "--port", str(port), "--host", "127.0.0.1"]
        board = held.enter_context(running([python, "-m", "tensorboard.main", *options], port))
        print("| first picture of 10,000 points, a browser that was never here | median, s | least | most |")
        print("| --- | ---: | ---: | ---: |")
        with served() as ours:
            pages = {"ours, two maps": f"{ours}/Latent_map?run=mnist", "TensorBoard's projector": f"{board}/#projector"}
            taken: dict[str, list[float]] = {name: [] for name in pages}
            for _ in range(rounds):
                for name, address in pages.items():
                    taken[name].append(seconds_to_picture(browser, address))
        for name, seconds in taken.items():
            print(f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |")
        notebooks(folder)
        # The peers' environment has this one's packages, not its widgets' JavaScript.
        os.environ["JUPYTER_PATH"] = str(Path(sys.prefix, "share", "jupyter"))
        port = free_port()
        options = ["--no-browser", "--allow-root", "--ServerApp.root_dir", folder, "--IdentityProvider.token="]
        options += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        lab = held.enter_context(running([python, "-m", "jupyterlab", *options], port, "/api"))
        large = held.enter_context(served(ROOT / "benchmarks" / "large_map_app.py"))
        print("\n| frames a second in a drag | points | |\n| --- | ---: | ---: |")
        print(f"| TensorBoard's projector | 10,000 | {tensorboard_frames(browser, f'{board}/#projector'):.0f} |")
        for n in SIZES:
            print(f"| ours | 2 × {n:,} | {our_frames(without_webgl, large, n):.0f} |", flush=True)
            print(f"| jupyter-scatter | 2 × {n:,} | {scatter_frames(browser, lab, n):.0f} |", flush=True)
        browser.close()
        without_webgl.close()


if __name__ == "__main__":
    main()
