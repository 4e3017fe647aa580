"""Reconstructions and interpolation in a real browser: pictures, the slider that plays, picked images, addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 60_000


@pytest.fixture
def opened(browser, streamlit_app):
    """Opens a page of the app; a test fails at its end if the browser reported an error."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def at(path: str):
        page.goto(f"{streamlit_app(APP)}/{path}")
        return page

    yield at
    page.close()
    assert complaints == []


def test_reconstructions_stand_above_the_fold_as_one_picture(opened):
    page = opened("Reconstructions?run=digits")
    picture = page.get_by_alt_text("Test images and their reconstructions by VAE and TVAE")
    picture.wait_for(timeout=WAIT)
    box = picture.bounding_box()
    assert box["y"] + box["height"] < 900
    assert page.locator("[data-testid=stImage] img").count() == 1
    page.get_by_text("What the triplet weight cost here").wait_for(timeout=WAIT)


def test_a_choice_of_images_has_an_address_that_opens_it_again(opened):
    page = opened("Reconstructions?run=digits")
    page.get_by_alt_text("Test images and their reconstructions by VAE and TVAE").wait_for(timeout=WAIT)
    page.get_by_role("combobox", name="Images").click()
    page.get_by_role("option", name="worst").click()
    page.get_by_text("The greatest errors of VAE").wait_for(timeout=WAIT)
    page.get_by_text("Error map").click()
    page.get_by_text("violet where the reconstruction is too dark").wait_for(timeout=WAIT)
    address = page.url
    assert "images=worst" in address and "error-map=true" in address
    page.goto(address)
    page.get_by_text("The greatest errors of VAE").wait_for(timeout=WAIT)
    page.get_by_text("violet where the reconstruction is too dark").wait_for(timeout=WAIT)


def test_the_slider_moves_both_arms_and_its_place_is_in_the_address(opened):
    page = opened("Interpolation?run=digits&ends=two+rows&from-row=5&to-row=44&t=0.5")
    player = page.get_by_test_id("path-player")
    player.wait_for(timeout=WAIT)
    frames = page.locator("[data-testid=path-player] .step").count()
    assert frames == 22
    assert player.get_attribute("data-frame") == "30"
    box = player.bounding_box()
    assert box["y"] + box["height"] < 900
    slider = player.get_by_role("slider")
    slider.focus()
    slider.press("End")
    assert player.get_attribute("data-frame") == "60"
    page.wait_for_function("location.search.includes('t=1')")
    slider.press("ArrowLeft")
    assert player.get_attribute("data-frame") == "59"
    page.wait_for_function("location.search.includes('t=0.98')")
    assert slider.evaluate("at => at.getRootNode().activeElement === at"), "a rerun leaves the slider its focus"
    player.get_by_role("button", name="Step").first.click()
    assert player.get_attribute("data-frame") == "0"
    votes = player.locator(".head .vote").all_inner_texts()
    assert len(votes) == 2 and all("of 15" in vote for vote in votes)


def test_playing_goes_evenly_from_end_to_end(opened):
    page = opened("Interpolation?run=digits&ends=two+rows&from-row=5&to-row=44")
    player = page.get_by_test_id("path-player")
    player.wait_for(timeout=WAIT)
    page.wait_for_timeout(1000)
    page.evaluate("() => { window.seen = []; }")
    player.evaluate(
        "at => new MutationObserver(() => window.seen.push(+at.dataset.frame))"
        ".observe(at, {attributes: true, attributeFilter: ['data-frame']})"
    )
    player.get_by_role("button", name="Play the way").click()
    page.wait_for_function("window.seen.at(-1) === 60", timeout=20_000)
    seen = page.evaluate("window.seen")
    assert seen == sorted(seen) and len(set(seen)) > 20
    player.get_by_role("button", name="Play the way").wait_for()


def test_a_pause_leaves_the_place_in_the_address(opened):
    page = opened("Interpolation?run=digits&ends=two+rows&from-row=5&to-row=44")
    player = page.get_by_test_id("path-player")
    player.wait_for(timeout=WAIT)
    page.wait_for_timeout(1000)
    player.get_by_role("button", name="Play the way").click()
    page.wait_for_timeout(1000)
    player.get_by_role("button", name="Pause").click()
    page.wait_for_function("location.search.includes('t=0.')")
    at = float(page.evaluate("new URL(location).searchParams.get('t')"))
    assert abs(60 * at - int(player.get_attribute("data-frame"))) <= 1


