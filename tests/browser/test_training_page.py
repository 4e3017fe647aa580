"""A run started from the sidebar in a real browser: progress, a reload in the middle, the compared result."""

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
    """The training page of an app with an empty folder of runs; what goes wrong in the browser is told at the end."""
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


def test_a_run_is_started_watched_found_again_and_compared(page):
    page.get_by_text("Train a run", exact=True).first.click()
    fill(page, "For", "60")
    page.get_by_role("button", name="Train", exact=True).click()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    sidebar.get_by_text(re.compile(r"of triplets right at m = 0")).wait_for(timeout=WAIT)
    watched = re.search(r"watch=(\w+)", page.url)
    assert watched and "owner=" not in page.url

    page.reload()
    sidebar.get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    assert f"watch={watched[1]}" in page.url

    page.get_by_text("Not like for like: 60 epochs against 200").wait_for(timeout=2 * WAIT)
    page.get_by_text("Settings that differ between digits and").wait_for(timeout=WAIT)
    show = sidebar.get_by_role("button", name="Show it")
    show.wait_for(timeout=2 * WAIT)
    assert "run=digits" in page.url  # what was shown stays
    show.click()
    page.wait_for_url(re.compile(f"run={watched[1]}"), wait_until="commit", timeout=WAIT)
    show.wait_for(state="detached", timeout=WAIT)

    page.goto(page.url.replace("/Training", "/Triplets"))
    page.get_by_text("What exactly is counted").wait_for(timeout=WAIT)
    page.get_by_text(re.compile(f"checkpoint {watched[1]}")).first.wait_for(timeout=WAIT)


def test_all_tabs_of_a_browser_control_its_runs_and_no_other_browser_does(page):
    page.get_by_text("Train a run", exact=True).first.click()
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
    other.get_by_text("Somebody else's run").wait_for(timeout=WAIT)
    assert "owner" not in other.url and "watch=" in other.url
    assert other.get_by_role("button", name="Stop").count() == 0
    visitor.close()
    second = page.context.new_page()
    second.goto(page.url)
    second.get_by_test_id("stMain").get_by_role("button", name="Pause").click(timeout=WAIT)
    page.get_by_test_id("stMain").get_by_role("button", name="Resume").wait_for(timeout=WAIT)
    second.get_by_test_id("stMain").get_by_role("button", name="Stop").click(timeout=WAIT)
    page.get_by_text(re.compile("stopped")).first.wait_for(timeout=WAIT)
    second.close()  # not before: a click of a tab that is closed at once may not be heard
    page.get_by_role("button", name="Resume").wait_for(timeout=WAIT)
    hide = page.get_by_test_id("stSidebar").get_by_role("button", name="Hide")
    hide.click()
    hide.wait_for(state="detached", timeout=WAIT)


def test_two_tabs_that_a_new_browser_opens_at_once_are_the_same_person(page, streamlit_app):
    visitor = page.context.browser.new_context()
    tabs = [visitor.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(f"{streamlit_app(APP)}/Training?run=digits", wait_until="commit")
    for tab in tabs:
        tab.get_by_text("All runs").first.wait_for(timeout=WAIT)
    tabs[0].get_by_text("Train a run", exact=True).first.click()
    fill(tabs[0], "For", "20000")
    tabs[0].get_by_role("button", name="Train", exact=True).click()
    tabs[0].wait_for_url(re.compile("watch="), wait_until="commit", timeout=WAIT)
    tabs[1].goto(tabs[0].url)
    tabs[1].get_by_test_id("stMain").get_by_role("button", name="Stop").click(timeout=WAIT)
    tabs[0].get_by_role("button", name="Resume").wait_for(timeout=WAIT)
    visitor.close()


def test_an_open_panel_keeps_a_worker_ready_after_each_run(page):
    ready = Path(os.environ["TVAE_RUNS"]) / READY
    page.get_by_text("Train a run", exact=True).first.click()
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
            assert time.monotonic() < limit, page.get_by_test_id("stSidebar").inner_text()
            page.wait_for_timeout(100)
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("button", name="Stop").click(timeout=WAIT)
        sidebar.get_by_role("button", name="Hide").wait_for(timeout=WAIT)
        sidebar.get_by_role("button", name="Stop").wait_for(state="detached", timeout=WAIT)  # the last run's
    assert before == {job.id for job in Jobs().runs()}
