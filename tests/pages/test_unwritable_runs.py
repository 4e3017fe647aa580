"""Where no run can be kept, every place that starts one says so beforehand and names TVAE_RUNS, but no folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.jobs.files import JobFiles, Spec
from tvae.system.owner import hashed
from tvae.ui.session import keys
from tvae.ui.session.identity import cookie_name

APP = str(Path(__file__).parents[2] / "streamlit_app.py")
ME = "a-token-that-is-mine"
LINE = "The folder of runs can't be written (Not a directory), so no run can be kept; TVAE_RUNS can name another one."


@pytest.fixture
def unwritable(tmp_path, monkeypatch) -> Path:
    (tmp_path / "File").touch()
    folder = tmp_path / "File" / "Runs"
    monkeypatch.setenv("TVAE_RUNS", str(folder))
    return folder


def opened(page: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    app.session_state[keys.TRAIN_PANEL] = True
    app.query_params["run"] = "digits"
    return app.run().switch_page(page).run()


def test_train_is_disabled_with_the_reason_and_a_run_is_not_brought_in(unwritable):
    app = opened("pages/5_Training.py")
    assert not app.exception
    assert app.button(key=keys.TRAIN).disabled
    assert [error.value for error in app.error] == [LINE, LINE]  # below the button, and where a run is brought in


def test_a_folder_that_becomes_unwritable_after_the_page_was_drawn_is_said_in_one_line(tmp_path, monkeypatch):
    app = opened("pages/5_Training.py")
    assert not app.button(key=keys.TRAIN).disabled
    (tmp_path / "File").touch()
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "File" / "Runs"))
    app.button(key=keys.TRAIN).click().run()
    assert not app.exception
    assert app.error
    assert all("TVAE_RUNS" in error.value and str(tmp_path) not in error.value for error in app.error)


def test_a_run_that_ended_before_its_first_file_has_a_row_and_can_be_deleted(tmp_path, monkeypatch, cookies):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    cookies[cookie_name()] = ME
    files = JobFiles(tmp_path / "early")
    files.folder.mkdir(parents=True)
    files.write_spec(Spec(config=small_run_config(), owner=hashed(ME)))
    files.write_state({"state": "stopped"})
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params["watch"] = "early"
    app.run().switch_page("pages/5_Training.py").run()
    assert not app.exception
    (table,) = [frame.value for frame in app.dataframe if "State" in frame.value]
    assert table.set_index("Run").loc["early", "State"] == "stopped"
    next(button for button in app.button if button.label == "Delete").click().run()
    assert not app.exception
    assert not (tmp_path / "early").exists()
    assert (tmp_path / ".trash" / "early").is_dir()
