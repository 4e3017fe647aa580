"""The report's HTML file, opened from a folder in a real Chromium."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tvae.data import load_split
from tvae.export.formats import export
from tvae.export.material import material_of
from tvae.metrics.neighbours import nearest_neighbours
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    run = read_run(DIGITS)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    out = tmp_path_factory.mktemp("report") / "report.html"
    export(material_of(run, encoding, load_split("digits", "test").images), "report", out)
    return out


@pytest.fixture
def view(browser, report) -> Iterator[Any]:
    """The page in a wide window; an error on its console, or a request, fails the test."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url[:5] in ("file:", "data:") else said.append(request.url))
    page.goto(report.as_uri())
    yield page
    page.close()
    assert said == []


def loneliest_point(view: Any, side: int) -> tuple[int, float, float]:
    """Place in the data, and share of the map from its left and its top, of the point that is farthest from others."""
    data = json.loads(view.locator("#map-data").text_content())
    places = np.frombuffer(base64.b64decode(data["sides"][side]["places"]), "<u2").reshape(-1, 2) / 65_535
    alone = int(nearest_neighbours(places.astype(np.float32), 1).distances[:, 0].argmax())
    return alone, *places[alone].tolist()


def label_of(place: int) -> tuple[str, str]:
    """Class and row of an image as the page says them."""
    run = read_run(DIGITS)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    return run.class_names[encoding.labels[place]], f"row {place:,}"


def test_pointing_at_an_image_names_it_on_both_maps(view):
    place, x, y = loneliest_point(view, 1)
    marks, tips = view.locator("canvas.mark"), view.locator(".tip")
    marks.nth(1).scroll_into_view_if_needed()
    box = marks.nth(1).bounding_box()
    view.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    name, row = label_of(place)
    for side in (0, 1):
        tips.nth(side).wait_for(state="visible")
        assert tips.nth(side).locator(".class").text_content() == name
        assert tips.nth(side).locator(".row").text_content() == row
        drawn = "tip => [...tip.querySelector('canvas').getContext('2d').getImageData(0, 0, 8, 8).data]"
        pixels = np.array(tips.nth(side).evaluate(drawn)).reshape(8, 8, 4)[..., 0]
        image = load_split("digits", "test").images[place, :, :, 0].astype(float)
        assert np.corrcoef(pixels.ravel(), image.ravel())[0, 1] > 0.95  # its own thumbnail
    view.mouse.move(5, 5)
    tips.nth(0).wait_for(state="hidden")


def test_keys_go_from_image_to_image_and_are_said_aloud(view):
    view.locator("canvas.mark").first.focus()
    says = view.locator("#map-says")
    seen = set()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        view.keyboard.press(key)
        text = says.text_content()
        assert text.startswith("Class ") and "Squared error: VAE" in text
        seen.add(text)
    assert len(seen) == 3
    view.keyboard.press("Escape")
    assert says.text_content() == "" and view.locator(".tip").first.is_hidden()


def test_a_class_is_picked_out_by_the_legend(view):
    ink = (
        "() => { const c = document.querySelector('canvas.points');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let sum = 0; for (let i = 3; i < d.length; i += 4) sum += d[i]; return sum; }"
    )
    before = view.evaluate(ink)
    button = view.locator(".legend button").nth(3)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert view.evaluate(ink) < 0.6 * before
    button.click()
    assert view.evaluate(ink) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_without_a_serious_finding_and_fits_a_telephone(view, scheme):
    view.emulate_media(color_scheme=scheme)
    view.set_viewport_size({"width": 390, "height": 844})
    assert view.evaluate("document.documentElement.scrollWidth") == 390
    # The page's own rules forbid scripts from elsewhere, so the audit is run past them, as a person's tools are.
    view.evaluate(AXE_SCRIPT)
    result = view.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [v for v in result["violations"] if v["impact"] in ("serious", "critical") or v["id"] == "heading-order"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in serious] == []


def test_it_prints_its_maps_and_on_light_ground(view):
    view.emulate_media(color_scheme="dark")
    content = view.pdf(format="A4", prefer_css_page_size=True)
    assert content.startswith(b"%PDF-") and content.count(b"/Type /Page\n") >= 3
    view.emulate_media(media="print", color_scheme="dark")
    assert view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert view.locator("img.still").first.is_visible() and view.locator("canvas.points").first.is_hidden()


def test_without_its_script_the_maps_are_still_there(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("img.still").first.is_visible()
    context.close()
