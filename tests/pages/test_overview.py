"""The overview page, run without a browser, on good and on broken folders of runs."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tvae.config import LossConfig
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.encodings import read_curves, read_encoding, write_curves, write_encoding
from tvae.runs.evaluation import evaluate, triplet_curves
from tvae.runs.run import Run, read_metrics, read_run, write_config, write_metrics
from tvae.ui import cached
from tvae.ui.overview.idea import loss_formula

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checkpoints"


def page(query: Mapping[str, str | list[str]] | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params.update(query or {})
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


@pytest.fixture
def own_runs(tmp_path, monkeypatch) -> Path:
    """A folder of a person's own runs with a copy of the shipped digits run in it."""
    shutil.copytree(SHIPPED / "digits", tmp_path / "copy")
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path / "copy"


def test_it_leads_to_every_other_page():
    links = {element.proto.page for element in page().get("page_link")}
    assert links - {""} == {path.stem.split("_", 1)[1] for path in (ROOT / "pages").glob("*.py")}


def test_it_opens_on_mnist_with_the_papers_numbers_beside_ours():
    app = page()
    assert not app.exception
    assert app.selectbox(key="run").value == "mnist"
    table = app.table[0].value
    assert list(table.index) == ["VAE", "TVAE"]
    assert list(table["Paper (MNIST), m not given"]) == ["75.08\u00a0%", "95.60\u00a0%"]
    balanced = [
        arm["balanced_triplet_accuracy"]["0"] for arm in (read_metrics(SHIPPED / "mnist") or {})["arms"].values()
    ]
    assert list(table["m = 0, mean over classes"]) == [f"{100 * share:.2f}\u00a0%" for share in balanced]
    said = words(app)
    for needed in ("Table 1", "Figure 1", "Figure 2", "Figure 3", "90,154,177,426 triplets", "n = 10,000", "seed 0"):
        assert needed in said


def test_metrics_of_before_there_was_a_mean_over_classes_are_shown(own_runs):
    metrics = read_metrics(own_runs)
    assert metrics is not None
    for arm in metrics["arms"].values():
        del arm["balanced_triplet_accuracy"]
    write_metrics(own_runs, metrics)
    app = page({"run": "copy"})
    assert not app.exception
    assert list(app.table[0].value["m = 0, mean over classes"]) == ["not given"] * 2
    assert "not given" not in list(app.table[0].value["m = 0"])


def test_the_matched_margin_is_counted_at_that_very_margin():
    table = page().table[0].value
    name = next(column for column in table if column.startswith("Ours, m = "))
    margin = float(name.removeprefix("Ours, m = "))
    encoding = read_encoding(read_run(SHIPPED / "mnist"), "test")
    assert encoding is not None
    exact = {
        arm: triplet_accuracy(means, encoding.labels, [margin]).accuracy[0] for arm, means in encoding.means.items()
    }
    assert list(table[name]) == [f"{100 * exact[arm]:.2f}\u00a0%" for arm in ("vae", "tvae")]
    assert abs(exact["vae"] - 0.7508) < 2e-4  # the nearest that three decimals allow


def test_on_other_data_the_papers_mnist_numbers_are_no_reference():
    app = page({"run": "digits"})
    assert not any("Paper" in name or "Ours" in name for name in app.table[0].value)
    assert "paper's" not in words(app)


def own_mnist_run(folder: Path, means: dict[str, np.ndarray], labels: np.ndarray, **provenance: str) -> Run:
    """A run with the data set's name mnist, with these means and their metrics and curves."""
    likeness = read_run(SHIPPED / "mnist")
    n, latent = next(iter(means.values())).shape
    config = replace(likeness.config, model=replace(likeness.config.model, latent_dim=latent))
    test = replace(likeness.provenance.test, n=n, fingerprint=f"{n:064x}")
    run = Run(folder, config, replace(likeness.provenance, test=test, **provenance))
    folder.mkdir()
    write_config(run)
    arms = {
        arm: EncodedArm(points.astype(np.float32), np.ones(n, np.float32), np.ones(latent, np.float32))
        for arm, points in means.items()
    }
    nothing = np.zeros((0, 28, 28, 1), np.uint8)
    encoding = Encoding("test", labels, arms, np.zeros(0, np.int64), nothing, dict.fromkeys(means, nothing))
    write_encoding(folder, encoding)
    write_metrics(folder, evaluate(run, encoding, [0.0, 0.1, 0.5, 1.0]))
    write_curves(folder, "test", triplet_curves(encoding))
    return run


