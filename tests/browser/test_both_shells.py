"""The same gestures on the linked maps of a Streamlit page and of a Jupyter widget in a real JupyterLab."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import latent_map_app as app
from tests.browser.test_latent_map import Maps, block
from tvae.metrics.neighbours import nearest_neighbours

ROOT = Path(__file__).parents[2]
CELLS = (
    "import numpy as np\nimport tvae\n\nrows = np.load('rows.npz')\n"
    "given = {name: rows[name] for name in ('labels', 'images')}\n"
    "maps = tvae.show(rows['left'], rows['right'], **given, titles=('VAE', 'TVAE'))\n"
    "maps",
    "print(f'rows {maps.selection.tolist()}')",
    f"maps.selection = {app.CHOSEN}",
)


class StreamlitShell:
    """The maps on a page of the app."""

    def __init__(self, page: Any, address: str) -> None:
        self.maps = Maps(page).open(f"{address}?choose=1")

    def wait_for_python(self, rows: list[int]) -> None:
        """Wait until Python has these rows selected."""
        self.maps.wait_for_python(rows)

    def choose(self) -> None:
        """Let Python select other rows."""
        self.maps.page.get_by_role("button", name="choose").click()


class JupyterShell:
    """The maps as a widget in JupyterLab."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.page.goto(f"{address}/lab/tree/maps.ipynb?reset")
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        self.maps = Maps(page)
        self._run(0)
        self.maps.wait("left", "rows", str(app.ROWS))

    def _run(self, number: int) -> Any:
        """Run a cell; return its place once it has run."""
        cell = self.page.locator(".jp-CodeCell").nth(number)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        self.maps.until(lambda: prompt.inner_text() not in (before, "[*]:"))
        return cell

    def wait_for_python(self, rows: list[int]) -> None:
        """Wait until Python has these rows selected, as the next cell prints them."""
        self.maps.until(lambda: self._run(1).locator(".jp-OutputArea").inner_text().strip() == f"rows {rows}")

    def choose(self) -> None:
        """Let Python select other rows."""
        self._run(2)


@pytest.fixture(scope="module")
def jupyter_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running JupyterLab that has a notebook with the code cells `CELLS`."""
    folder = tmp_path_factory.mktemp("jupyter")
    left, right, _ = app.layouts()
    names = np.array(app.NAMES)[app.labels()]
    np.savez(folder / "rows.npz", left=left, right=right, labels=names, images=app.images())
    cells = [
        {"cell_type": "code", "id": f"cell{i}", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for i, text in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (folder / "maps.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(tmp_path_factory.mktemp(name.lower())) for name in ("CONFIG", "DATA", "RUNTIME")}
    settings = tmp_path_factory.mktemp("settings")
    quiet = settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}', encoding="utf-8")
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(settings), "IPYTHONDIR": str(folder / ".ipython"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"]
    log = folder / "log.txt"
    with log.open("wb") as out:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=out, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api/status", timeout=2):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        server.kill()
        pytest.fail(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-2000:]}")
    yield address
    server.terminate()  # it ends its kernels
    server.wait(timeout=60)


@pytest.fixture(params=["streamlit", "jupyter"], scope="module")
def shell(
    request: pytest.FixtureRequest, browser: Any, streamlit_app: Callable[[Path], str]
) -> Iterator[StreamlitShell | JupyterShell]:
    """The maps in one of the shells; a test fails if the page's code raised an error."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    if request.param == "streamlit":
        yield StreamlitShell(page, streamlit_app(Path(app.__file__)))
    else:
        yield JupyterShell(page, request.getfixturevalue("jupyter_lab"))
    context.close()
    assert not thrown


def row_near_on_both() -> int:
    """A row of which some of the nearest rows are the same on both maps."""
    nearest = [nearest_neighbours(side.astype(np.float32), 5).rows for side in app.layouts()[:2]]
    return next(row for row, pair in enumerate(zip(*nearest, strict=True)) if np.intersect1d(*pair).size)


def test_hovering_marks_the_row_on_both_maps_and_shows_its_image(shell: StreamlitShell | JupyterShell) -> None:
    maps = shell.maps
    maps.hover("left", 205)
    maps.wait("right", "hovered-row", "205")
    words = maps.page.get_by_test_id("map-card").inner_text().splitlines()
    assert words[:2] == ["<b>two</b>", "row 205"]  # a name is text, never HTML
    assert "nearest shared" in words[2]
    assert maps.page.get_by_test_id("map-card-image").is_visible()
    maps.hover("left", row_near_on_both())
    shared = maps.page.get_by_test_id("map-marks-key").locator("[data-mark=shared]")
    assert shared.inner_text() == "near in VAE and TVAE"  # both by name: they may be no models of ours


def test_a_lasso_selects_in_python_and_python_on_the_maps(shell: StreamlitShell | JupyterShell) -> None:
    maps, rows = shell.maps, block(2, 4, 3, 5)
    maps.lasso("left", (2, 4, 3, 5))
    maps.wait("right", "selected-count", str(len(rows)))
    shell.wait_for_python(rows)
    shell.choose()
    maps.wait("left", "selected-count", str(len(app.CHOSEN)))
    shell.wait_for_python(app.CHOSEN)
    maps.lasso("left", (10, 11, 3, 5))  # a gesture wins again
    shell.wait_for_python(block(10, 11, 3, 5))


def test_the_left_map_morphs_into_the_right_one(shell: StreamlitShell | JupyterShell) -> None:
    maps = shell.maps
    maps.page.keyboard.press("Escape")
    maps.until_still()
    before, aim = maps.picture("left"), maps.picture("right")
    slider = maps.page.get_by_role("slider", name="Morph the left map into the right map")
    slider.focus()
    slider.press("End")
    maps.until_still()
    after = maps.picture("left")
    inside = (slice(20, -20), slice(20, -20))
    assert np.abs(after - aim)[inside].mean() < 0.5 * np.abs(before - aim)[inside].mean()
    slider.press("Home")


def test_full_screen_takes_the_whole_window(shell: StreamlitShell | JupyterShell) -> None:
    maps = shell.maps
    maps.page.get_by_role("button", name="Full screen").click()
    filling = maps.page.locator(".lm.filling")
    maps.until(lambda: filling.bounding_box()["width"] >= 1400)
    maps.page.keyboard.press("Escape")
    filling.wait_for(state="detached")


def test_keys_on_the_maps_act_on_nothing_else(shell: StreamlitShell | JupyterShell) -> None:
    """In JupyterLab, D twice deletes the cell that holds the maps."""
    maps = shell.maps
    maps.canvas("left").focus()
    for key in "ddx":
        maps.page.keyboard.press(key)
    maps.until_still()
    assert maps.canvas("left").is_visible()
