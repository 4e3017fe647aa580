"""The triplets page in a real browser: the address's margin, and a click on a cell."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def triplets(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.goto(f"{streamlit_app(APP)}/Triplets?run=digits&margin=0.5")
    page.get_by_text("What lies left of m = 0.5").wait_for(timeout=90_000)
    yield page
    page.close()


def test_a_click_on_a_cell_filters_the_triplets(triplets):
    plot = triplets.locator(".js-plotly-plot").nth(2)
    plot.scroll_into_view_if_needed()
    plot.locator(".subplot.xy .scatterlayer .point").nth(11).wait_for(state="attached", timeout=30_000)
    box = plot.locator(".subplot.xy .scatterlayer .point").nth(11).bounding_box()  # anchor 1, negative 3
    triplets.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    triplets.wait_for_timeout(500)
    for name, chosen in (("Anchor's class", "1"), ("Negative's class", "3")):
        triplets.get_by_role("combobox", name=f"Selected {chosen}. {name}").or_(
            triplets.get_by_test_id("stSelectbox").filter(has_text=name).filter(has_text=chosen)
        ).first.wait_for(timeout=30_000)
