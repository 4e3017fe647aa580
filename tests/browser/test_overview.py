"""The overview in a real browser: first content, both maps, no error on the console."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def overview(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(streamlit_app(APP))
    yield page
    page.close()


def test_tables_maps_and_figures_are_there_without_a_click(overview):
    overview.get_by_text("95.60\u00a0%").wait_for(timeout=60_000)
    for side in ("left", "right"):
        canvas = overview.get_by_test_id(f"map-{side}")
        canvas.wait_for(timeout=60_000)
        assert canvas.get_attribute("data-rows") == "10000"
    overview.get_by_alt_text("Test images and their reconstructions").wait_for()
    overview.get_by_alt_text("Diagram of the triplet network").wait_for()
    assert overview.complaints == []


def test_hovering_a_point_tells_its_label(overview):
    canvas = overview.get_by_test_id("map-left")
    canvas.wait_for(timeout=60_000)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for step in range(40):  # along the middle, until the pointer meets a point
        overview.mouse.move(box["x"] + box["width"] * (0.1 + 0.02 * step), box["y"] + box["height"] / 2)
        overview.wait_for_timeout(250)
        if row := canvas.get_attribute("data-hovered-row"):
            break
    assert row
    card = overview.get_by_test_id("map-card")
    assert card.get_attribute("data-row") == row
    assert f"{int(row):,}" in card.inner_text() or row in card.inner_text()
    assert overview.get_by_test_id("map-right").get_attribute("data-hovered-row") == row


HEIGHTS = """
  window.heights = [];
  const isOurs = ({ textContent }) => textContent.includes(".st-key-advice");
  const styled = () => [...document.querySelectorAll("style")].some(isOurs);
  const look = () => {
    const place = document.querySelector(".st-key-moving-triplet-place");
    if (place && styled()) window.heights.push(Math.round(place.getBoundingClientRect().height));
    requestAnimationFrame(look);
  };
  look();
"""
"""Notes the height of the triplet's place in each frame once the app's style stands."""


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_the_place_of_the_triplet_has_its_height_before_it_is_filled(browser, streamlit_app, size):
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.add_init_script(HEIGHTS)
    page.goto(streamlit_app(APP))
    page.get_by_test_id("moving-triplet").wait_for(timeout=60_000)
    page.get_by_text("95.60\u00a0%").wait_for(timeout=60_000)
    heights = page.evaluate("window.heights")
    assert max(heights) - min(heights) <= 2, sorted(set(heights))
    page.close()


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_answer_figures_and_moving_triplet_are_above_the_fold(browser, streamlit_app, size):
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(streamlit_app(APP))
    picture = page.get_by_test_id("moving-triplet")
    picture.wait_for(timeout=60_000)
    for whole in (page.locator(".st-key-answer"), page.locator(".key-figures")):
        box = whole.bounding_box()
        assert box["y"] + box["height"] <= height
    box = picture.bounding_box()
    assert box["y"] + (box["height"] if width > 1000 else 0) < height
    good_for = page.locator(".good-for")
    assert "82.7" in good_for.inner_text()
    assert good_for.bounding_box()["y"] < page.locator(".measured-on").bounding_box()["y"], "it pushes nothing down"
    before, images = picture.get_attribute("data-triplet"), picture.get_by_role("img").count()
    page.get_by_role("button", name="Another triplet").click()
    assert images == 3
    assert picture.get_attribute("data-triplet") != before
    page.get_by_role("button", name="Pause").click()
    for place, verdict in enumerate(page.locator(".verdict").all()):
        verdict.click()
        assert picture.get_attribute("data-model") == str(place)
        assert verdict.get_attribute("aria-pressed") == "true"
        page.wait_for_timeout(1500)  # while the images move
        for track in page.locator(".track").all():  # an image stands above the tick of its model
            tile, tick = track.locator(".picture").bounding_box(), track.locator(".tick").nth(place).bounding_box()
            assert abs(tile["x"] + tile["width"] / 2 - tick["x"] - tick["width"] / 2) < 2
            assert tick["y"] >= tile["y"] + tile["height"]
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_distances_have_the_colour_of_their_model_as_soon_as_it_is_shown(browser, streamlit_app, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{streamlit_app(APP)}?run=digits")
    page.get_by_test_id("moving-triplet").wait_for(timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    show_each = """(verdicts) => verdicts.map((verdict) => {
        verdict.click();
        const colour = (part) => getComputedStyle(part).backgroundColor;
        return [verdict.querySelector(".dot"), ...verdict.closest(".moving").querySelectorAll(".line")].map(colour);
    })"""
    shown = page.locator(".verdict").evaluate_all(show_each)
    assert [len(set(colours)) for colours in shown] == [1, 1]
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    assert page.locator(".verdict").evaluate_all(show_each) == shown
    page.close()


def test_on_a_phone_table_1_shows_all_its_numbers_without_scrolling_sideways(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(streamlit_app(APP))
    table = page.locator(".st-key-overview-table table")
    table.wait_for(timeout=60_000)
    lines = [row.locator("th, td").all() for row in table.locator("tr").all()]
    names, *arms = [[cell.bounding_box() for cell in line] for line in lines]
    assert table.locator("th", has_text="KL, nats").is_visible()
    for arm in arms:
        for name, number in zip(names, arm, strict=True):
            assert number["x"] >= name["x"] + name["width"] - 1 and number["x"] + number["width"] <= 390
            assert number["y"] == pytest.approx(name["y"], abs=1), "a number stands beside its name"
    page.close()
