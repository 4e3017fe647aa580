"""Exact triplet accuracy at any margins, by anchor and by class.

A triplet (a, p, n) is satisfied at margin m where D(a, p) - D(a, n) + m <= 0 (zero loss in Eq. 1), D the Euclidean
distance between means. Accuracy is the expectation with the anchor uniform in the split, the positive uniform over the
anchor's class without itself, the negative uniform over all other classes. An anchor alone in its class is left out and
counted.

Balanced accuracy is the mean over classes of the accuracy of each class's anchors, so that a class of few images is as
heavy as one of many: B(m) = (1 / C) sum over classes c of A_c(m), with A_c(m) = (1 / n_c) sum over the n_c anchors of
class c of the share of that anchor's triplets that are satisfied, and C the number of classes that have anchors. The
accuracy itself is A(m) = sum over c of (n_c / n) A_c(m), n all anchors: the two are equal where classes are equal in
size. (So is the balanced accuracy of a classifier the mean over classes of its recall: Brodersen et al. 2010, The
Balanced Accuracy and Its Posterior Distribution.) The negatives of an anchor are as in A.

    triplet_accuracy(means, labels, margins)    exact, any margins in any order -> TripletAccuracy
    accuracy_of_counts(groups, margins, ...)    the same from what was counted elsewhere, as on a GPU
    anchor_accuracy(means, labels, margin)      exact, one number an anchor -> (n,)
    class_matrix(means, labels, margin)         exact, anchor's class x negative's class -> ClassMatrix

(`triplet_curve` has a whole grid of margins at once, `random_triplets` the paper's sampled estimate, `triplet_search`
the triplets themselves.)

Exact means: the counts equal those of enumerating every triplet in float64 with the test D(a, p) + m <= D(a, n), ties
included. Distances are float64, squared differences added in the order of the axes. The work grows with n² (distances
and one pass over them) and not with the number of triplets, about n³; memory with n times the number of threads. So
beyond 60,000 images the anchors are a sample (`anchor_sample`), each with all its triplets, and accuracies have a
standard error.

The counting is our own code (`kernels/`): metric-learning libraries list triplets or sample them, which the 9 * 10**10
triplets of MNIST's test split rule out; we know of none that counts them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError, require_real
from tvae.metrics.anchor_sample import BY_SIZE, AnchorSample, Sampling, anchor_means
from tvae.metrics.collapse import has_collapsed
from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, grouped_for_triplets, over_blocks


@dataclass(frozen=True, kw_only=True)
class TripletAccuracy:
    """Exact triplet accuracy of one set of means."""

    margins: Float[np.ndarray, " m"]
    """Margins in the order given."""
    accuracy: Float[np.ndarray, " m"]
    """Share of satisfied triplets at each margin, in [0, 1]."""
    balanced_accuracy: Float[np.ndarray, " m"]
    """Mean over classes of the accuracy of each class's anchors, at each margin."""
    standard_error: Float[np.ndarray, " m"]
    """Standard error of the accuracy at each margin: 0 where it is exact (see `anchor_sample`)."""
    balanced_standard_error: Float[np.ndarray, " m"]
    mean_violation: Float[np.ndarray, " m"]
    """Expected hinge max(0, D(a, p) - D(a, n) + m) at each margin: the triplet loss of Eq. 1 without sampling."""
    mean_gap: float
    """Expected D(a, n) - D(a, p)."""
    sample: AnchorSample | None
    """The sample of anchors that was counted; None where all were, so that the numbers are exact."""
    n_anchors: int
    """Images whose class has another member, counted or not."""
    n_anchors_left_out: int
    """Points alone in their class."""
    n_triplets: int
    """Triplets counted."""
    spread: float
    """Root mean square distance of the means from their centre."""
    all_equal: bool
    """Whether all means are one point. Accuracy at margin 0 is then 1, by ties alone: say so where it is shown."""

    @property
    def collapsed(self) -> bool:
        """Whether the means are one point, or nearly: accuracies then say nothing."""
        return has_collapsed(self.spread)


@dataclass(frozen=True, kw_only=True)
class ClassMatrix:
    """Exact triplet accuracy by the anchor's class (rows) and the negative's class (columns)."""

    margin: float
    classes: Int[np.ndarray, " c"]
    """The labels of rows and columns."""
    satisfied: Int[np.ndarray, "c c"]
    """Satisfied triplets."""
    triplets: Int[np.ndarray, "c c"]
    """Triplets counted; 0 on the diagonal and in the row of a class of one."""

    @property
    def accuracy(self) -> Float[np.ndarray, "c c"]:
        """Share of satisfied triplets in each cell, NaN where there is no triplet."""
        return np.divide(
            self.satisfied, self.triplets, out=np.full(self.satisfied.shape, np.nan), where=self.triplets > 0
        )


def triplet_accuracy(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    margins: Sequence[float],
    *,
    threads: int = 1,
    sampling: Sampling = BY_SIZE,
) -> TripletAccuracy:
    """Triplet accuracy, mean violation and mean gap at each of `margins`: exact, or of a sample of anchors.

    Args:
        means: posterior means, in latent units.
        labels: class of each row, any whole numbers.
        margins: in any order, in latent units.
        threads: of the count; the result does not depend on them.
        sampling: from how many images on anchors are sampled, and how many.

    Raises:
        InputError: means or labels that don't fit, margins that are negative or not finite, or no triplet at all (a
            single class; no class with two members).
    """
    groups = grouped_for_triplets(means, labels, sampling)
    checked = np.array([checked_margin(margin) for margin in margins], np.float64)
    if not len(checked):
        raise InputError("margins: none given; at least one number of at least 0 is needed")
    return accuracy_of_counts(groups, checked, *_anchor_counts(groups, checked, threads))


