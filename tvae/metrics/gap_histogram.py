"""Distribution of the gap D(a, n) - D(a, p) over all triplets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError, require_int
from tvae.metrics.anchor_sample import BY_SIZE, AnchorSample, Sampling
from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, grouped_for_triplets, over_blocks
from tvae.metrics.triplet_curve import curve_on_grid
from tvae.system.array_files import checked_array


@dataclass(frozen=True, kw_only=True)
class GapHistogram:
    """Distribution of the gap D(a, n) - D(a, p), weighted as triplet accuracy is."""

    edges: Float[np.ndarray, " b+1"]
    share: Float[np.ndarray, " b"]
    """Share of triplets with edges[i] <= gap < edges[i + 1]; they add up to 1."""
    mean: float
    """Expected gap."""
    sample: AnchorSample | None = None
    """The sample of anchors that was counted; None where all were."""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, for `numpy.savez`."""
        arrays = {"edges": self.edges, "share": self.share, "mean": np.asarray(self.mean)}
        if self.sample is not None:
            arrays["sample"] = np.array([self.sample.counted, self.sample.of, self.sample.seed])
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> GapHistogram:
        """A histogram from what `to_arrays` gave.

        Raises:
            InputError: an array is missing or does not fit the others.
        """
        where = "gap histogram"
        edges = checked_array(arrays, "edges", "fiu", (None,), where)
        share = checked_array(arrays, "share", "fiu", (None,), where)
        mean = checked_array(arrays, "mean", "fiu", (), where)
        sample = checked_array(arrays, "sample", "iu", (3,), where) if "sample" in arrays else None
        if len(edges) != len(share) + 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
            raise InputError("gap histogram: edges must rise and be one more than the shares")
        return cls(
            edges=edges,
            share=share,
            mean=float(mean),
            sample=None if sample is None else AnchorSample(*map(int, sample)),
        )


def gap_histogram(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    *,
    n_bins: int = 100,
    threads: int = 1,
    sampling: Sampling = BY_SIZE,
) -> GapHistogram:
    """Distribution of the gap D(a, n) - D(a, p) over all triplets, negative gaps (violations at margin 0) included.

    Of many images the triplets are all those of a sample of anchors (`anchor_sample`).

    Bins have a round width (1, 2 or 5 times a power of ten), one edge at 0, and cover every gap; there are about
    `n_bins` of them, from half as many to one and a half times as many.

    Raises:
        InputError: means or labels that don't fit, no triplet, or n_bins not from 2 to 1,000.
    """
    groups = grouped_for_triplets(means, labels, sampling)
    require_int("n_bins", n_bins, 2, 1_000)
    low, high = _gap_range(groups, threads)
    step = _round_width((high - low) / n_bins) if high > low else 1.0
    # One step to spare at either end: the first share is then 1, the last 0, whatever the rounding.
    curve = curve_on_grid(groups, step, math.floor(low / step) - 1, math.floor(high / step) + 2, False, threads)
    share = -np.diff(curve.accuracy)
    inside = np.flatnonzero(share > 0)
    kept = slice(inside[0], inside[-1] + 1)
    # Every triplet is violated at the last margin, where the mean hinge is therefore that margin less the mean gap.
    mean = float(curve.margins[-1] - curve.mean_violation[-1])
    edges = curve.margins[inside[0] : inside[-1] + 2]
    return GapHistogram(edges=edges, share=share[kept], mean=mean, sample=groups.sample)


def _gap_range(groups: GroupedMeans, threads: int) -> tuple[float, float]:
    """Least and greatest D(a, n) - D(a, p) of all triplets."""
    from tvae.metrics.kernels.distances import distance_rows

    def gaps(block: AnchorBlock) -> tuple[float, float]:
        rows = np.empty((block.last - block.first, len(groups.points)))
        distance_rows(groups.columns, groups.points[block.first : block.last], rows)
        start, stop = groups.starts[block.own], groups.starts[block.own + 1]
        negatives = np.concatenate([rows[:, :start], rows[:, stop:]], axis=1)
        positives = rows[:, start:stop]
        farthest = positives.max(axis=1)
        positives[np.arange(len(rows)), np.arange(block.first, block.last) - start] = np.inf  # not its own positive
        nearest = positives.min(axis=1)
        return float((negatives.min(axis=1) - farthest).min()), float((negatives.max(axis=1) - nearest).max())

    lows, highs = zip(*over_blocks(gaps, groups.anchor_blocks(), threads), strict=True)
    return min(lows), max(highs)


def _round_width(width: float) -> float:
    """The 1, 2 or 5 times a power of ten that is nearest to `width` in ratio."""
    power = 10.0 ** math.floor(math.log10(width))
    return min((m * power for m in (1, 2, 5, 10)), key=lambda candidate: abs(math.log(candidate / width)))
