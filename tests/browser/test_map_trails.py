"""Trails between the linked maps in a real Chromium: tapered lines to the points' positions in the other model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import latent_map_app as app
from tests.browser.test_latent_map import FILL, Maps, block

BUTTON = "Trails: where the selected points, or those that move most, lie on the other map (T)"


@pytest.fixture(params=["light", "dark"])
def maps(request: Any, browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Maps]:
    """The test page, open; a test fails if the page's code raised an error."""
    context = browser.new_context(
        viewport={"width": 1400, "height": 1000}, reduced_motion="reduce", color_scheme=request.param
    )
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield Maps(page).open(streamlit_app(Path(app.__file__)))
    context.close()
    assert not thrown


def trails(maps: Maps, side: str = "left") -> list[int]:
    maps.page.wait_for_timeout(150)
    return [int(row) for row in (maps.read(side, "trails") or "").split()]


def moves() -> np.ndarray:
    left, right, _ = app.layouts()
    return np.hypot(*(right - left).T)


def place_on(maps: Maps, side: str, at: np.ndarray) -> tuple[float, float]:
    """Position of a place of the layouts' frame, in pixels of the map."""
    box = maps.canvas(side).bounding_box()
    x, y, zoom = map(float, maps.read(side, "view").split())
    u, v = ((at - (app.SIDE - 1) / 2) / (app.SIDE - 1)).tolist()
    scale = min(box["width"], box["height"]) * FILL * zoom
    return box["width"] / 2 + (u - x) * scale, box["height"] / 2 - (v - y) * scale


def drawn(maps: Maps, side: str, at: np.ndarray, across: np.ndarray) -> int:
    """Number of pixels that trails cover on a line of 13 pixels across a place, on the canvas of the marks."""
    x, y = place_on(maps, side, at)
    return maps.canvas(side).evaluate(
        """(canvas, [x, y, dx, dy]) => {
          const marks = canvas.parentElement.querySelector('canvas.marks');
          const ratio = marks.width / marks.clientWidth;
          let count = 0;
          for (let step = -6; step <= 6; step++) {
            const at = [x + step * dx, y - step * dy].map((value) => Math.round(value * ratio));
            count += marks.getContext('2d').getImageData(...at, 1, 1).data[3] > 60;
          }
          return count;
        }""",
        [x, y, float(across[0]), float(across[1])],
    )


def test_the_trails_of_the_selected_are_tapered_lines_on_both_maps(maps: Maps) -> None:
    left, right, _ = app.layouts()
    far = int(moves().argmax())
    x, y = maps.spot("left", far)
    maps.page.mouse.click(x, y)
    maps.wait_for_python([far])
    maps.page.keyboard.press("Escape")
    maps.wait_for_python([])
    rows = block(8, 10, 8, 10)
    maps.lasso("left", (8, 10, 8, 10))
    maps.wait_for_python(rows)
    maps.page.mouse.move(3, 3)
    sent = maps.sent
    button = maps.page.get_by_role("button", name=BUTTON)
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    key = maps.page.get_by_test_id("trail-key")
    assert key.inner_text().strip() == "Trails: wide end in VAE, narrow end in TVAE; all 9 selected"
    ordered = sorted(rows, key=lambda row: -moves()[row])
    for side in ("left", "right"):
        assert sorted(trails(maps, side)) == rows
        assert trails(maps, side)[0] == ordered[0]
        wide, narrow = [], []
        for row in rows:
            way = (right[row] - left[row]) / moves()[row]
            across = np.array([-way[1], way[0]])
            wide.append(drawn(maps, side, left[row] + 0.06 * (right[row] - left[row]), across))
            narrow.append(drawn(maps, side, left[row] + 0.94 * (right[row] - left[row]), across))
        assert min(wide) >= 3, f"no line on the {side} map"
        assert min(narrow) >= 1
        assert np.median(wide) > np.median(narrow) + 1, "the line is wide at its start and narrow at its end"
    button.click()
    assert not key.is_visible()
    assert trails(maps) == []
    assert maps.sent == sent, "trails ask nothing of the server"


