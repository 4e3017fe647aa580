"""Triplets of sampled anchors: estimates against slow plain code, and the coverage of their standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.metrics.test_triplet_accuracy import by_enumeration
from tvae.errors import InputError
from tvae.metrics.anchor_sample import ALL, Sampling, anchor_means, sampled_rows
from tvae.metrics.class_vote import knn_accuracy
from tvae.metrics.gap_histogram import GapHistogram, gap_histogram
from tvae.metrics.grouped_means import grouped_for_triplets
from tvae.metrics.neighbours import nearest_neighbours
from tvae.metrics.scores import retrieval, silhouette
from tvae.metrics.triplet_accuracy import anchor_accuracy, class_matrix, triplet_accuracy
from tvae.metrics.triplet_curve import TripletCurve, triplet_curve
from tvae.metrics.triplet_search import triplet_distances, worst_triplets

RNG = np.random.default_rng(0)
LABELS = np.repeat([3, 1, 8, 5], [40, 25, 6, 1])
MEANS = RNG.normal(size=(72, 3)) + 0.7 * LABELS[:, None] / 3
SAMPLING = Sampling(exact_to=71, anchors=20, seed=4)
MARGINS = [0.0, 0.5, 1.0]


def sampled_anchors() -> np.ndarray:
    """Rows of the sampled anchors."""
    groups = grouped_for_triplets(MEANS, LABELS, SAMPLING)
    return np.concatenate([groups.order[block.first : block.last] for block in groups.anchor_blocks()])


def plain_estimate(values: np.ndarray) -> tuple[float, float, float, float]:
    """Mean, its standard error, mean over classes and its, of the sampled anchors' values, in plain loops."""
    rows, mean, variance, class_means, class_variances = sampled_anchors(), 0.0, 0.0, [], []
    n = sum(int((label == LABELS).sum()) for label in set(LABELS.tolist()) if (label == LABELS).sum() > 1)
    for label in set(LABELS.tolist()):
        size = int((label == LABELS).sum())
        if size == 1:
            continue
        of_class = [float(values[row]) for row in rows if LABELS[row] == label]
        m, middle = len(of_class), sum(of_class) / len(of_class)
        s2 = sum((value - middle) ** 2 for value in of_class) / (m - 1)
        error2 = (1 - m / size) * s2 / m
        mean += size / n * middle
        variance += (size / n) ** 2 * error2
        class_means.append(middle)
        class_variances.append(error2)
    count = len(class_means)
    return mean, math.sqrt(variance), sum(class_means) / count, math.sqrt(sum(class_variances)) / count


def test_a_sample_is_all_triplets_of_its_anchors() -> None:
    result = triplet_accuracy(MEANS, LABELS, MARGINS, sampling=SAMPLING)
    curve = triplet_curve(MEANS, LABELS, step=0.5, last=2, sampling=SAMPLING)
    rows = sampled_anchors()
    assert result.sample is not None and curve.sample == result.sample
    assert (result.sample.counted, result.sample.of, result.sample.seed) == (len(rows), 71, 4)
    assert (result.n_anchors, result.n_anchors_left_out) == (71, 1)
    for m, margin in enumerate(MARGINS):
        slow = by_enumeration(MEANS, LABELS, margin)
        mean, error, balanced, balanced_error = plain_estimate(slow["accuracy"])
        assert error > 0 and balanced_error > 0
        point = curve.at(margin)
        for accuracy in (result.accuracy[m], point.accuracy):
            assert accuracy == pytest.approx(mean, rel=1e-12)
        for standard_error in (result.standard_error[m], point.standard_error):
            assert standard_error == pytest.approx(error, rel=1e-9)
        assert (result.balanced_accuracy[m], point.balanced_accuracy) == pytest.approx((balanced, balanced), rel=1e-12)
        assert result.balanced_standard_error[m] == pytest.approx(balanced_error, rel=1e-9)
        assert point.balanced_standard_error == pytest.approx(balanced_error, rel=1e-9)
        hinges = np.array([hinge_of(row, margin) for row in range(len(MEANS))])
        assert result.mean_violation[m] == pytest.approx(plain_estimate(hinges)[0], rel=1e-9)
        assert point.mean_violation == pytest.approx(plain_estimate(hinges)[0], rel=1e-9)
        shares = anchor_accuracy(MEANS, LABELS, margin, sampling=SAMPLING)
        assert np.flatnonzero(~np.isnan(shares)).tolist() == sorted(rows.tolist())
        np.testing.assert_array_equal(shares[rows], slow["accuracy"][rows])
        matrix = class_matrix(MEANS, LABELS, margin, sampling=SAMPLING)
        assert matrix.triplets.sum() == result.n_triplets == curve.n_triplets
        np.testing.assert_array_equal(curve.class_matrix(margin).satisfied, matrix.satisfied)


