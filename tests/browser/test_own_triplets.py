"""Triplets made by keyboard in a real browser: kept over a reload, taken away as CSV, trained on; a file brought in."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tvae.data.triplets import ImageNames, read_triplets
from tvae.jobs.jobs import Jobs
from tvae.runs.triplets import read_triplets_of

ROOT = Path(__file__).parents[2]
WAIT = 90_000


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("own-triplets")


@pytest.fixture(scope="module")
def address(start_server, folders) -> str:
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TVAE_RUNS": str(folders / "runs"),
        "XDG_DATA_HOME": str(folders / "home"),
    }
    return start_server([sys.executable, "-m", "streamlit", "run", "streamlit_app.py"], cwd=ROOT, env=env)


@pytest.fixture
def page(browser, folders, address):
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/Triplets?run=digits&view=Given+triplets")
    page.get_by_text("Which of the two below is nearer to this one?").wait_for(timeout=WAIT)
    yield page
    context.close()
    jobs = Jobs(folders / "runs")
    for job in jobs.runs():
        jobs.stop(job.id, None)
    assert complaints == []


def answered(page, count: int) -> None:
    noun = "answer" if count == 1 else "answers"
    page.get_by_text(re.compile(f"^{count} {noun} so far")).wait_for(timeout=WAIT)


def images_shown(page) -> list[str | None]:
    """The anchor and the two images of the question that is shown."""
    return [page.get_by_alt_text(name).get_attribute("src") for name in ("The anchor", "Image 1", "Image 2")]


def test_three_triplets_by_keyboard_are_kept_taken_away_and_trained_on(page, folders):
    answered(page, 0)
    for count, key in enumerate("121", 1):
        before = images_shown(page)
        page.keyboard.press(key)
        answered(page, count)
        assert images_shown(page) != before
    before = images_shown(page)
    page.keyboard.press("s")
    page.wait_for_function(
        "src => document.querySelector('[alt=\"The anchor\"]').src !== src", arg=before[0], timeout=WAIT
    )
    answered(page, 3)
    page.keyboard.press("1")
    answered(page, 4)
    page.keyboard.press("u")
    answered(page, 3)
    page.reload()
    answered(page, 3)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    path = folders / "taken-away.csv"
    download.value.save_as(path)
    rows = read_triplets(path, ImageNames(1438)).triplets.rows.tolist()
    assert len(rows) == 3
    page.get_by_role("button", name="Train on these triplets").click()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    (job,) = Jobs(folders / "runs").runs()
    triplets = read_triplets_of(job.folder, job.config)
    assert triplets is not None and triplets.rows.tolist() == rows


def test_a_file_is_brought_in_and_trained_on(page, folders, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a,b,odd\n0,1,2\n3,4,5\n")
    page.get_by_text("Bring a file").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("4 triplets on 6 images").wait_for(timeout=WAIT)
    assert "odd-one-out answers" in page.get_by_test_id("stMain").inner_text()
    page.get_by_role("button", name=re.compile("^Try it for 30 s")).click()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    job = Jobs(folders / "runs").runs()[0]
    expected = [[0, 1, 2], [1, 0, 2], [3, 4, 5], [4, 3, 5]]
    triplets = read_triplets_of(job.folder, job.config)
    assert triplets is not None and triplets.rows.tolist() == expected
