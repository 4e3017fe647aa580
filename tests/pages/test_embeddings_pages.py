"""Embeddings from elsewhere on the pages, run without a browser: what they have, and what has no decoder to show."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tvae.data import load_split
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.available import shown_folders
from tvae.runs.embeddings.adding import keep, understand
from tvae.runs.embeddings.folder import read_embeddings
from tvae.system.app_folder import page_files
from tvae.ui.session import keys

ROOT = Path(__file__).parents[2]
N = 60
WITHOUT_DECODER = [path for path in page_files() if path.name[0] not in "149"]


def content(seed: int, columns: int, **more: np.ndarray) -> bytes:
    """An .npz of vectors of three classes, and more arrays."""
    z = np.random.default_rng(seed).normal(size=(N, columns)) + np.arange(N)[:, None] % 3
    stream = io.BytesIO()
    np.savez(stream, vectors=z, **more)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder of runs with embeddings of digits, with labels and images, and without both."""
    folder = tmp_path_factory.mktemp("embeddings")
    test = load_split("digits", "test")
    (folder / "a.npz").write_bytes(content(0, 8, labels=np.arange(N) % 3, images=test.images[:N]))
    (folder / "b.npz").write_bytes(content(1, 5))
    runs = folder / "runs"
    keep(understand([folder / "a.npz", folder / "b.npz"]), "pair", runs, {}, titles=("CLIP ViT", "SimCLR"))
    (folder / "c.npz").write_bytes(content(2, 3))
    keep(understand([folder / "b.npz", folder / "c.npz"]), "plain", runs, {}, titles=("one", "two"))
    return runs


@pytest.fixture(autouse=True)
def own_runs(runs, monkeypatch) -> None:
    monkeypatch.setenv("TVAE_RUNS", str(runs))


def page(path: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page(path)
    app.query_params.update({"run": "pair", **query})
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def test_the_latent_map_shows_both_as_two_arms():
    app = page("pages/1_Latent_map.py")
    said = words(app)
    assert app.selectbox(keys.LEFT).options[:2] == ["CLIP ViT", "SimCLR"]
    assert f"Each point is an image of pair, n = {N}, coloured by class; CLIP ViT from a.npz, vectors (8 num" in said
    assert "reconstruction error" not in app.selectbox(keys.COLOUR).options
    for false in ("epoch", "training seed", "triplet weight", "checkpoint", "arms on"):
        assert false not in said


def test_maps_of_rows_without_images_and_labels():
    app = page("pages/1_Latent_map.py", run="plain")
    said = words(app)
    assert "Which rows moved, and which neighbours did they leave?" in said
    assert "more than half of a row's 10 nearest rows" in said
    assert "The maps have no thumbnails: These embeddings came without images." in words(app)
    assert not [button for button in app.button if button.label == "Try again"]
    assert "Triplet accuracy is not measurable here" in words(page("pages/4_Triplets.py", run="plain"))


def test_embeddings_stand_beside_the_arms_of_a_run_on_the_same_images(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    test = load_split("digits", "test")
    z = np.random.default_rng(0).normal(size=(len(test), 3))
    np.savez(tmp_path / "a.npz", z=z, labels=test.labels, images=test.images)
    keep(understand([tmp_path / "a.npz", tmp_path / "a.npz"]), "mine", tmp_path / "runs", {})
    app = page("pages/1_Latent_map.py", run="digits", right="mine/Z-SECOND", projection="PCA")
    assert app.selectbox(keys.RIGHT).value == "mine/Z-SECOND" and not app.error
    assert "training seed 0, checkpoint digits; z (first) from a.npz, z (3 numbers)" in words(app)


def test_triplets_are_counted_at_margin_0_first_and_the_scale_is_said():
    app = page("pages/4_Triplets.py")
    said = words(app)
    assert app.number_input(keys.MARGIN).value == 0
    spaces = read_embeddings(shown_folders()["pair"])
    z = np.random.default_rng(1).normal(size=(N, 5)) + np.arange(N)[:, None] % 3
    exact = triplet_accuracy(z, np.arange(N) % 3, [0.0]).accuracy[0]
    table = app.table[0].value
    assert table.iloc[1, 0] == f"{100 * exact:.2f}\u00a0%"
    assert "Distances and margins are in units of the mean distance of two rows" in said
    assert f"{spaces.config.arms['SimCLR'].distance:.4g} in SimCLR" in said
    for false in ("epoch", "training seed", "paper", "checkpoint", "Given triplets"):
        assert false not in said


@pytest.mark.parametrize("path", ["streamlit_app.py", *(f"pages/{path.name}" for path in WITHOUT_DECODER)])
def test_other_pages_say_that_there_is_no_decoder(path):
    said = words(page(path))
    assert "pair holds embeddings from elsewhere, which come with no decoder and no training" in said
    for false in ("epochs", "triplet weight 1", "KL"):
        assert false not in said


def test_a_run_shows_nothing_of_embeddings_before():
    app = page("pages/4_Triplets.py")
    app.selectbox(keys.RUN).select("digits").run()
    assert not app.exception and app.number_input(keys.MARGIN).value == 0.1


def test_two_uploads_are_understood_kept_shown_and_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page("pages/9_Your_data.py", run="digits", bring="Embeddings to compare")
    app.file_uploader(keys.EMBEDDINGS_A).set_value(("clip.npz", content(0, 8, labels=np.arange(N) % 3), "")).run()
    until(app, "Now bring the second one")
    app.file_uploader(keys.EMBEDDINGS_B).set_value(("sim.npz", content(1, 5), "")).run()
    until(app, f"**{N} rows**, **3 classes**, no images")
    assert list(app.dataframe[0].value["Numbers a row"]) == [8, 5]
    app.button(keys.DATA_KEEP).click().run()
    until(app, "Your comparisons")
    made = read_embeddings(tmp_path / "clip-sim")
    assert [given.title for given in made.config.arms.values()] == ["clip", "sim"] and made.record.owner
    assert app.selectbox(keys.RUN).value == "clip-sim"
    app.button(keys.of_data_set("remove", "clip-sim")).click().run()
    assert "clip-sim was removed" in words(app) and not (tmp_path / "clip-sim").exists()
    app.button(keys.undelete("clip-sim")).click().run()
    assert (tmp_path / "clip-sim").exists() and not app.exception


def test_of_several_tables_two_are_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page("pages/9_Your_data.py", run="digits", bring="Embeddings to compare")
    several = content(0, 8, other=np.ones((N, 2)), third=np.random.default_rng(0).normal(size=(N, 7)))
    app.file_uploader(keys.EMBEDDINGS_A).set_value(("arms.npz", several, "")).run()
    until(app, "There are several tables of vectors. Choose the two to compare.")
    assert not app.main.error
    first, second = (box for box in app.main.selectbox if box.label.endswith(" vectors"))
    assert first.options == ["vectors: float64 (60, 8)", "other: float64 (60, 2)", "third: float64 (60, 7)"]
    second.select("third").run()
    until(app, f"**{N} rows**, **no labels**, no images")
    assert list(app.dataframe[0].value["Numbers a row"]) == [8, 7]


def until(app: AppTest, text: str) -> None:
    """Run the page again, as a fragment in a browser does, until this is shown."""
    end = time.monotonic() + 60
    while text not in words(app):
        assert time.monotonic() < end, words(app)
        app.run()
    assert not app.exception
