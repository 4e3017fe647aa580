"""The margin grid against the exact counts, margin by margin."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tvae.errors import InputError
from tvae.metrics import triplet_curve as module
from tvae.metrics.gap_histogram import GapHistogram, gap_histogram
from tvae.metrics.grouped_means import AnchorBlock, grouped_for_triplets
from tvae.metrics.kernels.grid import count_on_grid
from tvae.metrics.margin_grid import MarginGrid, count_block_by_margin, count_block_on_grid
from tvae.metrics.triplet_accuracy import class_matrix, triplet_accuracy
from tvae.metrics.triplet_curve import INTERPOLATION_ERROR, TripletCurve, margin_where, triplet_curve
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

SHIPPED = Path(__file__).parents[2] / "checkpoints"
RNG = np.random.default_rng(0)
SETS = {
    "plain": (RNG.normal(size=(80, 5)).astype(np.float32), RNG.integers(0, 4, 80)),
    "lattice, full of ties": (RNG.integers(0, 4, (90, 2)).astype(np.float32), RNG.integers(0, 4, 90)),
    "lattice on a line": (RNG.integers(0, 9, (60, 1)) / 4, RNG.integers(0, 3, 60)),
    "classes of one": (RNG.normal(size=(30, 3)), np.array([7] * 12 + [-3] * 14 + [100, 101, 102, 103])),
    "one dominant class": (RNG.normal(size=(60, 2)), np.array([1] * 55 + [0, 0, 2, 3, 3])),
    "first class of one": (RNG.normal(size=(20, 2)), np.array([0] + [1] * 10 + [2] * 9)),
    "far beyond the grid": (1e3 * RNG.normal(size=(40, 3)), RNG.integers(0, 2, 40)),
    "much smaller than a step": (1e-9 * RNG.normal(size=(90, 3)), RNG.integers(0, 3, 90)),
    "nearly equidistant": (np.eye(40) + 1e-8 * RNG.normal(size=(40, 40)), np.arange(40) % 4),
    "close and far from 0": ((1e4 + RNG.normal(size=(60, 5))).astype(np.float32), RNG.integers(0, 3, 60)),
    "collapsed": (np.ones((20, 4)), RNG.integers(0, 3, 20)),
}


@pytest.mark.parametrize("name", SETS)
def test_equals_the_exact_counts(name: str) -> None:
    means, labels = SETS[name]
    curve = triplet_curve(means, labels, step=0.25, last=16)
    exact = triplet_accuracy(means, labels, curve.margins.tolist())
    np.testing.assert_allclose(curve.accuracy, exact.accuracy, rtol=1e-13)
    np.testing.assert_allclose(curve.balanced_accuracy, exact.balanced_accuracy, rtol=1e-13)
    np.testing.assert_allclose(curve.mean_violation, exact.mean_violation, rtol=1e-9, atol=1e-12)
    for margin in (0.0, 0.25, 2.0):
        np.testing.assert_array_equal(
            curve.class_matrix(margin).satisfied, class_matrix(means, labels, margin).satisfied
        )
    assert (curve.n_anchors, curve.n_anchors_left_out) == (exact.n_anchors, exact.n_anchors_left_out)
    assert curve.n_triplets == exact.n_triplets
    assert (curve.all_equal, curve.spread) == (exact.all_equal, exact.spread)


@pytest.mark.parametrize("name", ["lattice, full of ties", "classes of one", "one dominant class"])
def test_without_class_counts_the_rest_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = triplet_curve(*SETS[name], step=0.25, first=-8, last=16)
    monkeypatch.setattr(module, "MOST_CLASS_COUNTS", 1)
    other = triplet_curve(*SETS[name], step=0.25, first=-8, last=16, threads=2)
    np.testing.assert_array_equal(usual.accuracy, other.accuracy)
    np.testing.assert_allclose(usual.mean_violation, other.mean_violation, rtol=1e-9, atol=1e-12)
    assert other.class_satisfied is None
    with pytest.raises(InputError, match="keeps no class counts"):
        other.class_matrix(0.25)


@pytest.mark.parametrize("n_negatives", [8_191, 8_192])
@pytest.mark.parametrize("by_class", [False, True])
def test_more_triplets_of_an_anchor_in_one_place_than_the_tally_can_hold(n_negatives: int, by_class: bool) -> None:
    """2**31 triplets share one gap, more than a 32-bit counter holds.

    Up to 8,191 negatives the code counts in 16 bits, from 8,192 on in 32.
    """
    n_positives = 2**18
    means = np.repeat([0.0, 1.0], [n_positives + 1, n_negatives])[:, None]
    groups = grouped_for_triplets(means, means[:, 0].astype(int))
    counts = count_block_on_grid(groups, AnchorBlock(0, 0, 1), MarginGrid(0.5, 0, 5), by_class)
    assert counts.satisfied.sum(axis=1).tolist() == [n_positives * n_negatives] * 3 + [0, 0]


def test_class_counts_are_kept_up_to_the_most_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    means, labels = SETS["plain"]
    for limit, kept in ((11 * 16, True), (11 * 16 - 1, False)):
        monkeypatch.setattr(module, "MOST_CLASS_COUNTS", limit)
        curve = triplet_curve(means, labels, step=0.25, last=10)
        assert (curve.class_satisfied is not None) == kept


def test_a_grid_of_2_margins_and_one_of_10_001_are_the_smallest_and_the_largest() -> None:
    means, labels = SETS["plain"]
    usual = triplet_curve(means, labels, step=1, last=8)
    small = triplet_curve(means, labels, step=1, first=2, last=3)
    np.testing.assert_array_equal(small.accuracy, usual.accuracy[2:4])
    for beyond in (1.5, 3.5):
        with pytest.raises(InputError, match="from 2 to 3"):
            small.at(beyond)
    large = triplet_curve(means, labels, step=0.001, last=10_000)
    np.testing.assert_allclose(large.accuracy[:8001:1000], usual.accuracy, rtol=1e-13)
    for first, last in ((0, 10_001), (2, 2)):
        with pytest.raises(InputError, match=r"a grid of 2 to 10,001 margins"):
            triplet_curve(means, labels, first=first, last=last)


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("name", ["lattice, full of ties", "classes of one", "much smaller than a step"])
def test_both_ways_of_counting_a_block_give_the_same(name: str, by_class: bool) -> None:
    means = SETS[name][0] * (1e7 if name == "much smaller than a step" else 1)
    groups = grouped_for_triplets(means, SETS[name][1])
    grid = MarginGrid(0.25, -60, 121)
    for block in groups.anchor_blocks():
        at_once = count_block_on_grid(groups, block, grid, by_class)
        one_by_one = count_block_by_margin(groups, block, grid, by_class)
        assert at_once.own == one_by_one.own == block.own
        np.testing.assert_array_equal(at_once.satisfied, one_by_one.satisfied)
        np.testing.assert_allclose(at_once.hinges, one_by_one.hinges, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("tally", "between_flushes"), [(np.uint16, 43), (np.uint16, 7), (np.int32, 1), (np.int32, 10**6)]
)
def test_the_type_of_the_tally_changes_no_count(tally: type, between_flushes: int) -> None:
    """A class of 1,500: sixteen bits hold the counts of 43 positives at a time."""
    means, labels = RNG.normal(size=(2_000, 2)), np.repeat([0, 1], [500, 1_500])
    groups, grid = grouped_for_triplets(means, labels), MarginGrid(0.5, 0, 7)
    satisfied, hinges = np.zeros((7, 2), np.int64), np.zeros(7)
    margins = grid.step, grid.first, grid.n_margins
    sorted_means = groups.columns, groups.points, groups.starts
    block = AnchorBlock(0, 0, 20)
    count_on_grid(*sorted_means, *block, *margins, True, np.empty(0, tally), between_flushes, satisfied, hinges)
    exact = count_block_by_margin(groups, block, grid, True)
    np.testing.assert_array_equal(satisfied, exact.satisfied)
    np.testing.assert_allclose(hinges, exact.hinges, rtol=1e-9)


def test_large_classes_are_counted_exactly() -> None:
    means, labels = RNG.normal(size=(2_000, 2)), np.repeat([0, 1], [1_500, 500])
    curve = triplet_curve(means, labels, step=0.5, last=6)
    for margin in (0.0, 1.0, 3.0):
        np.testing.assert_array_equal(
            curve.class_matrix(margin).satisfied, class_matrix(means, labels, margin).satisfied
        )


_FINE = 2.0**-22  # 2**-20 of a step of 0.25: so little keeps to one bucket of remainders, and every sum is exact
_WHOLE = RNG.integers(0, 40, (200, 1)) / 4
CROWDED = {
    "all remainders equal": (_WHOLE, RNG.integers(0, 3, 200)),
    "all remainders in two buckets": (_WHOLE + RNG.integers(0, 200, (200, 1)) * _FINE, RNG.integers(0, 3, 200)),
    "positives in two buckets, negatives spread": (
        _WHOLE + RNG.integers(0, np.repeat([200, 2**20], 100)[:, None]) * _FINE,
        np.repeat([0, 1], 100),
    ),
    "few remainders, each shared by many": (RNG.integers(0, 160, (200, 1)) / 16, RNG.integers(0, 3, 200)),
    "negatives at one point": (
        np.concatenate([RNG.integers(0, 2**22, (100, 1)), np.full((90, 1), 2**21)]) * _FINE,
        np.repeat([0, 1], [100, 90]),
    ),
    "one class far away": (_WHOLE + np.repeat([0, 500], [150, 50])[:, None], np.repeat([0, 1, 2], [100, 50, 50])),
    "many classes": (_WHOLE + RNG.integers(0, 2**20, (200, 1)) * _FINE, np.repeat(np.arange(50), 4)),
}


@pytest.mark.parametrize(("first", "last"), [(-3, 30), (35, 45), (-45, -35), (1_990, 2_010)])
@pytest.mark.parametrize("name", CROWDED)
def test_crowded_remainders_and_distances_off_the_grid_against_enumeration(name: str, first: int, last: int) -> None:
    means, labels = CROWDED[name]
    curve = triplet_curve(means, labels, step=0.25, first=first, last=last)
    assert curve.class_satisfied is not None
    satisfied = np.zeros_like(curve.class_satisfied)
    hinges = np.zeros(len(curve.margins))
    for a in range(len(means)):
        distances = np.abs(means[:, 0] - means[a, 0])
        positives = np.flatnonzero((labels == labels[a]) & (np.arange(len(means)) != a))
        gaps = distances[labels != labels[a]] - distances[positives][:, None]
        for k, margin in enumerate(curve.margins):
            right = np.sum(gaps >= margin, axis=0)
            satisfied[k, labels[a]] += np.bincount(labels[labels != labels[a]], right, len(curve.classes)).astype(int)
            hinges[k] += np.maximum(margin - gaps, 0).mean()
    np.testing.assert_array_equal(curve.class_satisfied, satisfied)
    np.testing.assert_allclose(curve.mean_violation, hinges / len(means), rtol=1e-12, atol=1e-12)


def test_a_step_too_fine_for_the_distances() -> None:
    means, labels = SETS["plain"]
    large = 1e5 * means.astype(np.float64)
    with pytest.raises(InputError, match=r"step: 0.025 is too fine") as refusal:
        triplet_curve(large, labels)
    numbers = re.fullmatch(r".* for means up to (.*) apart; it must be at least (.*)", str(refusal.value))
    assert numbers
    apart, least = map(float, numbers.groups())
    assert pdist(large).max() <= apart <= 2 * pdist(large).max()
    triplet_curve(large, labels, step=1.06 * least)
    with pytest.raises(InputError, match="too fine"):
        triplet_curve(large, labels, step=0.94 * least)
    assert triplet_curve(3e3 * means, labels).class_satisfied is None  # fine enough for the accuracy


def test_negative_margins_are_shares_of_gaps() -> None:
    means, labels = SETS["plain"]
    curve = triplet_curve(means, labels, step=0.5, first=-40, last=40)
    assert (curve.accuracy[0], curve.accuracy[-1]) == (1.0, 0.0)
    middle = triplet_curve(means, labels, step=0.5, first=0, last=40)
    np.testing.assert_array_equal(curve.accuracy[40:], middle.accuracy)


def test_a_point_on_the_grid_is_as_counted_and_one_off_it_is_marked() -> None:
    curve = triplet_curve(*SETS["plain"])
    assert len(curve.margins) == 201
    on = curve.at(0.3)  # 12 * 0.025 is not 0.3 to the bit
    assert (on.accuracy, on.mean_violation, on.interpolated) == (
        curve.accuracy[12],
        curve.mean_violation[12],
        False,
    )
    off = curve.at(0.31)
    assert off.interpolated
    np.testing.assert_allclose(off.accuracy, 0.6 * curve.accuracy[12] + 0.4 * curve.accuracy[13])
    np.testing.assert_allclose(curve.at(5).accuracy, curve.accuracy[-1])
    np.testing.assert_allclose(curve.class_matrix(0.31).margin, 0.3)
    np.testing.assert_allclose(curve.class_matrix(0.32).margin, 0.325)
    assert curve.at(0.31).error_bound == pytest.approx(0.6 * (curve.accuracy[12] - curve.accuracy[13]))
    assert curve.at(0.32).error_bound == pytest.approx(0.8 * (curve.accuracy[12] - curve.accuracy[13]))
    for on_the_edge, place in ((-1e-12, 0), (5 + 1e-12, -1)):  # but for rounding
        edge = curve.at(on_the_edge)
        assert (edge.accuracy, edge.interpolated, edge.error_bound) == (curve.accuracy[place], False, 0)
    halfway = triplet_curve(*SETS["plain"], step=0.25).class_matrix(0.375)
    assert halfway.margin == 0.25, "the lower one of two as near"
    for beyond in (-0.01, 5.01, np.nan, np.inf):
        with pytest.raises(InputError, match="from 0 to 5"):
            curve.at(beyond)


@pytest.mark.parametrize("limit", [1, 10**6])
def test_goes_through_a_file(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CLASS_COUNTS", limit)
    curve = triplet_curve(*SETS["plain"])
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **curve.to_arrays())
    file.seek(0)
    with np.load(file) as arrays:
        again = TripletCurve.from_arrays(arrays)
    assert (again.step, again.first, again.spread, again.all_equal) == (
        curve.step,
        curve.first,
        curve.spread,
        curve.all_equal,
    )
    for name in ("accuracy", "mean_violation", "classes", "class_sizes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(curve, name))
    if limit == 1:
        assert again.class_satisfied is None
    else:
        np.testing.assert_array_equal(again.class_satisfied, curve.class_satisfied)
    assert again.at(0.5) == curve.at(0.5)


def test_the_balanced_accuracy_of_arrays_that_hold_none_is_made_of_their_class_counts() -> None:
    for name in ("plain", "classes of one"):
        curve = triplet_curve(*SETS[name])
        arrays = curve.to_arrays()
        del arrays["balanced_accuracy"]
        older = TripletCurve.from_arrays(arrays).balanced_accuracy
        np.testing.assert_allclose(older, curve.balanced_accuracy, rtol=1e-14)
        del arrays["class_satisfied"]
        with pytest.raises(InputError, match="no array 'balanced_accuracy'"):
            TripletCurve.from_arrays(arrays)


def test_arrays_that_do_not_fit_are_refused() -> None:
    arrays = triplet_curve(*SETS["plain"]).to_arrays()
    for name, value, says in [
        ("accuracy", arrays["accuracy"][:5], "balanced_accuracy has shape"),
        ("accuracy", np.full(201, np.nan), "accuracy must hold finite"),
        ("accuracy", np.full(201, "0.5"), "accuracy must hold finite"),
        ("accuracy", np.zeros((201, 1)), r"accuracy has shape \(201, 1\); it must be \(any,\)"),
        ("balanced_accuracy", arrays["accuracy"][:5], r"balanced_accuracy has shape \(5,\); it must be \(201,\)"),
        ("class_sizes", arrays["class_sizes"][:3], r"class_sizes has shape \(3,\); it must be \(4,\)"),
        ("spread", np.zeros(1), r"spread has shape \(1,\); it must be \(\)"),
        ("mean_violation", np.full(201, np.inf), "mean_violation must hold finite"),
        ("class_satisfied", np.zeros((2, 2, 2), np.int64), "class_satisfied"),
        (
            "class_satisfied",
            np.zeros((201, 4, 4)),
            "class_satisfied must hold finite numbers of kind 'iu'; it holds float64",
        ),
        ("step", np.array(0.0), "step above 0"),
        ("step", np.array(-0.5), "step above 0"),
    ]:
        with pytest.raises(InputError, match=says):
            TripletCurve.from_arrays({**arrays, name: value})
    errors = ("standard_error", "balanced_standard_error")
    by_margin = ("accuracy", "balanced_accuracy", "mean_violation", "class_satisfied", *errors)
    short = {**arrays, **{name: arrays[name][:1] for name in by_margin}}
    with pytest.raises(InputError, match="at least two margins"):
        TripletCurve.from_arrays(short)
    two = {**arrays, **{name: arrays[name][:2] for name in by_margin}}
    assert TripletCurve.from_arrays(two).margins.tolist() == [0, 0.025]
    del arrays["spread"]
    with pytest.raises(InputError, match="no array 'spread'"):
        TripletCurve.from_arrays(arrays)
    del arrays["classes"]
    with pytest.raises(InputError, match="no array 'classes'"):
        TripletCurve.from_arrays(arrays)


def test_margin_where() -> None:
    curve = triplet_curve(*SETS["plain"], step=0.1, last=100)
    wanted = float(curve.accuracy[0]) - 0.2
    margin = margin_where(curve, wanted)
    assert margin is not None
    np.testing.assert_allclose(curve.at(margin).accuracy, wanted, rtol=1e-9)
    assert margin_where(curve, float(curve.accuracy[0])) == 0.0
    assert margin_where(curve, 1.0) is None
    assert margin_where(curve, float(curve.accuracy[7])) == pytest.approx(0.7)
    assert margin_where(triplet_curve(*SETS["plain"], step=0.1, last=3), 0.01) is None


def test_a_collapsed_arm_meets_no_accuracy() -> None:
    """It falls from 1 to 0 within a step, and a straight line between would meet every accuracy there."""
    means, labels = SETS["collapsed"]
    curve = triplet_curve(means, labels)
    assert curve.accuracy[:2].tolist() == [1.0, 0.0]
    assert curve.collapsed and margin_where(curve, 0.7508) is None
    nearly = triplet_curve(1e-9 * RNG.normal(size=(20, 4)), labels)
    assert nearly.collapsed and margin_where(nearly, 0.5) is None


@pytest.mark.parametrize("name", SETS)
def test_the_exact_accuracy_lies_within_the_bound_of_an_interpolated_one(name: str) -> None:
    means, labels = SETS[name]
    curve = triplet_curve(means, labels)
    margins = [0.001, 0.0125, 0.26, 1.0124, 4.999]
    exact = triplet_accuracy(means, labels, margins).accuracy
    for margin, accuracy in zip(margins, exact, strict=True):
        point = curve.at(margin)
        assert point.interpolated and abs(point.accuracy - accuracy) <= point.error_bound + 1e-12
    assert curve.at(0.5).error_bound == 0


def test_the_error_of_interpolation_on_a_shipped_run_is_what_is_said_of_it() -> None:
    from benchmarks.interpolation import interpolation_error

    encoding = read_encoding(read_run(SHIPPED / "digits"), "test")
    assert encoding is not None
    worst = max(interpolation_error(arm.means, encoding.labels) for arm in encoding.arms.values())
    assert INTERPOLATION_ERROR / 2 < worst < INTERPOLATION_ERROR


@pytest.mark.parametrize("name", SETS)
def test_gap_histogram_equals_enumeration(name: str) -> None:
    means, labels = SETS[name]
    histogram = gap_histogram(means, labels, n_bins=20)
    distances = np.zeros((len(means), len(means)))
    for axis in np.asarray(means, np.float64).T:
        distances += (axis[:, None] - axis) ** 2
    distances = np.sqrt(distances)
    shares, means_of_anchors = [], []
    for a in range(len(means)):
        positives = np.flatnonzero((labels == labels[a]) & (np.arange(len(means)) != a))
        gaps = distances[a, labels != labels[a]][None, :] - distances[a, positives][:, None]
        if gaps.size:
            assert histogram.edges[0] <= gaps.min()
            assert gaps.max() <= histogram.edges[-1]
            # Whole steps, rounded as the edges are: a gap of exactly one edge belongs to the bin above it.
            bins = np.floor(gaps / (histogram.edges[1] - histogram.edges[0]) + 1e-9)
            first = round(histogram.edges[0] / (histogram.edges[1] - histogram.edges[0]))
            counts = np.bincount((bins - first).astype(int).ravel(), minlength=len(histogram.share))
            shares.append(counts / gaps.size)
            means_of_anchors.append(gaps.mean())
    np.testing.assert_allclose(histogram.share, np.mean(shares, axis=0), atol=1e-12)
    np.testing.assert_allclose(histogram.share.sum(), 1)
    np.testing.assert_allclose(histogram.mean, np.mean(means_of_anchors), atol=1e-9)
    assert np.any(np.abs(histogram.edges) < 1e-12) or histogram.edges[0] > 0
    assert len(histogram.share) <= 32


def test_a_gap_histogram_comes_back_from_its_arrays_and_no_other_does() -> None:
    histogram = gap_histogram(*SETS["plain"])
    again = GapHistogram.from_arrays(histogram.to_arrays())
    assert again.mean == histogram.mean
    np.testing.assert_array_equal(again.edges, histogram.edges)
    np.testing.assert_array_equal(again.share, histogram.share)
    arrays = histogram.to_arrays()
    for name, value in [
        ("share", arrays["share"][:-1]),
        ("edges", arrays["edges"][::-1]),
        ("mean", np.array(np.nan)),
        ("mean", np.zeros(2)),
    ]:
        with pytest.raises(InputError, match="gap histogram"):
            GapHistogram.from_arrays({**arrays, name: value})
    del arrays["mean"]
    with pytest.raises(InputError, match="no array 'mean'"):
        GapHistogram.from_arrays(arrays)


@pytest.mark.parametrize(
    "wrong", [{"step": 0.0}, {"step": np.nan}, {"step": -1.0}, {"last": 0}, {"last": 10**6}, {"first": 5, "last": 2}]
)
def test_impossible_grids(wrong: dict) -> None:
    with pytest.raises(InputError, match="is not possible"):
        triplet_curve(*SETS["plain"], **wrong)
    with pytest.raises(InputError, match="two classes"):
        triplet_curve(np.zeros((3, 2)), np.zeros(3, int))
