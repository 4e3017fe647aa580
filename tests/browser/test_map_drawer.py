"""The drawer beside the maps in a real browser: places of its parts, keys, table, key of the marks, search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
N = 359
WAIT = 90_000

Opener = Callable[..., Any]


@pytest.fixture
def open_map(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Opener]:
    """The latent map page of the digits run, in a window of a size, once the drawer is filled."""
    contexts: list[Any] = []

    def opened(width: int, height: int, query: str = "") -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{streamlit_app(APP)}/Latent_map?run=digits{query}")
        page.locator(f"[data-testid=map-left][data-rows='{N}']").wait_for()
        page.locator(".st-key-map-drawer [data-testid=stTab]").first.wait_for(state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()


def click_a_point(page: Any, side: str = "left") -> str:
    """Point along the middle of a map until the pointer meets a point, click it, and return the row that is picked."""
    stage = page.get_by_test_id(f"map-{side}")
    box = stage.bounding_box()
    for step in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.1 + 0.0125 * step), box["y"] + box["height"] / 2)
        page.wait_for_timeout(250)
        if stage.get_attribute("data-hovered-row"):
            page.mouse.down()
            page.mouse.up()
            page.wait_for_url(re.compile(r"[?&]row=\d"))
            return re.findall(r"[?&]row=(\d+)", page.url)[0]
    pytest.fail("no point in the middle of the map")


def is_open(page: Any) -> bool:
    return page.evaluate("document.body.dataset.mapDrawer") == "open"


def wait_until_open(page: Any, state: str = "open") -> None:
    page.wait_for_function("state => document.body.dataset.mapDrawer === state", arg=state)


def in_window(page: Any, box: dict[str, float]) -> bool:
    size = page.viewport_size
    across = box["x"] >= 0 and box["x"] + box["width"] <= size["width"] + 1
    return across and box["y"] >= 0 and box["y"] + box["height"] <= size["height"] + 1


def wait_for_answer(page: Any, row: str) -> Any:
    """Wait for the sentence about the row in the drawer, and return it."""
    answer = page.locator(".st-key-map-drawer").get_by_text(
        re.compile(rf"Row {int(row):,}, class .* nearest are shared, .* neighbourhood change 1 − \d+/\d+ = [01]\.\d+")
    )
    answer.wait_for()
    page.wait_for_timeout(500)  # the page scrolls to the map
    return answer


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (800, 900), (390, 844)])
def test_a_clicks_answer_and_the_point_are_in_the_window(open_map: Opener, width: int, height: int) -> None:
    page = open_map(width, height)
    row = click_a_point(page)
    answer = wait_for_answer(page, row)
    assert in_window(page, answer.bounding_box())
    heading = page.locator(".st-key-map-drawer-heading")
    assert in_window(page, heading.bounding_box())
    assert f"Row {row}, class" in heading.locator(".words").inner_text()
    # The map that was clicked isn't below the sheet.
    stage = page.get_by_test_id("map-left").bounding_box()
    drawer = page.locator(".st-key-map-drawer").bounding_box()
    beside = drawer["x"] >= stage["x"] + stage["width"]
    assert beside or stage["y"] + stage["height"] / 2 < drawer["y"]


def test_both_maps_and_the_drawer_are_whole_in_a_large_window(open_map: Opener) -> None:
    page = open_map(1400, 900)
    boxes = [page.get_by_test_id(f"map-{side}").bounding_box() for side in ("left", "right")]
    assert boxes[0]["y"] / 900 < 0.25
    for box in (*boxes, page.locator(".st-key-map-drawer").bounding_box()):
        assert in_window(page, box)
    assert boxes[0]["y"] == boxes[1]["y"]


def test_the_maps_are_side_by_side_at_800_without_the_sidebar(open_map: Opener) -> None:
    page = open_map(800, 900)
    unfold = page.get_by_test_id("stExpandSidebarButton")
    if not unfold.count():
        page.get_by_test_id("stSidebar").hover()
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        unfold.wait_for()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stMainBlockContainer]').getBoundingClientRect().width > 780"
    )
    page.wait_for_timeout(500)
    left, right = (page.get_by_test_id(f"map-{side}").bounding_box() for side in ("left", "right"))
    assert left["y"] == right["y"]
    assert in_window(page, left)
    assert in_window(page, right)


def test_escape_closes_the_drawer_and_the_focus_goes_to_the_map(open_map: Opener) -> None:
    page = open_map(1400, 900, "&row=7")
    assert is_open(page)
    wide = page.get_by_test_id("map-left").bounding_box()["width"]
    page.get_by_role("tab", name="Selected").focus()
    page.keyboard.press("Escape")
    wait_until_open(page, "closed")
    focused = (
        "() => { let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;"
    )
    assert page.evaluate(f"{focused} return e.dataset.testid }}") == "map-left"
    page.wait_for_timeout(500)
    assert page.get_by_test_id("map-left").bounding_box()["width"] > wide
    page.get_by_role("button", name="Open the drawer").click()
    wait_until_open(page)
    assert page.get_by_role("tab", name="Selected").is_visible()


def test_escape_on_the_map_keeps_a_docked_drawer_and_closes_a_sheet(open_map: Opener) -> None:
    for width, height, state in ((1400, 900, "open"), (390, 844, "closed")):
        page = open_map(width, height)
        row = click_a_point(page)
        wait_for_answer(page, row)
        page.keyboard.press("Escape")
        page.locator("[data-testid=map-left][data-selected-count='0']").wait_for()
        page.locator(".st-key-map-drawer-heading").get_by_text("Nothing selected").wait_for()
        assert page.evaluate("document.body.dataset.mapDrawer") == state


def test_the_drawer_says_what_it_is_and_whether_it_is_open(open_map: Opener) -> None:
    page = open_map(1400, 900)
    drawer = page.get_by_role("region", name="What is picked on the maps")
    drawer.get_by_role("button", name="Close the drawer", expanded=True).click()
    drawer.get_by_role("button", name="Open the drawer", expanded=False).click()
    drawer.get_by_role("button", name="Close the drawer", expanded=True).wait_for()


def test_a_sheet_closes_with_the_selection_that_it_tells_of(open_map: Opener) -> None:
    page = open_map(390, 844, "&rows=3-40")
    page.get_by_role("button", name="Open the drawer").click()
    wait_until_open(page)
    page.get_by_title("Clear the selection (Escape)").evaluate("button => button.click()")  # the sheet may cover it
    wait_until_open(page, "closed")


def fill_the_screen(page: Any) -> None:
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement && document.body.hasAttribute('data-map-full')")


def wait_until_left(page: Any) -> None:
    page.wait_for_function("() => !document.fullscreenElement && !document.body.hasAttribute('data-map-full')")


def is_on_top(page: Any, part: Any) -> bool:
    """Whether a click in the middle of a part of the drawer meets it."""
    return part.evaluate(
        """part => {
          const { left, top, width, height } = part.getBoundingClientRect();
          const met = document.elementFromPoint(left + width / 2, top + height / 2);
          return met?.closest('.st-key-map-drawer') != null;
        }"""
    )


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_on_the_full_screen_a_clicks_answer_is_in_the_window_beside_or_below_the_map(
    open_map: Opener, width: int, height: int
) -> None:
    page = open_map(width, height)
    fill_the_screen(page)
    row = click_a_point(page)
    answer = wait_for_answer(page, row)
    assert in_window(page, answer.bounding_box())
    assert is_on_top(page, answer)
    drawer = page.locator(".st-key-map-drawer").bounding_box()
    shown = page.get_by_test_id("map-left").bounding_box()
    if width > 1000:
        assert drawer["x"] >= page.get_by_test_id("map-right").bounding_box()["x"] + shown["width"]
    else:
        assert drawer["y"] >= shown["y"] + 0.9 * shown["height"]


def test_escape_on_the_full_screen_closes_a_sheet_first_and_keeps_what_is_picked(open_map: Opener) -> None:
    page = open_map(390, 844, "&rows=3-40&row=7")
    fill_the_screen(page)
    page.get_by_role("button", name="Open the drawer").click()
    wait_until_open(page)
    page.keyboard.press("Escape")
    wait_until_open(page, "closed")
    assert page.evaluate("document.body.hasAttribute('data-map-full')")
    page.keyboard.press("Escape")
    wait_until_left(page)
    assert page.get_by_test_id("map-left").get_attribute("data-selected-count") == "38"


def test_escape_on_the_full_screen_leaves_it_where_the_drawer_stands_beside(open_map: Opener) -> None:
    page = open_map(1400, 900, "&rows=3-40&row=7")
    fill_the_screen(page)
    page.get_by_test_id("map-left").focus()
    page.keyboard.press("Escape")
    wait_until_left(page)
    assert is_open(page)
    assert page.get_by_test_id("map-left").get_attribute("data-selected-count") == "38"
    fill_the_screen(page)
    page.get_by_role("tab", name="Selected").focus()
    page.keyboard.press("Escape")
    wait_until_open(page, "closed")
    assert page.evaluate("document.body.hasAttribute('data-map-full')")
    page.keyboard.press("Escape")
    wait_until_left(page)


def test_heading_and_maps_say_how_many_of_the_selected_the_filters_leave(open_map: Opener) -> None:
    page = open_map(1400, 900, "&rows=3-40")
    heading, chip = page.locator(".st-key-map-drawer-heading .words"), page.locator(".lm .picked")
    assert heading.inner_text() == "38 selected"
    assert chip.inner_text() == "38 selected ✕"
    page.locator(".legend .entry").nth(3).click()
    page.wait_for_function("words => words.innerText !== '38 selected'", arg=heading.element_handle())
    some = re.fullmatch(r"38 selected, (\d+) shown", heading.inner_text())
    assert some is not None and 0 < int(some[1]) < 38
    assert chip.inner_text() == f"38 selected, {some[1]} shown ✕"
    page.get_by_role("tab", name="Selected").click()
    page.get_by_text(f"{some[1]} of 38 selected images pass the filters").wait_for()


def test_a_sheet_waits_closed_and_covers_less_than_half_of_a_phone(open_map: Opener) -> None:
    page = open_map(390, 844)
    assert not is_open(page)
    page.get_by_role("button", name="Open the drawer").click()
    wait_until_open(page)
    box = page.locator(".st-key-map-drawer").bounding_box()
    assert in_window(page, box)
    assert 200 < box["height"] < 844 / 2
    page.get_by_role("button", name="Close the drawer").click()
    wait_until_open(page, "closed")


def cells(page: Any, column: int) -> list[str]:
    return [
        line.locator("td").nth(column).inner_text() for line in page.locator("[data-testid=row-table] tbody tr").all()
    ]


def test_the_table_sorts_all_rows_turns_pages_and_shows_a_row_on_the_maps(open_map: Opener) -> None:
    page = open_map(1400, 900)
    page.get_by_role("tab", name="Table").click()
    table = page.get_by_test_id("row-table")
    table.wait_for()
    assert cells(page, 1)[:3] == ["0", "1", "2"]
    page.get_by_role("button", name="Next page").click()
    page.locator("[data-testid=row-table] tr[data-row='15']").wait_for()
    assert page.get_by_text("16 to 30 of 359").is_visible()
    table.get_by_role("button", name="Change").click()
    table.locator("th[aria-sort=descending]").wait_for()
    largest = [float(text) for text in cells(page, 4)]
    assert largest == sorted(largest, reverse=True)
    assert page.get_by_text("1 to 15 of 359").is_visible()
    table.get_by_role("button", name="Change").click()
    table.locator("th[aria-sort=ascending]").wait_for()
    assert max(float(text) for text in cells(page, 4)) < min(largest)
    line = table.locator("tbody tr").nth(3)
    row = line.get_attribute("data-row")
    line.click()
    page.wait_for_url(re.compile(rf"row={row}(&|$)"))
    table.locator(f"tr[data-row='{row}'][aria-current=true]").wait_for()
    assert page.get_by_role("tab", name="Table").get_attribute("aria-selected") == "true"
    page.mouse.move(3, 3)
    page.get_by_test_id("map-marks-key").locator("[data-mark=focus]").wait_for()


def test_the_key_names_the_marks_that_are_drawn_and_no_others(open_map: Opener) -> None:
    page = open_map(1400, 900)
    key = page.get_by_test_id("map-marks-key")

    def marks() -> list[str]:
        return [mark.get_attribute("data-mark") for mark in key.locator(".mark").all()]

    assert marks() == []
    row = click_a_point(page)
    wait_for_answer(page, row)
    page.mouse.move(3, 3)
    page.locator("[data-testid=map-left][data-hovered-row='']").wait_for()
    assert {"focus", "dimmed"} <= set(marks()) <= {"focus", "dimmed", "shared", "alone"}
    assert set(marks()) & {"shared", "alone"}
    page.get_by_test_id("map-left").focus()
    page.keyboard.press("Escape")
    page.locator("[data-testid=map-left][data-selected-count='0']").wait_for()
    page.wait_for_timeout(500)
    assert marks() == []


def test_the_search_knows_plurals_and_says_at_the_field_when_nothing_is_found(open_map: Opener) -> None:
    page = open_map(1400, 900)
    search = page.get_by_label("Find a class by name")
    note = page.locator(".search-note")
    for text in ("3s", "THREES", "three", "3"):
        search.fill(text)
        assert note.inner_text() == "3: 37 images. Enter selects."
    for text, words in (
        ("sneakerz", "Nothing is called “sneakerz”."),
        ("#359", "There is no row 359: rows run from 0 to 358."),
    ):
        search.fill(text)
        assert words in note.inner_text()
        assert search.get_attribute("aria-invalid") == "true"
        field, below = search.bounding_box(), note.bounding_box()
        assert 0 <= below["y"] - (field["y"] + field["height"]) < 12
        assert in_window(page, below)
    search.fill("threes")
    search.press("Enter")
    page.locator("[data-testid=map-left][data-selected-count='37']").wait_for()
    assert note.is_hidden()
