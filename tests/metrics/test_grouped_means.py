"""Tests of sorting means by class, of checking the input, and of dividing anchors into blocks for threads."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.anchor_sample import Sampling
from tvae.metrics.grouped_means import (
    LARGEST_COORDINATE,
    checked_class_labels,
    checked_means,
    grouped_by_class,
    grouped_for_triplets,
    over_blocks,
)

LABELS = np.array([7] * 200 + [-3] + [2] * 2 + [7] * 5 + [9] * 64)
MEANS = np.random.default_rng(8).permutation(len(LABELS) * 2).reshape(-1, 2)


def test_each_class_is_one_range_of_rows_in_the_order_given() -> None:
    groups = grouped_by_class(MEANS, LABELS)
    assert groups.classes.tolist() == [-3, 2, 7, 9]
    assert groups.sizes.tolist() == [1, 2, 205, 64]
    rows = np.concatenate([np.flatnonzero(label == LABELS) for label in groups.classes])
    np.testing.assert_array_equal(groups.order, rows)
    np.testing.assert_array_equal(groups.points, MEANS[rows])
    np.testing.assert_array_equal(groups.columns, MEANS[rows].T)
    assert (groups.n_anchors, groups.n_left_out) == (271, 1)
    assert groups.n_triplets == 2 * 1 * 270 + 205 * 204 * 67 + 64 * 63 * 208
    assert groups.spread == pytest.approx(float(np.sqrt(MEANS.var(axis=0).sum())))


def test_means_are_all_equal_where_no_coordinate_of_any_differs() -> None:
    for means, equal in (([[1, 2], [1, 2]], True), ([[1, 2], [1, 1]], False), ([[1, 1], [1, 2]], False)):
        assert grouped_by_class(np.array(means), np.array([0, 0])).all_equal == equal


def test_blocks_hold_every_anchor_once_and_anchors_of_one_class_each() -> None:
    groups = grouped_by_class(MEANS, LABELS)
    blocks = list(groups.anchor_blocks())
    rows = [row for block in blocks for row in range(block.first, block.last)]
    assert rows == list(range(1, 272)), "the first row is alone in its class"
    for block in blocks:
        assert groups.starts[block.own] <= block.first < block.last <= groups.starts[block.own + 1]


def test_a_class_is_found_by_its_label_and_the_first_ten_are_named_where_it_is_not() -> None:
    groups = grouped_by_class(MEANS, LABELS)
    assert [groups.class_index(label) for label in (-3, 2, 7, 9)] == [0, 1, 2, 3]
    with pytest.raises(
        InputError, match=r"class: 3 is not possible; it must be a label that a point has: -3, 2, 7, 9$"
    ):
        groups.class_index(3)
    for count, listed in ((10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9$"), (11, r"7, 8, 9, … \(11 in all\)$")):
        with pytest.raises(InputError, match=f"class: 99 is not .* has: .*{listed}"):
            grouped_by_class(np.zeros((count, 1)), np.arange(count)).class_index(99)


def test_means_beyond_the_largest_are_refused_with_the_first_of_them() -> None:
    means = np.zeros((4, 3))
    means[1, 2] = -LARGEST_COORDINATE
    np.testing.assert_array_equal(checked_means(means), means)
    means[2, 1:], means[3] = (-2e100, np.nan), np.inf
    with pytest.raises(InputError, match=r"means: row 2 holds -2e\+100; every mean must be finite, up to 1e100"):
        checked_means(means)
    for shape in ((2, 0), (0, 2), (4,), (2, 2, 2)):
        with pytest.raises(InputError, match=r"shape of queries: .* is not possible"):
            checked_means(np.zeros(shape), "queries")


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int8, np.uint8])
def test_means_of_any_real_type_become_float64(kind: type) -> None:
    means = checked_means(np.array([[0, 1], [2, 100]], kind))
    assert means.dtype == np.float64
    assert means.tolist() == [[0, 1], [2, 100]]


def test_labels_of_known_classes_lie_between_0_and_their_number() -> None:
    assert checked_class_labels(np.array([2, 0, 1], np.uint8), 3, 3).dtype == np.int64
    for labels, wrong in (([0, 3, 4], "3"), ([1, -1, 0], "-1")):
        with pytest.raises(InputError, match=rf"labels of 3 classes: {wrong} is not possible; .* from 0 to 2"):
            checked_class_labels(np.array(labels), 3, 3)
    with pytest.raises(InputError, match=r"type of labels: 'bool' is not possible"):
        checked_class_labels(np.array([True, False, True]), 3, 3)


def test_a_pair_of_one_class_and_one_of_another_is_the_least_that_has_a_triplet() -> None:
    assert grouped_for_triplets(np.zeros((3, 1)), np.array([4, 4, 5])).n_triplets == 2
    with pytest.raises(InputError, match="all 3 are 4, so no anchor has a negative"):
        grouped_for_triplets(np.zeros((3, 1)), np.array([4, 4, 4]))
    with pytest.raises(InputError, match="each of the 2 classes has one member, so no anchor has a positive"):
        grouped_for_triplets(np.zeros((2, 1)), np.array([4, 5]))


def test_of_many_images_the_first_rows_of_each_class_are_the_sampled_anchors() -> None:
    labels = np.repeat([5, 7, 9, 11], [300, 90, 3, 1])
    means = np.arange(394.0)[:, None]
    groups = grouped_by_class(means, labels, Sampling(exact_to=393, anchors=40))
    assert groups.anchors.tolist() == [31, 9, 2, 0]  # at least two of each class that has anchors
    assert groups.sample is not None and groups.sample.in_words.startswith("42 of 393 anchors")
    blocks = list(groups.anchor_blocks())
    assert [(block.own, block.first, block.last) for block in blocks] == [(0, 0, 31), (1, 300, 309), (2, 390, 392)]
    np.testing.assert_array_equal(labels[groups.order], labels)
    np.testing.assert_array_equal(groups.points, means[groups.order])
    assert len(set(groups.order.tolist())) == 394 and (np.diff(groups.order[:31]) < 0).any()
    again = grouped_by_class(means, labels, Sampling(exact_to=393, anchors=40))
    np.testing.assert_array_equal(again.order, groups.order)
    other = grouped_by_class(means, labels, Sampling(exact_to=393, anchors=40, seed=1))
    assert set(other.order[:31].tolist()) != set(groups.order[:31].tolist())
    exact = grouped_by_class(means, labels, Sampling(exact_to=394, anchors=40))
    assert exact.sample is None and exact.order.tolist() == list(range(394))


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_blocks_and_few_wait(threads: int) -> None:
    begun = []

    def blocks():
        for number in range(40):
            begun.append(number)
            yield number

    def task(number: int) -> int:
        time.sleep(0.002 * (number % 3 == 0))  # some end after those that begin later
        return number**2

    results = []
    for result in over_blocks(task, blocks(), threads):
        results.append(result)
        assert len(begun) <= len(results) + 2 * threads
    assert results == [number**2 for number in range(40)]
