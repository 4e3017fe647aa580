"""Digits trained on two notions of similarity from the sidebar, and the map of both arms judged by each of them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tvae.jobs.jobs import Jobs

ROOT = Path(__file__).parents[2]
WAIT = 90_000
ATTEMPTS = 6
TRAINING_WAIT = 600_000
"""Milliseconds: a few seconds of work, on a machine that other tests keep busy."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def address(start_server, runs) -> str:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TVAE_RUNS": str(runs)}
    return start_server([sys.executable, "-m", "streamlit", "run", "streamlit_app.py"], cwd=ROOT, env=env)


@pytest.fixture
def page(browser, runs):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    jobs = Jobs(runs)
    for job in jobs.runs():
        jobs.stop(job.id, None)
    assert complaints == []


IDLE = "document.querySelector('[data-testid=stApp]').getAttribute('data-test-script-state') == 'notRunning'"


def choose(sidebar, page, label: str, option: str) -> None:
    """Choose an option of the list with this label in the sidebar; a list that a script run closes is opened again."""
    from playwright.sync_api import TimeoutError

    wanted = page.get_by_role("option", name=option, exact=True)
    for attempt in range(ATTEMPTS):
        page.wait_for_function(IDLE, timeout=WAIT)
        sidebar.get_by_role("combobox", name=label).click(timeout=WAIT)
        try:
            wanted.click(timeout=WAIT / ATTEMPTS)
            return
        except TimeoutError:
            if attempt == ATTEMPTS - 1:
                raise
            page.keyboard.press("Escape")


def test_a_run_of_two_notions_is_trained_and_judged_by_each(page, address, runs):
    page.goto(f"{address}/Latent_map?run=digits&projection=PCA")
    sidebar, main = page.get_by_test_id("stSidebar"), page.get_by_test_id("stMain")
    sidebar.get_by_text("Train a run").click(timeout=WAIT)
    sidebar.get_by_role("combobox", name="Also train on").wait_for(timeout=WAIT)
    choose(sidebar, page, "Also train on", "slant")
    page.keyboard.press("Escape")
    sidebar.get_by_text("TVAE-SLANT on slant").wait_for(timeout=WAIT)
    assert "not the same triplets" in sidebar.inner_text()
    sidebar.get_by_role("button", name="Train", exact=True).click()
    sidebar.get_by_role("button", name="Show it").click(timeout=TRAINING_WAIT)
    (job,) = Jobs(runs).runs()
    assert [loss.notion for loss in job.config.arms.values()] == ["", "", "slant"]

    page.wait_for_url(re.compile(job.id), wait_until="commit", timeout=WAIT)
    by_class = main.get_by_text(re.compile("coloured by class.*slant \\(TVAE-SLANT\\), judged by class"))
    by_class.wait_for(timeout=WAIT)
    for side, arm in (("left", "TVAE"), ("right", "TVAE-SLANT")):
        assert arm in (page.get_by_test_id(f"map-{side}").get_attribute("aria-label") or "")
    accuracy = main.get_by_text(re.compile("TVAE-SLANT, PCA: trustworthiness .*-NN accuracy"))
    before = accuracy.inner_text()

    choose(sidebar, page, "Judged by", "slant")
    main.get_by_text(re.compile("coloured by slant.*judged by slant")).wait_for(timeout=WAIT)
    page.wait_for_url(re.compile("judged-by=slant"), wait_until="commit", timeout=WAIT)
    main.get_by_text("middle third").first.wait_for(timeout=WAIT)  # the legend's
    after = accuracy.inner_text()

    def parts(caption: str) -> tuple[str, float]:
        fit, _, share = caption.partition("-NN accuracy ")
        return fit, float(share.split()[0])

    assert parts(before)[0] == parts(after)[0]  # the same map
    assert parts(after)[1] != parts(before)[1]
    sidebar.get_by_role("link", name="Triplets").click()
    main.get_by_text(re.compile("Counted over all .* judged by slant")).wait_for(timeout=WAIT)
