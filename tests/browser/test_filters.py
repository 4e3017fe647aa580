"""Filters beside the linked maps in a real Chromium: drags, counts, keys, the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import filters_app as app
from tvae.linked_map.filter_columns import RangeColumn, ValueColumn

COLUMNS = {column.id: column for group in app.columns() for column in group}
WAIT = 30_000


class Filtered:
    """A page with the maps and their filters."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framesent", self._count))

    def _count(self, _frame: object) -> None:
        self.sent += 1

    def open(self, address: str) -> Filtered:
        self.page.goto(address)
        self.page.locator(f"[data-testid=map-left][data-rows='{app.ROWS}']").wait_for(timeout=WAIT)
        toggle = self.page.locator(".filters-toggle")
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.click()
        self.facet("own-flag").wait_for(timeout=WAIT)
        self.still()
        return self

    def still(self) -> None:
        """Wait until the page has sent nothing for a moment."""
        for _ in range(60):
            before = self.sent
            self.page.wait_for_timeout(500)
            if self.sent == before:
                return
        pytest.fail("messages without end")

    def facet(self, column: str) -> Any:
        return self.page.locator(f".facet[data-column='{column}']")

    def passing(self) -> int:
        """Number of rows that pass, as the panel says."""
        return int(self.page.get_by_test_id("filters-count").inner_text().split()[0].replace(",", ""))

    def bars(self, column: str) -> np.ndarray:
        counts = self.facet(column).locator("canvas").get_attribute("data-counts")
        return np.array(counts.split(), int)

    def value_counts(self, column: str) -> list[int]:
        return [int(text.replace(",", "")) for text in self.facet(column).locator(".count").all_inner_texts()]

    def wait_for_python(self, passing: int) -> None:
        self.page.get_by_text(f"passing {passing}", exact=True).wait_for(timeout=WAIT)

    def changes(self) -> int:
        return int(self.page.get_by_text("changes ").inner_text().split()[1])

    def set_slider(self, name: str, steps: int) -> None:
        """Move a slider's thumb by arrow keys, up or down."""
        slider = self.page.get_by_role("slider", name=name, exact=True)
        for _ in range(abs(steps)):
            slider.press("ArrowRight" if steps > 0 else "ArrowLeft")


def bins_of(column: str) -> tuple[np.ndarray, int]:
    made = COLUMNS[column]
    assert isinstance(made, RangeColumn)
    return made.codes, made.bins


def codes_of(column: str) -> np.ndarray:
    made = COLUMNS[column]
    assert isinstance(made, ValueColumn)
    return made.codes


