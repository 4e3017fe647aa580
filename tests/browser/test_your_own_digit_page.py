"""The page of one's own digit in a real browser: drawing by mouse, pen, finger, undo, the address, an upload."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tvae.explore.strokes import strokes_to_text

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 60_000
SEVEN = ((0.3, 0.25), (0.7, 0.25), (0.45, 0.85))


@pytest.fixture(params=["mouse", "pen", "finger"])
def hand(request) -> str:
    return request.param


@pytest.fixture
def page(browser, hand):
    """A page of a device with mouse or touch screen; a test fails if the browser reported an error."""
    opened = browser.new_page(viewport={"width": 1400, "height": 900}, has_touch=hand == "finger")
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


BOTTOMS = """window.bottoms = [];
const look = () => {
  const made = [...document.images].find(({alt}) => alt.startsWith("Your image and what"));
  if (made) window.bottoms.push(made.getBoundingClientRect().bottom);
  requestAnimationFrame(look);
};
look();"""
"""JavaScript that records in each frame the position of the lower edge of the picture of reconstructions."""


def draw(page, hand: str, stroke=SEVEN) -> None:
    """Draw one stroke on the square, in small steps."""
    square = page.get_by_test_id("drawing")
    square.wait_for(timeout=WAIT)
    square.scroll_into_view_if_needed()
    box = square.bounding_box()
    ends = np.array(stroke) * (box["width"], box["height"]) + (box["x"], box["y"])
    places = np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(ends)])
    if hand == "mouse":
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
        return
    send = page.context.new_cdp_session(page).send
    if hand == "pen":
        ways = ["mousePressed", *["mouseMoved"] * (len(places) - 1), "mouseReleased"]
        for way, (x, y) in zip(ways, [*places.tolist(), places[-1].tolist()], strict=True):
            held = {"button": "left", "buttons": 1, "pointerType": "pen", "clickCount": 1}
            send("Input.dispatchMouseEvent", {"type": way, "x": x, "y": y, **held})
        return
    for kind, where in [("touchStart", places[0]), *(("touchMove", place) for place in places[1:]), ("touchEnd", None)]:
        points = [] if where is None else [{"x": float(where[0]), "y": float(where[1])}]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_digit_is_drawn_seen_taken_back_and_opened_again(page, hand, streamlit_app):
    page.goto(f"{streamlit_app(APP)}/Your_own_digit?run=digits")
    page.get_by_alt_text("Map of VAE").wait_for(timeout=WAIT)
    page.evaluate(BOTTOMS)
    draw(page, hand)
    page.get_by_text("As the models see it").wait_for(timeout=WAIT)
    page.get_by_alt_text("Your image and what VAE and TVAE draw from it").wait_for(timeout=WAIT)
    page.get_by_alt_text("Map of TVAE with the place of your image").wait_for(timeout=WAIT)
    vote = page.get_by_text(re.compile(r"VAE says \d \(\d+ of 15\)")).first
    vote.wait_for(timeout=WAIT)
    assert max(page.evaluate("window.bottoms")) < 900, "what the models make of it stands above the fold, and stays"
    first = vote.inner_text()
    page.wait_for_function("location.search.includes('strokes=')")
    address = page.url
    draw(page, hand, ((0.3, 0.55), (0.65, 0.55)))
    page.wait_for_function(f"location.href !== {address!r}", timeout=WAIT)
    assert page.get_by_test_id("drawing").get_attribute("data-strokes") == "2"
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function(f"location.href === {address!r}", timeout=WAIT)
    page.goto(address)
    vote.wait_for(timeout=WAIT)
    assert vote.inner_text() == first
    assert page.get_by_test_id("drawing").get_attribute("data-strokes") == "1"
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Draw a digit in the square").wait_for(timeout=WAIT)
    page.wait_for_function("!location.search.includes('strokes=')")


WARNED = """window.frames_seen = [];
const look = () => {
  const made = [...document.images].find(({alt}) => alt.startsWith("Your image and what"));
  const warned = document.querySelector('[data-testid="stMain"]').innerText.includes("Unlike the digits");
  if (made) window.frames_seen.push([made.src, warned]);
  requestAnimationFrame(look);
};
look();"""
"""JavaScript that records in each frame the picture of reconstructions, and whether a warning stands above it."""


@pytest.mark.parametrize("hand", ["mouse"], indirect=True)
def test_the_warning_of_an_earlier_drawing_does_not_stand_above_the_next(page, hand, streamlit_app):
    scribble = strokes_to_text([np.array([[20, 20], [235, 235]], np.uint8), np.array([[235, 20], [20, 235]], np.uint8)])
    page.goto(f"{streamlit_app(APP)}/Your_own_digit?run=digits&strokes={scribble}")
    page.get_by_text("Unlike the digits of this data set").wait_for(timeout=WAIT)
    made = page.get_by_alt_text("Your image and what VAE and TVAE draw from it")
    made.wait_for(timeout=WAIT)
    first = made.get_attribute("src")
    page.evaluate(WARNED)
    page.get_by_role("button", name="Example").click()
    page.wait_for_function("first => window.frames_seen.at(-1)[0] !== first", arg=first, timeout=WAIT)
    page.get_by_text("VAE says 4").first.wait_for(timeout=WAIT)
    frames = page.evaluate("window.frames_seen")
    assert [picture for picture, warned in frames if warned and picture == frames[-1][0]] == []


@pytest.mark.parametrize("hand", ["mouse"], indirect=True)
def test_the_drawing_is_still_there_after_another_page(page, hand, streamlit_app):
    page.goto(f"{streamlit_app(APP)}/Your_own_digit?run=digits")
    page.get_by_role("button", name="Example").click()
    page.get_by_text("As the models see it").wait_for(timeout=WAIT)
    assert page.get_by_test_id("drawing").get_attribute("data-strokes") == "2"
    page.get_by_role("link", name="Show on the latent map").click()
    page.get_by_text("The selection").wait_for(timeout=WAIT)
    page.get_by_test_id("stMetricValue").first.wait_for(timeout=WAIT)
    page.get_by_role("link", name="Your own digit", exact=True).click()
    page.get_by_text("As the models see it").wait_for(timeout=WAIT)
    assert page.get_by_test_id("drawing").get_attribute("data-strokes") == "2"


@pytest.mark.parametrize("hand", ["mouse"], indirect=True)
def test_a_file_is_sent(page, hand, streamlit_app):
    paper = np.full((90, 80), 215, np.uint8)
    paper[20:26, 20:55] = paper[26:75, 45:52] = 30
    content = io.BytesIO()
    Image.fromarray(paper).save(content, "PNG")
    page.goto(f"{streamlit_app(APP)}/Your_own_digit?run=digits")
    page.get_by_text("Upload", exact=True).click()
    page.get_by_text("Upload a picture of a digit").wait_for(timeout=WAIT)
    chooser = page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": content.getvalue()})
    page.get_by_text("As the models see it").wait_for(timeout=WAIT)
    page.wait_for_function("location.search.includes('ink=')")
    chooser.set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": b"<svg></svg>"})
    page.get_by_text("an SVG drawing, whatever its name says").wait_for(timeout=WAIT)
