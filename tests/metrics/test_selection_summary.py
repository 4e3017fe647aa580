"""Summary of a selection, against plain counting."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.neighbour_changes import changes
from tvae.metrics.neighbours import nearest_neighbours
from tvae.metrics.selection_summary import selection

RNG = np.random.default_rng(5)
LEFT = RNG.normal(size=(120, 3))
CHANGES = changes(nearest_neighbours(LEFT, 8).rows, nearest_neighbours(LEFT + RNG.normal(size=LEFT.shape), 8).rows)
LABELS = RNG.integers(0, 3, size=120)
IMAGES = RNG.integers(0, 256, size=(120, 4, 4), dtype=np.uint8)


def test_selection_counts_what_is_there() -> None:
    rows = np.array([5, 1, 77, 30, 2])
    summary = selection(rows, LABELS, 4, CHANGES, IMAGES)
    assert summary.count == 5
    assert summary.class_counts.tolist() == [sum(LABELS[row] == c for row in rows) for c in range(4)]
    assert summary.purity == summary.class_counts.max() / 5
    assert summary.mean_image is not None
    np.testing.assert_allclose(summary.mean_image, IMAGES[rows].astype(float).mean(axis=0), rtol=1e-6)
    assert summary.mean_change == pytest.approx(float(np.mean([CHANGES.change[row] for row in rows])))
    assert summary.mean_change_of_all == pytest.approx(float(CHANGES.change.mean()))


def test_companions_are_the_neighbours_that_enough_of_the_selected_lost() -> None:
    rows = np.flatnonzero(LEFT[:, 0] > 0.8)
    summary = selection(rows, LABELS, 3, CHANGES, share=0.1, most=1000)
    for companions, by in ((summary.lost, CHANGES.lost_by), (summary.gained, CHANGES.gained_by)):
        shares = {j: sum(j in by(int(row)) for row in rows) / len(rows) for j in range(120)}
        wanted = sorted(((-share, j) for j, share in shares.items() if share >= 0.1))
        assert wanted
        assert [(-companion.share, companion.row) for companion in companions] == wanted
    assert len(selection(rows, LABELS, 3, CHANGES, share=0.1, most=2).lost) == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [([], "no rows are selected"), ([120], "row 120 does not exist"), ([-1], "row -1"), ([3, 3], "named twice")],
)
def test_rows_that_cannot_be_selected_are_refused(rows: list[int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        selection(np.array(rows, int), LABELS, 3, CHANGES)


def test_images_of_another_set_are_refused() -> None:
    with pytest.raises(InputError, match="119 images for 120 rows"):
        selection(np.array([1]), LABELS, 3, CHANGES, IMAGES[1:])