def test_with_many_ties_the_matched_accuracy_is_the_count_and_not_the_curve_s(tmp_path, monkeypatch):
    """Points on a lattice, where the straight line between two counted margins is 0.04 points off the count."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    labels = np.arange(60) % 3
    points = np.random.default_rng(4).integers(0, 12, (60, 2)) / 3 + 3.6 * np.eye(3)[labels][:, :2]
    run = own_mnist_run(tmp_path / "ties", {"vae": points, "tvae": points}, labels)
    table = page({"run": "ties"}).table[0].value
    name = next(column for column in table if column.startswith("Ours, m = "))
    margin = float(name.removeprefix("Ours, m = "))
    exact = triplet_accuracy(points.astype(np.float32), labels, [margin]).accuracy[0]
    assert set(table[name]) == {f"{100 * exact:.2f}\u00a0%"}
    curves = read_curves(run, "test")
    assert curves is not None
    assert f"{100 * curves['vae'].at(margin).accuracy:.2f}" != f"{100 * exact:.2f}"


def test_a_collapsed_arm_is_warned_of_and_matches_nothing(tmp_path, monkeypatch):
    """All-black images: every mean is one point, and the curve falls from 1 to 0 between its first two margins."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    labels = np.arange(30) % 3
    tvae = np.random.default_rng(0).normal(size=(30, 2)) + 3 * np.eye(3)[labels][:, :2]
    own_mnist_run(tmp_path / "black", {"vae": np.ones((30, 2)), "tvae": tvae}, labels)
    app = page({"run": "black"})
    assert not app.exception
    assert not any(name.startswith("Ours") for name in app.table[0].value)
    assert "scores nearest" not in words(app)
    (warning,) = app.warning
    assert warning.value.startswith("VAE has collapsed: its means are one point")


def test_arms_that_began_with_weights_of_their_own_are_not_said_to_have_begun_alike(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    means = {arm: np.random.default_rng(0).normal(size=(30, 2)) for arm in ("vae", "tvae")}
    own_mnist_run(tmp_path / "on", means, np.arange(30) % 3, started_from="mnist, step 9360")
    assert "Each arm here went on from its own weights in mnist, step 9360" in words(page({"run": "on"}))
    assert "VAE and TVAE here began with the same weights" in words(page())


@pytest.mark.parametrize(
    ("loss", "terms"),
    [
        (LossConfig(), r"\mathcal L_{rec} + \mathcal L_{KL} + 15\,\mathcal L_{tri}"),
        (LossConfig(reconstruction_weight=0.5, kl_weight=2), r"0.5\,\mathcal L_{rec} + 2\,\mathcal L_{KL} + "),
        (LossConfig(triplet_weight=0), r"\mathcal L_{rec} + \mathcal L_{KL} \end"),
    ],
)
def test_the_formula_has_every_weight(loss, terms):
    assert rf"\mathcal L &= {terms}" in loss_formula(loss)
    assert (r"\mathcal L_{tri} &=" in loss_formula(loss)) == (loss.triplet_weight > 0)


def test_another_run_is_chosen_by_its_address():
    app = page({"run": "digits"})
    assert not app.exception
    assert app.selectbox(key="run").value == "digits"
    assert "n = 359" in words(app)


@pytest.mark.parametrize("name", ["../../etc", "none", ""])
def test_an_address_that_names_no_run_opens_the_first(name):
    app = page({"run": name})
    assert not app.exception
    assert app.selectbox(key="run").value == "mnist"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", b"{", "This run can't be shown"),
        ("metrics.json", b"{", "The numbers can't be shown"),
        ("metrics.json", None, "never measured"),
        ("encoding-test.npz", b"junk", "keeps nothing to show yet"),
        ("encoding-test.npz", None, "How this run ended is not in its folder. It is shown as it was at epoch"),
        ("curves-test.npz", b"junk", "Table 1"),
    ],
)
def test_a_broken_run_is_a_message_and_the_rest_lives(own_runs, file, content, said):
    path = own_runs / file
    if content is not None:
        path.write_bytes(content)
    else:
        path.unlink()
    app = page({"run": "copy"})
    assert not app.exception
    assert said in words(app)


