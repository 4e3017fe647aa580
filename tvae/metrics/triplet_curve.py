"""Exact triplet accuracy on a grid of margins, so that a slider is a look-up.

    triplet_curve(means, labels)            accuracy, mean violation and class counts on a grid -> TripletCurve
    TripletCurve.at(margin)                 one margin: as counted on the grid; between grid margins interpolated
    TripletCurve.class_matrix(margin)       the same by anchor's class and negative's class
    TripletCurve.to_arrays(), from_arrays   plain arrays, for an .npz beside the run
    margin_where(curve, accuracy)           about the margin at which the curve falls to an accuracy, None if it doesn't

Counted over all triplets, with distances rounded to 2**-40 of the grid's step: only a triplet whose gap lies within
that of a margin may fall on its other side. On real data that is less than one triplet in 10**9. Ties, D(a, p) equal to
D(a, n), stay ties. `tvae.metrics.triplet_accuracy` has the definition, and the exact count at any margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError, is_finite, require, require_int
from tvae.metrics.anchor_sample import BY_SIZE, AnchorSample, Sampling, anchor_means
from tvae.metrics.collapse import has_collapsed
from tvae.metrics.grouped_means import GroupedMeans, grouped_for_triplets
from tvae.metrics.margin_grid import MOST_PLACES, MarginGrid, grid_counts, radius, tally_places
from tvae.metrics.triplet_accuracy import ClassMatrix, class_triplets
from tvae.system.array_files import checked_array

MOST_CLASS_COUNTS = 2_500_000
"""Beyond this many margins x classes x classes (111 classes on the default grid, 20 MB) a curve keeps no class counts;
`triplet_accuracy.class_matrix` counts one margin for any number of classes."""

INTERPOLATION_ERROR = 1e-4
"""Greatest error of an accuracy read between two margins of the default grid, on the runs that ship: 2.7e-5 on MNIST's
10,000 test images, 8.2e-5 on the 359 digits (`python -m benchmarks.interpolation checkpoints/*/`). It is measured, no
bound for other data: on 90 points with many ties it was 1e-3. `CurvePoint.error_bound` holds on any data."""

_MOST_MARGINS = 10_001
_NEAR = 1e-9  # a margin this near a grid margin, in steps, is that margin: 0.3 is 12 * 0.025


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """A curve read at one margin."""

    margin: float
    accuracy: float
    balanced_accuracy: float
    """Mean over classes of the accuracy of each class's anchors."""
    standard_error: float
    """Standard error of the accuracy; 0 where all anchors were counted."""
    balanced_standard_error: float
    mean_violation: float
    interpolated: bool
    """False: counted at this very margin. True: on the straight line between the two grid margins around it."""
    error_bound: float
    """The exact accuracy is at most this far away: it lies between those of the two grid margins. 0 where counted."""
    balanced_error_bound: float
    """As `error_bound`, for the balanced accuracy."""