def bars(column: str, rows: np.ndarray) -> np.ndarray:
    """Counts of these rows in at most fifty bars."""
    codes, bins = bins_of(column)
    each = -(-bins // 50)
    inside = codes[rows & (codes < bins)]
    return np.bincount(inside // each, minlength=-(-bins // each))


@pytest.fixture
def filtered(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Filtered]:
    """The test page with its filters open; a test fails if the page's code raised an error."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield Filtered(page).open(streamlit_app(Path(app.__file__)))
    context.close()
    assert not thrown


def test_counts_follow_a_drag_and_python_hears_once_after_it(filtered: Filtered) -> None:
    codes, bins = bins_of("across")
    sent = filtered.sent
    box = filtered.facet("across").locator("canvas").bounding_box()
    mouse, height = filtered.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 0.2 * box["width"], height)
    mouse.down()
    counts = []
    for share in (0.3, 0.4, 0.5, 0.6):
        mouse.move(box["x"] + share * box["width"], height, steps=3)
        filtered.page.wait_for_timeout(300)  # longer than the pause after which a change is told
        counts.append(filtered.passing())
    assert counts == sorted(set(counts)) and counts[0] < counts[-1] < app.ROWS
    assert filtered.sent == sent and filtered.changes() == 0
    others = filtered.bars("error")
    assert others.sum() == counts[-1]
    mouse.up()
    filtered.wait_for_python(counts[-1])
    filtered.still()
    assert filtered.sent == sent + 1 and filtered.changes() == 1
    low = filtered.page.get_by_role("slider", name="Least Across", exact=True)
    high = filtered.page.get_by_role("slider", name="Most Across", exact=True)
    first, after = int(low.input_value()), int(high.input_value())
    assert ((codes >= first) & (codes < after)).sum() == counts[-1]
    assert abs(first / bins - 0.2) < 0.02 and abs(after / bins - 0.6) < 0.02


def test_each_filter_narrows_the_others_and_not_itself(filtered: Filtered) -> None:
    error, n_error = bins_of("error")
    some, _ = bins_of("some")
    wrong, flag, who, labels = codes_of("wrong"), codes_of("own-flag"), codes_of("own-who"), app.labels()
    filtered.set_slider("Least Error", 9)
    filtered.set_slider("Most Some", -12)
    filtered.facet("wrong").get_by_label("both").check()
    filtered.facet("wrong").get_by_label("left").check()
    filtered.facet("class").get_by_label("class c").check()
    filtered.facet("class").get_by_label("class d").check()
    by = {
        "error": (error >= 9) & (error < n_error),
        "some": some < bins_of("some")[1] - 12,
        "wrong": np.isin(wrong, [1, 3]),
        "class": np.isin(labels, [2, 3]),
    }
    everything = np.all(list(by.values()), axis=0)
    filtered.wait_for_python(int(everything.sum()))
    assert filtered.passing() == everything.sum() > 0

    def without(name: str) -> np.ndarray:
        return np.all([mask for key, mask in by.items() if key != name], axis=0)

    np.testing.assert_array_equal(filtered.bars("error"), bars("error", without("error")))
    np.testing.assert_array_equal(filtered.bars("some"), bars("some", without("some")))
    np.testing.assert_array_equal(filtered.bars("across"), bars("across", everything))
    np.testing.assert_array_equal(filtered.bars("own-day"), bars("own-day", everything))
    assert filtered.value_counts("wrong") == np.bincount(wrong[without("wrong")], minlength=4).tolist()
    assert filtered.value_counts("own-flag") == np.bincount(flag[everything], minlength=2).tolist()
    assert filtered.value_counts("class") == np.bincount(labels[without("class")], minlength=10).tolist()
    frequent = np.argsort(-np.bincount(who), kind="stable")[:8]
    assert filtered.value_counts("own-who") == np.bincount(who[everything], minlength=1000)[frequent].tolist()
    pressed = "all => all.map((e) => e.getAttribute('aria-pressed') === 'true')"
    shown = filtered.page.locator(".legend .entry").evaluate_all(pressed)
    assert shown == [c in (2, 3) for c in range(10)]  # the legend and the filter by class are one
    filtered.page.get_by_role("button", name="Clear filters").click()
    filtered.wait_for_python(app.ROWS)
    assert filtered.passing() == app.ROWS
    np.testing.assert_array_equal(filtered.bars("error"), bars("error", np.ones(app.ROWS, bool)))


def test_rows_that_fail_leave_both_maps_while_the_pointer_is_down(filtered: Filtered) -> None:
    drawn = """canvas => { const {data, width, height} =
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height); let count = 0;
      for (let i = 0; i < data.length; i += 4) count += data[i] + data[i + 1] + data[i + 2] < 740; return count; }"""
    maps = [filtered.page.get_by_test_id(f"map-{side}") for side in ("left", "right")]
    before = [canvas.evaluate(drawn) for canvas in maps]
    thumb = filtered.page.get_by_role("slider", name="Least Across", exact=True).bounding_box()
    filtered.page.mouse.move(thumb["x"] + 7, thumb["y"] + 8)
    filtered.page.mouse.down()
    filtered.page.mouse.move(thumb["x"] + 0.8 * thumb["width"], thumb["y"] + 8, steps=8)
    filtered.page.wait_for_timeout(400)
    assert all(canvas.evaluate(drawn) < 0.6 * was for canvas, was in zip(maps, before, strict=True))
    assert filtered.changes() == 0
    filtered.page.mouse.up()
    filtered.page.get_by_text("changes 1", exact=True).wait_for(timeout=WAIT)


def test_ranges_are_set_by_keys_and_say_so(filtered: Filtered) -> None:
    low = filtered.page.get_by_role("slider", name="Least day", exact=True)
    assert low.get_attribute("aria-valuetext") == "at least 2024-01-01"
    sent = filtered.sent
    low.focus()
    for _ in range(5):
        filtered.page.keyboard.down("ArrowRight")
        filtered.page.wait_for_timeout(250)  # longer than the pause after which a change is told
    filtered.page.keyboard.up("ArrowRight")
    made = COLUMNS["own-day"]
    assert isinstance(made, RangeColumn)
    filtered.wait_for_python(int((made.codes >= 5).sum()))
    filtered.still()
    day = date.fromordinal(int(made.edges[5]) + date(1970, 1, 1).toordinal())
    assert low.get_attribute("aria-valuetext") == f"at least {day}"
    assert filtered.sent == sent + 1  # a key that is held down is one gesture
    low.press("Home")
    filtered.wait_for_python(app.ROWS)


def test_columns_of_any_kind_have_a_sensible_filter(filtered: Filtered) -> None:
    facet = filtered.facet
    assert facet("some").get_by_text("1,000 without a value").is_visible()
    assert facet("constant").count() == 0
    assert filtered.page.get_by_text("The same for all images: site (A)").count() == 1
    assert facet("own-flag").locator(".name").all_inner_texts() == ["False", "True"]
    who = facet("own-who")
    assert len(who.locator(".name").all_inner_texts()) == 8
    rest = np.sort(np.bincount(codes_of("own-who"), minlength=1000))[::-1][8:].sum()
    assert who.get_by_text(f"992 other values: {rest:,} images").count() == 1
    who.get_by_label("Find a value of who").fill("person</b> 77")
    names = who.locator(".name").all_inner_texts()
    assert sorted(names) == sorted(f"<b>person</b> {i}" for i in (77, *range(770, 780)))  # text, never HTML
    one = filtered.page.get_by_text("<b>person</b> 771", exact=True)
    who.locator(".facet-value").filter(has=one).locator("input").check()
    filtered.wait_for_python(int((codes_of("own-who") == 771).sum()))
    who.get_by_label("Find a value of who").fill("")
    assert who.locator(".name").first.inner_text() == "<b>person</b> 771"  # what is ticked stays in sight


def test_what_passes_can_be_selected(filtered: Filtered) -> None:
    filtered.facet("own-flag").get_by_label("True").check()
    passing = int(codes_of("own-flag").sum())
    filtered.wait_for_python(passing)
    filtered.page.get_by_role("button", name="Select these").click()
    filtered.page.get_by_text(f"selected {passing}", exact=True).wait_for(timeout=WAIT)


def test_filters_stay_over_reruns_and_a_reload(filtered: Filtered) -> None:
    filtered.set_slider("Least Error", 9)
    filtered.facet("wrong").get_by_label("both").check()
    filtered.facet("class").get_by_label("class c").check()
    error = COLUMNS["error"]
    assert isinstance(error, RangeColumn)
    expected = int(((error.codes >= 9) & (codes_of("wrong") == 3) & (app.labels() == 2)).sum())
    filtered.wait_for_python(expected)
    filtered.page.get_by_role("button", name="again").click()
    filtered.still()
    assert filtered.passing() == expected
    assert f"filter=error%3A{error.edges[9]:g}_%7Ewrong%3A3" in filtered.page.url.replace("~", "%7E")
    filtered.open(filtered.page.url)
    filtered.wait_for_python(expected)
    assert filtered.passing() == expected


def test_an_unchanged_run_sends_no_column_again(filtered: Filtered) -> None:
    received: list[int] = []
    filtered.page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    filtered.open(filtered.page.url)
    assert sum(received) > 3 * app.ROWS  # the columns have come once
    received.clear()
    filtered.facet("own-flag").get_by_label("True").check()
    filtered.wait_for_python(int(codes_of("own-flag").sum()))
    filtered.still()
    assert sum(received) < app.ROWS