def test_trails_follow_zoom_and_pan(maps: Maps) -> None:
    left, right, _ = app.layouts()
    maps.lasso("left", (9, 10, 9, 10))
    row = block(9, 10, 9, 10)[0]
    maps.page.get_by_role("button", name=BUTTON).click()
    x, y = maps.spot("left", row)
    maps.page.mouse.move(x, y)
    for _ in range(2):
        maps.page.mouse.wheel(0, -240)
    maps.until(lambda: maps.zoom("left") > 1.3)
    maps.page.mouse.move(3, 3)
    maps.page.wait_for_timeout(300)
    way = (right[row] - left[row]) / moves()[row]
    across = np.array([-way[1], way[0]])
    for side in ("left", "right"):
        assert drawn(maps, side, left[row] + 0.3 * way, across) >= 3


def test_without_a_selection_the_forty_that_move_most_have_one(maps: Maps) -> None:
    maps.canvas("left").focus()
    maps.page.keyboard.press("t")
    most = trails(maps)
    assert len(most) == 40
    least = min(moves()[most])
    assert (moves() > least + 1e-4).sum() <= 40, "no row that moves farther is left out"
    text = maps.page.get_by_test_id("trail-key").inner_text()
    assert text.strip() == "Trails: wide end in VAE, narrow end in TVAE; the 40 that move most of 400"
    maps.page.keyboard.press("t")
    assert trails(maps) == []


def test_of_many_selected_those_that_move_most_have_one_and_hidden_classes_none(maps: Maps) -> None:
    maps.lasso("left", (0, 19, 0, 9))
    maps.wait_for_python(block(0, 19, 0, 9))
    maps.page.get_by_role("button", name=BUTTON).click()
    assert "the 100 that move most of 200 selected" in maps.page.get_by_test_id("trail-key").inner_text()
    assert set(trails(maps)) <= set(block(0, 19, 0, 9))
    maps.page.get_by_role("button", name="zero").click()
    assert set(trails(maps)) == set(block(10, 19, 0, 9))
    assert "all 100 selected" in maps.page.get_by_test_id("trail-key").inner_text()


WRITTEN = """() => {
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...room) {
    if (!this.canvas.isConnected && this.canvas.width > 1) window.written.push([text, y, this.canvas.height]);
    return write.call(this, text, x, y, ...room);
  };
}"""
"""Keeps what is written on canvases that are not on the page, as pictures to be saved are."""


def test_a_saved_picture_says_what_its_trails_rings_and_colours_are(maps: Maps, tmp_path: Path) -> None:
    far = int(moves().argmax())
    x, y = maps.spot("left", far)
    maps.page.mouse.click(x, y)
    maps.wait_for_python([far])
    maps.page.get_by_role("button", name=BUTTON).click()
    maps.page.mouse.move(3, 3)
    maps.page.get_by_test_id("map-marks-key").locator("[data-mark=focus]").wait_for()
    maps.page.get_by_test_id("map-marks-key").locator("[data-mark=hovered]").wait_for(state="detached")
    marks = [mark.inner_text() for mark in maps.page.get_by_test_id("map-marks-key").locator(".mark").all()]
    trail = maps.page.get_by_test_id("trail-key").inner_text().strip()
    maps.page.evaluate(WRITTEN)
    with maps.page.expect_download() as download:
        maps.page.get_by_role("button", name="Save what is seen").click()
    download.value.save_as(tmp_path / "map.png")
    written = maps.page.evaluate("window.written")
    texts = [text for text, _, _ in written]
    assert "clicked" in marks and set(marks) <= set(texts)
    assert trail in texts
    assert {"VAE", "TVAE", "zero", "one"} <= set(texts)
    words = " ".join(texts)
    assert "400 images, 1 selected." in words
    assert "Two made-up layouts, n = 400" in words
    assert all(0 < y < height for _, y, height in written), "nothing is written outside the picture"
