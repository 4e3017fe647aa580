"""Exact triplet accuracy: one margin, 200 margins, a look-up in prepared counts; growth with n."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

import numpy as np
from jaxtyping import Float, Int64

import tvae.metrics.triplet_curve
from benchmarks.interleaving import Timing, interleaved
from tvae.metrics.triplet_accuracy import class_matrix, triplet_accuracy
from tvae.metrics.triplet_curve import triplet_curve

ONE, ONE_2 = "one margin, 1 thread", "one margin, 2 threads"
CURVE, CURVE_2 = "201 margins with class counts, 1 thread", "201 margins with class counts, 2 threads"
ALONE_2 = "201 margins without class counts, 2 threads"
LOOK_UP, MATRIX_LOOK_UP = "prepared: one margin", "prepared: one class × class matrix"
MATRIX = "one class × class matrix, 2 threads"
SAMPLED = "100,000 sampled triplets in a plain loop"
MARGIN = 0.5
SIZES = (5_000, 10_000, 20_000, 40_000, 60_000)


def sampled_in_a_loop(means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], count: int) -> float:
    """Sampled triplet accuracy in a plain Python loop, a triplet at a time."""
    generator = np.random.default_rng(0)
    rows = {label: np.flatnonzero(labels == label) for label in np.unique(labels)}
    others = {label: np.flatnonzero(labels != label) for label in rows}
    right = 0
    for _ in range(count):
        anchor = generator.integers(len(labels))
        own = labels[anchor]
        positive, negative = generator.choice(rows[own]), generator.choice(others[own])
        to_positive = np.linalg.norm(means[anchor] - means[positive])
        right += to_positive + MARGIN <= np.linalg.norm(means[anchor] - means[negative])
    return right / count


def measure(means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], quick: bool) -> dict[str, Timing]:
    """Measure the seconds of each way on one arm's means; quick: only on two threads, and look-ups."""
    prepared = triplet_curve(means, labels, threads=2)
    ways: dict[str, Callable[[], object]] = {
        ONE: lambda: triplet_accuracy(means, labels, [MARGIN]),
        ONE_2: lambda: triplet_accuracy(means, labels, [MARGIN], threads=2),
        CURVE: lambda: triplet_curve(means, labels),
        CURVE_2: lambda: triplet_curve(means, labels, threads=2),
        ALONE_2: lambda: _without_class_counts(means, labels),
        MATRIX: lambda: class_matrix(means, labels, MARGIN, threads=2),
        LOOK_UP: lambda: prepared.at(MARGIN),
        MATRIX_LOOK_UP: lambda: prepared.class_matrix(MARGIN),
        SAMPLED: lambda: sampled_in_a_loop(means, labels, 100_000),
    }
    if quick:
        ways = {name: ways[name] for name in (ONE_2, ALONE_2, MATRIX, LOOK_UP, MATRIX_LOOK_UP)}
    return interleaved({name: _timed(way) for name, way in ways.items()}, rounds=3)


def _without_class_counts(means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> None:
    with mock.patch.object(tvae.metrics.triplet_curve, "MOST_CLASS_COUNTS", 0):
        triplet_curve(means, labels, threads=2)


def _timed(way: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        way()
        return time.perf_counter() - started

    return run


def headlines(timings: dict[str, Timing]) -> dict[str, float]:
    """Seconds of the curve over the whole grid of margins on two threads."""
    return {"curve200_seconds": timings[ALONE_2].median}


def table(timings: dict[str, Timing]) -> list[str]:
    """Markdown rows."""
    lines = ["| what | milliseconds | spread |", "| --- | ---: | ---: |"]
    return lines + [f"| {name} | {1000 * t.median:,.3g} | ± {100 * t.spread:.0f} % |" for name, t in timings.items()]


@dataclass(frozen=True)
class Grown:
    """Time and memory of exact counts at one number of rows."""

    n: int
    one_margin: float
    """Seconds."""
    grid: float
    """Seconds of 201 margins without class counts."""
    memory: float
    """GiB that the process has held at most, all before it included."""


def growth(means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> list[Grown]:
    """One margin and the grid at several n, on two threads."""
    triplet_accuracy(means[:100], labels[:100], [MARGIN], threads=2)  # loads compiled code, which is no growth
    _without_class_counts(means[:100], labels[:100])
    sizes = []
    for n in (size for size in SIZES if size <= len(labels)):
        one_margin = _timed(lambda n=n: triplet_accuracy(means[:n], labels[:n], [MARGIN], threads=2))()
        grid = _timed(lambda n=n: _without_class_counts(means[:n], labels[:n]))()
        sizes.append(Grown(n, one_margin, grid, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))
    return sizes


def growth_table(sizes: list[Grown]) -> list[str]:
    """Markdown rows."""
    lines = ["| n | one margin, s | 201 margins, s | process's memory at most, GiB |", "| ---: | ---: | ---: | ---: |"]
    return lines + [f"| {size.n:,} | {size.one_margin:.2f} | {size.grid:.2f} | {size.memory:.2f} |" for size in sizes]
