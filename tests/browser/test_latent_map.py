"""The linked maps in a real Chromium."""

from __future__ import annotations

import ast
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser import latent_map_app as app
from tvae.figures.colours import TEN_COLOURS
from tvae.linked_map.payload import geometry_blob, neighbours_blob

FILL = 0.92  # the share of a map's shorter side that a layout takes, as in panel.js
SIDES = ("left", "right")


class Maps:
    """A page with the map, and the positions of its rows on the screen."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framesent", self._count))
        self.layouts: dict[str, np.ndarray] = {"left": app.layouts()[0], "right": app.layouts()[1]}

    def _count(self, _frame: object) -> None:
        self.sent += 1

    def open(self, address: str) -> Maps:
        self.page.goto(address)
        self.wait("left", "rows", str(app.ROWS))
        return self

    def canvas(self, side: str) -> Any:
        return self.page.get_by_test_id(f"map-{side}")

    def read(self, side: str, name: str) -> str:
        return self.canvas(side).get_attribute(f"data-{name}")

    def wait(self, side: str, name: str, value: str) -> None:
        self.page.locator(f'[data-testid="map-{side}"][data-{name}="{value}"]').wait_for(timeout=15_000)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition holds, by checking it again and again."""
        for _ in range(300):
            if holds():
                return
            self.page.wait_for_timeout(50)
        pytest.fail("waited 15 s in vain")

    def zoom(self, side: str) -> float:
        return float(self.read(side, "view").split()[2])

    def spot(self, side: str, row: int) -> tuple[float, float]:
        """Position of a row, in pixels of the page."""
        box = self.canvas(side).bounding_box()
        x, y, zoom = map(float, self.read(side, "view").split())
        u, v = ((self.layouts[side][row] - (app.SIDE - 1) / 2) / (app.SIDE - 1)).tolist()
        scale = min(box["width"], box["height"]) * FILL * zoom
        return box["x"] + box["width"] / 2 + (u - x) * scale, box["y"] + box["height"] / 2 - (v - y) * scale

    def hover(self, side: str, row: int) -> None:
        x, y = self.spot(side, row)
        self.page.mouse.move(x + 1, y + 1)
        self.wait(side, "hovered-row", str(row))

    def drag(self, *corners: tuple[float, float]) -> None:
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        for x, y in corners[1:]:
            self.page.mouse.move(x, y, steps=4)
        self.page.mouse.up()

    def lasso(self, side: str, rows: tuple[int, int, int, int]) -> None:
        """Draw around the block of the left layout from its lower left to its upper right row's place."""
        self.page.get_by_role("button", name="Lasso").click()
        x0, x1, y0, y1 = rows
        lower, upper = self.spot(side, y0 * app.SIDE + x0), self.spot(side, y1 * app.SIDE + x1)
        left, bottom, right, top = lower[0] - 8, lower[1] + 8, upper[0] + 8, upper[1] - 8
        self.drag((left, bottom), (right, bottom), (right, top), (left, top))

    def python_rows(self) -> list[int]:
        text = self.page.get_by_text("rows [").inner_text()
        return ast.literal_eval(text.removeprefix("rows "))

    def wait_for_python(self, rows: list[int]) -> None:
        self.page.get_by_text(f"rows {rows}", exact=True).wait_for(timeout=15_000)

    def until_still(self) -> None:
        """Wait until neither map has changed for half a second."""

        def still() -> bool:
            before = [self.picture(side) for side in SIDES]
            self.page.wait_for_timeout(500)
            return all(np.array_equal(self.picture(side), was) for side, was in zip(SIDES, before, strict=True))

        self.until(still)

    def picture(self, side: str) -> np.ndarray:
        """Pixels of a map as they are seen, marks included."""
        return np.asarray(Image.open(io.BytesIO(self.canvas(side).screenshot())).convert("RGB")).astype(int)


