"""The linked maps under fingers and a pen, as Chromium itself sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.browser import latent_map_app as app
from tests.browser.test_latent_map import Maps, block


class Hand:
    """Touches of fingers and a pen on a page, sent to Chromium."""

    def __init__(self, page: Any) -> None:
        self._send = page.context.new_cdp_session(page).send
        self._page = page

    def _touch(self, kind: str, fingers: Sequence[tuple[float, float]]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        self._send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def strokes(self, *steps: Sequence[tuple[float, float]]) -> None:
        """Fingers go down at the first places, along the others, and up at the last."""
        self._touch("touchStart", steps[0])
        for step in steps[1:]:
            self._touch("touchMove", step)
            self._page.wait_for_timeout(30)
        self._touch("touchEnd", [])

    def pen(self, kind: str, x: float, y: float, pressed: bool = False, modifiers: int = 0) -> None:
        """A pen moves, goes down or up."""
        told = {"type": kind, "x": x, "y": y, "pointerType": "pen", "modifiers": modifiers, "clickCount": 1}
        held = {"button": "left", "buttons": 1} if pressed else {}
        self._send("Input.dispatchMouseEvent", {**told, **held})


@pytest.fixture
def maps(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Maps]:
    """The test page on a tablet, open; a test fails if the page's code raised an error."""
    address = streamlit_app(Path(app.__file__))
    context = browser.new_context(viewport={"width": 1000, "height": 600}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield Maps(page).open(address)
    context.close()
    assert not thrown


@pytest.fixture
def hand(maps: Maps) -> Hand:
    return Hand(maps.page)


def test_a_tapped_tool_says_what_it_does(maps: Maps) -> None:
    maps.page.set_viewport_size({"width": 390, "height": 700})
    note = maps.page.locator(".tool-note")
    assert note.is_hidden()
    maps.page.get_by_role("button", name="Lasso").tap()
    note.get_by_text("Lasso: draw around points").wait_for()
    box = note.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    note.wait_for(state="hidden")


def test_a_tap_selects_and_marks_a_row_until_another(maps: Maps, hand: Hand) -> None:
    maps.page.touchscreen.tap(*maps.spot("left", 205))
    maps.wait_for_python([205])
    for side in ("left", "right"):
        maps.wait(side, "hovered-row", "205")
    maps.page.wait_for_timeout(500)
    assert maps.read("left", "hovered-row") == "205", "a finger always leaves; what it tapped stays marked"
    maps.page.touchscreen.tap(*maps.spot("right", 77))
    maps.wait_for_python([77])


def test_two_fingers_zoom_both_maps_and_select_nothing(maps: Maps, hand: Hand) -> None:
    x, y = maps.spot("left", 210)
    hand.strokes(*[[(x - apart, y), (x + apart, y)] for apart in (20, 30, 40, 60, 80)])
    maps.until(lambda: maps.zoom("left") > 2)
    assert maps.zoom("left") == maps.zoom("right")
    assert maps.python_rows() == []


def test_a_finger_on_each_map_is_no_pinch(maps: Maps, hand: Hand) -> None:
    (left_x, left_y), (right_x, right_y) = maps.spot("left", 210), maps.spot("right", 210)
    before = maps.read("left", "view"), maps.read("right", "view")
    hand.strokes(*[[(left_x, left_y), (right_x + apart, right_y)] for apart in (0, 10, 30, 60)])
    maps.page.wait_for_timeout(300)
    assert (maps.read("left", "view"), maps.read("right", "view")) == before


def test_on_another_screen_the_maps_are_as_sharp_as_it_is(maps: Maps) -> None:
    maps.page.add_init_script(
        "const ask = window.matchMedia.bind(window); window.asked = [];"
        "window.matchMedia = (query) => { const list = ask(query); window.asked.push(list); return list; };"
    )
    maps.page.reload()
    maps.wait("left", "rows", str(app.ROWS))
    canvas = maps.canvas("left")
    before = canvas.evaluate("e => e.width")
    screen = {"width": 1000, "height": 600, "deviceScaleFactor": 2, "mobile": False}
    maps.page.context.new_cdp_session(maps.page).send("Emulation.setDeviceMetricsOverride", screen)
    # An emulated screen sends no event, as moving a window to another one does.
    maps.page.evaluate(
        "asked.filter((list) => !list.matches).forEach((list) => list.dispatchEvent(new Event('change')))"
    )
    maps.until(lambda: abs(canvas.evaluate("e => e.width") - 2 * before) <= 2)


def test_a_finger_draws_a_lasso(maps: Maps, hand: Hand) -> None:
    maps.page.get_by_role("button", name="Lasso").click()
    x0, y0 = maps.spot("left", 3 * app.SIDE + 2)
    x1, y1 = maps.spot("left", 7 * app.SIDE + 5)
    corners = [(x0 - 8, y0 + 8), (x1 + 8, y0 + 8), (x1 + 8, y1 - 8), (x0 - 8, y1 - 8)]
    hand.strokes(*[[corner] for corner in corners])
    maps.wait_for_python(block(2, 5, 3, 7))


def test_a_finger_moves_a_zoomed_map(maps: Maps, hand: Hand) -> None:
    for _ in range(3):
        maps.page.get_by_role("button", name="Zoom in", exact=True).click()
    maps.until(lambda: maps.zoom("left") > 2)
    before = maps.read("left", "view")
    x, y = maps.spot("left", 210)
    hand.strokes([(x, y)], [(x, y - 20)], [(x, y - 50)], [(x, y - 60)])
    maps.until(lambda: maps.read("left", "view") != before)
    assert float(maps.read("left", "view").split()[1]) < float(before.split()[1])
    assert maps.python_rows() == []


def test_a_pen_hovers_draws_a_lasso_and_leaves(maps: Maps, hand: Hand) -> None:
    x, y = maps.spot("left", 205)
    hand.pen("mouseMoved", x - 3, y)
    hand.pen("mouseMoved", x, y)
    maps.wait("right", "hovered-row", "205")
    maps.page.get_by_role("button", name="Lasso").click()
    x0, y0 = maps.spot("left", 3 * app.SIDE + 2)
    x1, y1 = maps.spot("left", 7 * app.SIDE + 5)
    hand.pen("mouseMoved", x0 - 8, y0 + 8)
    hand.pen("mousePressed", x0 - 8, y0 + 8, pressed=True)
    for place in ((x1 + 8, y0 + 8), (x1 + 8, y1 - 8), (x0 - 8, y1 - 8)):
        hand.pen("mouseMoved", *place, pressed=True)
    hand.pen("mouseReleased", x0 - 8, y1 - 8, pressed=True)
    maps.wait_for_python(block(2, 5, 3, 7))
    hand.pen("mouseMoved", 3, 3)
    maps.wait("left", "hovered-row", "")


def test_a_finger_that_scrolls_the_page_past_a_map_at_rest_selects_nothing(maps: Maps, hand: Hand) -> None:
    maps.page.set_viewport_size({"width": 600, "height": 400})
    maps.page.wait_for_timeout(500)
    main = maps.page.get_by_test_id("stMain")
    before = main.evaluate("e => e.scrollTop")
    box = maps.canvas("left").bounding_box()
    x, y = box["x"] + box["width"] / 2, 330
    hand.strokes(*[[(x, y - down)] for down in range(0, 240, 20)])
    maps.until(lambda: main.evaluate("e => e.scrollTop") > before + 50)
    assert maps.python_rows() == []
