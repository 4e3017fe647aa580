"""The drawer beside the maps, run without a browser: its open tab, and the table of filtered or picked rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.pages.test_latent_map_page import open_tab, page, picks, words
from tvae.runs.run import read_run
from tvae.ui import cached
from tvae.ui.maps import row_table, selection
from tvae.ui.maps.row_table import PAGE, columns_of, sorted_rows
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.maps.views import View
from tvae.ui.session import keys

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"
N = 359


@pytest.fixture
def pair() -> ViewPair:
    run = read_run(DIGITS)
    encoding = cached.encoding(run)
    assert encoding is not None
    return ViewPair(View(run, "vae"), View(run, "tvae"), encoding.labels, run.class_names, 10)


@pytest.fixture
def tables(monkeypatch) -> list[dict]:
    """Arguments of each call of the row table, in order."""
    given: list[dict] = []
    drawn = row_table.row_table

    def spy(headings, lines, **how):
        given.append({"headings": headings, "lines": lines, **how})
        return drawn(headings, lines, **how)

    monkeypatch.setattr(row_table, "row_table", spy)
    return given


@pytest.fixture
def computed(monkeypatch) -> list[str]:
    """Parts of the tabs that are computed, in order."""
    done: list[str] = []

    def watch(owner, name: str) -> None:
        compute = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *given, **how: done.append(name) or compute(*given, **how))

    for owner, name in (
        (cached, "findings"),
        (cached, "sub_styles"),
        (cached, "figure"),
        (selection, "selection"),
        (row_table, "columns_of"),
    ):
        watch(owner, name)
    return done


def open_table(**query: str):
    app = page(**query)
    open_tab(app, "Table")
    return app


def test_sorting_goes_over_all_rows_with_the_lower_row_first_at_ties():
    values = np.array([3.0, np.nan, 1.0, 3.0, 2.0])
    assert sorted_rows(np.array([4, 3, 2, 1, 0]), values, descending=False).tolist() == [2, 4, 0, 3, 1]
    assert sorted_rows(np.arange(5), values, descending=True).tolist() == [0, 3, 4, 2, 1]
    assert sorted_rows(np.array([4, 0]), values, descending=True).tolist() == [0, 4]


def test_the_columns_say_what_the_models_make_of_a_row(pair: ViewPair):
    columns = {column.heading.title: column for column in columns_of(pair, 0.5)}
    assert list(columns) == [
        *("Row", "Class", "Shared", "Change", "Lost VAE", "Lost TVAE", "Error VAE", "Error TVAE"),
    ]
    row = 156
    shared = len(set(pair.neighbours[0].rows[row, :10].tolist()) & set(pair.neighbours[1].rows[row, :10].tolist()))
    assert columns["Shared"].text(row) == f"{shared} of 10"
    assert float(columns["Change"].text(row)) == pytest.approx(1 - shared / (20 - shared), abs=0.006)
    assert columns["Class"].text(row) == pair.class_names[pair.labels[row]]
    errors = pair.right.errors
    assert errors is not None and columns["Error TVAE"].text(row) == f"{errors[row]:.1f}"
    share = cached.lost_shares(pair.left.encoded, pair.labels, 0.5)[row]
    assert columns["Lost VAE"].text(row) == f"{100 * share:.1f} %"


def test_one_model_on_both_sides_has_each_column_once(pair: ViewPair):
    same = ViewPair(pair.left, pair.left, pair.labels, pair.class_names, 10)
    assert [column.heading.title for column in columns_of(same, 0)] == ["Row", "Class", "Lost VAE", "Error VAE"]


def test_the_table_is_of_all_images_until_some_are_selected(tables):
    app = open_table()
    assert [line.row for line in tables[-1]["lines"]] == list(range(PAGE))
    assert tables[-1]["place"].count == N
    assert "All images, n = 359" in words(app)
    picks(app).replace(np.array([5, 200, 7]))
    app.run()
    assert [line.row for line in tables[-1]["lines"]] == [5, 7, 200]
    assert "The selected images, n = 3" in words(app)


def test_a_heading_sorts_all_rows_and_again_turns_the_order(tables, pair: ViewPair):
    app = open_table()
    tables[-1]["turn"](2)
    app.run()
    assert [line.row for line in tables[-1]["lines"]] == list(range(2 * PAGE, 3 * PAGE))
    tables[-1]["sort"]("change")
    app.run()
    assert [line.row for line in tables[-1]["lines"]] == pair.changes.most_changed(PAGE).tolist()
    assert tables[-1]["place"].page == 0
    tables[-1]["sort"]("change")
    app.run()
    assert [line.row for line in tables[-1]["lines"]] == pair.changes.least_changed(PAGE).tolist()
    assert tables[-1]["sorted_by"] == ("change", False)


def test_a_row_of_the_table_is_the_row_looked_at_and_the_selection_stays(tables):
    app = open_table(rows="3.8.11")
    tables[-1]["pick"](8)
    app.run()
    assert picks(app).focus == 8
    assert picks(app).rows.tolist() == [3, 8, 11]
    assert tables[-1]["focus"] == 8
    assert app.query_params["row"] == "8"


def test_the_last_page_holds_the_rest(tables):
    app = open_table()
    tables[-1]["turn"](tables[-1]["place"].pages - 1)
    app.run()
    lines = tables[-1]["lines"]
    assert len(lines) == N - PAGE * (tables[-1]["place"].pages - 1)
    assert lines[-1].row == N - 1


def test_it_opens_with_the_findings_and_with_what_is_picked_where_the_address_names_some():
    assert page().session_state[keys.DRAWER_TABS] == "Findings"
    assert page(rows="3").session_state[keys.DRAWER_TABS] == "Selected"


def test_what_stands_in_a_closed_tab_is_not_computed(computed: list[str]):
    app = page()
    app.selectbox(key="sub-style-class").set_value(1).run()
    assert computed == ["findings", "findings", "sub_styles", "sub_styles"]
    picks(app).replace(np.array([5, 200, 7]))
    for tab, parts in (("Selected", ["selection"]), ("Table", ["columns_of"])):
        computed.clear()
        open_tab(app, tab)
        assert computed == parts
    computed.clear()
    open_tab(app, "Findings")
    assert computed == ["findings", "sub_styles", "sub_styles"], "its class is still chosen"


def test_the_page_of_findings_outlives_another_tab():
    app = page(k="5")
    app.session_state["findings-page"] = 2
    app.run()
    shown = [button.label for button in app.button if str(button.key).startswith("finding-")]
    open_tab(app, "Selected")
    assert not [button for button in app.button if str(button.key).startswith("finding-")]
    open_tab(app, "Findings")
    assert [button.label for button in app.button if str(button.key).startswith("finding-")] == shown
