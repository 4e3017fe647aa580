"""The page "Sweep" in a real browser: a small sweep is started, fills while one looks, and a cell leads to its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvae.jobs.jobs import Jobs
from tvae.sweeps.background import Background

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000
TRAINING_WAIT = 600_000
"""Milliseconds: a few seconds of work, on a machine that other tests keep busy."""


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def test_a_sweep_fills_while_one_looks_and_a_cell_leads_to_its_run(browser, streamlit_app, runs):
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{streamlit_app(APP)}/Sweep?run=digits")
    for label, text in (("Triplet weights", "10"), ("Margins", "0.2, 1"), ("Seeds", "3"), ("Epochs", "2")):
        field = page.get_by_label(label, exact=True)
        field.wait_for(timeout=WAIT)
        field.fill(text)
        field.press("Enter")
    page.get_by_text("2 cells, seed 3: 1 run of 2 cells").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Start the sweep").click()
    words = page.locator(".st-key-sweep-map .textpoint text")
    expect(words).to_have_count(2, timeout=WAIT)
    expect(page.get_by_role("heading", name="digits-1")).to_contain_text("done, 2 cells", timeout=TRAINING_WAIT)
    expect(words.first).to_contain_text("1 of 1", timeout=WAIT)
    (job,) = Jobs(runs).runs()
    assert job.state == "done" and list(job.config.arms) == ["vae", "m0.2-w10", "m1-w10"]
    # Beside the middle of the lower cell: all of it can be clicked.
    middle = page.locator(".st-key-sweep-map .scatterlayer .trace:last-child .point").first.bounding_box()
    page.mouse.move(middle["x"] + 90, middle["y"] + 10)
    page.mouse.click(middle["x"] + 90, middle["y"] + 10)
    expect(page.get_by_role("heading", name="Margin 0.2, weight 10")).to_be_in_viewport(timeout=WAIT)
    link = page.get_by_test_id("stMain").get_by_role("link", name="Reconstructions")
    expect(link).to_be_in_viewport(timeout=WAIT)
    link.click()
    page.wait_for_url(f"**/Reconstructions?*run={job.id}*arms=VAE&arms=M0.2-W10*", timeout=WAIT)
    expect(page.get_by_role("heading", name="Reconstructions", exact=True)).to_be_visible(timeout=WAIT)
    page.close()
    assert not Background(runs).wanted
