"""Pages without a mouse: the link past the sidebar, and drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000
FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused?.dataset.testid ?? "";
}"""
"""JavaScript that returns the test id of the focused element, also within a component."""


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("path", "words", "target"),
    [("Latent_map", "Skip to the map", "map-left"), ("Triplets", "Skip to the content", "stMain")],
)
def test_the_first_tab_leads_past_the_sidebar(page: Any, streamlit_app, path, words, target):
    page.goto(f"{streamlit_app(APP)}/{path}?run=digits")
    if path == "Latent_map":
        page.locator("[data-testid=map-left][data-rows='359']").wait_for(timeout=WAIT)
    else:
        page.get_by_text("Accuracy at every margin").wait_for(timeout=WAIT)
    link = page.locator(".tvae-skip")
    assert link.bounding_box()["width"] <= 1, "not seen"
    before = page.url
    page.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    assert link.inner_text() == words
    assert link.bounding_box()["width"] > 100, "seen while it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == target
    assert page.url == before


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_digit_is_drawn_by_keys_alone(page: Any, streamlit_app):
    page.goto(f"{streamlit_app(APP)}/Your_own_digit?run=digits")
    square = page.get_by_test_id("drawing")
    square.wait_for(timeout=WAIT)
    page.get_by_alt_text("Map of VAE").wait_for(timeout=WAIT)
    press(page, *["Tab"])
    for _ in range(60):
        if page.evaluate(FOCUSED) == "drawing":
            break
        press(page, "Tab")
    assert page.evaluate(FOCUSED) == "drawing"
    press(page, *["ArrowLeft"] * 4, "Space", *["ArrowRight"] * 8)
    assert "pen is down" in square.get_attribute("aria-label")
    press(page, *["ArrowDown"] * 12, "Space")
    assert square.get_attribute("data-strokes") == "1"
    page.get_by_role("heading", name="The vote").wait_for(timeout=WAIT)
    assert "strokes=" in page.url
    press(page, "ArrowUp", "Enter", "ArrowUp", "Escape")
    assert square.get_attribute("data-strokes") == "1", "Escape leaves a begun stroke out"
    press(page, "Control+z")
    assert square.get_attribute("data-strokes") == "0"
    page.wait_for_function("() => !location.search.includes('strokes=')", timeout=WAIT)
