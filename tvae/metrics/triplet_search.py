"""The worst triplets of an arm, and those on which two arms disagree.

    worst_triplets(means, labels, k)                 the k largest D(a, p) - D(a, n), exact -> Triplets
    triplets_by_verdict(first, second, labels, ...)  random triplets that are right or wrong in each of two arms
                                                     -> VerdictTriplets
    triplet_distances(means, triplets)               D(a, p) and D(a, n) of given triplets -> TripletDistances

Rows are rows of the given means. Neither search lists all triplets; both can be kept to one class of anchors and one
class of negatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tvae.errors import InputError, require_int
from tvae.metrics.anchor_sample import BY_SIZE, Sampling
from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, checked_means, grouped_for_triplets, over_blocks
from tvae.metrics.random_triplets import random_triplets, satisfied_triplets
from tvae.metrics.triplet_accuracy import checked_margin
from tvae.metrics.uncertainty.share import Share

MOST_DRAWS = 1 << 20
"""Random triplets that are tried before a search."""
DRAWS_AT_ONCE = 1 << 16
_MOST_PAIRS = 200_000_000  # pairs of positive and negative looked at in a search: about a second
_MOST_TRIPLETS = 10_000  # that a caller may want


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
    """Triplets with a given verdict (satisfied or violated) in each of two arms."""

    triplets: Triplets
    """Distinct, in random order; fewer than k where no more were found."""
    complete: bool
    """Whether every triplet was considered: these are then a uniform choice from all with the verdict, and if there are
    fewer than k, no other exists. If not complete, more may exist."""
    share: Share
    """Share of random triplets that have this verdict, an estimate with its confidence interval."""


def worst_triplets(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    k: int,
    *,
    distinct_anchors: bool = False,
    anchor_class: int | None = None,
    negative_class: int | None = None,
    threads: int = 1,
    sampling: Sampling = BY_SIZE,
) -> Triplets:
    """The k triplets with the largest D(a, p) - D(a, n), worst first; fewer where there are not k.

    Exact: the k worst lie with the k anchors whose own worst triplet is worst, and within an anchor among its k
    farthest positives and k nearest negatives. Of many images, the worst of a sample of anchors (`anchor_sample`).

    Args:
        distinct_anchors: only the worst triplet of each anchor.
        anchor_class: only anchors with this label.
        negative_class: only negatives with this label.

    Raises:
        InputError: means or labels that don't fit, no triplet is possible, or k not from 1 to 10,000.
    """
    groups = grouped_for_triplets(means, labels, sampling)
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
    candidates: list[tuple[Float[np.ndarray, " t"], Int[np.ndarray, "t 3"]]] = []
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
        candidates.append((violation, np.stack([np.full(len(i), anchor), positives[i], negatives[j]], axis=1)))
        if len(candidates) > 64:  # keep the k worst so far, so that memory stays at k
            candidates = [_worst_of(candidates, k)]
    return _as_triplets(groups, _worst_of(candidates, k)[1])


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
    """Up to k distinct triplets with a given verdict at `margin` in each of two arms.

    Up to a million random triplets are tried. Where that does not give k, as with a rare verdict, anchors are searched
    one after the other in random order, with bounded effort: about a second.

    Args:
        first: means of one arm.
        second: means of the same rows in another arm.
        first_right: whether the triplets are satisfied in the first arm, or violated.
        second_right: the same for the second arm.
        anchor_class: only anchors with this label.
        negative_class: only negatives with this label.

    Raises:
        InputError: means or labels that don't fit, no triplet is possible, a margin that is negative or not finite, k
            not from 1 to 10,000, or a seed that is no whole number from 0 to 2**63 - 1.
    """
    arms = grouped_for_triplets(first, labels), grouped_for_triplets(second, labels)
    verdict = first_right, second_right
    groups = arms[0]
    anchor_at, negative_at = _checked_classes(groups, anchor_class, negative_class)
    margin = checked_margin(margin)
    _check_count(k)
    require_int("seed", seed, 0, 2**63 - 1)
    generator = np.random.default_rng(seed)
    rows = np.empty((0, 3), np.int64)
    n_drawn = n_hits = 0
    while len(rows) < k and n_drawn < MOST_DRAWS:
        drawn = random_triplets(groups, DRAWS_AT_ONCE, generator, anchor_at, negative_at)
        hits = np.ones(DRAWS_AT_ONCE, bool)
        for arm, right in zip(arms, verdict, strict=True):
            hits &= satisfied_triplets(arm.points, *drawn, margin) == right
        n_drawn += DRAWS_AT_ONCE
        n_hits += int(hits.sum())
        rows = np.unique(np.concatenate([rows, np.stack(drawn, axis=1)[hits]]), axis=0)
    complete = False
    if len(rows) < k:
        searched, complete = _search(arms, verdict, margin, anchor_at, negative_at, 20 * k, generator)
        rows = np.unique(np.concatenate([rows, searched]), axis=0)
    chosen = generator.permutation(len(rows))[:k]
    return VerdictTriplets(
        triplets=_as_triplets(groups, rows[chosen]),
        complete=complete,
        share=Share(n_hits, n_drawn),
    )


def triplet_distances(means: Float[np.ndarray, "n d"], triplets: Triplets) -> TripletDistances:
    """D(a, p) and D(a, n) of each triplet, to the bit as in triplet accuracy.

    Raises:
        InputError: means that are not finite, or a row that does not exist.
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
    """Triplets with the verdict, anchor by anchor in random order, and whether these are all that exist.

    Stops at `enough` triplets, or when _MOST_PAIRS pairs have been looked at.
    """
    from tvae.metrics.kernels.distances import distance_rows

    groups = arms[0]
    class_of = np.repeat(np.arange(len(groups.classes)), groups.sizes)
    possible = (groups.sizes[class_of] > 1) & (class_of != negative_at)
    if anchor_at is not None:
        possible &= class_of == anchor_at
    parts = [np.empty((0, 3), np.int64)]
    n_hits = n_pairs = 0
    rows = [np.empty((1, len(groups.points))) for _ in arms]
    for anchor in generator.permutation(np.flatnonzero(possible)).tolist():
        if n_hits >= enough or n_pairs >= _MOST_PAIRS:
            return np.concatenate(parts), False
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
            # Rows that can't be in any triplet with the verdict are left out before pairs are formed.
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
        n_hits += len(p)
        parts.append(np.stack([np.full(len(p), anchor), positives[p], negatives[n]], axis=1))
    return np.concatenate(parts), n_hits < enough


def _worst_of(
    candidates: list[tuple[Float[np.ndarray, " t"], Int[np.ndarray, "t 3"]]], k: int
) -> tuple[Float[np.ndarray, " k"], Int[np.ndarray, "k 3"]]:
    violation = np.concatenate([part[0] for part in candidates])
    rows = np.concatenate([part[1] for part in candidates])
    first = np.argsort(-violation, kind="stable")[:k]
    return violation[first], rows[first]


def _as_triplets(groups: GroupedMeans, sorted_rows: Int[np.ndarray, "t 3"]) -> Triplets:
    anchor, positive, negative = groups.order[sorted_rows].T
    return Triplets(anchor=anchor, positive=positive, negative=negative)


def _checked_classes(
    groups: GroupedMeans, anchor_class: int | None, negative_class: int | None
) -> tuple[int | None, int | None]:
    """Positions of both classes.

    Raises:
        InputError: they allow no triplet.
    """
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
    require_int("k", k, 1, _MOST_TRIPLETS)