def hinge_of(anchor: int, margin: float) -> float:
    """Mean hinge of all triplets of an anchor; NaN where it has none."""
    distances = np.sqrt(((MEANS - MEANS[anchor]) ** 2).sum(axis=1))
    positives = distances[(LABELS[anchor] == LABELS) & (np.arange(len(MEANS)) != anchor)]
    negatives = distances[LABELS[anchor] != LABELS]
    return np.maximum(0, positives[:, None] + margin - negatives[None]).mean() if len(positives) else math.nan


def test_gaps_of_a_sample_are_those_of_its_anchors() -> None:
    histogram = gap_histogram(MEANS, LABELS, sampling=SAMPLING)
    assert histogram.sample is not None and histogram.share.sum() == pytest.approx(1)
    # The mean hinge at a margin above every gap is that margin less the mean gap.
    mean_gaps = np.array([100 - hinge_of(row, 100.0) for row in range(len(MEANS))])
    assert histogram.mean == pytest.approx(plain_estimate(mean_gaps)[0], rel=1e-9)
    again = GapHistogram.from_arrays(histogram.to_arrays())
    assert again.sample == histogram.sample
    assert GapHistogram.from_arrays(gap_histogram(MEANS, LABELS).to_arrays()).sample is None
    with pytest.raises(InputError, match="gap histogram: sample "):
        GapHistogram.from_arrays({**histogram.to_arrays(), "sample": np.zeros(3)})


def test_a_sample_of_all_is_exact_and_up_to_the_limit_there_is_none() -> None:
    exact = triplet_accuracy(MEANS, LABELS, MARGINS, sampling=ALL)
    for sampling in (Sampling(exact_to=72, anchors=5), Sampling(exact_to=1, anchors=71)):
        result = triplet_accuracy(MEANS, LABELS, MARGINS, sampling=sampling)
        assert result.sample is None and not result.standard_error.any()
        np.testing.assert_array_equal(result.accuracy, exact.accuracy)
    curve = triplet_curve(MEANS, LABELS, step=0.5, last=2)
    assert curve.sample is None and not curve.standard_error.any()


def test_a_sampled_curve_is_read_as_it_was_written_and_an_older_one_as_exact() -> None:
    curve = triplet_curve(MEANS, LABELS, step=0.5, last=2, sampling=SAMPLING)
    again = TripletCurve.from_arrays(curve.to_arrays())
    assert (again.sample, again.at(0.7)) == (curve.sample, curve.at(0.7))
    arrays = triplet_curve(MEANS, LABELS, step=0.5, last=2).to_arrays()
    for name in ("standard_error", "balanced_standard_error", "class_anchors", "seed"):
        del arrays[name]
    older = TripletCurve.from_arrays(arrays)
    assert older.sample is None and older.n_triplets == curve_triplets()


def curve_triplets() -> int:
    return int(by_enumeration(MEANS, LABELS, 0.0)["triplets"].sum())


