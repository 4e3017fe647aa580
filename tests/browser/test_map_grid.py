"""One linked map, up to six, and maps of some rows alone, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import latent_map_app as app
from tests.browser.test_latent_map import Maps, block

SIX = ("left", "right", "third", "fourth", "fifth", "sixth")


@pytest.fixture
def open_maps(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Callable[..., Maps]]:
    """Opens the test page with a query; a test fails if the page's code raised an error."""
    address = streamlit_app(Path(app.__file__))
    contexts: list[Any] = []
    thrown: list[str] = []

    def opened(query: str, width: int = 1400) -> Maps:
        context = browser.new_context(viewport={"width": width, "height": 1400}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        maps = Maps(page)
        maps.layouts |= {name: app.further_layout(i) for i, name in enumerate(SIX) if i > 1}
        return maps.open(f"{address}?{query}")

    yield opened
    for context in contexts:
        context.close()
    assert not thrown


def test_six_maps_share_what_is_pointed_at_and_what_is_selected(open_maps: Callable[..., Maps]) -> None:
    maps = open_maps("maps=6")
    assert maps.page.locator("canvas.points").count() == 6
    maps.hover("fifth", 123)
    for side in SIX:
        maps.wait(side, "hovered-row", "123")
    maps.page.get_by_role("button", name="Box").click()
    at = maps.spot("fourth", 0)
    rows = [r for r in range(app.ROWS) if max(np.abs(np.subtract(maps.spot("fourth", r), at))) <= 30]
    assert len(rows) > 2
    maps.drag((at[0] - 30.5, at[1] - 30.5), (at[0] + 30.5, at[1] + 30.5))
    for side in SIX:
        maps.wait(side, "selected-count", str(len(rows)))
    maps.wait_for_python(rows)
    maps.page.mouse.move(*maps.spot("sixth", 7))
    maps.page.mouse.wheel(0, -300)
    maps.until(lambda: maps.zoom("left") > 1 and len({maps.read(side, "view") for side in SIX}) == 1)
    assert maps.page.get_by_role("slider", name="Morph").count() == 0


@pytest.mark.parametrize(("width", "across"), [(1400, 3), (800, 3), (390, 2)])
def test_six_maps_stand_in_rows_that_fit_the_window(open_maps: Callable[..., Maps], width: int, across: int) -> None:
    maps = open_maps("maps=6", width)
    boxes = [maps.canvas(side).bounding_box() for side in SIX]
    assert len({round(box["x"]) for box in boxes}) == across
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert len({round(box["width"]) for box in boxes}) == 1


def test_numbers_colour_an_odd_number_of_maps(open_maps: Callable[..., Maps]) -> None:
    maps = open_maps("maps=3")
    maps.page.get_by_text("recolour").click()
    maps.page.get_by_text("Rank", exact=True).wait_for()
    maps.hover("third", 30)
    facts = maps.page.get_by_test_id("map-card").inner_text()
    assert "VAE: 30" in facts and "TVAE: 369" in facts and "map 2: 30" in facts


def test_one_map_is_drawn_once_and_selects(open_maps: Callable[..., Maps]) -> None:
    maps = open_maps("maps=1")
    assert maps.page.locator("canvas.points").count() == 1
    assert maps.page.get_by_role("slider", name="Morph").count() == 0
    assert maps.page.get_by_role("button", name="Zoom and move").count() == 0
    maps.lasso("left", (2, 5, 3, 6))
    maps.wait_for_python(block(2, 5, 3, 6))
    assert "A map of 400 rows: VAE, first." in maps.page.locator("#lm-description").inner_text()


def test_rows_outside_those_shown_are_neither_drawn_nor_hit_nor_counted(open_maps: Callable[..., Maps]) -> None:
    maps = open_maps("only=1")
    maps.hover("left", 21)
    x, y = maps.spot("left", 399)  # of class 3, in the corner
    maps.page.mouse.move(x, y)
    maps.wait("left", "hovered-row", "")
    maps.lasso("left", (8, 11, 8, 11))
    maps.wait_for_python(block(8, 9, 8, 9))
    counts = maps.page.locator(".entry .count").all_inner_texts()
    assert counts == ["100", "0", "0", "0"]
