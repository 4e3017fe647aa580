"""The triplets of each search against a list of all triplets."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics import triplet_search as module
from tvae.metrics.triplet_search import (
    Triplets,
    VerdictTriplets,
    triplet_distances,
    triplets_by_verdict,
    worst_triplets,
)

RNG = np.random.default_rng(0)
LABELS = np.array([0] * 12 + [1] * 15 + [5] * 9 + [8])
RNG.shuffle(LABELS)
MEANS = RNG.normal(size=(37, 3))
SEPARATE = 0.4 * RNG.normal(size=(37, 2)) + LABELS[:, None]


def every_triplet(anchor_class: int | None = None, negative_class: int | None = None) -> Triplets:
    rows = [
        (a, p, n)
        for a, p, n in product(range(37), repeat=3)
        if a != p
        and LABELS[a] == LABELS[p] != LABELS[n]
        and anchor_class in (None, LABELS[a])
        and negative_class in (None, LABELS[n])
    ]
    anchor, positive, negative = np.array(rows).T
    return Triplets(anchor=anchor, positive=positive, negative=negative)


def violations(means: np.ndarray, triplets: Triplets) -> np.ndarray:
    to_positive = np.linalg.norm(means[triplets.anchor] - means[triplets.positive], axis=1)
    return to_positive - np.linalg.norm(means[triplets.anchor] - means[triplets.negative], axis=1)


def as_set(triplets: Triplets) -> set[tuple[int, int, int]]:
    columns = triplets.anchor.tolist(), triplets.positive.tolist(), triplets.negative.tolist()
    return set(zip(*columns, strict=True))


@pytest.mark.parametrize("k", [1, 7, 300, 10_000])
@pytest.mark.parametrize("classes", [(None, None), (1, None), (None, 8), (5, 0)])
@pytest.mark.parametrize("means", [MEANS, 1e4 + 1e-3 * MEANS], ids=["around 0", "close and far from 0"])
def test_worst_equal_enumeration(k: int, classes: tuple[int | None, int | None], means: np.ndarray) -> None:
    anchor_class, negative_class = classes
    triplets = worst_triplets(means, LABELS, k, anchor_class=anchor_class, negative_class=negative_class)
    everything = every_triplet(*classes)
    expected = np.sort(violations(means, everything))[::-1][:k]
    np.testing.assert_allclose(violations(means, triplets), expected, rtol=1e-12)
    assert len(as_set(triplets)) == len(triplets) == min(k, len(everything))
    assert as_set(triplets) <= as_set(everything)


def test_worst_of_each_anchor() -> None:
    triplets = worst_triplets(MEANS, LABELS, 10, distinct_anchors=True, threads=2)
    everything = every_triplet()
    of_all = violations(MEANS, everything)
    expected = [of_all[everything.anchor == a].max() for a in np.unique(everything.anchor)]
    np.testing.assert_allclose(violations(MEANS, triplets), np.sort(expected)[::-1][:10], rtol=1e-12)
    assert len(set(triplets.anchor.tolist())) == 10


def test_distances_of_given_triplets() -> None:
    everything = every_triplet()
    distances = triplet_distances(MEANS, everything)
    np.testing.assert_allclose(distances.violation(0.0), np.maximum(0, violations(MEANS, everything)), atol=1e-12)
    np.testing.assert_array_equal(distances.satisfied(0.3), distances.violation(0.3) == 0)
    bad = Triplets(anchor=np.array([0]), positive=np.array([1]), negative=np.array([37]))
    with pytest.raises(InputError, match="negative"):
        triplet_distances(MEANS, bad)


@pytest.mark.parametrize("first_right", [True, False])
@pytest.mark.parametrize("second_right", [True, False])
@pytest.mark.parametrize("classes", [(None, None), (1, None), (None, 5), (1, 5)])
def test_verdicts(
    first_right: bool, second_right: bool, classes: tuple[int | None, int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = every_triplet(*classes)
    margin = 0.2
    right = [triplet_distances(means, everything).satisfied(margin) for means in (MEANS, SEPARATE)]
    chosen = (right[0] == first_right) & (right[1] == second_right)
    wanted = {row for row, is_one in zip(_rows(everything), chosen, strict=True) if is_one}

    def search(k: int) -> VerdictTriplets:
        return triplets_by_verdict(
            MEANS,
            SEPARATE,
            LABELS,
            margin,
            first_right=first_right,
            second_right=second_right,
            k=k,
            seed=1,
            anchor_class=classes[0],
            negative_class=classes[1],
        )

    drawn = search(5)
    assert as_set(drawn.triplets) <= wanted
    assert len(as_set(drawn.triplets)) == min(5, len(wanted))
    np.testing.assert_array_equal(search(5).triplets.negative, drawn.triplets.negative)
    if classes[0] is not None:  # anchors weigh alike within one class, so the share is that of the list
        low, high = drawn.share.interval
        assert abs(drawn.share.value - chosen.mean()) < 1.3 * (high - low)

    monkeypatch.setattr(module, "MOST_DRAWS", 1)
    monkeypatch.setattr(module, "DRAWS_AT_ONCE", 1)  # as good as none drawn: what follows is the search
    searched = search(len(wanted) + 1)
    assert as_set(searched.triplets) == wanted
    assert searched.complete


def test_a_needle_is_found_and_nothing_is_said_to_be_complete() -> None:
    # Two tight, far classes of 300; one image of class 1 lies with class 0 in the first arm only.
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 300)
    good = 0.01 * rng.normal(size=(600, 2)) + 10 * labels[:, None]
    one_off = good.copy()
    one_off[0] = [10.2, 10.2]
    one_off[1] = [10.1, 10.1]
    needles = triplets_by_verdict(one_off, good, labels, 0.0, first_right=False, second_right=True, k=50, seed=0)
    assert len(needles.triplets) == 50
    assert set(needles.triplets.anchor.tolist()) <= set(range(300))
    nothing = triplets_by_verdict(good, good, labels, 0.0, first_right=False, second_right=True, k=50, seed=0)
    assert len(nothing.triplets) == 0
    assert nothing.complete
    assert nothing.share.value == 0 and nothing.share.interval[1] > 0


def test_random_picks_are_uniform() -> None:
    asked = {"first_right": False, "second_right": True, "anchor_class": 1, "negative_class": 5}
    counts: dict[tuple[int, int, int], int] = {}
    for seed in range(60):
        triplets = triplets_by_verdict(MEANS, SEPARATE, LABELS, 0.2, k=20, seed=seed, **asked)
        for row in as_set(triplets.triplets):
            counts[row] = counts.get(row, 0) + 1
    everything = every_triplet(1, 5)
    right = [triplet_distances(means, everything).satisfied(0.2) for means in (MEANS, SEPARATE)]
    n_there = int((~right[0] & right[1]).sum())
    expected = 60 * 20 / n_there
    assert len(counts) > 0.7 * n_there * (1 - np.exp(-expected))
    assert max(counts.values()) < expected + 6 * np.sqrt(expected) + 2


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"anchor_class": 3}, "class: 3 is not possible; it must be a label that a point has"),
        ({"anchor_class": 8}, "has one member"),
        ({"anchor_class": 1, "negative_class": 1}, "must differ"),
        ({"k": 0}, "from 1 to 10,000"),
        ({"margin": float("nan")}, "margin"),
    ],
)
def test_impossible_questions(asked: dict, says: str) -> None:
    margin, k = asked.pop("margin", 0.0), asked.pop("k", 5)
    with pytest.raises(InputError, match=says):
        triplets_by_verdict(MEANS, SEPARATE, LABELS, margin, first_right=True, second_right=False, k=k, seed=0, **asked)
    if margin == 0:
        with pytest.raises(InputError, match=says):
            worst_triplets(MEANS, LABELS, k, **asked)


def test_a_negative_class_that_leaves_no_anchor() -> None:
    labels = np.array([0, 0, 0, 1, 2])
    with pytest.raises(InputError, match="to take anchors from"):
        worst_triplets(np.zeros((5, 2)), labels, 1, negative_class=0)


def _rows(triplets: Triplets) -> list[tuple[int, int, int]]:
    columns = triplets.anchor.tolist(), triplets.positive.tolist(), triplets.negative.tolist()
    return list(zip(*columns, strict=True))