def test_a_change_of_steps_keeps_the_place(opened):
    page = opened("Interpolation?run=digits&ends=two+rows&from-row=5&to-row=44&t=0.5")
    player = page.get_by_test_id("path-player")
    player.wait_for(timeout=WAIT)
    page.get_by_role("slider", name="Steps").press("ArrowRight")
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some(at => at.shadowRoot?.querySelectorAll('.step').length === 24)"
    )
    assert abs(int(player.get_attribute("data-frame")) - 33) <= 1  # half of the 66 pieces that twelve steps make
    assert "t=0.5" in page.url


def test_images_are_picked_by_click(opened):
    page = opened("Interpolation?run=digits&ends=two+rows&from-row=5&to-row=44")
    page.get_by_test_id("path-player").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Pick").click()
    picker = page.get_by_test_id("image-picker")
    picker.wait_for(timeout=WAIT)
    tile = picker.locator("button:not(.marked)").first
    row = tile.get_attribute("data-row")
    tile.click()
    page.wait_for_function(f"location.search.includes('from-row={row}')")
    picker.locator(f"button[data-row='{row}'].marked").wait_for()
    other = picker.locator("button:not(.marked)").nth(3)
    row = other.get_attribute("data-row")
    other.click()
    page.wait_for_function(f"location.search.includes('to-row={row}')")


def test_samples_of_both_arms_stand_beside_each_other_above_the_fold(opened):
    page = opened("Generation?run=digits")
    grids = [page.get_by_alt_text(f"Samples of {arm} from the prior") for arm in ("VAE", "TVAE")]
    boxes = []
    for grid in grids:
        grid.wait_for(timeout=WAIT)
        boxes.append(grid.bounding_box())
    assert all(box["y"] + box["height"] < 900 for box in boxes)
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 4 and boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    page.get_by_text("Precision and recall").wait_for(timeout=WAIT)
    before = grids[0].get_attribute("src")
    page.get_by_role("slider", name="Temperature").press("ArrowLeft")
    page.wait_for_function(f"document.querySelector('[data-testid=stImage] img').getAttribute('src') !== {before!r}")
    page.wait_for_function("location.search.includes('temperature=0.95')")
    address = page.url
    page.goto(address)
    page.get_by_text("at temperature 0.95").wait_for(timeout=WAIT)


def test_traversals_start_above_the_fold_and_around_an_image_by_address(opened):
    page = opened("Traversals?run=digits")
    for arm in ("VAE", "TVAE"):
        grid = page.get_by_alt_text(f"Traversals of {arm}")
        grid.wait_for(timeout=WAIT)
        assert grid.bounding_box()["y"] < 400
    page.get_by_role("combobox", name="Around").click()
    page.get_by_role("option", name="a test image").click()
    page.get_by_text("the code is μ of row 0").wait_for(timeout=WAIT)
    page.wait_for_function("location.search.includes('around=')")
    page.goto(page.url)
    page.get_by_alt_text("Row 0 and its reconstructions").wait_for(timeout=WAIT)


@pytest.mark.parametrize(
    ("path", "alt"),
    [("Generation?run=digits", "Samples of {} from the prior"), ("Traversals?run=digits", "Traversals of {}")],
)
def test_both_arms_stand_side_by_side_on_a_tablet_and_one_below_the_other_on_a_phone(opened, path, alt):
    page = opened(path)
    for width, side_by_side in ((800, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        boxes = []
        for arm in ("VAE", "TVAE"):
            grid = page.get_by_alt_text(alt.format(arm))
            grid.wait_for(timeout=WAIT)
            boxes.append(grid.bounding_box())
        first, second = boxes
        assert (first["x"] + first["width"] < second["x"]) == side_by_side
        assert (abs(first["y"] - second["y"]) < 4) == side_by_side
        assert (first["y"] + first["height"] < second["y"]) != side_by_side
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width and box["width"] > 300 for box in boxes)


def test_on_a_tablet_table_and_chart_of_the_samples_have_the_width_of_the_page(opened):
    page = opened("Generation?run=digits")
    page.set_viewport_size({"width": 800, "height": 900})
    page.reload()
    page.locator(".st-key-measures [data-testid=stTable]").wait_for(timeout=WAIT)
    widths = page.locator(".st-key-measures > *").evaluate_all("(parts) => parts.map((part) => part.clientWidth)")
    assert len(widths) == 2 and min(widths) > 700


def test_on_a_narrow_page_one_s_own_digit_is_not_wider_than_the_page(opened):
    page = opened("Your_own_digit?run=digits")
    page.set_viewport_size({"width": 800, "height": 900})
    page.reload()
    pictures = page.locator("[data-testid=stImage] img:visible")
    pictures.nth(1).wait_for(timeout=WAIT)
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    boxes = [pictures.nth(i).bounding_box() for i in range(2)]
    assert all(box["width"] > 150 for box in boxes)
