"""The page "Which weight?" in a real browser: both controls, a click on a point, the arms in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000


@pytest.fixture
def which_weight(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{streamlit_app(APP)}/Which_weight?run=mnist-ladder&need=90")
    page.get_by_test_id("arm-player").wait_for(timeout=WAIT)
    yield page
    page.close()


def test_both_controls_move_the_advice(which_weight):
    from playwright.sync_api import expect

    advice = which_weight.locator("h2").first
    expect(advice).to_contain_text("weight 15, margin 1", timeout=WAIT)
    accept = which_weight.get_by_role("slider", name="I accept at most")
    accept.focus()
    for _ in range(13):
        accept.press("ArrowLeft")
    which_weight.wait_for_url("**accept=12**", timeout=WAIT)
    expect(advice).to_contain_text("weight 15, margin 0.2", timeout=WAIT)
    need = which_weight.get_by_role("slider", name="I need at least")
    need.focus()
    need.press("End")
    expect(advice).to_contain_text("No arm is within both bounds", timeout=WAIT)


def test_a_shared_address_opens_its_advice_and_stays(which_weight):
    from playwright.sync_api import expect

    asked = "run=mnist-ladder&accept-nats=2.5&cost=elbo&need=90&scored-margin=0.5"
    which_weight.goto(f"{which_weight.url.split('?')[0]}?{asked}")
    for again in (lambda: None, which_weight.reload):
        again()
        expect(which_weight.locator("h2").first).to_contain_text("nats of the ELBO", timeout=WAIT)
        which_weight.get_by_text("at m = 0.5").first.wait_for(timeout=WAIT)
        assert sorted(which_weight.url.split("?")[1].split("&")) == sorted(asked.split("&"))


@pytest.mark.parametrize(("width", "height", "seen"), [(1400, 900, 1.0), (800, 900, 0.85), (390, 844, 1.0)])
def test_sentence_and_chart_are_above_the_fold(which_weight, width, height, seen):
    which_weight.set_viewport_size({"width": width, "height": height})
    chart = which_weight.locator(".st-key-trade .js-plotly-plot")
    chart.wait_for(timeout=WAIT)
    which_weight.wait_for_timeout(1_000)
    box = chart.bounding_box()
    sentence = which_weight.locator("h2").first.bounding_box()
    assert sentence["y"] + sentence["height"] < box["y"]
    assert box["y"] + seen * box["height"] < height
    accept = which_weight.get_by_role("slider", name="I accept at most").bounding_box()
    if width == 1400:
        assert accept["x"] > box["x"] + box["width"] and accept["y"] < box["y"] + box["height"]
    else:
        assert accept["y"] > box["y"] + box["height"]


@pytest.mark.parametrize("width", [1400, 800, 390])
def test_labels_of_points_are_whole_and_apart(which_weight, width):
    which_weight.set_viewport_size({"width": width, "height": 900})
    chart = which_weight.locator(".st-key-trade .js-plotly-plot")
    chart.locator(".textpoint text").nth(11).wait_for(timeout=WAIT)
    which_weight.wait_for_function(
        """(chart) => chart.querySelector(".main-svg").getBoundingClientRect().right
            <= chart.parentElement.getBoundingClientRect().right""",
        arg=chart.element_handle(),
    )
    plot, *labels = chart.evaluate(
        """(chart) => {
            const sides = ({left, right, top, bottom}) => [left, right, top, bottom];
            return [chart.querySelector(".nsewdrag"), ...chart.querySelectorAll(".textpoint text")].map((part) =>
                sides(part.getBoundingClientRect()));
        }"""
    )
    assert len(labels) == 12
    for at, (left, right, top, bottom) in enumerate(labels):
        assert plot[0] <= left and right <= plot[1] and plot[2] <= top and bottom <= plot[3]
        for other in labels[:at]:
            assert left >= other[1] or right <= other[0] or top >= other[3] or bottom <= other[2]


def test_a_click_on_a_point_has_every_page_show_that_arm(which_weight):
    points = which_weight.locator(".st-key-trade .js-plotly-plot .scatterlayer .trace:last-child .point")
    points.nth(5).wait_for(state="attached", timeout=WAIT)
    box = points.nth(5).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    which_weight.mouse.move(*middle)
    which_weight.mouse.click(*middle)
    which_weight.wait_for_url("**arms=VAE&arms=W30**", timeout=WAIT)


def test_the_slider_swaps_map_and_images_in_place(which_weight):
    from playwright.sync_api import expect

    player = which_weight.get_by_test_id("arm-player")
    title = player.get_by_role("heading")
    expect(title).to_have_text("weight 15, margin 1", timeout=WAIT)
    image = player.locator(".row").nth(1).locator(".image").first
    before = image.get_attribute("style")
    slider = player.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    expect(title).to_have_text("weight 30, margin 1", timeout=WAIT)
    assert image.get_attribute("style") != before
    player.get_by_role("button", name="margin").click()
    slider.press("Home")
    expect(title).to_have_text("VAE", timeout=WAIT)
    player.get_by_role("button", name="Play the arms").click()
    expect(title).to_have_text("weight 15, margin 0.2", timeout=WAIT)
    player.get_by_role("button", name="Pause").click()
    assert "arms=" not in which_weight.url
