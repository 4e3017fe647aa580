"""Numbers that Python has and a float has not are refused in one short line by every function that takes a number."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.anchor_sample import Sampling
from tvae.metrics.neighbours import nearest_neighbours
from tvae.metrics.random_triplets import sampled_triplet_accuracy
from tvae.metrics.scores import active_units
from tvae.metrics.triplet_accuracy import class_matrix, triplet_accuracy
from tvae.metrics.triplet_curve import margin_where, triplet_curve
from tvae.metrics.triplet_search import triplets_by_verdict, worst_triplets
from tvae.metrics.uncertainty.share import Share

LABELS = np.arange(60) % 3
MEANS = np.random.default_rng(0).normal(size=(60, 2))
CURVE = triplet_curve(MEANS, LABELS)


def by_verdict(margin: float, seed: int) -> object:
    return triplets_by_verdict(MEANS, MEANS, LABELS, margin, first_right=True, second_right=True, k=3, seed=seed)


CALLS: dict[str, Callable[[Any], object]] = {
    "margin of a curve": CURVE.at,
    "margin of its class matrix": CURVE.class_matrix,
    "margin of a count": lambda number: triplet_accuracy(MEANS, LABELS, [number]),
    "margin of a class matrix": lambda number: class_matrix(MEANS, LABELS, number),
    "margin of a verdict": lambda number: by_verdict(number, 0),
    "seed of a verdict": lambda number: by_verdict(0.1, number),
    "seed of a sample": lambda number: sampled_triplet_accuracy(MEANS, LABELS, 0.1, 10, number),
    "size of a sample": lambda number: sampled_triplet_accuracy(MEANS, LABELS, 0.1, number, 0),
    "step": lambda number: triplet_curve(MEANS, LABELS, step=number),
    "first": lambda number: triplet_curve(MEANS, LABELS, first=number),
    "first and last": lambda number: triplet_curve(MEANS, LABELS, first=number, last=number + 5),
    "threads": lambda number: triplet_curve(MEANS, LABELS, threads=number),
    "k worst": lambda number: worst_triplets(MEANS, LABELS, number),
    "class": lambda number: worst_triplets(MEANS, LABELS, 3, anchor_class=number),
    "k nearest": lambda number: nearest_neighbours(MEANS, number),
    "n of a share": lambda number: Share(1, number),
    "anchors": lambda number: Sampling(anchors=number),
    "threshold": lambda number: active_units(MEANS, number),
}
NUMBERS = {"401 digits": 10**400, "below": -(10**400), "5001 digits": 10**5_000, "a fraction": Fraction(10**400)}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_beyond_every_float_is_refused(call, number):
    with pytest.raises(InputError) as refused:
        CALLS[call](NUMBERS[number])
    assert len(str(refused.value)) < 200 and "\n" not in str(refused.value)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_margin_has_such_an_accuracy(number):
    assert margin_where(CURVE, NUMBERS[number]) is None
