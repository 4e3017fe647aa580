"""The worst triplets of an arm, and those on which two arms disagree.

    worst_triplets(means, labels, k)                 the k largest D(a, p) - D(a, n), exact -> Triplets
    triplets_by_verdict(first, second, labels, ...)  random triplets that are right or wrong in each of two arms
                                                     -> VerdictTriplets
    triplet_distances(means, triplets)               D(a, p) and D(a, n) of given triplets -> TripletDistances

Rows are rows of the given means. Neither search lists all triplets; both can be kept to one class of anchors and one
class of negatives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tvae.errors import InputError
from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, checked_means, grouped_for_triplets, over_blocks
from tvae.metrics.random_triplets import random_triplets, satisfied_triplets
from tvae.metrics.triplet_accuracy import checked_margin

_DRAWS = 1 << 20  # random triplets tried before searching
_BATCH = 1 << 16
_MOST_PAIRS = 200_000_000  # pairs of positive and negative looked at in a search: about a second
_MOST_ASKED = 10_000


@dataclass(frozen=True, kw_only=True)
class Triplets:
    """Rows of anchors, positives and negatives."""

    anchor: Int[np.ndarray, " t"]
    positive: Int[np.ndarray, " t"]
    negative: Int[np.ndarray, " t"]

    def __len__(self) -> int:
        return len(self.anchor)


@dataclass(frozen=True, kw_only=True)
class TripletDistances:
    """Both distances of each triplet in one arm."""

    to_positive: Float[np.ndarray, " t"]
    to_negative: Float[np.ndarray, " t"]

    def satisfied(self, margin: float) -> Bool[np.ndarray, " t"]:
        """Whether each triplet has zero loss at `margin`."""
        return self.to_positive + checked_margin(margin) <= self.to_negative

    def violation(self, margin: float) -> Float[np.ndarray, " t"]:
        """Hinge max(0, D(a, p) - D(a, n) + margin) of each triplet (Eq. 1)."""
        return np.maximum(0.0, self.to_positive + checked_margin(margin) - self.to_negative)


@dataclass(frozen=True, kw_only=True)
class VerdictTriplets:
    """Triplets that two arms judge as asked."""

    triplets: Triplets
    """Distinct, in random order; fewer than asked for where no more were found."""
    complete: bool
    """Whether every triplet was considered: the ones here are then a uniform choice from all there are, and if there
    are fewer than asked for, no other exists. If not complete and fewer, more may exist."""
    share: float
    """Share of random triplets judged so, an estimate."""
    standard_error: float
    n_drawn: int
    """Random triplets behind `share`."""


def worst_triplets(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    k: int,
    *,
    distinct_anchors: bool = False,
    anchor_class: int | None = None,
    negative_class: int | None = None,
    threads: int = 1,
) -> Triplets:
    """The k triplets with the largest D(a, p) - D(a, n), worst first; with `distinct_anchors` the worst of each anchor.

    Exact: the k worst lie with the k anchors whose own worst triplet is worst, and within an anchor among its k
    farthest positives and k nearest negatives. Fewer where there are not k. Classes are labels. Raises InputError for
    means or labels that don't fit, where no triplet is possible, and for k outside 1 to 10,000.
    """
    groups = grouped_for_triplets(means, labels)
    anchor_at, negative_at = _checked_classes(groups, anchor_class, negative_class)
    _check_count(k)
    from tvae.metrics.kernels.distances import distance_rows

    starts = groups.starts.tolist()

    def negative_rows(own: int) -> Int[np.ndarray, " n_negatives"]:
        if negative_at is not None:
            return np.arange(starts[negative_at], starts[negative_at + 1])
        return np.r_[0 : starts[own], starts[own + 1] : len(groups.points)]

    def gaps_of_worst(block: AnchorBlock) -> Float[np.ndarray, " b"]:
        rows = np.empty((block.last - block.first, len(groups.points)))
        distance_rows(groups.columns, groups.points[block.first : block.last], rows)
        farthest = rows[:, starts[block.own] : starts[block.own + 1]].max(axis=1)  # itself is at 0
        return farthest - rows[:, negative_rows(block.own)].min(axis=1)

    blocks = [block for block in groups.anchor_blocks() if anchor_at in (None, block.own) and negative_at != block.own]
    anchors = np.concatenate([np.arange(block.first, block.last) for block in blocks])
    worst = np.concatenate(list(over_blocks(gaps_of_worst, blocks, threads)))
    leading = anchors[np.argsort(-worst, kind="stable")[:k]]
    class_of = np.repeat(np.arange(len(groups.classes)), groups.sizes)
    per_anchor = 1 if distinct_anchors else k
    found: list[tuple[Float[np.ndarray, " t"], Int[np.ndarray, "t 3"]]] = []
    row = np.empty((1, len(groups.points)))
    for anchor in leading.tolist():
        own = int(class_of[anchor])
        distance_rows(groups.columns, groups.points[anchor : anchor + 1], row)
        positives = np.arange(starts[own], starts[own + 1])
        positives = positives[positives != anchor]
        positives = positives[np.argsort(-row[0, positives], kind="stable")[:per_anchor]]
        negatives = negative_rows(own)
        negatives = negatives[np.argsort(row[0, negatives], kind="stable")[:per_anchor]]
        # The pair (i, j) has (i + 1)(j + 1) - 1 pairs no better than it, so it is in only if that is below k.
        i, j = np.nonzero(np.outer(np.arange(len(positives)) + 1, np.arange(len(negatives)) + 1) <= per_anchor)
        violation = row[0, positives[i]] - row[0, negatives[j]]
        found.append((violation, np.stack([np.full(len(i), anchor), positives[i], negatives[j]], axis=1)))
        if len(found) > 64:  # keep the k worst so far, so that memory stays at k
            found = [_worst_of(found, k)]
    return _as_triplets(groups, _worst_of(found, k)[1])


def triplets_by_verdict(
    first: Float[np.ndarray, "n d"],
    second: Float[np.ndarray, "n e"],
    labels: Int[np.ndarray, " n"],
    margin: float,
    *,
    first_right: bool,
    second_right: bool,
    k: int,
    seed: int,
    anchor_class: int | None = None,
    negative_class: int | None = None,
) -> VerdictTriplets:
    """Up to k distinct triplets that are satisfied at `margin` in arm `first` and in arm `second` as asked.

    Up to a million random triplets are tried. Where that does not give k, as with a rare verdict, anchors are searched
    one after the other in random order, with bounded effort: about a second. Classes are labels. Raises InputError for
    means or labels that don't fit, where no triplet is possible, for a margin that is negative or not finite, and for
    k outside 1 to 10,000.
    """
    arms = grouped_for_triplets(first, labels), grouped_for_triplets(second, labels)
    verdict = first_right, second_right
    groups = arms[0]
    anchor_at, negative_at = _checked_classes(groups, anchor_class, negative_class)
    margin = checked_margin(margin)
    _check_count(k)
    generator = np.random.default_rng(seed)
    found = np.empty((0, 3), np.int64)
    n_drawn = n_hits = 0
    while len(found) < k and n_drawn < _DRAWS:
        drawn = random_triplets(groups, _BATCH, generator, anchor_at, negative_at)
        hits = np.ones(_BATCH, bool)
        for arm, right in zip(arms, verdict, strict=True):
            hits &= satisfied_triplets(arm.points, *drawn, margin) == right
        n_drawn += _BATCH
        n_hits += int(hits.sum())
        found = np.unique(np.concatenate([found, np.stack(drawn, axis=1)[hits]]), axis=0)
    complete = False
    if len(found) < k:
        searched, complete = _search(arms, verdict, margin, anchor_at, negative_at, 20 * k, generator)
        found = np.unique(np.concatenate([found, searched]), axis=0)
    chosen = generator.permutation(len(found))[:k]
    share = n_hits / n_drawn
    return VerdictTriplets(
        triplets=_as_triplets(groups, found[chosen]),
        complete=complete,
        share=share,
        standard_error=math.sqrt(share * (1 - share) / n_drawn),
        n_drawn=n_drawn,
    )


def triplet_distances(means: Float[np.ndarray, "n d"], triplets: Triplets) -> TripletDistances:
    """D(a, p) and D(a, n) of each triplet, to the bit as triplet accuracy takes them.

    Raises InputError for means that are not finite and for a row that is not there.
    """
    points = checked_means(means)
    for name in ("anchor", "positive", "negative"):
        rows = getattr(triplets, name)
        if np.any((rows < 0) | (rows >= len(points))):
            raise InputError(f"{name}: every row must be from 0 to {len(points) - 1}")
    squares = np.zeros((2, len(triplets)))
    for axis in points.T:  # one axis at a time: the order of addition that the exact counts use
        squares[0] += (axis[triplets.positive] - axis[triplets.anchor]) ** 2
        squares[1] += (axis[triplets.negative] - axis[triplets.anchor]) ** 2
    to_positive, to_negative = np.sqrt(squares)
    return TripletDistances(to_positive=to_positive, to_negative=to_negative)


def _search(
    arms: tuple[GroupedMeans, GroupedMeans],
    verdict: tuple[bool, bool],
    margin: float,
    anchor_at: int | None,
    negative_at: int | None,
    enough: int,
    generator: np.random.Generator,
) -> tuple[Int[np.ndarray, "t 3"], bool]:
    """Triplets with that verdict, anchor by anchor in random order, and whether these are all there are.

    Stops where there are `enough` or where the effort is spent.
    """
    from tvae.metrics.kernels.distances import distance_rows

    groups = arms[0]
    class_of = np.repeat(np.arange(len(groups.classes)), groups.sizes)
    possible = (groups.sizes[class_of] > 1) & (class_of != negative_at)
    if anchor_at is not None:
        possible &= class_of == anchor_at
    found = [np.empty((0, 3), np.int64)]
    n_found = n_pairs = 0
    rows = [np.empty((1, len(groups.points))) for _ in arms]
    for anchor in generator.permutation(np.flatnonzero(possible)).tolist():
        if n_found >= enough or n_pairs >= _MOST_PAIRS:
            return np.concatenate(found), False
        own = class_of[anchor]
        positives = np.flatnonzero(class_of == own)
        positives = positives[positives != anchor]
        negatives = np.flatnonzero(class_of == negative_at if negative_at is not None else class_of != own)
        n_pairs += len(groups.points)
        for arm, right, row in zip(arms, verdict, rows, strict=True):
            distance_rows(arm.columns, arm.points[anchor : anchor + 1], row)
            thresholds, distances = row[0, positives] + margin, row[0, negatives]
            if not (len(thresholds) and len(distances)):
                break
            # Rows that can't be in any triplet judged so are left out before pairs are formed.
            keep = thresholds <= distances.max() if right else thresholds > distances.min()
            also = distances >= thresholds.min() if right else distances < thresholds.max()
            positives, negatives = positives[keep], negatives[also]
        hits = np.ones((len(positives), len(negatives)), bool)
        n_pairs += hits.size
        for right, row in zip(verdict, rows, strict=True):
            hits &= (row[0, positives][:, None] + margin <= row[0, negatives]) == right
        p, n = np.nonzero(hits)
        if len(p) > enough:
            chosen = generator.permutation(len(p))[:enough]
            p, n = p[chosen], n[chosen]
        n_found += len(p)
        found.append(np.stack([np.full(len(p), anchor), positives[p], negatives[n]], axis=1))
    return np.concatenate(found), n_found < enough


def _worst_of(
    found: list[tuple[Float[np.ndarray, " t"], Int[np.ndarray, "t 3"]]], k: int
) -> tuple[Float[np.ndarray, " k"], Int[np.ndarray, "k 3"]]:
    violation = np.concatenate([part[0] for part in found])
    rows = np.concatenate([part[1] for part in found])
    first = np.argsort(-violation, kind="stable")[:k]
    return violation[first], rows[first]


def _as_triplets(groups: GroupedMeans, sorted_rows: Int[np.ndarray, "t 3"]) -> Triplets:
    anchor, positive, negative = groups.order[sorted_rows].T
    return Triplets(anchor=anchor, positive=positive, negative=negative)


def _checked_classes(
    groups: GroupedMeans, anchor_class: int | None, negative_class: int | None
) -> tuple[int | None, int | None]:
    """Positions of both classes; InputError where they allow no triplet."""
    anchor_at = None if anchor_class is None else groups.class_index(anchor_class)
    negative_at = None if negative_class is None else groups.class_index(negative_class)
    if anchor_at is not None and anchor_at == negative_at:
        raise InputError(f"anchor class and negative class are both {anchor_class}; they must differ")
    if anchor_at is not None and groups.sizes[anchor_at] < 2:
        raise InputError(f"anchor class {anchor_class} has one member, so no positive; choose one with at least two")
    others = np.flatnonzero(groups.sizes > 1)
    if negative_at is not None and others.tolist() == [negative_at]:
        raise InputError(f"negative class {negative_class}: no other class has two members to take anchors from")
    return anchor_at, negative_at


def _check_count(k: int) -> None:
    if not 1 <= k <= _MOST_ASKED:
        raise InputError(f"k: {k} is not possible; it must be from 1 to {_MOST_ASKED:,}")