def block(x0: int, x1: int, y0: int, y1: int) -> list[int]:
    """Rows of the left layout from column x0 to x1 and line y0 to y1, both included."""
    return [y * app.SIDE + x for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)]


@pytest.fixture
def maps(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Maps]:
    """The test page, open; a test fails if the page's code raised an error."""
    address = streamlit_app(Path(app.__file__))
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield Maps(page).open(address)
    context.close()
    assert not thrown


def test_hover_marks_the_row_on_both_maps_and_shows_its_card(maps: Maps) -> None:
    maps.hover("left", 205)
    maps.wait("right", "hovered-row", "205")
    card = maps.page.get_by_test_id("map-card")
    assert card.get_attribute("data-row") == "205"
    assert card.inner_text().splitlines()[:2] == ["<b>two</b>", "row 205"]
    maps.page.wait_for_timeout(100)
    for side in ("left", "right"):
        box = maps.canvas(side).bounding_box()
        x, y = maps.spot(side, 205)
        picture = maps.picture(side).mean(axis=2)
        around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        lines, columns = np.rint(y - box["y"] + 7 * np.sin(around)), np.rint(x - box["x"] + 7 * np.cos(around))
        on_ring = np.array(
            [
                picture[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2].min()
                for v, u in zip(lines, columns, strict=True)
            ]
        )
        assert (on_ring < 110).mean() > 0.8, f"no ring on the {side} map"


def test_card_counts_the_neighbours_that_both_arms_share(maps: Maps) -> None:
    left, right = app.neighbours()
    for row in (9, 182, 206, 397):
        maps.hover("left", row)
        shared = len(set(left[row]) & set(right[row]))
        assert f"{shared} of 5 nearest shared" in maps.page.get_by_test_id("map-card").inner_text()


