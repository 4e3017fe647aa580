"""The menu that takes a run away: the command's choices, what it refuses, and whose file it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tvae.errors import InputError
from tvae.export.background import ExportRequest
from tvae.export.formats import FORMATS
from tvae.ui.session import keys

ROOT = Path(__file__).parents[2]
FORMAT = keys.take_away("format")


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch) -> None:
    """Gives each test a folder of temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


def opened(run: str = "digits", path: str = "pages/4_Triplets.py") -> AppTest:
    """A page with the menu open."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page(path)
    app.query_params["run"] = run
    app.session_state[keys.TAKE_AWAY] = True
    app.run()
    assert not app.exception
    return app


def keys_of(app: AppTest) -> set[str | None]:
    return {element.key for kind in (app.multiselect, app.toggle, app.get("button_group")) for element in kind}


def downloads(app: AppTest) -> list[str]:
    """Labels of the menu's download button, where it is there."""
    buttons: list[Any] = list(app.get("download_button"))
    return [button.label for button in buttons if button.label.startswith("Download ")]


def test_the_list_has_every_format_with_what_it_is_for():
    app = opened()
    lines = app.radio(key=FORMAT).options
    assert len(lines) == len(FORMATS)
    for line, form in zip(lines, FORMATS.values(), strict=True):
        assert form.title in line and form.told in line


def test_each_format_has_the_choices_that_bear_on_it():
    app = opened()
    arms, images = keys.take_away("arms", "digits"), keys.take_away("images")
    for name, shown in (("projector", {arms, images}), ("onnx", {arms}), ("bundle", set())):
        app.radio(key=FORMAT).set_value(name).run()
        assert keys_of(app) & {arms, images} == shown, name
    assert not app.exception


def test_a_format_that_lacks_a_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr("tvae.ui.take_away.missing_packages", lambda name: ["onnx"] if name == "onnx" else [])
    app = opened()
    assert not app.button(key=keys.TAKE_AWAY_START).disabled
    captions = app.radio(key=FORMAT).proto.captions
    assert [caption for caption in captions if caption] == ["Not installed here: `pip install onnx`"]
    app.radio(key=FORMAT).set_value("onnx").run()
    assert app.button(key=keys.TAKE_AWAY_START).disabled


def test_the_choices_reach_the_export_and_its_file_can_be_downloaded():
    app = opened()
    app.radio(key=FORMAT).set_value("atlas").run()
    app.multiselect(key=keys.take_away("arms", "digits")).set_value(["tvae"]).run()
    app.toggle(key=keys.take_away("images")).set_value(False).run()
    app.button(key=keys.TAKE_AWAY_START).click().run()
    assert not app.exception and not app.error
    export = app.session_state[keys.TAKING_AWAY].export
    folder = str(ROOT / "checkpoints" / "digits")
    assert export.request == ExportRequest(run=folder, to="atlas", arms=("tvae",), split="test", images=False)
    assert keys.TAKE_AWAY_CANCEL in {button.key for button in app.button}
    export.wait(120)
    app.run()
    (label,) = downloads(app)
    assert "digits-atlas.parquet" in label
    assert "digits as Parquet" in " ".join(markdown.value for markdown in app.markdown)
    app.button(key=keys.TAKE_AWAY_ANOTHER).click().run()
    assert app.radio(key=FORMAT).value == "atlas"
    assert keys.TAKING_AWAY not in app.session_state


def test_what_fails_is_said_in_one_line(monkeypatch):
    app = opened()
    app.radio(key=FORMAT).set_value("bundle").run()
    monkeypatch.setattr("tvae.export.background.MODULE", "tvae.none_of_this_name")
    app.button(key=keys.TAKE_AWAY_START).click().run()
    app.session_state[keys.TAKING_AWAY].export.wait(60)
    app.run()
    (error,) = app.error
    assert error.value.startswith("digits as Whole run was not made: its process ended with status 1")
    assert "\n" not in error.value and str(ROOT) not in error.value


def test_what_was_cancelled_is_gone():
    app = opened()
    app.button(key=keys.TAKE_AWAY_START).click().run()
    export = app.session_state[keys.TAKING_AWAY].export
    app.button(key=keys.TAKE_AWAY_CANCEL).click().run()
    export.wait(60)
    assert export.cancelled and export.file is None
    app.run()
    assert app.radio(key=FORMAT).value and not app.error


def test_a_run_that_a_person_may_no_longer_see_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    shutil.copytree(ROOT / "checkpoints" / "digits", tmp_path / "runs" / "mine")
    app = opened("mine")
    visible = "tvae.ui.take_away.cached.run_folders"
    monkeypatch.setattr(visible, lambda: {"digits": ROOT / "checkpoints" / "digits"})
    app.button(key=keys.TAKE_AWAY_START).click().run()
    assert "Not done. run mine: is no longer here." in [error.value for error in app.error]
    assert keys.TAKING_AWAY not in app.session_state


def test_images_that_a_person_may_not_use_are_refused_and_the_rest_is_not(monkeypatch):
    def refuse(name, owner):
        raise InputError(f"data set {name!r} is private")

    monkeypatch.setattr("tvae.ui.take_away.check_usable", refuse)
    app = opened()
    app.button(key=keys.TAKE_AWAY_START).click().run()
    assert "Not done. data set 'digits' is private." in [error.value for error in app.error]
    app.radio(key=FORMAT).set_value("torch").run()
    app.button(key=keys.TAKE_AWAY_START).click().run()
    app.session_state[keys.TAKING_AWAY].export.cancel()
    assert not app.error


def test_the_file_of_somebody_else_is_not_shown(monkeypatch):
    app = opened()
    app.radio(key=FORMAT).set_value("torch").run()
    app.button(key=keys.TAKE_AWAY_START).click().run()
    app.session_state[keys.TAKING_AWAY].export.wait(120)
    monkeypatch.setattr("tvae.ui.take_away.state.owner", lambda: "another-account")
    app.run()
    assert not downloads(app) and app.radio(key=FORMAT).options
