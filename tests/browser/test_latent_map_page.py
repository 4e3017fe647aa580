"""The latent map page in a real browser: maps, a picked row, its neighbours, walking on, the address."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def latent_map_page(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(f"{streamlit_app(APP)}/Latent_map?run=digits&rows=1-20")
    page.get_by_test_id("map-left").wait_for(timeout=60_000)
    yield page
    page.close()


def test_the_addressed_rows_are_lit_on_both_maps_and_recolouring_keeps_them(latent_map_page):
    page = latent_map_page
    for side in ("left", "right"):
        page.locator(f"[data-testid=map-{side}][data-selected-count='20']").wait_for(timeout=30_000)
    box = page.get_by_test_id("map-left").bounding_box()
    assert box["y"] + 300 < 900, "the maps stand above the fold"
    page.get_by_label("Colour by").click()
    page.get_by_role("option", name="neighbourhood change").click()
    page.get_by_text("coloured by neighbourhood change").first.wait_for(timeout=30_000)
    for side in ("left", "right"):
        page.locator(f"[data-testid=map-{side}][data-selected-count='20']").wait_for()
    assert page.complaints == []


def test_a_clicked_rows_neighbours_mark_the_maps_and_can_be_walked_to(latent_map_page):
    page = latent_map_page
    left = page.get_by_test_id("map-left")
    page.get_by_text("What changed").wait_for(timeout=30_000)
    box = left.bounding_box()
    for step in range(30):  # along the middle, until the pointer meets a point
        page.mouse.move(box["x"] + box["width"] * (0.1 + 0.025 * step), box["y"] + box["height"] / 2)
        page.wait_for_timeout(250)
        if left.get_attribute("data-hovered-row"):
            break
    page.mouse.down()
    page.mouse.up()
    tile = page.get_by_test_id("neighbour-panel").locator("button").first
    tile.wait_for(timeout=30_000)
    row = tile.get_attribute("data-row")
    tile.hover()
    for side in ("left", "right"):
        page.locator(f"[data-testid=map-{side}][data-hovered-row='{row}']").wait_for()
    tile.click()
    page.get_by_text(f"Row {int(row):,}, class").wait_for(timeout=30_000)
    assert page.complaints == []
