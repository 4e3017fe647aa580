"""The app on a phone and on a small tablet, with fingers: its folded, visible and hidden parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000
PHONE, TABLET = (390, 844), (800, 900)
SMALLEST = (280, 653)
"""A folded phone."""
both = pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])


@pytest.fixture
def narrow(browser) -> Iterator[Callable[[tuple[int, int]], Any]]:
    """Opens a page of a device with a touch screen of this size."""
    contexts: list[Any] = []

    def page(size: tuple[int, int]) -> Any:
        width, height = size
        viewport = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=viewport, has_touch=True, is_mobile=True, reduced_motion="reduce"))
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def is_folded(page: Any) -> bool:
    return page.get_by_test_id("stSidebar").get_attribute("data-collapsed") == "true"


def wait_until_folded(page: Any) -> None:
    page.locator('[data-testid="stSidebar"][data-collapsed="true"]').wait_for(state="attached", timeout=WAIT)


@both
def test_the_sidebar_is_folded_as_a_page_opens_and_after_a_reload(narrow, streamlit_app, size):
    page = narrow(size)
    page.goto(f"{streamlit_app(APP)}/Traversals?run=digits")
    page.get_by_role("heading", name="Traversals").wait_for(timeout=WAIT)
    wait_until_folded(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator('[data-testid="stSidebar"][data-collapsed="false"]').wait_for(timeout=WAIT)
    page.reload()
    page.get_by_role("heading", name="Traversals").wait_for(timeout=WAIT)
    wait_until_folded(page)


def test_a_wide_window_of_the_same_browser_has_it_open(narrow, streamlit_app):
    page = narrow(TABLET)
    page.goto(f"{streamlit_app(APP)}/Traversals?run=digits")
    page.get_by_role("heading", name="Traversals").wait_for(timeout=WAIT)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.reload()
    page.get_by_role("heading", name="Traversals").wait_for(timeout=WAIT)
    assert not is_folded(page)


def test_train_folds_the_sidebar_and_the_page_shows_the_run(narrow, streamlit_app, monkeypatch, tmp_path):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    page = narrow(PHONE)
    page.goto(f"{streamlit_app(APP)}/Reconstructions?run=digits")
    page.get_by_text("Squared error by class").first.wait_for(timeout=WAIT)
    page.get_by_test_id("stExpandSidebarButton").click()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Train a run").click()
    epochs = sidebar.get_by_role("spinbutton", name="For")
    epochs.wait_for(timeout=WAIT)
    epochs.fill("0.5")
    epochs.press("Enter")
    sidebar.get_by_role("button", name="Train", exact=True).click()
    sidebar.get_by_text("whole number").wait_for(timeout=WAIT)
    page.wait_for_timeout(1_000)
    assert not is_folded(page), "why no run was started stands in the sidebar"
    epochs.fill("1")
    epochs.press("Enter")
    page.wait_for_timeout(1_000)
    sidebar.get_by_role("button", name="Train", exact=True).click()
    wait_until_folded(page)
    status = page.locator(".st-key-status-on-page")
    assert "digits" in status.inner_text()
    box = status.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < PHONE[1]


def test_train_it_here_answers_where_it_was_pressed(narrow, streamlit_app, monkeypatch, tmp_path):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    page = narrow(PHONE)
    page.goto(f"{streamlit_app(APP)}/Which_weight?run=digits&triplet-weight=3")
    button = page.get_by_role("button", name="Train it here").last
    button.wait_for(timeout=WAIT)
    button.click()
    here = page.locator(".st-key-status-here")
    here.wait_for(timeout=WAIT)
    page.wait_for_timeout(1_000)
    assert 0 <= here.bounding_box()["y"] < PHONE[1], "in the window, beside the button"
    here.get_by_role("button", name="Stop").click()


@both
def test_a_finger_has_no_tool_bar_over_a_chart(narrow, browser, streamlit_app, size):
    address = f"{streamlit_app(APP)}/Triplets?run=digits"
    page = narrow(size)
    mouse = browser.new_page(viewport={"width": 1400, "height": 900})
    for opened, shown in ((page, False), (mouse, True)):
        opened.goto(address)
        buttons = opened.locator(".js-plotly-plot .modebar-btn")
        buttons.first.wait_for(state="attached", timeout=WAIT)
        displayed = buttons.evaluate_all("buttons => buttons.some(button => button.getClientRects().length > 0)")
        assert displayed == shown
    mouse.close()


@both
def test_the_unit_of_a_run_s_length_stands_beside_it(narrow, streamlit_app, size):
    page = narrow(size)
    page.goto(f"{streamlit_app(APP)}/Training?run=digits")
    length = page.get_by_role("spinbutton", name="For")
    length.wait_for(timeout=WAIT)
    page.wait_for_timeout(1_000)
    unit = page.locator(".st-key-train-unit").bounding_box()
    number = page.locator(".st-key-train-length").bounding_box()
    assert abs(unit["y"] + unit["height"] - number["y"] - number["height"]) < 4, "in one line"
    assert 0 <= unit["x"] - number["x"] - number["width"] < 20, "next to each other"


@both
def test_a_shared_drawing_shows_vote_and_reconstructions_at_once(narrow, streamlit_app, size):
    page = narrow(size)
    page.goto(f"{streamlit_app(APP)}/Your_own_digit?run=digits")
    page.get_by_role("button", name="Example").click()
    page.wait_for_function("() => location.search.includes('strokes=')", timeout=WAIT)
    page.goto(page.url)
    page.get_by_alt_text("Map of TVAE with the place of your image").wait_for(timeout=WAIT)
    vote = page.get_by_text("TVAE says").bounding_box()
    assert vote["y"] + vote["height"] < size[1]
    images = page.get_by_alt_text("Your image and what VAE and TVAE draw from it").bounding_box()
    assert images["y"] + 0.5 * images["height"] < size[1]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_wide_table_keeps_the_names_of_its_rows_in_sight(narrow, streamlit_app):
    page = narrow(SMALLEST)
    page.goto(f"{streamlit_app(APP)}/Which_weight?run=digits")
    page.get_by_text("Still teach:").wait_for(timeout=WAIT)
    table = page.get_by_test_id("stTable").last
    page.wait_for_timeout(1_000)
    name = table.get_by_text("TVAE", exact=True).first
    before = name.bounding_box()
    last = table.locator("tbody tr").last.locator("td").last
    box = last.bounding_box()
    assert box["x"] + box["width"] > SMALLEST[0], "it is wider than the window"
    last.evaluate("cell => cell.scrollIntoView({block: 'nearest', inline: 'end'})")
    page.wait_for_timeout(500)
    assert last.bounding_box()["x"] < box["x"] - 20
    assert abs(name.bounding_box()["x"] - before["x"]) < 2