@dataclass(frozen=True, kw_only=True)
class TripletCurve:
    """Triplet accuracy at the margins step * (first + k), k = 0, 1, ..."""

    step: float
    first: int
    accuracy: Float[np.ndarray, " m"]
    """Share of satisfied triplets at each grid margin."""
    balanced_accuracy: Float[np.ndarray, " m"]
    """Mean over classes of the accuracy of each class's anchors at each grid margin (see `triplet_accuracy`)."""
    mean_violation: Float[np.ndarray, " m"]
    """Expected hinge max(0, D(a, p) - D(a, n) + margin) at each grid margin."""
    standard_error: Float[np.ndarray, " m"]
    """Standard error of the accuracy at each grid margin; 0 where all anchors were counted."""
    balanced_standard_error: Float[np.ndarray, " m"]
    classes: Int[np.ndarray, " c"]
    """The labels that occur."""
    class_sizes: Int[np.ndarray, " c"]
    class_anchors: Int[np.ndarray, " c"]
    """Anchors of each class that were counted: all of them, or a sample."""
    seed: int
    """Seed of the sample."""
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
    def collapsed(self) -> bool:
        """Whether the means are one point, or nearly: accuracies then say nothing, and meet no other's."""
        return has_collapsed(self.spread)

    @property
    def n_anchors(self) -> int:
        """Points whose class has another member, counted or not."""
        return int(self.class_sizes[self.class_sizes > 1].sum())

    @property
    def n_anchors_left_out(self) -> int:
        """Points alone in their class."""
        return int((self.class_sizes == 1).sum())

    @property
    def n_triplets(self) -> int:
        """Triplets counted."""
        return int(class_triplets(self.class_sizes, self.class_anchors).sum())

    @property
    def sample(self) -> AnchorSample | None:
        """The sample of anchors that was counted; None where all were."""
        counted = int(self.class_anchors.sum())
        return AnchorSample(counted, self.n_anchors, self.seed) if counted < self.n_anchors else None

    def at(self, margin: float) -> CurvePoint:
        """Accuracy and mean violation at `margin`.

        Raises:
            InputError: a margin that is not finite or beyond the grid.
        """
        below, share = self._place(margin)
        return CurvePoint(
            margin=float(margin),
            accuracy=_between(self.accuracy, below, share),
            balanced_accuracy=_between(self.balanced_accuracy, below, share),
            standard_error=_between(self.standard_error, below, share),
            balanced_standard_error=_between(self.balanced_standard_error, below, share),
            mean_violation=_between(self.mean_violation, below, share),
            interpolated=share > 0,
            error_bound=_farthest(self.accuracy, below, share),
            balanced_error_bound=_farthest(self.balanced_accuracy, below, share),
        )

    def class_matrix(self, margin: float) -> ClassMatrix:
        """Counts by anchor's class and negative's class at the grid margin nearest to `margin`, which it names.

        Raises:
            InputError: a margin beyond the grid, or a curve that keeps no class counts.
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
            triplets=class_triplets(self.class_sizes, self.class_anchors),
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, for `numpy.savez`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: np.asarray(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TripletCurve:
        """A curve from what `to_arrays` gave.

        Older files do not hold all of it: balanced accuracy is then made of the class counts, and all anchors were
        counted.

        Raises:
            InputError: an array is missing or does not fit the others.
        """
        where = "triplet curve"
        m = len(checked_array(arrays, "accuracy", "f", (None,), where))
        c = len(checked_array(arrays, "classes", "iu", (None,), where))
        sizes = checked_array(arrays, "class_sizes", "iu", (c,), where)
        arrays = {**_of_all_anchors(sizes, m), **arrays}
        forms: dict[str, tuple[str, tuple[int, ...]]] = {
            **{field.name: ("f", (m,)) for field in fields(cls)},
            **dict.fromkeys(("classes", "class_sizes", "class_anchors"), ("iu", (c,))),
            **dict.fromkeys(("step", "spread"), ("f", ())),
            **dict.fromkeys(("first", "seed"), ("iu", ())),
            "all_equal": ("b", ()),
            "class_satisfied": ("iu", (m, c, c)),
        }
        if "class_satisfied" not in arrays:
            del forms["class_satisfied"]
        elif "balanced_accuracy" not in arrays:
            del forms["balanced_accuracy"]
        values = {name: checked_array(arrays, name, *form, where) for name, form in forms.items()}
        satisfied = values.get("class_satisfied")
        if not 2 <= m <= _MOST_MARGINS or not values["step"] > 0 or abs(int(values["first"])) > _MOST_MARGINS:
            raise InputError(
                "triplet curve: it must have a step above 0 and at least two margins, none over 10,001 steps"
            )
        balanced = values.get("balanced_accuracy")
        if balanced is None:
            assert satisfied is not None
            balanced = _class_shares(satisfied.sum(axis=2), values["class_sizes"], values["class_anchors"]).mean(axis=1)
        return cls(
            step=float(values["step"]),
            first=int(values["first"]),
            accuracy=values["accuracy"],
            balanced_accuracy=balanced,
            mean_violation=values["mean_violation"],
            standard_error=values["standard_error"],
            balanced_standard_error=values["balanced_standard_error"],
            classes=values["classes"],
            class_sizes=values["class_sizes"],
            class_anchors=values["class_anchors"],
            seed=int(values["seed"]),
            class_satisfied=satisfied,
            spread=float(values["spread"]),
            all_equal=bool(values["all_equal"]),
        )

    def _place(self, margin: float) -> tuple[int, float]:
        """The grid margin at or below `margin`, and the share of a step beyond it."""
        last = self.first + len(self.accuracy) - 1
        place = margin / self.step if is_finite(margin) else math.nan
        right = f"on this curve, from {self.first * self.step:g} to {last * self.step:g}"
        require(self.first - _NEAR <= place <= last + _NEAR, "margin", margin, right)
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
    sampling: Sampling = BY_SIZE,
) -> TripletCurve:
    """Triplet accuracy, mean violation and class counts at the margins step * first, ..., step * last.

    The default grid is 0 to 5 in steps of 0.025. `first` may be negative: accuracy at a margin m is the share of
    triplets with a gap D(a, n) - D(a, p) of at least m, whatever its sign. Class counts are kept up to
    MOST_CLASS_COUNTS of them, and not with a step that is very fine against the distances (a millionth).

    Args:
        sampling: from how many images on anchors are sampled, and how many.

    Raises:
        InputError: means or labels that don't fit, no triplet, a step that is not above 0 and finite or is finer than
            about a millionth of the distances, fewer than 2 or more than 10,001 margins, or one beyond 10,001 steps.
    """
    groups = grouped_for_triplets(means, labels, sampling)
    require(is_finite(step) and step > 0, "step", step, "a finite number above 0")
    for name, place in (("first", first), ("last", last)):
        require_int(name, place, -_MOST_MARGINS, _MOST_MARGINS)
    n_margins, n_classes = last - first + 1, len(groups.classes)
    require(2 <= n_margins <= _MOST_MARGINS, "first, last", (first, last), f"a grid of 2 to {_MOST_MARGINS:,} margins")
    places = tally_places(groups, MarginGrid(step, first, n_margins))
    if places > MOST_PLACES:
        raise InputError(
            f"step: {step:g} is too fine for means up to {2 * radius(groups):g} apart; "
            f"it must be at least {2 * radius(groups) / (MOST_PLACES - n_margins):.2g}"
        )
    keep_classes = n_margins * n_classes**2 <= MOST_CLASS_COUNTS and places * n_classes <= MOST_PLACES
    return curve_on_grid(groups, step, first, last, keep_classes, threads)


def margin_where(curve: TripletCurve, accuracy: float) -> float | None:
    """About the least margin at which the curve has fallen to `accuracy`; None where it does not cross it on the grid.

    Between grid margins the curve is taken as straight, so the exact accuracy at this margin differs a little from
    `accuracy` (`INTERPOLATION_ERROR`); where that matters count it there (`triplet_accuracy`). A collapsed arm,
    which falls through every accuracy in one step, meets none.
    """
    if curve.collapsed or not is_finite(accuracy) or not curve.accuracy[-1] <= accuracy <= curve.accuracy[0]:
        return None
    after = int(np.flatnonzero(curve.accuracy <= accuracy)[0])
    if after == 0:
        return float(curve.margins[0])
    above, below = curve.accuracy[after - 1], curve.accuracy[after]
    return float(curve.margins[after - 1] + curve.step * (above - accuracy) / (above - below))


def curve_on_grid(
    groups: GroupedMeans, step: float, first: int, last: int, keep_classes: bool, threads: int
) -> TripletCurve:
    """The curve at the margins step * first, ..., step * last, its arguments unchecked.

    Args:
        keep_classes: keep satisfied triplets by margin and classes.
    """
    counts = grid_counts(groups, MarginGrid(step, first, last - first + 1), keep_classes, threads)
    of_anchor = (groups.sizes - 1.0) * (len(groups.points) - groups.sizes)  # triplets of an anchor of each class
    of_anchor[groups.sizes == 1] = np.inf  # it has none
    sums = (counts.satisfied.sum(axis=2) / of_anchor).T  # (c, m)
    accuracy = anchor_means(sums, counts.squares.T, groups.anchors, groups.sizes)
    hinges = anchor_means(counts.hinges.T, np.zeros_like(sums), groups.anchors, groups.sizes)
    return TripletCurve(
        step=step,
        first=first,
        accuracy=accuracy.mean,
        balanced_accuracy=accuracy.balanced,
        mean_violation=hinges.mean,
        standard_error=accuracy.standard_error,
        balanced_standard_error=accuracy.balanced_error,
        classes=groups.classes,
        class_sizes=groups.sizes,
        class_anchors=groups.anchors,
        seed=groups.seed,
        class_satisfied=counts.satisfied if keep_classes else None,
        spread=groups.spread,
        all_equal=groups.all_equal,
    )


def _class_shares(
    satisfied: Int[np.ndarray, "m c"], sizes: Int[np.ndarray, " c"], anchors: Int[np.ndarray, " c"]
) -> Float[np.ndarray, "m k"]:
    """Accuracy of the anchors of each class that has any, by margin, from the satisfied triplets of all classes."""
    triplets = class_triplets(sizes, anchors).sum(axis=1)
    return satisfied[:, anchors > 0] / triplets[anchors > 0]


def _of_all_anchors(sizes: Int[np.ndarray, " c"], margins: int) -> dict[str, np.ndarray]:
    """Arrays that files of earlier versions lack: all anchors were counted for them."""
    none = np.zeros(margins)
    return {
        "standard_error": none,
        "balanced_standard_error": none,
        "class_anchors": np.where(sizes > 1, sizes, 0),
        "seed": np.asarray(0),
    }


def _farthest(values: Float[np.ndarray, " m"], below: int, share: float) -> float:
    """Greatest error of the value that `_between` gives: the exact one lies between the two grid values."""
    return max(share, 1 - share) * float(values[below] - values[below + 1]) if share else 0.0


def _between(values: Float[np.ndarray, " m"], below: int, share: float) -> float:
    """Value `share` of a step after values[below], interpolated on a straight line to the next."""
    if share == 0:
        return float(values[below])
    return float((1 - share) * values[below] + share * values[below + 1])
