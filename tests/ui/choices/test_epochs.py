"""The epoch scrubber on the triplets page of the shipped digits run."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[3]
RUN = read_run(ROOT / "checkpoints" / "digits")


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/4_Triplets.py")
    app.query_params.update({"run": "digits", "margin": "0.1", **query})
    return app.run()


def shown_accuracy(app: AppTest) -> str:
    return app.table[0].value.iloc[1, 0]


def counted_accuracy(step: int | None) -> str:
    found = read_encoding(RUN.at(step), "test")
    assert found is not None
    return f"{100 * triplet_accuracy(found.means['tvae'], found.labels, [0.1]).accuracy[0]:.2f}\u00a0%"


def test_the_trained_run_is_shown_first():
    app = page({})
    assert app.sidebar.select_slider(key="epoch").value == RUN.provenance.step
    assert shown_accuracy(app).removeprefix("≈ ") == counted_accuracy(None)


def test_an_earlier_epoch_shows_its_own_numbers():
    app = page({})
    app.sidebar.select_slider(key="epoch").set_value(RUN.snapshots[1]).run()
    assert not app.exception
    assert shown_accuracy(app).removeprefix("≈ ") == counted_accuracy(RUN.snapshots[1])
    assert counted_accuracy(RUN.snapshots[1]) != counted_accuracy(None)


def test_the_address_names_the_epoch_and_a_foreign_one_is_passed_over():
    step = RUN.snapshots[1]
    app = page({"epoch": f"{step / RUN.steps_per_epoch:.3g}"})
    assert app.sidebar.select_slider(key="epoch").value == step
    app = page({"epoch": "777"})
    assert not app.exception
    assert app.sidebar.select_slider(key="epoch").value == RUN.provenance.step


def test_a_run_without_snapshots_has_no_scrubber(tmp_path, monkeypatch):
    shutil.copytree(RUN.folder, tmp_path / "plain", ignore=shutil.ignore_patterns("snapshots"))
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "plain"})
    assert not app.exception
    with pytest.raises(KeyError):
        app.sidebar.select_slider(key="epoch")


def test_playing_goes_on_from_the_last_to_the_first():
    app = page({})
    app.sidebar.toggle(key="epoch-playing").set_value(True).run()
    app.run()
    assert app.sidebar.select_slider(key="epoch").value in RUN.snapshots
