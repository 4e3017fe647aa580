"""Groups within a class: planted blobs are detected, one blob has no groups, and overlaps equal those of sets."""

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics import sub_styles as module
from tvae.metrics.sub_styles import SubStyles, overlaps, sub_styles
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


def blobs(sizes: list[int], latents: int = 20, apart: float = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Normal blobs of these sizes in class 1, in mixed order among as many rows of class 0; the blob of each row."""
    rng = np.random.default_rng(seed)
    blob = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    blob = np.stack([blob, np.full(len(blob), -1)], axis=1).ravel()
    centres = apart * np.eye(latents)[: len(sizes)]
    means = rng.normal(size=(len(blob), latents)) + np.where(blob[:, None] >= 0, centres[blob], 0)
    return means, blob


@pytest.mark.parametrize("sizes", [[300, 200], [250, 150, 100], [30, 20]])
def test_planted_blobs_are_the_groups(sizes: list[int]) -> None:
    means, blob = blobs(sizes)
    result = sub_styles(means, (blob >= 0).astype(int), 1)
    assert result.searched.tolist() == np.flatnonzero(blob >= 0).tolist()
    assert result.least == {500: 18, 50: 6}[sum(sizes)]
    assert len(result.groups) == len(sizes)
    for number, members in enumerate(result.groups):
        assert set(blob[members].tolist()) == {number}, "the largest first, and no image of another blob"
        assert len(members) > 0.8 * sizes[number]
    everything = np.concatenate([*result.groups, result.alone])
    assert sorted(everything.tolist()) == result.searched.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_one_blob_has_no_groups(seed: int) -> None:
    means, blob = blobs([600], seed=seed)
    result = sub_styles(means, (blob >= 0).astype(int), 1)
    assert result.groups == []
    assert len(result.alone) == 600


def test_equal_means_have_no_groups() -> None:
    result = sub_styles(np.zeros((40, 3)), np.zeros(40, int), 0)
    assert result.groups == []
    assert len(result.alone) == 40


def test_too_few_images_are_refused_in_one_line() -> None:
    means, blob = blobs([9])
    with pytest.raises(InputError, match="9 images are too few; two groups need at least 10") as refused:
        sub_styles(means, (blob >= 0).astype(int), 1)
    assert "\n" not in str(refused.value)
    means, blob = blobs([10])
    assert len(sub_styles(means, (blob >= 0).astype(int), 1).searched) == 10


def test_of_a_large_class_the_first_images_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IMAGES", 60)
    means, blob = blobs([100, 80])
    assert sub_styles(means, (blob >= 0).astype(int), 1).searched.tolist() == np.flatnonzero(blob >= 0)[:60].tolist()


def plain_overlaps(left: SubStyles, right: SubStyles) -> list[list[int]]:
    return [
        [len(set(a.tolist()) & set(b.tolist())) for b in (*right.groups, right.alone)]
        for a in (*left.groups, left.alone)
    ]


def test_overlaps_are_those_of_the_sets() -> None:
    encoding = read_encoding(read_run(DIGITS), "test")
    assert encoding is not None
    tables = []
    for label in range(10):
        sides = [sub_styles(arm.means, encoding.labels, label) for arm in encoding.arms.values()]
        table = overlaps(*sides)
        assert table.tolist() == plain_overlaps(*sides)
        assert table.sum() == (encoding.labels == label).sum()
        tables.append(table)
    assert max(len(table) for table in tables) > 2, "some digit has groups"


def test_groups_of_other_rows_are_not_compared() -> None:
    means, blob = blobs([30, 20])
    labels = (blob >= 0).astype(int)
    with pytest.raises(InputError, match="the same class in both spaces"):
        overlaps(sub_styles(means, labels, 0), sub_styles(means, labels, 1))
