"""Latent means sorted by class, iterated in blocks of anchors."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from tvae.errors import InputError, require, require_int
from tvae.metrics.anchor_sample import ALL, AnchorSample, Sampling

LARGEST_COORDINATE = 1e100
"""Means beyond this are refused: the squares of larger differences leave the range of float64."""

_BLOCK = 64  # anchors in a block: few enough to share between threads, enough to hide the cost of a call

Block = TypeVar("Block")
Result = TypeVar("Result")


class AnchorBlock(NamedTuple):
    """Anchors of one class: rows first to last - 1 of the sorted means."""

    own: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class GroupedMeans:
    """Means sorted by class, so that each class is one range of rows."""

    points: Float[np.ndarray, "n d"]
    """float64 means, class by class; within a class in the given order, or a sample's anchors first."""
    columns: Float[np.ndarray, "d n"]
    """`points` transposed: one latent axis in a row."""
    order: Int[np.ndarray, " n"]
    """order[i] is the original row of sorted row i."""
    classes: Int[np.ndarray, " c"]
    """The labels that occur, ascending."""
    starts: Int[np.ndarray, " c+1"]
    """Class c owns the sorted rows starts[c] to starts[c + 1] - 1."""
    anchors: Int[np.ndarray, " c"]
    """How many of each class are counted as anchors, its first rows: all, or a sample; none of a class of one."""
    seed: int
    """Seed of the sample."""

    @property
    def sizes(self) -> Int[np.ndarray, " c"]:
        """Number of points of each class."""
        return np.diff(self.starts)

    @property
    def n_anchors(self) -> int:
        """Number of points whose class has another member."""
        return int(self.sizes[self.sizes > 1].sum())

    @property
    def n_left_out(self) -> int:
        """Number of points alone in their class, which can't be anchors."""
        return len(self.points) - self.n_anchors

    @property
    def n_triplets(self) -> int:
        """Number of triplets counted: every anchor with each of its positives and each of its negatives."""
        n, sizes, anchors = len(self.points), self.sizes.tolist(), self.anchors.tolist()
        return sum(count * (size - 1) * (n - size) for count, size in zip(anchors, sizes, strict=True))

    @property
    def sample(self) -> AnchorSample | None:
        """The sample of anchors; None where all are counted."""
        counted = int(self.anchors.sum())
        return AnchorSample(counted, self.n_anchors, self.seed) if counted < self.n_anchors else None

    @property
    def spread(self) -> float:
        """Root mean square distance of the means from their centre; near 0 when the latent space has collapsed."""
        return float(np.sqrt(np.mean(np.sum((self.points - self.points.mean(axis=0)) ** 2, axis=1))))

    @property
    def all_equal(self) -> bool:
        """Whether every mean is the same point, so that every distance is 0."""
        return bool(np.all(self.points == self.points[0]))

    def anchor_blocks(self, size: int = _BLOCK) -> Iterator[AnchorBlock]:
        """The anchors that are counted, in blocks of one class each, of at most `size`."""
        for own, (start, count) in enumerate(zip(self.starts[:-1].tolist(), self.anchors.tolist(), strict=True)):
            for first in range(start, start + count, size):
                yield AnchorBlock(own, first, min(first + size, start + count))

    def class_index(self, label: int) -> int:
        """Position of `label` among the classes.

        Raises:
            InputError: no point has this label.
        """
        position = np.flatnonzero(self.classes == label)
        require(len(position) > 0, "class", label, f"a label that a point has: {_listed(self.classes)}")
        return int(position[0])


def grouped_by_class(
    means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], sampling: Sampling = ALL
) -> GroupedMeans:
    """Sort means by label; rows of one class keep their order, or are drawn where not all of them are anchors.

    Raises:
        InputError: shapes that don't fit, means that are NaN, infinite or beyond LARGEST_COORDINATE, or labels that are
            not whole numbers.
    """
    points = checked_means(means)
    labels = checked_labels(labels, len(points))
    classes, sizes = np.unique(labels, return_counts=True)
    anchors = sampling.counts(sizes)
    order = np.argsort(labels, kind="stable")
    if anchors.sum() < sizes[sizes > 1].sum():
        drawn = np.random.default_rng(sampling.seed).permutation(len(labels))
        order = drawn[np.argsort(labels[drawn], kind="stable")]
    points = np.ascontiguousarray(points[order])
    return GroupedMeans(
        points=points,
        columns=np.ascontiguousarray(points.T),
        order=order,
        classes=classes,
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        anchors=anchors,
        seed=sampling.seed,
    )


def grouped_for_triplets(
    means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], sampling: Sampling = ALL
) -> GroupedMeans:
    """As `grouped_by_class`, for means that have at least one triplet.

    Raises:
        InputError: as in `grouped_by_class`, or no triplet can be formed.
    """
    groups = grouped_by_class(means, labels, sampling)
    if len(groups.classes) < 2:
        raise InputError(
            f"labels: all {len(groups.points)} are {groups.classes[0]}, so no anchor has a negative; "
            "triplets need at least two classes"
        )
    if groups.n_anchors == 0:
        raise InputError(
            f"labels: each of the {len(groups.classes)} classes has one member, so no anchor has a positive; "
            "triplets need a class with at least two"
        )
    return groups


def checked_means(means: Float[np.ndarray, "n d"], name: str = "means") -> Float64[np.ndarray, "n d"]:
    """The means as float64.

    Raises:
        InputError: not a non-empty table of numbers that are finite and at most LARGEST_COORDINATE.
    """
    array = np.asarray(means)
    require(array.ndim == 2 and 0 not in array.shape, f"shape of {name}", array.shape, "(images, latents), neither 0")
    require(array.dtype.kind in "fiu", f"type of {name}", str(array.dtype), "that of real numbers")
    array = array.astype(np.float64)
    bad = ~(np.abs(array) <= LARGEST_COORDINATE)
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise InputError(f"{name}: row {row} holds {array[row][bad[row]][0]}; every mean must be finite, up to 1e100")
    return array


def checked_labels(labels: Int[np.ndarray, " n"], n: int) -> Int64[np.ndarray, " n"]:
    """The labels as int64.

    Raises:
        InputError: not n whole numbers.
    """
    array = np.asarray(labels)
    require(array.shape == (n,), "shape of labels", array.shape, f"({n},), one label for each row of means")
    require(array.dtype.kind in "iu", "type of labels", str(array.dtype), "that of whole numbers")
    return array.astype(np.int64)


def checked_class_labels(labels: Int[np.ndarray, " n"], n: int, class_count: int) -> Int64[np.ndarray, " n"]:
    """The labels as int64, each the number of a class.

    Raises:
        InputError: not n whole numbers from 0 to class_count - 1.
    """
    array = checked_labels(labels, n)
    outside = array[(array < 0) | (array >= class_count)]
    if len(outside):
        require_int(f"labels of {class_count} classes", int(outside[0]), 0, class_count - 1)
    return array


def over_blocks(task: Callable[[Block], Result], blocks: Iterable[Block], threads: int) -> Iterator[Result]:
    """Results of `task` on each block, in the order of the blocks whatever the number of threads."""
    require_int("threads", threads, 1)
    if threads == 1:
        yield from map(task, blocks)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        for block in blocks:
            waiting.append(pool.submit(task, block))
            if len(waiting) > 2 * threads:  # no result waits long, so memory stays flat
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _listed(classes: Int[np.ndarray, " c"]) -> str:
    """The first ten labels as text."""
    first = ", ".join(str(label) for label in classes[:10].tolist())
    return first if len(classes) <= 10 else f"{first}, … ({len(classes)} in all)"
