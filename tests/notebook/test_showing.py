"""show: what is drawn of a run and of two embeddings, and what is refused."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tvae
from tvae.errors import InputError
from tvae.notebook.given import pair_of_embeddings
from tvae.notebook.of_run import pair_of_run
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "checkpoints/digits"
N = 40
RNG = np.random.default_rng(1)
FLAT, WIDE = RNG.normal(size=(N, 2)), RNG.normal(size=(N, 7))
IMAGES = RNG.integers(0, 256, (N, 6, 5)).astype(np.uint8)


def pair(means_a: Any, means_b: Any, method: str = "pca", **given: Any) -> Any:
    arguments = {"labels": None, "images": None, "titles": ("A", "B"), **given}
    return pair_of_embeddings((means_a, means_b), method=method, **arguments)


def test_a_run_is_shown_with_its_own_layout_labels_and_images():
    run = read_run(DIGITS)
    shown = pair_of_run(run, None, "tsne")
    assert [side.title for side in shown.sides] == ["VAE", "TVAE"]
    assert shown.sides[1].caption == "t-SNE, perplexity 30"
    assert shown.images is not None and shown.rows == len(shown.images) == 359
    assert shown.class_names == run.class_names
    assert "test split of digits, n = 359, training seed 0. Trustworthiness 0.988 (VAE) and 0.993 (TVAE)." in shown.told
    by_path, by_run = tvae.show(str(DIGITS)).get_state(), tvae.show(run).get_state()
    assert by_path["_blocks"] == by_run["_blocks"]
    assert by_path["_blocks"].keys() == {"geometry", "neighbours", "sprites"}


def test_arms_of_a_ladder_are_chosen_by_name():
    run = read_run(ROOT / "checkpoints/mnist-ladder")
    arms = list(run.config.arms)
    with pytest.raises(InputError, match=r"arms.*nosuch.*" + arms[0]):
        pair_of_run(run, (arms[0], "nosuch"), "pca")


def test_a_run_without_its_images_is_shown_with_a_warning(tmp_path, monkeypatch):
    def none(*_arguments: Any, **_named: Any) -> None:
        raise InputError("no images here")

    monkeypatch.setattr("tvae.notebook.of_run.load_split", none)
    with pytest.warns(UserWarning, match="no thumbnails: no images here"):
        assert "sprites" not in tvae.show(DIGITS).get_state()["_blocks"]


def test_a_folder_without_an_encoding_is_refused(tmp_path):
    shutil.copy(DIGITS / "config.json", tmp_path)
    with pytest.raises(InputError, match="no readable encoding of its test split"):
        tvae.show(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        tvae.show(tmp_path / "nosuch")


def test_embeddings_of_two_columns_are_drawn_as_they_are():
    shown = pair(FLAT, 3 * FLAT[::-1])
    np.testing.assert_allclose(shown.sides[0].positions, FLAT, rtol=1e-6)
    np.testing.assert_allclose(shown.sides[1].positions, 3 * FLAT[::-1], rtol=1e-6)
    assert [side.caption for side in shown.sides] == ["as given (2-D)"] * 2
    assert not shown.aligned  # each is fitted to its own extent


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_other_embeddings_are_laid_out_and_lie_like_the_given_one(method):
    angle = np.array([[0.0, -1.0], [1.0, 0.0]])
    flat_in_wide = np.concatenate([FLAT @ angle, np.zeros((N, 3))], axis=1)
    for means in ((FLAT, flat_in_wide), (flat_in_wide, FLAT)):
        shown = pair(*means, method=method)
        given, laid_out = shown.sides if means[0] is FLAT else shown.sides[::-1]
        np.testing.assert_allclose(given.positions, FLAT, rtol=1e-6)
        assert laid_out.caption.endswith(", of 5 columns") and f"({laid_out.title})" in shown.told
        assert shown.aligned and f"{laid_out.title} is turned and scaled to lie like {given.title}" in shown.told
        if method == "pca":  # which has the same shape, so only the turn is to be undone
            np.testing.assert_allclose(laid_out.positions, FLAT, atol=1e-4)


def test_neighbours_are_those_of_the_spaces_and_not_of_the_maps():
    shown = pair(WIDE, WIDE[:, :3])
    assert shown.means[0].shape == (N, 7) and shown.means[1].shape == (N, 3)


def test_labels_are_numbers_or_texts():
    for labels, names in (
        (np.arange(N) % 2, ("0", "1")),
        (["cat", "dog"] * (N // 2), ("cat", "dog")),
        (np.array(["cat", "dog"] * (N // 2), object), ("cat", "dog")),
        (np.arange(N) % 2 == 0, ("False", "True")),
        ((np.arange(N) % 3).astype(np.float32), ("0", "1", "2")),
        (None, ("all rows",)),
    ):
        shown = pair(FLAT, FLAT, labels=labels)
        assert shown.class_names == names
        if labels is not None and not isinstance(labels, list) and labels.dtype.kind == "f":
            assert shown.labels.tolist() == labels.astype(int).tolist()


def test_images_are_bytes_or_shares():
    assert (pair(FLAT, FLAT, images=IMAGES).images[..., 0] == IMAGES).all()
    assert (pair(FLAT, FLAT, images=(IMAGES / 255).astype(np.float32)).images[..., 0] == IMAGES).all()
    assert pair(FLAT, FLAT, images=np.zeros((N, 4, 4, 3), np.uint8)).images.shape == (N, 4, 4, 3)


NAN_ROWS = WIDE.copy()
NAN_ROWS[[3, 17], 2] = np.nan, np.inf


@pytest.mark.parametrize(
    ("means", "given", "message"),
    [
        ((WIDE, WIDE[:-1]), {}, "means_b: 39 rows; means_a has 40, and both must be of the same rows"),
        ((WIDE, NAN_ROWS), {}, "means_b: NaN or infinity in rows 3, 17; leave these out of all arrays"),
        ((np.full((N, 2), np.nan), WIDE), {}, "means_a: NaN or infinity in rows 0, 1, 2, 3, 4 and 35 more;"),
        (([[1, 2], [3]], WIDE), {}, "means_a: rows of other lengths; it must be a table of numbers"),
        ((WIDE[:, 0], WIDE), {}, r"means_a: shape \(40,\)"),
        ((np.array([["a"] * 3] * N), WIDE), {}, "means_a: .*table of numbers"),
        ((WIDE[:3], WIDE[:3]), {}, "means_a: 3 rows; a map needs at least 4"),
        ((WIDE, WIDE), {"labels": np.zeros(39, int)}, r"labels: shape \(39,\); there must be 40, one for each row"),
        ((WIDE, WIDE), {"labels": np.linspace(0, 1, N)}, "labels: float64; they must be whole numbers or texts"),
        ((WIDE, WIDE), {"labels": np.where(np.arange(N), 1.0, np.nan)}, "labels: float64"),
        ((WIDE, WIDE), {"images": IMAGES[:-1]}, r"images: shape \(39, 6, 5\); it must be \(40, height, width\)"),
        (
            (WIDE, WIDE),
            {"images": IMAGES.astype(float)},
            "images: float64 from 0 to 255; they must be uint8, or floats",
        ),
        ((WIDE, WIDE), {"titles": ("one",)}, "titles: .*two different texts"),
        ((WIDE, WIDE), {"titles": ("one", "one")}, "titles: .*two different texts"),
    ],
)
def test_wrong_input_is_one_clear_line(means, given, message):
    with pytest.raises(InputError, match=message) as error:
        pair(*means, **given)
    assert "\n" not in str(error.value)


def test_arguments_that_don_t_go_together_are_refused():
    for arguments, named, message in (
        ((DIGITS,), {"labels": [1]}, "a run has its own means, labels and images"),
        ((DIGITS, WIDE), {}, "a run has its own"),
        ((WIDE,), {}, "means_b: missing"),
        ((WIDE, WIDE), {"arms": ("vae", "tvae")}, "arms: two embeddings have none"),
        ((WIDE, WIDE), {"method": "mds"}, "method.*mds.*pca, tsne"),
    ):
        with pytest.raises(InputError, match=message):
            tvae.show(*arguments, **named)


def test_without_anywidget_it_says_what_to_install(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: (name != "anywidget" and found(name, *rest)) or None
    )
    with pytest.raises(InputError, match=r"pip install 'tvae-explorer\[notebook\]'"):
        tvae.show(DIGITS)