def test_the_exact_accuracy_lies_within_two_standard_errors_about_as_often_as_it_should() -> None:
    """95.4 % of samples in theory; 400 samples of 60 anchors of 600: at least 91 %, four standard deviations less."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], [400, 150, 50])
    means = rng.normal(size=(600, 2)) + 1.2 * np.eye(3)[labels][:, :2]
    values = {margin: anchor_accuracy(means, labels, margin) for margin in (0.0, 1.0)}
    for shares in values.values():
        exact = shares.mean(), np.mean([shares[labels == label].mean() for label in range(3)])
        within = np.zeros(2)
        estimates, errors = [], []
        for seed in range(400):
            groups = grouped_for_triplets(means, labels, Sampling(exact_to=599, anchors=60, seed=seed))
            of_rows = np.zeros(600)
            for block in groups.anchor_blocks():
                of_rows[block.first : block.last] = shares[groups.order[block.first : block.last]]
            sums, squares = (np.add.reduceat(v, groups.starts[:-1])[:, None] for v in (of_rows, of_rows**2))
            estimate = anchor_means(sums, squares, groups.anchors, groups.sizes)
            within += np.abs([estimate.mean[0] - exact[0], estimate.balanced[0] - exact[1]]) < 2 * np.array(
                [estimate.standard_error[0], estimate.balanced_error[0]]
            )
            estimates.append(estimate.mean[0])
            errors.append(estimate.standard_error[0])
        assert (within >= 0.91 * 400).all() and (within < 400).all()
        assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.15)


def test_other_scores_of_a_sample_are_those_of_its_images_against_all() -> None:
    rows = sampled_anchors()
    asked = retrieval(MEANS, LABELS, sampling=SAMPLING)
    precision = np.full(len(MEANS), np.nan)
    for row in rows:
        distances = np.sqrt(((MEANS - MEANS[row]) ** 2).sum(axis=1))
        distances[row] = np.inf
        r = int((LABELS[row] == LABELS).sum()) - 1
        precision[row] = (LABELS[np.argsort(distances, kind="stable")[:r]] == LABELS[row]).mean()
    assert asked.r_precision == pytest.approx(plain_estimate(precision)[0], rel=1e-12)
    from sklearn.metrics import silhouette_samples

    scores = silhouette_samples(MEANS, LABELS)
    of_anchors, _, _, _ = plain_estimate(scores)
    assert silhouette(MEANS, LABELS, sampling=SAMPLING) == pytest.approx(of_anchors * 71 / 72, rel=1e-9)


def test_neighbours_of_some_rows_are_those_of_all() -> None:
    rows = np.array([3, 71, 0, 15])
    some, every = nearest_neighbours(MEANS, 5, rows), nearest_neighbours(MEANS, 5)
    np.testing.assert_array_equal(some.rows, every.rows[rows])
    np.testing.assert_array_equal(some.distances, every.distances[rows])
    right = [knn_accuracy(nearest_neighbours(MEANS, 5, rows[i : i + 1]), LABELS, rows[i : i + 1]) for i in range(4)]
    assert knn_accuracy(some, LABELS, rows) == np.mean(right)


def test_rows_of_a_simple_sample() -> None:
    assert sampled_rows(100, Sampling(exact_to=100, anchors=10)) is None
    assert sampled_rows(100, Sampling(exact_to=10, anchors=100)) is None
    rows = sampled_rows(101, Sampling(exact_to=100, anchors=10))
    assert rows is not None and len(set(rows.tolist())) == 10 and (np.diff(rows) > 0).all()


def test_the_worst_triplets_of_many_images_are_found_among_sampled_anchors() -> None:
    found = worst_triplets(MEANS, LABELS, 3, distinct_anchors=True, sampling=SAMPLING)
    assert set(found.anchor.tolist()) <= set(sampled_anchors().tolist())
    distances = triplet_distances(MEANS, found)
    gaps = distances.to_positive - distances.to_negative
    assert (np.diff(gaps) <= 0).all()


@pytest.mark.parametrize("wrong", [{"exact_to": -1}, {"anchors": 0}, {"seed": -1}, {"seed": 0.5}])
def test_impossible_samples_are_refused(wrong: dict) -> None:
    with pytest.raises(InputError, match=f"sampling.{next(iter(wrong))}"):
        Sampling(**wrong)
