import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.runs.recording import Recording

APP = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def opened(monkeypatch):
    """Opens the training page on a run, and returns the arguments of its replay player and its captions."""
    drawn = []
    monkeypatch.setattr("tvae.ui.training.replay.replay_player", lambda sides, **rest: drawn.append((sides, rest)))

    def open_page(run: str, **parameters):
        drawn.clear()
        app = AppTest.from_file(APP, default_timeout=120).switch_page("pages/5_Training.py")
        app.query_params["run"] = run
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return drawn, " ".join(caption.value for caption in app.caption)

    return open_page


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """An empty folder of a person's own runs."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path


def recorded(folder: Path, config, dataset, *, steps: int | None = None) -> None:
    """A recorded run, left after so many steps, or by default trained to its end."""
    folder.mkdir()
    reports = Recording(config, dataset, folder, "").reports()
    for report in reports:
        if report.step == steps:
            break
    reports.close()


@pytest.mark.parametrize(("run", "images", "parting"), [("mnist", "2,000", 14), ("digits", "359", 20)])
def test_the_page_opens_on_the_replay_of_the_run_and_says_what_it_is_made_of(opened, run, images, parting):
    ((sides, rest),), captions = opened(run)
    assert [side.title for side in sides] == ["VAE", "TVAE"]
    assert rest["times"].names[:3] == ("step 0", "step 1", "step 2")
    assert rest["parting"] == parting
    none_yet = {side.losses[0] for side in sides}
    assert [re.sub(r"\d+$", "…", words) for words in none_yet] == ["no losses yet: the first are means of steps 1 to …"]
    last = int(none_yet.pop().split()[-1])
    firsts = [words for words, step in zip(sides[0].losses, rest["times"].names, strict=True) if step == "step 2"]
    assert (firsts == [sides[0].losses[0]]) == (last > 2)
    assert sides[0].losses[-1].startswith("squared error")
    assert "decoded from means with noise added" in captions
    assert f"{images} fixed images of the {run} test split" in captions
    assert "Recorded in another training" in captions
    assert "keeps no replay" not in captions


def test_a_run_without_a_replay_says_whose_is_shown(opened):
    drawn, captions = opened("mnist-ladder")
    assert len(drawn) == 1
    assert "mnist-ladder keeps no replay of its training. This is mnist's." in captions


def test_the_arms_chosen_in_the_sidebar_are_shown(opened, runs, digits):
    loss = small_run_config().arms["tvae"]
    arms = {"vae": replace(loss, triplet_weight=0.0)}
    arms |= {f"w{weight}": replace(loss, triplet_weight=float(weight)) for weight in (1, 3, 10)}
    recorded(runs / "ladder", replace(small_run_config(), arms=arms), digits)
    ((sides, _),), captions = opened("ladder")
    assert [side.title for side in sides] == ["VAE", "weight 10, margin 1"]
    assert "another training" not in captions
    ((sides, _),), _ = opened("ladder", arms=["W1", "W3"])
    assert [side.title for side in sides] == ["weight 1, margin 1", "weight 3, margin 1"]


def test_a_run_of_one_arm_has_one_map(opened, runs, digits):
    arms = {"tvae": small_run_config().arms["tvae"]}
    recorded(runs / "alone", replace(small_run_config(), arms=arms), digits)
    ((sides, rest),), _ = opened("alone")
    assert [side.title for side in sides] == ["TVAE"]
    assert rest["parting"] is None


def test_a_run_that_has_not_ended_is_shown_so_far(opened, runs, digits):
    recorded(runs / "half", small_run_config(), digits, steps=100)
    ((sides, rest),), captions = opened("half")
    moments = len(rest["times"].names)
    assert sides[0].positions.shape[:2] == (moments, 359)
    assert not rest["times"].names[-1].endswith("(epoch 3)")
    np.testing.assert_array_equal(rest["labels"], digits.test.labels)
    assert "another training" not in captions
