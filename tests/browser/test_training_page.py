"""A run started on its page in a real browser: progress, a reload in the middle, the compared result."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from tvae.jobs.files import READY
from tvae.jobs.jobs import Jobs

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000


@pytest.fixture
def page(browser, streamlit_app, tmp_path_factory, monkeypatch):
    """The training page of an app with an empty folder of runs; a test fails if the browser reported an error."""
    folder = tmp_path_factory.mktemp("runs")
    monkeypatch.setenv("TVAE_RUNS", str(folder))
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{streamlit_app(APP)}/Training?run=digits")
    page.get_by_text("All runs").first.wait_for(timeout=WAIT)
    yield page
    context.close()
    jobs = Jobs(folder)
    for job in jobs.runs():
        jobs.stop(job.id, None)
    assert complaints == []


def fill(page, label, value):
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def in_sight(page, locator):
    """Whether an element begins and ends within the window, without scrolling."""
    box, size = locator.bounding_box(), page.viewport_size
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def begins_in_sight(page, locator):
    box, size = locator.bounding_box(), page.viewport_size
    return box is not None and 0 <= box["y"] < size["height"]


def test_a_run_is_started_watched_found_again_and_compared(page):
    main, sidebar = page.get_by_test_id("stMain"), page.get_by_test_id("stSidebar")
    assert sidebar.get_by_text("Train a run").count() == 0
    train = main.get_by_role("button", name="Train", exact=True)
    for width in (800, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        assert in_sight(page, train)
    fill(page, "For", "60")
    train.click()
    main.get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    main.get_by_text(re.compile(r"of triplets right at m = 0, (n = )?\d+ test images")).wait_for(timeout=WAIT)
    watched = re.search(r"watch=(\w+)", page.url)
    assert watched and "owner=" not in page.url

    page.reload()
    assert f"watch={watched[1]}" in page.url

    page.get_by_text("Not like for like: 60 epochs against 200").wait_for(timeout=2 * WAIT)
    page.get_by_text("Settings that differ between digits and").wait_for(timeout=WAIT)
    show = main.get_by_role("button", name="Show it")
    show.wait_for(timeout=2 * WAIT)
    assert "run=digits" in page.url  # what was shown stays
    tables = main.get_by_test_id("stTable")
    page.set_viewport_size({"width": 800, "height": 900})
    tables.nth(2).wait_for(timeout=WAIT)  # a table's own code is loaded when it is first met
    page.wait_for_timeout(500)
    assert tables.count() == 3
    for table in tables.all():
        assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
    page.set_viewport_size({"width": 1400, "height": 900})
    open_map = main.get_by_role("link", name="Open on the map")
    assert in_sight(page, open_map)
    show.click()
    page.wait_for_url(re.compile(f"run={watched[1]}"), wait_until="commit", timeout=WAIT)
    show.wait_for(state="detached", timeout=WAIT)
    open_map.click()
    page.wait_for_url(re.compile(f"Latent_map.*run={watched[1]}"), wait_until="commit", timeout=WAIT)

    page.goto(page.url.replace("/Latent_map", "/Triplets"))
    page.get_by_text("What exactly is counted").wait_for(timeout=WAIT)
    page.get_by_text(re.compile(f"checkpoint {watched[1]}")).first.wait_for(timeout=WAIT)


def test_the_map_of_both_arms_is_above_the_fold_during_a_run(page):
    main = page.get_by_test_id("stMain")
    fill(page, "For", "20000")
    main.get_by_role("button", name="Train", exact=True).click()
    sides = [page.get_by_test_id(f"map-{side}") for side in ("left", "right")]
    for side in sides:
        side.wait_for(timeout=WAIT)
        assert in_sight(page, side)
    assert in_sight(page, main.get_by_text(re.compile(r"of triplets right at m = 0, \d+ test images")))
    for width, height in ((800, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(1500)
        assert begins_in_sight(page, sides[0])
        assert in_sight(page, main.get_by_role("button", name="Stop"))
    page.set_viewport_size({"width": 1400, "height": 900})
    main.get_by_role("button", name="Stop").click()
    main.get_by_role("button", name="Resume").wait_for(timeout=WAIT)


def test_all_tabs_of_a_browser_control_its_runs_and_no_other_browser_does(page):
    fill(page, "For", "20000")
    page.get_by_role("button", name="Train", exact=True).dblclick()
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
    stop.wait_for(timeout=WAIT)
    assert len(Jobs().runs()) == 1
    (token,) = {cookie["value"] for cookie in page.context.cookies() if cookie["name"].startswith("tvae-")}
    assert token not in page.url and "owner" not in page.url
    visitor = page.context.browser.new_context()
    other = visitor.new_page()
    other.goto(f"{page.url}&owner={token}")  # whoever is given a link, and even one who knows the token
    other.get_by_text("Somebody else's run: you can watch it").wait_for(timeout=WAIT)
    assert "owner" not in other.url and "watch=" in other.url
    assert other.get_by_role("button", name="Stop").count() == 0
    visitor.close()
    second = page.context.new_page()
    second.goto(page.url)
    second.get_by_test_id("stMain").get_by_role("button", name="Pause", exact=True).click(timeout=WAIT)
    page.get_by_test_id("stMain").get_by_role("button", name="Resume").wait_for(timeout=WAIT)
    second.get_by_test_id("stMain").get_by_role("button", name="Stop").click(timeout=WAIT)
    page.get_by_text(re.compile("stopped")).first.wait_for(timeout=WAIT)
    second.close()  # not before: a click of a tab that is closed at once may not be heard
    page.get_by_role("button", name="Resume").wait_for(timeout=WAIT)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Generation").click()
    hide = page.get_by_test_id("stSidebar").get_by_role("button", name="Hide")
    hide.click(timeout=WAIT)
    hide.wait_for(state="detached", timeout=WAIT)


def test_two_tabs_that_a_new_browser_opens_at_once_are_the_same_person(page, streamlit_app):
    visitor = page.context.browser.new_context()
    tabs = [visitor.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(f"{streamlit_app(APP)}/Training?run=digits", wait_until="commit")
    for tab in tabs:
        tab.get_by_text("All runs").first.wait_for(timeout=WAIT)
    fill(tabs[0], "For", "20000")
    tabs[0].get_by_role("button", name="Train", exact=True).click()
    tabs[0].wait_for_url(re.compile("watch="), wait_until="commit", timeout=WAIT)
    tabs[1].goto(tabs[0].url)
    tabs[1].get_by_test_id("stMain").get_by_role("button", name="Stop").click(timeout=WAIT)
    tabs[0].get_by_role("button", name="Resume").wait_for(timeout=WAIT)
    visitor.close()


def test_the_training_page_keeps_a_worker_ready_after_each_run(page):
    ready = Path(os.environ["TVAE_RUNS"]) / READY
    before: set[str] = set()
    for _ in range(2):
        limit = time.monotonic() + 90
        while not (waiting := {path.parents[1].name for path in ready.glob("*/job/idle")} - before):
            assert time.monotonic() < limit
            page.wait_for_timeout(100)
        before |= waiting
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
        page.get_by_role("button", name="Train", exact=True).click()
        while waiting != {job.id for job in Jobs().runs()} & waiting:
            assert time.monotonic() < limit, page.get_by_test_id("stMain").inner_text()
            page.wait_for_timeout(100)
        main = page.get_by_test_id("stMain")
        stop = main.get_by_role("button", name="Stop", exact=True)  # not the filter "stopped" of the list
        stop.click(timeout=WAIT)
        stop.wait_for(state="detached", timeout=WAIT)  # the last run's
    assert before == {job.id for job in Jobs().runs()}
