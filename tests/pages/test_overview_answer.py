"""The overview's answer on every kind of run: a true sentence, three figures with direction and n, real triplets."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.coloured import coloured_digits
from tests.conftest import small_run_config
from tests.pages.test_overview import own_mnist_run
from tvae.config import LossConfig
from tvae.data import Dataset
from tvae.metrics.anchor_sample import Sampling
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import evaluate
from tvae.runs.recording import Recording, record
from tvae.runs.run import read_metrics, read_run, write_metrics
from tvae.ui import cached
from tvae.ui.overview import spaces

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checkpoints"
DIRECTIONS = ("higher is better", "lower is better", "a part of the loss")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch) -> Path:
    """Folder of a person's own runs."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("TVAE_RUNS", str(folder))
    return folder


def page(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.query_params.update(query)
    app.run()
    assert not app.exception and not app.error
    return app


def sentence(app: AppTest) -> str:
    """The first text below the page's question."""
    return app.main.markdown[1].value.replace("\u00a0", " ").replace("\\.", ".")


def figures(app: AppTest) -> str:
    """The text of the key figures; empty where there are none."""
    bodies = [element.proto.body for element in app.get("html") if 'class="key-figures"' in element.proto.body]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", "".join(bodies))).replace("\u00a0", " ").split())


def how_triplets_were_drawn(app: AppTest) -> str:
    return next((caption.value for caption in app.caption if "drawn at random" in caption.value), "")


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def assert_directions_and_n(app: AppTest, n: int) -> None:
    assert all(direction in figures(app) for direction in DIRECTIONS)
    assert f"n = {n:,} " in figures(app)


def shares(metrics: Mapping) -> list[float]:
    return [of_arm["triplet_accuracy"]["0"] for of_arm in metrics["arms"].values()]


def test_judged_by_another_notion_it_counts_by_that_and_names_it(digits: Dataset):
    app = page(run="digits", **{"judged-by": "slant"})
    encoding = read_encoding(read_run(SHIPPED / "digits"), "test")
    assert encoding is not None
    labels = digits.test.by("slant").labels
    vae, tvae = (triplet_accuracy(encoding.means[arm], labels, [0.0]).accuracy[0] for arm in ("vae", "tvae"))
    assert sentence(app).startswith(
        f"The triplet loss puts {percent(tvae)} of all triplets by slant in the right order, "
        f"fewer than without it ({percent(vae)});"
    )
    assert f"{percent(tvae)} ▼ {100 * (tvae - vae):+.1f} points, worse".replace("-", "−") in figures(app)
    assert_directions_and_n(app, 359)
    assert "judged by slant" in how_triplets_were_drawn(app)


def test_of_a_sample_of_anchors_it_gives_the_standard_errors_and_the_sample(runs):
    shutil.copytree(SHIPPED / "digits", runs / "many")
    run = read_run(runs / "many")
    encoding = read_encoding(run, "test")
    assert encoding is not None
    metrics = evaluate(run, encoding, [0.0], sampling=Sampling(exact_to=100, anchors=80))
    write_metrics(run.folder, metrics)
    app = page(run="many")
    before, after = (
        f"{percent(of_arm['triplet_accuracy']['0'])} ± {100 * of_arm['triplet_accuracy_error']['0']:.2f}"
        for of_arm in metrics["arms"].values()
    )
    counted = metrics["arms"]["tvae"]["anchor_sample"]["counted"]
    assert sentence(app).startswith(
        f"The triplet loss puts {after} of all triplets of {counted} sampled anchors in the right order, "
        f"{before} without it;"
    )
    assert after in figures(app) and f"triplets of {counted} of 359 anchors" in figures(app)
    assert_directions_and_n(app, 359)


def test_of_a_collapsed_arm_no_order_is_told(runs):
    labels = np.arange(30) % 3
    tvae = np.random.default_rng(0).normal(size=(30, 2)) + 3 * np.eye(3)[labels][:, :2]
    own_mnist_run(runs / "black", {"vae": np.ones((30, 2)), "tvae": tvae}, labels)
    app = page(run="black")
    assert sentence(app) == ("Nothing can be said of triplets here: VAE has collapsed, all images at nearly one place.")
    assert "Triplet accuracy not measurable says nothing of a collapsed arm" in figures(app)
    assert "points" not in figures(app) and "%" in figures(app), "errors and KL are measured all the same"
    assert "n = 30 " in figures(app)
    assert not how_triplets_were_drawn(app)


def test_under_way_it_tells_the_last_figures_of_training_and_the_snapshot(runs, digits: Dataset):
    (runs / "under-way").mkdir()
    recording = Recording(small_run_config(), digits, runs / "under-way", "command")
    reports = recording.reports()
    while next(reports).step < 30 or len(recording.run.snapshots) < 2:
        pass
    reports.close()
    app = page(run="under-way")
    assert re.match(
        r"This run has not ended, so it was not measured yet: at epoch [\d.]+, on its training images, TVAE has "
        r"triplet loss [\d.]+ \(VAE [\d.]+\), squared error [\d.]+ \(VAE [\d.]+\), KL [\d.]+ \(VAE [\d.]+\)\.$",
        sentence(app),
    )
    assert not figures(app)
    assert "n = 359" in how_triplets_were_drawn(app) and "under-way at epoch" in how_triplets_were_drawn(app)


def test_of_the_ladder_it_names_the_arm_s_weight_and_margin():
    app = page(run="mnist-ladder", arms=["VAE", "W1", "W10"])
    metrics = read_metrics(SHIPPED / "mnist-ladder")
    assert metrics is not None
    vae, w10 = (metrics["arms"][arm] for arm in ("vae", "w10"))
    assert sentence(app).startswith(
        f"The triplet loss with weight 10 and margin 1 puts {percent(w10['triplet_accuracy']['0'])} of all triplets "
        f"in the right order, {percent(vae['triplet_accuracy']['0'])} without it; "
        f"it costs {100 * (w10['reconstruction'] / vae['reconstruction'] - 1):.0f} % more squared error"
    )
    assert f"VAE {percent(vae['triplet_accuracy']['0'])}; higher is better" in figures(app)
    assert_directions_and_n(app, 10_000)
    assert "in weight 10, margin 1 alone" in how_triplets_were_drawn(app)


@pytest.mark.parametrize("side", [8, 64])
def test_of_colour_images_of_any_size(runs, side, monkeypatch):
    dataset = coloured_digits(side)
    config = replace(small_run_config(), train=replace(small_run_config().train, epochs=1))
    for _ in record(config, dataset, runs / "colour", "command"):
        pass
    monkeypatch.setattr(cached, "split", lambda _, name, *__: getattr(dataset, name))
    app = page(run="colour")
    metrics = read_metrics(runs / "colour")
    assert metrics is not None
    vae, tvae = shares(metrics)
    assert sentence(app).startswith("The triplet loss puts ")
    assert percent(vae) in sentence(app) and percent(tvae) in sentence(app)
    assert_directions_and_n(app, 100)
    assert "kept with the run" not in how_triplets_were_drawn(app), "of all test images, which are at hand"


def test_of_one_arm_alone_nothing_is_compared_and_its_map_is_shown_once(runs, digits: Dataset, monkeypatch):
    config = small_run_config()
    for _ in record(replace(config, arms={"tvae": LossConfig()}), digits, runs / "one", "command"):
        pass
    sides: list[list[str]] = []
    drawn = spaces.latent_map
    monkeypatch.setattr(
        spaces, "latent_map", lambda *maps, **how: sides.append([side.title for side in maps]) or drawn(*maps, **how)
    )
    app = page(run="one")
    metrics = read_metrics(runs / "one")
    assert metrics is not None
    (share,) = shares(metrics)
    assert sentence(app).startswith(f"{percent(share)} of all triplets are in the right order with TVAE, at a squared ")
    assert sentence(app).endswith("it is the only arm, so nothing is compared.")
    assert_directions_and_n(app, 359)
    assert not re.search("points|worse|more", figures(app))
    assert "right in TVAE." in how_triplets_were_drawn(app)
    assert not [image for image in app.get("image") if "Map of" in image.proto.imgs[0].alt]
    components = {element.proto.component_name for element in app.get("bidi_component")}
    assert {"tvae.moving_triplet", "tvae.latent_map"} <= components
    assert sides == [["TVAE"]]
    assert any("1 arm on digits" in caption.value for caption in app.sidebar.caption)
