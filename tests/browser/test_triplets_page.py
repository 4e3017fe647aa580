"""The triplets page in a real browser: the address's margin and view, and a click on a cell."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000


@pytest.fixture
def triplets(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.goto(f"{streamlit_app(APP)}/Triplets?run=digits&margin=0.5&view=Classes+and+triplets")
    page.get_by_text("is violated at m = 0.5").wait_for(timeout=WAIT)
    yield page
    page.close()


def test_a_click_on_a_cell_filters_the_triplets(triplets):
    from playwright.sync_api import expect

    cells = triplets.locator(".st-key-matrices-0 .js-plotly-plot .scatterlayer .point")
    cells.nth(12).wait_for(state="attached", timeout=WAIT)
    cells.nth(12).scroll_into_view_if_needed()
    box = cells.nth(12).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    triplets.mouse.move(*middle)
    triplets.mouse.click(*middle)
    triplets.wait_for_url("**anchor-class=1&negative-class=4**", timeout=WAIT)  # 0 has no cell with itself
    for name, chosen in (("Anchor's class", "1"), ("Negative's class", "4")):
        expect(triplets.get_by_role("combobox", name=name)).to_have_value(chosen, timeout=WAIT)
