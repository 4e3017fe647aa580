"""The tour of the overview: shown at a first visit, never twice, beside the parts that it explains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000
SIZES = {"wide": (1400, 900), "tablet": (800, 900), "phone": (390, 844)}
COVERED = """() => {
  const card = document.querySelector(".tvae-tour").getBoundingClientRect();
  return [...document.querySelectorAll(".tvae-tour-target")].some((element) => {
    const box = element.getBoundingClientRect();
    return box.left < card.right && box.right > card.left && box.top < card.bottom && box.bottom > card.top;
  });
}"""


@pytest.fixture
def visit(browser, request):
    width, height = SIZES[getattr(request, "param", "wide")]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def opened(page: Any, address: str) -> Any:
    page.goto(address)
    page.locator(".key-figures").first.wait_for(timeout=WAIT)
    page.wait_for_timeout(1_500)
    return page.locator(".tvae-tour")


@pytest.mark.parametrize("visit", SIZES, indirect=True)
def test_three_steps_cover_nothing_that_they_explain_and_do_not_come_again(visit, streamlit_app):
    tour = opened(visit, f"{streamlit_app(APP)}/?run=digits")
    tour.wait_for(timeout=WAIT)
    visit.locator(".st-key-moving-triplet-place:not(:empty)").wait_for(timeout=WAIT)
    visit.wait_for_timeout(1_000)
    for step in (1, 2, 3):
        assert f"{step} of 3" in tour.inner_text()
        visit.wait_for_timeout(500)
        assert visit.locator(".tvae-tour-target").count() > 0
        assert tour.is_visible() and not visit.evaluate(COVERED)
        box = tour.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= visit.viewport_size["width"]
        visit.keyboard.press("Enter")  # the focus is on the button that goes on
    assert tour.count() == 0
    assert visit.locator(".tvae-tour-target").count() == 0
    assert visit.get_by_test_id("stMain").evaluate("page => page.scrollTop") == 0, "it ends where it began"
    visit.reload()
    assert opened(visit, visit.url).count() == 0


@pytest.mark.parametrize("visit", ["phone"], indirect=True)
def test_on_a_phone_the_first_step_leaves_the_lesson_and_the_picture_free(visit, streamlit_app):
    tour = opened(visit, f"{streamlit_app(APP)}/?run=digits")
    tour.wait_for(timeout=WAIT)
    anchor = visit.get_by_test_id("moving-triplet").get_by_role("img").first
    anchor.wait_for(timeout=WAIT)
    top = tour.bounding_box()["y"]
    for free in (visit.get_by_role("link", name="Lesson"), anchor):
        box = free.bounding_box()
        assert box["y"] + box["height"] <= top


def test_escape_ends_it_for_good(visit, streamlit_app):
    tour = opened(visit, streamlit_app(APP))
    tour.wait_for(timeout=WAIT)
    visit.keyboard.press("Escape")
    assert tour.count() == 0
    assert opened(visit, streamlit_app(APP)).count() == 0


@pytest.mark.parametrize("asked", ["?lesson=1", "?run=mnist-ladder&arms=VAE&arms=W10"])
def test_none_where_the_address_asks_for_more_than_a_run(visit, streamlit_app, asked):
    visit.goto(f"{streamlit_app(APP)}/{asked}")
    visit.get_by_test_id("stMainBlockContainer").locator("h1").wait_for(timeout=WAIT)
    visit.wait_for_timeout(6_000)
    assert visit.locator(".tvae-tour").count() == 0
    assert visit.evaluate("localStorage.getItem('tvaeTourSeen')") is None
