"""The replay of a training in a real browser: it plays, and is scrubbed by mouse and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000
LAST = 59


@pytest.fixture
def replay_in(browser, streamlit_app):
    """Opens the training page of the digits run with this setting of reduced motion, and returns its replay."""
    contexts = []

    def open_replay(reduced_motion: str, scheme: str = "light"):
        window = {"width": 1400, "height": 900}
        contexts.append(browser.new_context(viewport=window, reduced_motion=reduced_motion, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.goto(f"{streamlit_app(APP)}/Training?run=digits")
        replay = page.get_by_test_id("replay")
        replay.wait_for(timeout=WAIT)
        return replay

    yield open_replay
    for context in contexts:
        context.close()


def moment(replay) -> int:
    return int(replay.get_attribute("data-moment"))


def pictures(replay) -> list[str]:
    """Pictures of both maps and of the chart."""
    return replay.locator("canvas").evaluate_all("canvases => canvases.map(canvas => canvas.toDataURL())")


def middle_of(part) -> tuple[float, float]:
    box = part.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_it_plays_from_the_first_moment_to_the_last_and_pauses(replay_in):
    from playwright.sync_api import expect

    replay = replay_in("no-preference")
    expect(replay).to_have_attribute("data-moment", re.compile("[1-9]"), timeout=WAIT)  # by itself
    replay.get_by_role("button", name="Pause").click()
    stopped, drawn = moment(replay), pictures(replay)
    replay.page.wait_for_timeout(600)  # three moments while it plays
    assert moment(replay) == stopped
    replay.get_by_role("button", name="Play the training").click()
    expect(replay).to_have_attribute("data-moment", str(LAST), timeout=WAIT)
    replay.get_by_role("button", name="Play the training").wait_for(timeout=WAIT)
    assert all(now != before for now, before in zip(pictures(replay), drawn, strict=True))


REACHED = """root => new Promise(resolve => {
  const scrubber = root.querySelector('.scrubber'), app = document.querySelector('[data-testid=stApp]');
  const states = new Set();
  const look = () => {
    if (app.dataset.testScriptState === 'notRunning') return resolve([...states]);
    states.add(scrubber.value);
    requestAnimationFrame(look);
  };
  look();
})"""
"""Where a replay stood while the page was still being drawn."""


def test_it_waits_until_the_page_is_drawn(browser, streamlit_app):
    page = browser.new_context(reduced_motion="no-preference").new_page()
    page.goto(f"{streamlit_app(Path(__file__).parent / 'replay_app.py')}?seconds=3")
    replay = page.get_by_test_id("replay")
    replay.wait_for(timeout=WAIT)
    assert replay.evaluate(REACHED) == ["0"]
    replay.get_by_role("button", name="Pause").wait_for(timeout=WAIT)
    page.context.close()


def test_nothing_moves_by_itself_for_people_who_want_less_motion(replay_in):
    from playwright.sync_api import expect

    replay = replay_in("reduce")
    drawn = pictures(replay)
    replay.page.wait_for_timeout(1_000)
    assert moment(replay) == LAST
    assert pictures(replay) == drawn
    replay.get_by_role("button", name="Play the training").click()
    expect(replay).not_to_have_attribute("data-moment", str(LAST), timeout=WAIT)


def test_mouse_and_keyboard_go_to_any_moment(replay_in):
    replay = replay_in("reduce")
    mouse, keyboard = replay.page.mouse, replay.page.keyboard
    slider = replay.get_by_role("slider", name="Moment of the training")
    mouse.click(*middle_of(slider))
    assert abs(moment(replay) - LAST / 2) < 2
    chart = replay.get_by_role("img", name="Share of triplets in order")
    x, y = middle_of(chart)
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + chart.bounding_box()["width"], y)
    mouse.up()
    assert moment(replay) == LAST
    mouse.move(x, y)  # no button is held
    assert moment(replay) == LAST
    slider.focus()
    for key, expected in (("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("End", LAST)):
        keyboard.press(key)
        assert moment(replay) == expected, key
    keyboard.press("Space")
    replay.get_by_role("button", name="Pause").wait_for(timeout=WAIT)
    keyboard.press("Space")
    replay.get_by_role("button", name="Play the training").wait_for(timeout=WAIT)


def test_the_moment_when_the_arms_have_parted_is_marked_explained_and_one_click_away(replay_in):
    replay = replay_in("reduce")
    slider = replay.get_by_role("slider", name="Moment of the training")
    part = replay.get_by_role("button", name="the arms have parted: step 1,100 (epoch 50)")
    part.focus()
    part.press("Enter")
    parted = moment(replay)
    assert 0 < parted < LAST
    assert replay.locator(".moment").inner_text() == "step 1,100 (epoch 50)"
    assert slider.get_attribute("aria-valuetext") == "step 1,100 (epoch 50), the arms have parted"
    slider.press("ArrowLeft")
    assert moment(replay) == parted - 1
    assert "parted" not in slider.get_attribute("aria-valuetext")
    replay.page.get_by_text("at least 90 % as far apart as the 13.7 points at the end").wait_for(timeout=WAIT)


COLOURS = """caption => {
  let opacity = 1;
  for (let part = caption; part; part = part.parentElement) opacity *= +getComputedStyle(part).opacity;
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const painted = colour => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const ground = painted(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor);
  pen.globalAlpha = opacity;
  return [painted(getComputedStyle(caption).color), ground];
}"""
"""The text's colour as it is seen on the page's ground, and that ground: whatever form the colours are written in."""


def luminance(channels) -> float:
    """Relative luminance (WCAG 2) of red, green and blue from 0 to 255."""
    shares = [value / 255 for value in channels]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_caption_can_be_read(replay_in, scheme):
    page = replay_in("reduce", scheme).page
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    seen, ground = page.get_by_text("fixed images of the digits").first.evaluate(COLOURS)
    dark, light = sorted((luminance(seen), luminance(ground)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_replay_that_grows_goes_on_where_it_is(browser, streamlit_app):
    from playwright.sync_api import expect

    page = browser.new_context(reduced_motion="reduce").new_page()
    page.goto(streamlit_app(Path(__file__).parent / "replay_app.py"))
    replay = page.get_by_test_id("replay")
    replay.wait_for(timeout=WAIT)
    slider, more = replay.get_by_role("slider"), page.get_by_role("button", name="Another moment")
    assert replay.locator(".chart").count() == 0  # nothing was counted
    assert moment(replay) == 2
    more.click()
    expect(slider).to_have_attribute("max", "3", timeout=WAIT)
    assert moment(replay) == 3  # it was at the last
    slider.press("Home")
    more.click()
    expect(slider).to_have_attribute("max", "4", timeout=WAIT)
    assert moment(replay) == 0
    assert replay.locator(".moment").inner_text() == "step 0"
    page.context.close()
