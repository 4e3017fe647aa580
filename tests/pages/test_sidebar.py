"""The sidebar of every page: one choice of run, arms and epoch, and what it says about the run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PAGES = ["streamlit_app.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]


def opened(path: str, query: dict) -> AppTest:
    """The page of this path as its address opens it."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    if path in PAGES[1:]:
        app.switch_page(path)
    app.query_params.update(query)
    return app.run()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_names_a_run_that_is_not_there(path):
    app = opened(path, {"run": "nosuchrun"})
    assert app.warning[0].value == "There is no run nosuchrun here. Shown is mnist."


@pytest.mark.parametrize("path", PAGES)
def test_one_choice_of_run_arms_and_epoch_stands_in_the_sidebar_of_every_page(path):
    app = opened(path, {"run": "mnist-ladder", "arms": ["VAE", "W10"]})
    assert not app.exception
    assert app.sidebar.selectbox(key="run").value == "mnist-ladder"
    assert app.sidebar.multiselect(key="arms").value == ["vae", "w10"]
    assert len(app.multiselect) == 1
    app.sidebar.selectbox(key="run").set_value("digits").run()
    said = [caption.value for caption in app.sidebar.caption]
    follows = path.split("/")[-1][0] in "1234"
    assert bool([slider for slider in app.sidebar.select_slider if slider.key == "epoch"]) == follows
    assert ("This page shows the trained run, epoch 200." in said) != follows


def test_runs_are_told_apart_and_the_caption_says_the_weight_and_the_epochs_that_were_trained(tmp_path, monkeypatch):
    own_run = tmp_path / "copy"
    shutil.copytree(ROOT / "checkpoints" / "digits", own_run)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    config = json.loads((own_run / "config.json").read_text())
    config["train"]["epochs"] = 100_000
    config["provenance"]["seconds_budget"] = 30.0
    (own_run / "config.json").write_text(json.dumps(config))
    app = opened("streamlit_app.py", {"run": "copy"})
    caption = next(caption.value for caption in app.sidebar.caption if "arms on" in caption.value)
    assert caption == "2 arms on digits: triplet weight 2, margin 1, 200 epochs, seed 0, 20 latents."
    labels = app.sidebar.selectbox(key="run").options
    assert "digits: w 2, m 1, 30 s, 23 Nov 2026, copy" in labels
    assert "digits: w 2, m 1, 200 epochs, 23 Nov 2026, digits" in labels
    assert app.query_params["run"] in ("copy", ["copy"])
