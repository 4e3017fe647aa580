"""The sidebar of every page: one choice of run, arms and epoch, and its caption on the run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PAGES = ["streamlit_app.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]


def opened(path: str, query: dict) -> AppTest:
    """The page of this path, opened with these parameters of its address."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    if path in PAGES[1:]:
        app.switch_page(path)
    app.query_params.update(query)
    return app.run()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_names_a_run_that_is_not_there(path):
    app = opened(path, {"run": "nosuchrun"})
    assert app.warning[0].value == "There is no run nosuchrun here. Shown is mnist."


def test_arms_that_an_address_asks_of_a_run_of_two_are_said_to_leave_no_choice():
    app = opened(PAGES[2], {"run": "digits", "arms": "NOPE"})
    assert [warning.value for warning in app.warning] == ["There are no arms to choose here. Shown is VAE and TVAE."]
    assert "arms" not in app.query_params
    assert not opened(PAGES[2], {"run": "digits"}).warning


@pytest.mark.parametrize("path", PAGES)
def test_one_choice_of_run_arms_and_epoch_stands_in_the_sidebar_of_every_page(path):
    app = opened(path, {"run": "mnist-ladder", "arms": ["VAE", "W10"]})
    assert not app.exception
    assert app.sidebar.selectbox(key="run").value == "mnist-ladder"
    assert app.sidebar.multiselect(key="arms").value == ["vae", "w10"]
    assert [choice.label for choice in app.multiselect if choice.label != "Further maps"] == ["Arms"]
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
    assert caption == "2 arms on digits: triplet weight 2, margin 1, 200 epochs, seed 0, 20 latents; 23 Nov 2026, copy."
    labels = app.sidebar.selectbox(key="run").options
    assert "copy, 23 Nov 2026: digits, w 2, m 1, 30 s" in labels
    assert "digits, 23 Nov 2026: w 2, m 1, 200 epochs" in labels
    assert app.query_params["run"] in ("copy", ["copy"])


def address_of(app: AppTest, name: str) -> str | None:
    text = app.query_params.get(name)
    return text[-1] if isinstance(text, list) else text


def test_what_belongs_to_a_run_is_not_shown_with_another_and_comes_back_with_it():
    query = {"run": "mnist-ladder", "arms": ["VAE", "W10"], "around": "a test image", "traversal-row": "7000"}
    app = opened("pages/7_Traversals.py", query)
    run = app.sidebar.selectbox(key="run")
    assert app.number_input(key="traversal-row").value == 7000
    run.set_value("digits").run()
    assert not app.exception and not app.warning
    assert app.number_input(key="traversal-row").value == 0
    assert (address_of(app, "traversal-row"), address_of(app, "arms")) == (None, None)
    app.sidebar.selectbox(key="run").set_value("mnist").run()
    assert app.number_input(key="traversal-row").value == 7000, "the same images"
    app.sidebar.selectbox(key="run").set_value("mnist-ladder").run()
    assert app.sidebar.multiselect(key="arms").value == ["vae", "w10"]
    assert (address_of(app, "traversal-row"), address_of(app, "arms")) == ("7000", "W10")


def test_what_a_run_can_t_show_is_said_and_comes_back_with_one_that_can(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "checkpoints" / "digits", tmp_path / "one")
    config = json.loads((tmp_path / "one" / "config.json").read_text())
    config["arms"] = {"vae": config["arms"]["vae"]}
    (tmp_path / "one" / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = opened("pages/2_Reconstructions.py", {"run": "digits", "images": "worst", "worst-of": "TVAE"})
    assert app.selectbox(key="worst-of").value == "tvae"
    app.sidebar.selectbox(key="run").set_value("one").run()
    assert not app.exception
    assert app.selectbox(key="worst-of").value == "vae"
    assert address_of(app, "worst-of") is None
    app.sidebar.selectbox(key="run").set_value("digits").run()
    assert app.selectbox(key="worst-of").value == "tvae"
    assert address_of(app, "worst-of") == "TVAE"


def test_rows_that_don_t_exist_are_said_and_the_address_says_what_is_shown():
    query = {"run": "digits", "ends": "two rows", "from-row": "99999", "to-row": "abc"}
    app = opened("pages/3_Interpolation.py", query)
    assert [warning.value for warning in app.warning] == [
        "from-row can't be '99999' here. Shown is 358.",
        "to-row can't be 'abc' here. Shown is 1.",
    ]
    assert (address_of(app, "from-row"), address_of(app, "to-row")) == ("358", None)
    app.number_input(key="from-row").set_value(7).run()
    assert [warning.value for warning in app.warning] == ["to-row can't be 'abc' here. Shown is 1."]
    assert address_of(app, "from-row") == "7"


@pytest.mark.parametrize("path", ["pages/1_Latent_map.py", "pages/2_Reconstructions.py", "pages/3_Interpolation.py"])
def test_selected_rows_that_don_t_exist_are_said_on_every_page_that_shows_the_selection(path):
    app = opened(path, {"run": "digits", "rows": "3.9999"})
    assert [warning.value for warning in app.warning] == [
        "The address names rows that don't exist here (rows run from 0 to 358); they were left out."
    ]
    assert address_of(app, "rows") == "3"


def test_an_epoch_is_kept_for_pages_that_can_show_it():
    app = opened("pages/3_Interpolation.py", {"run": "digits", "epoch": "28.1"})
    app.switch_page("pages/7_Traversals.py").run()
    said = "Epoch 28.1 is chosen, which this page can't show: it shows the trained run, epoch 200."
    assert said in [caption.value for caption in app.sidebar.caption]
    assert address_of(app, "epoch") is None
    app.switch_page("pages/4_Triplets.py").run()
    assert app.sidebar.select_slider(key="epoch").value == 619
    assert address_of(app, "epoch") == "28.1"


def test_a_link_made_before_traversals_had_a_key_of_their_own_still_sets_their_steps():
    app = opened("pages/7_Traversals.py", {"run": "digits", "steps": "5"})
    assert app.slider(key="traversal-steps").value == 5
    assert (address_of(app, "steps"), address_of(app, "traversal-steps")) == (None, "5")
