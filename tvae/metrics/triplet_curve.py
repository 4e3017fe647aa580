"""Exact triplet accuracy on a grid of margins, so that a slider is a look-up.

    triplet_curve(means, labels)            accuracy, mean violation and class counts on a grid -> TripletCurve
    TripletCurve.at(margin)                 one margin: as counted on the grid, interpolated and marked off it
    TripletCurve.class_matrix(margin)       the same by anchor's class and negative's class
    TripletCurve.to_arrays(), from_arrays   plain arrays, for an .npz beside the run
    margin_where(curve, accuracy)           the margin at which the curve falls to an accuracy, None if it doesn't
    gap_histogram(means, labels)            distribution of D(a, n) - D(a, p) over all triplets -> GapHistogram

Counted over all triplets, with distances rounded to 2**-40 of the grid's step: only a triplet whose gap lies within
that of a margin may fall on its other side. On real data that is less than one triplet in 10**9. Ties, D(a, p) equal to
D(a, n), stay ties. `tvae.metrics.triplet_accuracy` has the definition, and the exact count at any margin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError
from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, grouped_for_triplets, over_blocks
from tvae.metrics.triplet_accuracy import ClassMatrix, class_triplets

MOST_CLASS_COUNTS = 2_500_000
"""Beyond this many margins x classes x classes (111 classes on the default grid, 20 MB) a curve keeps no class counts;
`triplet_accuracy.class_matrix` counts one margin for any number of classes."""

_MOST_PLACES = 1 << 20  # whole steps x classes that an anchor's tally may span: 4 MB, and some milliseconds to fill
_LEAST_RADIUS = 0.01  # means all within this many steps are told apart margin by margin
_MOST_MARGINS = 10_001
_LEAST_BETWEEN = 8  # positives: emptying the small tallies more often than that costs what they save
_NEAR = 1e-9  # a margin this near a grid margin, in steps, is that margin: 0.3 is 12 * 0.025


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """A curve read at one margin."""

    margin: float
    accuracy: float
    mean_violation: float
    interpolated: bool
    """False: counted at this very margin. True: on the straight line between the two grid margins around it."""


@dataclass(frozen=True, kw_only=True)
class TripletCurve:
    """Triplet accuracy at the margins step * (first + k), k = 0, 1, ..."""

    step: float
    first: int
    accuracy: Float[np.ndarray, " m"]
    """Share of satisfied triplets at each grid margin."""
    mean_violation: Float[np.ndarray, " m"]
    """Expected hinge max(0, D(a, p) - D(a, n) + margin) at each grid margin."""
    classes: Int[np.ndarray, " c"]
    """The labels that occur."""
    class_sizes: Int[np.ndarray, " c"]
    class_satisfied: Int[np.ndarray, "m c c"] | None
    """Satisfied triplets by margin, anchor's class and negative's class; None where not kept."""
    spread: float
    """Root mean square distance of the means from their centre."""
    all_equal: bool
    """Whether all means are one point (accuracy at margin 0 is then 1 by ties alone)."""

    @property
    def margins(self) -> Float[np.ndarray, " m"]:
        """The grid."""
        return self.step * np.arange(self.first, self.first + len(self.accuracy))

    @property
    def n_anchors(self) -> int:
        """Points whose class has another member."""
        return int(self.class_sizes[self.class_sizes > 1].sum())

    @property
    def n_anchors_left_out(self) -> int:
        """Points alone in their class."""
        return int((self.class_sizes == 1).sum())

    @property
    def n_triplets(self) -> int:
        """Triplets counted."""
        return int(class_triplets(self.class_sizes).sum())

    def at(self, margin: float) -> CurvePoint:
        """Accuracy and mean violation at `margin`; InputError where it is not finite or beyond the grid."""
        below, share = self._place(margin)
        return CurvePoint(
            margin=float(margin),
            accuracy=_between(self.accuracy, below, share),
            mean_violation=_between(self.mean_violation, below, share),
            interpolated=share > 0,
        )

    def class_matrix(self, margin: float) -> ClassMatrix:
        """Counts by anchor's class and negative's class at the grid margin nearest to `margin`, which it names.

        Raises InputError for a margin beyond the grid, and for a curve that keeps no class counts.
        """
        if self.class_satisfied is None:
            raise InputError(
                f"this curve over {len(self.classes)} classes keeps no class counts; count one margin with class_matrix"
            )
        below, share = self._place(margin)
        nearest = below + (share > 0.5)
        return ClassMatrix(
            margin=float(self.margins[nearest]),
            classes=self.classes,
            satisfied=self.class_satisfied[nearest],
            triplets=class_triplets(self.class_sizes),
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, for `numpy.savez`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: np.asarray(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TripletCurve:
        """A curve from what `to_arrays` gave; InputError where an array is missing or does not fit the others."""
        names = [field.name for field in fields(cls) if field.name != "class_satisfied"]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise InputError(f"triplet curve: no array {missing[0]!r}; it needs {', '.join(names)}")
        found = {name: np.asarray(arrays[name]) for name in names}
        satisfied = np.asarray(arrays["class_satisfied"]) if "class_satisfied" in arrays else None
        m, c = found["accuracy"].size, found["classes"].size
        shapes = {"accuracy": (m,), "mean_violation": (m,), "classes": (c,), "class_sizes": (c,)}
        for name in names:
            if found[name].shape != shapes.get(name, ()):
                right = shapes.get(name, ())
                raise InputError(f"triplet curve: {name} has shape {found[name].shape}; it must be {right}")
            if found[name].dtype.kind not in "fiub" or not np.all(np.isfinite(found[name])):
                raise InputError(f"triplet curve: {name} must hold finite numbers")
        if satisfied is not None and (satisfied.shape != (m, c, c) or satisfied.dtype.kind not in "iu"):
            raise InputError(
                f"triplet curve: class_satisfied is {satisfied.dtype} {satisfied.shape}; it must be whole {(m, c, c)}"
            )
        if m < 2 or not found["step"] > 0:
            raise InputError("triplet curve: it must have a step above 0 and at least two margins")
        return cls(
            step=float(found["step"]),
            first=int(found["first"]),
            accuracy=found["accuracy"],
            mean_violation=found["mean_violation"],
            classes=found["classes"],
            class_sizes=found["class_sizes"],
            class_satisfied=satisfied,
            spread=float(found["spread"]),
            all_equal=bool(found["all_equal"]),
        )

    def _place(self, margin: float) -> tuple[int, float]:
        """The grid margin at or below `margin`, and the share of a step beyond it."""
        last = self.first + len(self.accuracy) - 1
        place = margin / self.step if math.isfinite(margin) else math.nan
        if not self.first - _NEAR <= place <= last + _NEAR:
            raise InputError(
                f"margin: {margin!r} is not on this curve; it must be from {self.first * self.step:g} "
                f"to {last * self.step:g}"
            )
        nearest = round(place)
        if abs(place - nearest) <= _NEAR:
            return nearest - self.first, 0.0
        return math.floor(place) - self.first, place - math.floor(place)


def triplet_curve(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    *,
    step: float = 0.025,
    first: int = 0,
    last: int = 200,
    threads: int = 1,
) -> TripletCurve:
    """Triplet accuracy, mean violation and class counts at the margins step * first, ..., step * last.

    The default grid is 0 to 5 in steps of 0.025. `first` may be negative: accuracy at a margin m is the share of
    triplets with a gap D(a, n) - D(a, p) of at least m, whatever its sign. Class counts are kept up to
    MOST_CLASS_COUNTS of them, and not with a step that is very fine against the distances (a millionth).

    Raises InputError for means or labels that don't fit, where there is no triplet, for a step that is not above 0 and
    finite or finer than about a millionth of the distances, and for fewer than 2 or more than 10,001 margins.
    """
    groups = grouped_for_triplets(means, labels)
    if not (math.isfinite(step) and step > 0):
        raise InputError(f"step: {step!r} is not possible; it must be a finite number above 0")
    if not 2 <= last - first + 1 <= _MOST_MARGINS:
        raise InputError(f"first, last: {first}, {last} is not possible; a grid has 2 to {_MOST_MARGINS:,} margins")
    n_margins, n_classes = last - first + 1, len(groups.classes)
    places = _places(groups, step, n_margins)
    if places > _MOST_PLACES:
        raise InputError(
            f"step: {step:g} is too fine for means up to {2 * _radius(groups):g} apart; "
            f"it must be at least {2 * _radius(groups) / (_MOST_PLACES - n_margins):.2g}"
        )
    by_class = n_margins * n_classes**2 <= MOST_CLASS_COUNTS and places * n_classes <= _MOST_PLACES
    return curve_on_grid(groups, step, first, last, by_class, threads)


def margin_where(curve: TripletCurve, accuracy: float) -> float | None:
    """The least margin on the grid's range at which the curve is down to `accuracy`, None where it never crosses it.

    Between grid margins the curve is taken as straight.
    """
    if not curve.accuracy[-1] <= accuracy <= curve.accuracy[0]:
        return None
    after = int(np.flatnonzero(curve.accuracy <= accuracy)[0])
    if after == 0:
        return float(curve.margins[0])
    above, below = curve.accuracy[after - 1], curve.accuracy[after]
    return float(curve.margins[after - 1] + curve.step * (above - accuracy) / (above - below))


def curve_on_grid(
    groups: GroupedMeans, step: float, first: int, last: int, by_class: bool, threads: int
) -> TripletCurve:
    n_classes = len(groups.classes)
    n_margins = last - first + 1
    counted = _block_counter(groups, step, first, n_margins, by_class)
    n_columns = n_classes if by_class else 1
    satisfied = np.zeros((n_margins, n_classes, n_columns), np.int64)
    violation = np.zeros(n_margins)
    for own, counts, hinges in over_blocks(counted, groups.anchor_blocks(), threads):
        satisfied[:, own] += counts
        violation += hinges
    # An anchor's triplets weigh 1 / (its positives * its negatives), which is the same throughout a class.
    sizes = groups.sizes[groups.sizes > 1]
    per_class = satisfied.sum(axis=2)[:, groups.sizes > 1] / ((sizes - 1.0) * (len(groups.points) - sizes))
    return TripletCurve(
        step=step,
        first=first,
        accuracy=per_class.sum(axis=1) / groups.n_anchors,
        mean_violation=violation / groups.n_anchors,
        classes=groups.classes,
        class_sizes=groups.sizes,
        class_satisfied=satisfied if by_class else None,
        spread=groups.spread,
        all_equal=groups.all_equal,
    )


def _places(groups: GroupedMeans, step: float, n_margins: int) -> float:
    """Length of the longest tally by whole steps that an anchor may need, for each class of negatives."""
    return 2 * _radius(groups) / step + n_margins


def _radius(groups: GroupedMeans) -> float:
    """Greatest distance of a mean from their centre: no two are further apart than twice that."""
    return float(np.sqrt(np.max(np.sum((groups.points - groups.points.mean(axis=0)) ** 2, axis=1))))


def _block_counter(
    groups: GroupedMeans, step: float, first: int, n_margins: int, by_class: bool
) -> Callable[[AnchorBlock], tuple[int, Int[np.ndarray, "m columns"], Float[np.ndarray, " m"]]]:
    """What counts one block of anchors: (class, satisfied by margin and column, mean hinges added up by margin)."""
    from tvae.metrics.kernels.counting import count_satisfied
    from tvae.metrics.kernels.grid import count_on_grid

    sorted_means = groups.columns, groups.points, groups.starts
    shape = (n_margins, len(groups.classes) if by_class else 1)

    def on_grid(block: AnchorBlock) -> tuple[int, np.ndarray, np.ndarray]:
        counts, hinges = np.zeros(shape, np.int64), np.zeros(n_margins)
        tally, positives = _tally(groups, block.own, by_class)
        count_on_grid(*sorted_means, *block, step, first, n_margins, by_class, tally, positives, counts, hinges)
        return block.own, counts, hinges

    margins = step * np.arange(first, first + n_margins)
    near = np.abs(margins) <= 3 * _radius(groups)  # beyond that every gap lies on one side of the margin

    def margin_by_margin(block: AnchorBlock) -> tuple[int, np.ndarray, np.ndarray]:
        n_anchors = block.last - block.first
        counts, hinges = np.zeros(shape, np.int64), np.zeros(n_margins)
        near_hinges = np.zeros(near.sum())
        by_anchor = np.zeros((n_anchors, near.sum()), np.int64)
        gaps = count_satisfied(*sorted_means, *block, margins[near], False, by_anchor, near_hinges)
        hinges[near] = near_hinges
        hinges[margins > 0] = np.where(near, hinges, n_anchors * margins - gaps)[margins > 0]
        everything = (
            n_anchors
            * (groups.sizes[block.own] - 1)
            * np.where(np.arange(len(groups.sizes)) == block.own, 0, groups.sizes)
        )
        counts[~near & (margins < 0)] = everything if by_class else everything.sum()
        if by_class:
            by_negative = np.zeros((shape[1], near.sum()), np.int64)
            count_satisfied(*sorted_means, *block, margins[near], True, by_negative, np.zeros(near.sum()))
            counts[near] = by_negative.T
        else:
            counts[near] = by_anchor.sum(axis=0)[:, None]
        return block.own, counts, hinges

    return on_grid if _radius(groups) > _LEAST_RADIUS * step else margin_by_margin


def _tally(groups: GroupedMeans, own: int, by_class: bool) -> tuple[Int[np.ndarray, " 0"], int]:
    """The type to count a column's negatives in, and of how many positives such counts can be added up in it."""
    others = np.delete(groups.sizes, own)
    most = int(others.max() if by_class else others.sum())
    small = np.iinfo(np.uint16).max // most
    return (np.empty(0, np.uint16), small) if small >= _LEAST_BETWEEN else (np.empty(0, np.int32), (2**31 - 1) // most)


def _between(values: Float[np.ndarray, " m"], below: int, share: float) -> float:
    if share == 0:
        return float(values[below])
    return float((1 - share) * values[below] + share * values[below + 1])
