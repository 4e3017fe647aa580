"""The latent map page's saved and recent selections and its axis, run without a browser."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from tests.pages.test_latent_map_page import open_tab, page, picks, words
from tvae.data.selections import Selection
from tvae.explore.mean_axis import mean_axis
from tvae.runs.run import read_run
from tvae.system.app_folder import app_folder
from tvae.ui import cached
from tvae.ui.maps.view_pair import ViewPair, selected_rows_csv
from tvae.ui.maps.views import View

DIGITS = app_folder() / "checkpoints" / "digits"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.data.selections.selections_folder", lambda: tmp_path)
    return tmp_path


def test_a_selection_is_saved_brought_back_renamed_and_deleted():
    app = page(rows="1-4")
    app.text_input(key="saved-name-").set_value("first").run()
    app.button(key="saved-save-").click().run()
    assert not app.exception
    assert app.button(key="saved-show-first").label == "first (4)"
    assert app.text_input(key="saved-name-").value == ""
    picks(app).replace(np.array([7]))
    app.run()
    app.button(key="saved-show-first").click().run()
    assert picks(app).rows.tolist() == [1, 2, 3, 4]
    assert app.query_params["rows"] == "1-4"

    app.text_input(key="saved-rename-first").set_value("second")
    app.button(key="saved-renamed-first").click().run()
    assert not app.exception
    app.button(key="saved-delete-second").click().run()
    assert not app.exception
    assert not [button for button in app.button if str(button.key).startswith("saved-show")]


def test_a_name_that_can_not_be_is_refused_once_in_one_line():
    app = page(rows="1-4")
    app.button(key="saved-save-").click().run()
    assert [error.value for error in app.error if "name:" in error.value]
    app.run()
    assert not [error for error in app.error if "name:" in error.value]


def test_nothing_selected_can_not_be_saved():
    app = page()
    open_tab(app, "Selected")
    assert app.button(key="saved-save-").disabled


def test_a_name_in_writing_is_there_again_when_its_tab_is():
    app = page(rows="1-4")
    app.text_input(key="saved-name-").set_value("ones").run()
    open_tab(app, "Table")
    open_tab(app, "Selected")
    assert app.text_input(key="saved-name-").value == "ones"


def test_a_broken_file_is_one_line_and_the_page_stands(folder):
    app = page(rows="1-4")
    app.text_input(key="saved-name-").set_value("a").run()
    app.button(key="saved-save-").click().run()
    (path,) = folder.glob("*/*.json")
    path.write_text("[")
    app.run()
    assert not app.exception
    assert "saved selections are not as they were written" in words(app)


def test_recent_selections_come_back():
    app = page(rows="1-4")
    picks(app).replace(np.array([7, 8, 9]))
    app.run()
    app.button(key="saved-recent-0").click().run()
    assert picks(app).rows.tolist() == [1, 2, 3, 4]
    assert [rows.tolist() for rows in picks(app).recent] == [[7, 8, 9]]


def test_tags_leave_with_the_table():
    run = read_run(DIGITS)
    encoding = cached.encoding(run)
    assert encoding is not None
    pair = ViewPair(View(run, "vae"), View(run, "tvae"), encoding.labels, run.class_names, 10)
    at = np.zeros((359, 2)), np.zeros((359, 2))
    saved = (Selection("=a", np.array([1, 2])), Selection("b", np.array([2])))
    table = list(csv.DictReader(io.StringIO(selected_rows_csv(np.array([0, 1, 2]), pair, run.class_names, at, saved))))
    assert [line["tags"] for line in table] == ["", "'=a", "'=a; b"]
    assert "tags" not in selected_rows_csv(np.array([0]), pair, run.class_names, at)


# ---- the axis


def test_the_axis_is_off_until_it_is_wanted_and_then_says_both_shares():
    assert "pairs in the right order" not in words(page())
    app = page(axis="true", **{"axis-from": "class 3", "axis-to": "class 5"})
    assert not app.exception
    encoding = cached.encoding(read_run(DIGITS))
    assert encoding is not None
    first, second = (np.flatnonzero(encoding.labels == c) for c in (3, 5))
    for arm in ("vae", "tvae"):
        axis = mean_axis(encoding.arms[arm].means, first, second)
        assert axis.share is not None
        assert f"**{arm.upper()}**: pairs in the right order **{100 * axis.share:.2f} %**, held out" in words(app)
    assert f"n = {len(first) * len(second):,} pairs" in words(app)
    assert app.query_params["axis-from"] == "class 3"


def test_an_axis_that_can_not_be_is_one_line():
    app = page(axis="true", **{"axis-from": "selection", "axis-to": "class 5"})
    assert not app.exception
    assert "one of the groups has no images" in words(app)
    app = page(axis="true", **{"axis-from": "class 5", "axis-to": "class 5"})
    assert "in the other too" in words(app)


def test_an_axis_from_the_selection():
    app = page(axis="true", rows="1-40", **{"axis-from": "selection", "axis-to": "class 5"})
    assert not app.exception
    assert "of the selection (40) and one of 5" in words(app).replace("\\", "")