def test_card_lies_in_a_corner_away_from_the_point_and_keeps_it_from_row_to_row(maps: Maps) -> None:
    at = maps.layouts["right"]
    along = np.flatnonzero((at[:, 1] == app.SIDE // 2) & (at[:, 0] > 1) & (at[:, 0] < app.SIDE - 2))
    ground = maps.canvas("right").bounding_box()
    corners = []
    for row in along[np.argsort(at[along, 0])].tolist():
        maps.hover("right", row)
        card = maps.page.get_by_test_id("map-card").bounding_box()
        for side in SIDES:  # the point and its partner
            x, y = maps.spot(side, row)
            across = max(card["x"] - x, x - card["x"] - card["width"])
            along_y = max(card["y"] - y, y - card["y"] - card["height"])
            assert max(across, along_y) >= 40, f"the card covers what lies around row {row} on the {side} map"
        insets = (
            card["x"] - ground["x"],
            ground["x"] + ground["width"] - card["x"] - card["width"],
            card["y"] - ground["y"],
            ground["y"] + ground["height"] - card["y"] - card["height"],
        )
        assert min(insets[:2]) == pytest.approx(6, abs=1.5) and min(insets[2:]) == pytest.approx(6, abs=1.5)
        corners.append((insets[0] < insets[1], insets[2] < insets[3]))
    jumps = sum(a != b for a, b in itertools.pairwise(corners))
    assert jumps <= 2, (jumps, corners)


def test_tools_have_words_where_they_fit_into_one_row(maps: Maps) -> None:
    page, bar = maps.page, maps.page.get_by_role("toolbar", name="Map tools")
    words = bar.locator(".word")
    for width, height in ((760, 40), (1400, 40)):
        page.set_viewport_size({"width": width, "height": 700})
        assert bar.bounding_box()["height"] < height
        shown = words.all_inner_texts()
        assert {"Move", "Lasso", "Box", "Link", "Images", "Density", "Trails", "Play"} <= set(shown)
        for tool, word in zip(bar.locator(".tool").all(), words.all_text_contents(), strict=True):
            assert word.lower() in tool.get_attribute("aria-label").lower(), "who speaks the word means the tool"
    page.set_viewport_size({"width": 390, "height": 700})
    assert not any(word.is_visible() for word in words.all())


def test_hover_leaves_with_the_pointer_and_asks_nothing_of_the_server(maps: Maps) -> None:
    sent = maps.sent
    for row in (10, 120, 333):
        maps.hover("right", row)
    maps.page.mouse.move(3, 3)
    maps.wait("left", "hovered-row", "")
    maps.page.get_by_test_id("map-card").wait_for(state="hidden")
    assert maps.sent == sent


def test_lasso_lights_the_same_rows_on_both_maps_with_one_message(maps: Maps) -> None:
    sent = maps.sent
    maps.lasso("left", (2, 5, 3, 7))
    expected = block(2, 5, 3, 7)
    maps.wait_for_python(expected)
    assert maps.sent == sent + 1
    assert maps.read("left", "selected-count") == maps.read("right", "selected-count") == str(len(expected))


def test_box_adds_with_shift_and_removes_with_alt(maps: Maps) -> None:
    maps.page.get_by_role("button", name="Box").click()

    def box(corner: int, opposite: int) -> None:
        (x0, y0), (x1, y1) = maps.spot("left", corner), maps.spot("left", opposite)
        maps.drag((x0 - 7, y0 + 7), (x1 + 7, y1 - 7))

    box(0, 2 * app.SIDE + 2)
    maps.wait_for_python(block(0, 2, 0, 2))
    maps.page.keyboard.down("Shift")
    box(5 * app.SIDE + 5, 6 * app.SIDE + 6)
    maps.page.keyboard.up("Shift")
    maps.wait_for_python(sorted(block(0, 2, 0, 2) + block(5, 6, 5, 6)))
    maps.page.keyboard.down("Alt")
    box(0, app.SIDE + 2)
    maps.page.keyboard.up("Alt")
    maps.wait_for_python(sorted(block(0, 2, 2, 2) + block(5, 6, 5, 6)))


def test_click_selects_one_row_and_focuses_it(maps: Maps) -> None:
    maps.page.mouse.click(*maps.spot("right", 77))
    maps.wait_for_python([77])
    maps.page.get_by_text("focus 77", exact=True).wait_for()


def test_selection_survives_recolouring_another_projection_and_leaving_the_page(maps: Maps) -> None:
    maps.lasso("left", (0, 3, 0, 3))
    expected = block(0, 3, 0, 3)
    maps.wait_for_python(expected)
    maps.page.get_by_text("recolour", exact=True).click()
    maps.page.get_by_text("Rank", exact=True).wait_for()
    assert maps.read("left", "selected-count") == "16"
    assert maps.python_rows() == expected
    maps.page.get_by_text("project", exact=True).click()
    maps.layouts["left"] = app.layouts()[2]
    maps.page.get_by_text("left is third", exact=True).wait_for()
    maps.hover("left", 205)
    assert maps.read("left", "selected-count") == "16"
    assert maps.python_rows() == expected
    maps.page.get_by_text("leave", exact=True).click()
    maps.page.get_by_text("away").wait_for()
    maps.page.get_by_text("leave", exact=True).click()
    maps.wait("left", "selected-count", "16")
    assert maps.python_rows() == expected


def test_a_new_gesture_after_coming_back_counts(maps: Maps) -> None:
    maps.page.mouse.click(*maps.spot("left", 5))
    maps.wait_for_python([5])
    names = maps.page.get_by_role("button", name="Class names on the maps")
    names.click()
    maps.page.get_by_text("leave", exact=True).click()
    maps.page.get_by_text("away").wait_for()
    maps.page.get_by_text("leave", exact=True).click()
    maps.wait("left", "selected-count", "1")
    assert names.get_attribute("aria-pressed") == "false"
    maps.page.mouse.click(*maps.spot("left", 9))
    maps.wait_for_python([9])


def card_image(maps: Maps) -> np.ndarray:
    """The hover card's image, pixel for pixel."""
    script = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
    return np.array(maps.page.get_by_test_id("map-card-image").evaluate(script)).reshape(8, 8)


def test_card_shows_the_rows_own_image_also_after_filtering(maps: Maps) -> None:
    images = app.images()[..., 0]
    maps.hover("left", 333)
    np.testing.assert_array_equal(card_image(maps), images[333])
    maps.page.get_by_role("button", name="zero").click()
    maps.lasso("left", (12, 15, 12, 15))
    maps.wait_for_python(block(12, 15, 12, 15))
    for side, row in (("left", 253), ("right", 399), ("left", 14)):
        maps.hover(side, row)
        np.testing.assert_array_equal(card_image(maps), images[row])


def test_images_stand_where_their_rows_are_once_zoomed_in(maps: Maps) -> None:
    x, y = maps.spot("left", 210)
    for _ in range(14):
        maps.page.mouse.move(x, y)
        maps.page.mouse.wheel(0, -150)
    maps.until(lambda: maps.zoom("left") > 20)
    maps.page.mouse.move(3, 3)
    maps.wait("left", "hovered-row", "")
    box = maps.canvas("left").bounding_box()
    column, line = (round(a - b) for a, b in zip(maps.spot("left", 210), (box["x"], box["y"]), strict=True))
    seen = maps.picture("left")[line - 60 : line + 60, column - 60 : column + 60].mean(axis=2)
    wanted = app.images()[210, ..., 0].astype(float)
    best = 0.0
    for size in range(24, 50):  # the image's size follows the zoom: look for it near its point
        drawn = np.asarray(Image.fromarray(wanted.astype(np.uint8)).resize((size, size), Image.Resampling.BILINEAR))
        for top in range(0, 120 - size, 2):
            for left in range(0, 120 - size, 2):
                patch = seen[top : top + size, left : left + size]
                if patch.std() > 0:
                    best = max(best, float(np.corrcoef(patch.ravel(), drawn.ravel())[0, 1]))
    assert best > 0.8


def test_hidden_classes_are_neither_hovered_nor_selected(maps: Maps) -> None:
    sent = maps.sent
    maps.page.get_by_role("button", name="zero").click()
    maps.page.mouse.move(*maps.spot("left", 21))
    maps.page.wait_for_timeout(600)
    assert maps.read("left", "hovered-row") == ""
    assert maps.sent == sent
    maps.lasso("left", (8, 11, 2, 3))
    maps.wait_for_python(block(10, 11, 2, 3))


def test_legend_isolates_a_class_and_shows_all_again(maps: Maps) -> None:
    three = maps.page.get_by_role("button", name="three")
    three.dblclick()
    pressed = "e => e.getAttribute('aria-pressed')"
    entries = maps.page.locator(".legend .entry")
    assert [entries.nth(i).evaluate(pressed) for i in range(4)] == ["false", "false", "false", "true"]
    maps.page.keyboard.down("Alt")
    three.click()
    maps.page.keyboard.up("Alt")
    assert [entries.nth(i).evaluate(pressed) for i in range(4)] == ["true"] * 4


def test_many_classes_stand_in_groups_that_a_field_searches(streamlit_app, maps: Maps) -> None:
    maps.open(f"{streamlit_app(Path(app.__file__))}/?many")
    legend = maps.page.locator(".legend")
    entries, headings = legend.locator(".entry"), legend.locator(".heading")
    assert (entries.count(), headings.count()) == (26, 10)
    assert headings.first.inner_text() == "class a – class c"
    colours = entries.evaluate_all("all => all.map((e) => e.querySelector('.swatch').style.background)")
    assert len(set(colours)) == 26
    headings.first.click()
    pressed = "all => all.map((e) => e.getAttribute('aria-pressed'))"
    assert entries.evaluate_all(pressed)[:4] == ["false", "false", "false", "true"]
    headings.first.click()
    finder = legend.get_by_label("Find a class in the legend")
    finder.fill("CLASS Q")
    seen = "all => all.filter((e) => e.offsetParent).map((e) => e.querySelector('.name').textContent)"
    assert entries.evaluate_all(seen) == ["class q"]
    finder.press("Enter")
    assert entries.evaluate_all(pressed).count("true") == 1
    finder.fill("")
    assert len(entries.evaluate_all(seen)) == 26
    finder.press("Enter")
    assert entries.evaluate_all(pressed).count("true") == 26


def test_names_are_text_never_html(maps: Maps) -> None:
    assert maps.page.get_by_role("button", name="<b>two</b>").count() == 1
    assert maps.page.locator(".lm b").count() == 0


def test_search_selects_a_class_or_a_row(maps: Maps) -> None:
    search = maps.page.get_by_label("Find a class by name")
    search.fill("thr")
    search.press("Enter")
    maps.wait_for_python(np.flatnonzero(app.labels() == 3).tolist())
    search.fill("#42")
    search.press("Enter")
    maps.wait_for_python([42])
    maps.wait("left", "hovered-row", "42")


def test_morph_ends_where_the_right_map_is(maps: Maps) -> None:
    maps.page.mouse.move(3, 3)
    right = maps.picture("right")
    assert np.abs(maps.picture("left") - right).mean() > 5
    maps.page.get_by_role("slider").evaluate("e => { e.value = '0.5'; e.dispatchEvent(new Event('input')) }")
    assert maps.page.get_by_text("50 % of the way to TVAE").is_visible()
    maps.page.get_by_role("button", name="Play the left").click()
    maps.page.get_by_text("100 % of the way to TVAE").wait_for()
    maps.layouts["left"] = maps.layouts["right"]
    for row in (0, 57, 399):
        maps.hover("left", row)
        maps.wait("right", "hovered-row", str(row))


def test_a_resting_pointer_marks_the_point_that_play_brings_to_it(maps: Maps) -> None:
    maps.layouts["left"] = maps.layouts["right"]
    x, y = maps.spot("left", 57)
    maps.page.mouse.move(x + 1, y + 1)
    maps.page.get_by_role("button", name="Play the left").evaluate("button => button.click()")
    maps.page.get_by_text("100 % of the way to TVAE").wait_for()
    maps.wait("left", "hovered-row", "57")


def test_arrow_keys_walk_and_escape_clears(maps: Maps) -> None:
    maps.page.mouse.click(*maps.spot("left", 5 * app.SIDE + 5))
    maps.wait_for_python([105])
    canvas = maps.canvas("left")
    for key, row in (("ArrowRight", 106), ("ArrowUp", 126), ("ArrowLeft", 125), ("ArrowDown", 105)):
        canvas.press(key)
        maps.wait("left", "hovered-row", str(row))
    canvas.press("ArrowUp")
    canvas.press("Shift+Enter")
    maps.wait_for_python([105, 125])
    canvas.press("Escape")
    maps.wait_for_python([])
    assert maps.read("left", "hovered-row") == ""
    assert maps.read("right", "selected-count") == "0"


def test_wheel_zooms_both_maps_or_one_and_double_click_resets(maps: Maps) -> None:
    maps.page.mouse.move(*maps.spot("left", 210))
    maps.page.mouse.wheel(0, -300)
    maps.until(lambda: maps.zoom("left") > 1.3)
    assert maps.zoom("left") == maps.zoom("right")
    maps.canvas("left").dblclick(position={"x": 4, "y": 4})
    maps.until(lambda: maps.zoom("left") == maps.zoom("right") == 1)
    maps.page.get_by_role("button", name="Zoom and move both").click()
    maps.page.mouse.move(*maps.spot("right", 210))
    maps.page.mouse.wheel(0, -300)
    maps.until(lambda: maps.zoom("right") > 1.3)
    assert maps.zoom("left") == 1
    before = maps.read("right", "view").split()
    box = maps.canvas("right").bounding_box()
    maps.drag((box["x"] + 100, box["y"] + 100), (box["x"] + 140, box["y"] + 120))
    maps.until(lambda: maps.read("right", "view").split() != before)
    after = maps.read("right", "view").split()
    assert float(after[0]) < float(before[0])
    assert float(after[1]) >= float(before[1])


def test_png_holds_both_maps(maps: Maps, tmp_path: Path) -> None:
    maps.hover("left", 5)
    maps.page.get_by_test_id("map-card-image").wait_for()  # the images are unpacked
    maps.page.mouse.move(3, 3)
    maps.wait("left", "hovered-row", "")
    maps.until_still()  # a frame brings a few images at a time
    with maps.page.expect_download() as download:
        maps.page.get_by_role("button", name="Save what is seen").click()
    target = tmp_path / "map.png"
    download.value.save_as(target)
    box = maps.canvas("left").bounding_box()
    with Image.open(target) as picture:
        assert picture.info == {"Title": "Two made-up layouts, n = 400", "Run": "übung"}
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    for side, start in (("left", 16), ("right", 32 + round(box["width"]))):
        seen = maps.picture(side)[20:-20, 20:-20]
        height, width = seen.shape[:2]
        # A screenshot starts at a whole pixel of the page, a map need not: allow for one.
        shifts = [(y, x) for y in (53, 54, 55) for x in (start + 19, start + 20, start + 21)]
        apart = min(np.abs(pixels[y : y + height, x : x + width] - seen).mean() for y, x in shifts)
        assert apart < 1, f"the picture's {side} map is not the one on the page"
    colours = {tuple(colour) for colour in pixels.reshape(-1, 3)}
    rgb = {tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in TEN_COLOURS[:4]}
    assert rgb <= colours


def ground_of(pixels: np.ndarray) -> int:
    """Red of the ground: its most frequent value, at the edge of a map, which no image reaches."""
    return int(np.bincount(pixels[..., 0].ravel()).argmax())


def test_png_has_a_light_ground_in_the_dark_theme_and_the_page_stays_dark(
    browser: Any, streamlit_app: Callable[[Path], str], tmp_path: Path
) -> None:
    context = browser.new_context(
        viewport={"width": 1400, "height": 1000}, color_scheme="dark", reduced_motion="reduce"
    )
    maps = Maps(context.new_page()).open(streamlit_app(Path(app.__file__)))
    maps.until_still()  # or the page may still move away below the pointer
    maps.hover("left", 5)
    maps.page.get_by_test_id("map-card-image").wait_for()  # the images are unpacked
    maps.page.mouse.move(3, 3)
    maps.wait("left", "hovered-row", "")
    maps.until_still()
    before = maps.picture("left")[20:-20, 20:-20]
    with maps.page.expect_download() as download:
        maps.page.get_by_role("button", name="Save what is seen").click()
    download.value.save_as(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels[2, 2] == 255).all() and ground_of(pixels[60:-120, 30:-30]) == 255
    assert (pixels[-45:, :600].min(axis=2) < 120).any(), "a line below the legend says where the maps come from"
    maps.until_still()
    after = maps.picture("left")[20:-20, 20:-20]
    assert ground_of(before[:, :8]) < 60 and np.abs(after - before).mean() < 1
    context.close()


def test_other_parts_of_the_page_can_point_at_a_row(maps: Maps) -> None:
    script = "row => document.dispatchEvent(new CustomEvent('latent-map:point', {detail: {memory: 'map', row}}))"
    maps.page.evaluate(script, 301)
    maps.wait("left", "hovered-row", "301")
    maps.wait("right", "hovered-row", "301")
    maps.page.evaluate(script, -1)
    maps.wait("left", "hovered-row", "")


def test_description_says_what_is_shown(maps: Maps) -> None:
    maps.lasso("left", (9, 10, 2, 2))
    maps.wait_for_python(block(9, 10, 2, 2))
    text = maps.page.locator("#lm-description").text_content()
    for part in ("400 rows", "Left: VAE, first", "2 rows selected: 1 of class zero, 1 of class one"):
        assert part in text


def test_nothing_but_the_change_is_sent_again(browser: Any, streamlit_app: Callable[[Path], str]) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    maps = Maps(page).open(streamlit_app(Path(app.__file__)))
    page.wait_for_timeout(500)
    assert max(received) > 15_000  # the code, the sheet of images
    received.clear()
    maps.lasso("left", (2, 5, 3, 7))
    maps.wait_for_python(block(2, 5, 3, 7))
    page.wait_for_timeout(300)
    # Blocks under 10 kB are too small for Streamlit to remember: 400 rows' positions and neighbours are.
    small = geometry_blob(app.layouts()[:2], app.labels()), neighbours_blob(*app.neighbours())
    assert sum(received) < sum(len(blob.data) for blob in small) + 12_000
    context.close()


def decoding(browser: Any, streamlit_app: Callable[[Path], str]) -> tuple[Maps, Any]:
    """The test page with made-up decoded images, and the element that shows them."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    maps = Maps(context.new_page()).open(f"{streamlit_app(Path(app.__file__))}/?decode=1")
    return maps, maps.page.get_by_test_id("map-decoded")


def right_spot(maps: Maps) -> tuple[float, float]:
    """Position on the screen of the place 4, 6 of the right map."""
    return maps.spot("right", int(np.flatnonzero((maps.layouts["right"] == (4, 6)).all(axis=1))[0]))


def test_the_place_under_the_pointer_is_decoded_while_the_mode_is_on(browser: Any, streamlit_app: Any) -> None:
    maps, decoded = decoding(browser, streamlit_app)
    page, mode = maps.page, maps.page.get_by_role("button", name="Decode anywhere")
    page.mouse.move(*right_spot(maps))
    page.wait_for_timeout(400)
    assert not decoded.is_visible()
    mode.click()
    assert mode.get_attribute("aria-pressed") == "true"
    page.mouse.move(*right_spot(maps))
    decoded.get_by_text("4.0 6.0").wait_for()
    pictures = decoded.locator("canvas")
    pixel = "c => [...c.getContext('2d').getImageData(3, 3, 1, 1).data]"
    assert [pictures.nth(i).evaluate(pixel) for i in range(2)] == [[200, 200, 200, 255], [50, 120, 250, 255]]
    opacity = "c => getComputedStyle(c).opacity"
    assert float(pictures.nth(0).evaluate(opacity)) == 1 and float(pictures.nth(1).evaluate(opacity)) < 0.5
    mode.click()
    decoded.wait_for(state="hidden")
    page.context.close()


def test_a_held_key_decodes_and_letting_go_ends_it(browser: Any, streamlit_app: Any) -> None:
    maps, decoded = decoding(browser, streamlit_app)
    page = maps.page
    page.mouse.move(*right_spot(maps))
    page.keyboard.down("d")
    decoded.get_by_text("4.0 6.0").wait_for()
    page.keyboard.up("d")
    decoded.wait_for(state="hidden")
    search = page.get_by_placeholder("Class or #row")
    search.focus()
    page.mouse.move(*right_spot(maps))
    page.keyboard.down("d")
    page.wait_for_timeout(400)
    assert not decoded.is_visible(), "who types a d types a d"
    page.context.close()


def test_one_question_is_under_way_and_the_last_place_is_answered(browser: Any, streamlit_app: Any) -> None:
    maps, decoded = decoding(browser, streamlit_app)
    page = maps.page
    page.get_by_role("button", name="Decode anywhere").click()
    page.evaluate(
        """() => {
          window.most = 0; let open = 0;
          document.addEventListener('latent-map:probe', () => { window.most = Math.max(window.most, ++open); });
          document.addEventListener('latent-map:decoded', () => { open--; }, {capture: true});
        }"""
    )
    x, y = right_spot(maps)
    for step in range(40):
        page.mouse.move(x - 40 + step, y)
    page.mouse.move(x, y)
    decoded.get_by_text("4.0 6.0").wait_for()
    assert page.evaluate("window.most") == 1
    page.context.close()