def accuracy_of_counts(
    groups: GroupedMeans,
    margins: Float[np.ndarray, " m"],
    satisfied: Int[np.ndarray, "n m"],
    violation: Float[np.ndarray, "c m"],
    gap: Float[np.ndarray, " c"],
) -> TripletAccuracy:
    """The accuracy from what was counted.

    Args:
        satisfied: satisfied triplets of each sorted row at each margin.
        violation: the anchors' mean hinges at each margin, added up by class.
        gap: the anchors' mean of D(a, n) less their mean of D(a, p), added up by class.
    """
    shares = np.nan_to_num(satisfied / _triplets_of_anchor(groups)[:, None])
    sums, squares = (np.add.reduceat(values, groups.starts[:-1], axis=0) for values in (shares, shares**2))  # (c, m)
    accuracy = anchor_means(sums, squares, groups.anchors, groups.sizes)
    weights = np.divide(groups.sizes, groups.anchors, out=np.zeros(len(groups.sizes)), where=groups.anchors > 0)
    return TripletAccuracy(
        margins=margins,
        accuracy=accuracy.mean,
        balanced_accuracy=accuracy.balanced,
        standard_error=accuracy.standard_error,
        balanced_standard_error=accuracy.balanced_error,
        mean_violation=weights @ violation / groups.n_anchors,
        mean_gap=float(weights @ gap) / groups.n_anchors,
        sample=groups.sample,
        n_anchors=groups.n_anchors,
        n_anchors_left_out=groups.n_left_out,
        n_triplets=groups.n_triplets,
        spread=groups.spread,
        all_equal=groups.all_equal,
    )


def anchor_accuracy(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    margin: float,
    *,
    threads: int = 1,
    sampling: Sampling = BY_SIZE,
) -> Float[np.ndarray, " n"]:
    """Exact share of satisfied triplets of each anchor, in the order of `means`; NaN for one left out or not sampled.

    Their mean without the NaN is `triplet_accuracy` at that margin where all anchors are counted.

    Raises:
        InputError: as in `triplet_accuracy`.
    """
    groups = grouped_for_triplets(means, labels, sampling)
    satisfied, _, _ = _anchor_counts(groups, np.array([checked_margin(margin)]), threads)
    shares = np.empty(len(groups.points))
    shares[groups.order] = satisfied[:, 0] / _triplets_of_anchor(groups)
    return shares


def class_matrix(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    margin: float,
    *,
    threads: int = 1,
    sampling: Sampling = BY_SIZE,
) -> ClassMatrix:
    """Triplet accuracy at one margin for every pair of anchor's class and negative's class: exact, or of a sample.

    Raises:
        InputError: as in `triplet_accuracy`.
    """
    from tvae.metrics.kernels.counting import count_satisfied

    groups = grouped_for_triplets(means, labels, sampling)
    margins = np.array([checked_margin(margin)])
    n_classes = len(groups.classes)

    def counted(block: AnchorBlock) -> tuple[int, Int[np.ndarray, " c"]]:
        counts = np.zeros((n_classes, 1), np.int64)
        count_satisfied(groups.columns, groups.points, groups.starts, *block, margins, True, counts, np.zeros(1))
        return block.own, counts[:, 0]

    satisfied = np.zeros((n_classes, n_classes), np.int64)
    for own, counts in over_blocks(counted, groups.anchor_blocks(), threads):
        satisfied[own] += counts
    return ClassMatrix(
        margin=float(margins[0]),
        classes=groups.classes,
        satisfied=satisfied,
        triplets=class_triplets(groups.sizes, groups.anchors),
    )


def checked_margin(margin: float) -> float:
    """The margin as a float.

    Raises:
        InputError: not a finite number of at least 0.
    """
    require_real("margin", margin, 0)
    return float(margin)


def class_triplets(sizes: Int[np.ndarray, " c"], anchors: Int[np.ndarray, " c"]) -> Int[np.ndarray, "c c"]:
    """Number of triplets for each anchor's class (rows) and negative's class (columns), of so many anchors each."""
    triplets = np.outer(anchors * (sizes - 1), sizes)
    np.fill_diagonal(triplets, 0)
    return triplets


def _anchor_counts(
    groups: GroupedMeans, margins: Float[np.ndarray, " m"], threads: int
) -> tuple[Int[np.ndarray, "n m"], Float[np.ndarray, "c m"], Float[np.ndarray, " c"]]:
    """Satisfied triplets of each sorted row at each margin, and the anchors' mean violations and gaps by class."""
    from tvae.metrics.kernels.counting import count_satisfied

    satisfied = np.zeros((len(groups.points), len(margins)), np.int64)

    def counted(block: AnchorBlock) -> tuple[int, Float[np.ndarray, " m"], float]:
        violation = np.zeros(len(margins))
        rows = satisfied[block.first : block.last]  # no other block writes these rows
        gap = count_satisfied(groups.columns, groups.points, groups.starts, *block, margins, False, rows, violation)
        return block.own, violation, gap

    violations, gaps = np.zeros((len(groups.sizes), len(margins))), np.zeros(len(groups.sizes))
    for own, violation, gap in over_blocks(counted, groups.anchor_blocks(), threads):
        violations[own] += violation
        gaps[own] += gap
    return satisfied, violations, gaps


def _triplets_of_anchor(groups: GroupedMeans) -> Float[np.ndarray, " n"]:
    """Triplets that each sorted row is the anchor of; NaN for one that is not counted."""
    triplets = np.repeat((groups.sizes - 1.0) * (len(groups.points) - groups.sizes), groups.sizes)
    place = np.arange(len(triplets)) - np.repeat(groups.starts[:-1], groups.sizes)  # within its class
    triplets[place >= np.repeat(groups.anchors, groups.sizes)] = np.nan
    return triplets