def test_a_run_without_metrics_is_measured_at_a_click(own_runs):
    (own_runs / "metrics.json").unlink()
    app = page({"run": "copy"})
    assert not app.table
    app.button(key="measure").click().run()
    assert not app.exception
    measured, shipped = app.table[0].value, page({"run": "digits"}).table[0].value
    assert measured.equals(shipped)
    assert page({"run": "copy"}).table[0].value.equals(shipped), "and another session has it too"


def test_maps_are_those_of_the_latent_map_and_pca_until_they_are_computed(own_runs, tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.ui.cached.maps.default_layouts_folder", lambda: tmp_path / "layouts")
    cached.projector.clear()
    assert "t-SNE, perplexity 30: each point" in words(page({"run": "copy"}))
    shutil.rmtree(own_runs / "layouts")
    app = page({"run": "copy"})
    said = "PCA, while t-SNE is computed: each point"
    assert said in words(app)
    until = time.monotonic() + 120
    while said in words(app) and time.monotonic() < until:
        time.sleep(1)
        app.run()
    cached.projector.clear()
    assert "t-SNE, perplexity 30: each point" in words(app)


def test_every_shown_arm_has_its_map():
    app = page({"run": "mnist-ladder", "arms": ["VAE", "W1", "W10"]})
    assert not app.exception
    images = [image.proto.imgs[0].alt for image in app.get("image")]
    maps = [alt for alt in images if alt.startswith("Map of")]
    assert maps == ["Map of weight 1, margin 1"], "the first and the last stand on the linked maps"


def test_a_run_that_has_not_ended_is_shown_at_its_newest_snapshot(tmp_path, monkeypatch, digits):
    from tests.conftest import small_run_config
    from tvae.runs.recording import Recording

    (tmp_path / "under-way").mkdir()
    recording = Recording(small_run_config(), digits, tmp_path / "under-way", "command")
    reports = recording.reports()
    while len(recording.run.snapshots) < 2:
        next(reports)
    reports.close()
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "under-way"})
    assert not app.exception
    said = words(app)
    assert "This run has not ended. It is shown as it was at epoch" in said
    assert "Figure 2" in said and "Figure 3" in said
    app.button(key="measure").click().run()
    assert not app.exception
    assert list(app.table[0].value.index) == ["VAE", "TVAE"]


def test_a_run_of_one_arm_is_shown(tmp_path, monkeypatch, digits):
    from tests.conftest import small_run_config
    from tvae.runs.recording import record

    config = small_run_config()
    for _ in record(replace(config, arms={"vae": config.arms["vae"]}), digits, tmp_path / "one", "command"):
        pass
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "one"})
    assert not app.exception
    assert list(app.table[0].value.index) == ["VAE"]


def test_a_run_that_is_not_there_is_named_until_another_is_chosen():
    app = page({"run": "no*such*run"})
    assert app.warning[0].value == r"There is no run no\*such\*run here. Shown is mnist."
    assert app.run().warning, "a page runs again by itself, and the words must be read"
    assert "run" not in app.query_params
    app.selectbox(key="run").set_value("digits").run()
    assert not app.warning


def test_the_overview_shows_the_chosen_arms():
    app = page({"run": "mnist-ladder", "arms": ["VAE", "W10"]})
    assert list(app.table[0].value.index) == ["VAE", "weight\u00a010, margin\u00a01"]


def test_the_answer_and_its_figures_stand_before_the_table():
    app = page()
    texts = [element.value for element in app.markdown]
    sentence = next(text for text in texts if text.startswith("The triplet loss puts 97.8"))
    assert texts.index(sentence) < texts.index("## Table 1: triplet accuracy")
    figures = next(element.proto.body for element in app.get("html") if "key-figures" in element.proto.body)
    for part in ("97.8\u00a0%", "VAE 77.0\u00a0%; higher is better", "+17.9\u00a0%, worse", "lower is better"):
        assert part in figures


def test_the_triplets_say_how_they_were_drawn_and_what_became_of_them():
    told = next(caption.value for caption in page().caption if "drawn at random" in caption.value)
    assert "24 triplets drawn at random with seed 0" in told
    counts = [int(count) for count in re.findall(r"(\d+) (?:right in both|in \w+ alone|in neither)", told)]
    assert len(counts) == 4 and sum(counts) == 24
    assert "n = 10,000" in told and "checkpoint mnist" in told
