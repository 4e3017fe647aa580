"""A run measured on a sample of anchors, as with many images: every page says so, with standard errors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tvae.cli.output import print_metrics
from tvae.metrics.anchor_sample import Sampling
from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.triplet_curve import triplet_curve
from tvae.runs.encodings import read_curves, read_encoding, write_curves, write_gaps
from tvae.runs.evaluation import evaluate
from tvae.runs.model_card import model_card
from tvae.runs.run import Run, read_metrics, read_run, write_metrics

ROOT = Path(__file__).parents[2]
SAMPLING = Sampling(exact_to=100, anchors=80)
SAMPLED = "of 359 anchors, of each class the same share, seed 0"


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """The shipped digits run, measured as if splits of more than 100 images were sampled."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    shutil.copytree(ROOT / "checkpoints" / "digits", tmp_path / "many")
    run = read_run(tmp_path / "many")
    encoding = read_encoding(run, "test")
    assert encoding is not None
    write_metrics(run.folder, evaluate(run, encoding, [0.0, 0.1, 0.5, 1.0], sampling=SAMPLING))
    arms = {name: arm.means for name, arm in encoding.arms.items()}
    curves = {name: triplet_curve(means, encoding.labels, sampling=SAMPLING) for name, means in arms.items()}
    gaps = {name: gap_histogram(means, encoding.labels, sampling=SAMPLING) for name, means in arms.items()}
    write_curves(run.folder, "test", curves)
    write_gaps(run.folder, "test", gaps)
    return run


def page(script: str, query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    if script:
        app.switch_page(script)
    app.query_params.update({"run": "many", **query})
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def test_the_triplets_page_says_of_what_and_how_sure(run):
    app = page("pages/4_Triplets.py", {"margin": "0.5", "view": "Classes and triplets"})
    assert not app.exception
    curves = read_curves(run, "test")
    assert curves is not None
    for arm, curve in curves.items():
        point, row = curve.at(0.5), app.table[0].value.loc[arm.upper()]
        shown = f"{100 * point.accuracy:.2f}\u00a0%\u00a0±\u00a0{100 * point.standard_error:.2f}"
        assert row["Accuracy, m\u00a0=\u00a00.5"] == shown and point.standard_error > 0
        balanced = f"{100 * point.balanced_accuracy:.2f}\u00a0%\u00a0±\u00a0{100 * point.balanced_standard_error:.2f}"
        assert row["Mean over classes"] == balanced
    said = words(app)
    assert said.count(SAMPLED) >= 3 and "±: one standard error" in said and "exact share" not in said


def test_the_overview_the_card_and_the_command_line_say_so_too(run, capsys):
    app = page("", {})
    assert not app.exception and SAMPLED in words(app)
    metrics = read_metrics(run.folder)
    assert metrics is not None
    for arm, measured in metrics["arms"].items():
        share, error = measured["triplet_accuracy"]["0"], measured["triplet_accuracy_error"]["0"]
        cell = app.table[0].value.loc[arm.upper()]["m = 0"]
        assert cell == f"{100 * share:.2f}\u00a0%\u00a0±\u00a0{100 * error:.2f}"
    card = model_card(run, metrics)
    assert SAMPLED in card and "is exact" not in card
    print_metrics(metrics, as_json=False)
    assert SAMPLED in capsys.readouterr().out


def test_the_latent_map_says_what_it_was_measured_on_and_where_neighbours_were_looked_for(run, monkeypatch):
    assert "drawn at random" not in words(page("pages/1_Latent_map.py", {}))
    shutil.rmtree(run.folder / "layouts")  # measured on all images
    monkeypatch.setattr("tvae.metrics.neighbours.BY_SIZE", Sampling(exact_to=100, anchors=150))
    monkeypatch.setattr("tvae.maps.fidelity.MOST_ROWS", 90)
    st.cache_resource.clear()  # made before with all rows
    st.cache_data.clear()
    app = page("pages/1_Latent_map.py", {"projection": "PCA"})
    assert not app.exception
    said = words(app)
    assert "Trustworthiness and accuracy are of 90 of them, drawn at random (seed 0)." in said
    assert "neighbours are looked for among 150 drawn at random (seed 0)" in said
    st.cache_resource.clear()
