"""Decode anywhere on the real page: by the map's own projection, by its points, and far from them."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 60_000
INK = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, canvas.height, data.filter((value, at) => at % 4 === 0 && value > 64).length];
}"""


@pytest.mark.parametrize(("projection", "told"), [("PCA", "exact in this plane"), ("t-SNE", "approximate")])
def test_both_arms_draw_the_place_under_the_pointer(browser, streamlit_app, projection, told):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{streamlit_app(APP)}/Latent_map?run=digits&projection={projection}")
    page.locator(".st-key-map-drawer [data-testid=stTab]").first.wait_for(state="attached", timeout=WAIT)
    address = page.url
    page.get_by_role("button", name="Decode anywhere").click()
    box = page.locator(".lm canvas").first.bounding_box()
    decoded = page.get_by_test_id("map-decoded")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    decoded.get_by_text(told).first.wait_for(timeout=WAIT)
    assert decoded.locator("strong").all_inner_texts() == ["VAE", "TVAE"]
    for place in range(2):
        width, height, inked = decoded.locator("canvas").nth(place).evaluate(INK)
        assert (width, height) == (8, 8) and inked > 3
    if projection == "t-SNE":
        page.mouse.move(box["x"] + 3, box["y"] + 3)
        decoded.get_by_text("far from every image").first.wait_for(timeout=WAIT)
    page.mouse.move(5, 5)
    decoded.wait_for(state="hidden")
    assert page.url == address, "the page itself does not run"
    page.close()
    assert complaints == []
