"""Processor seconds of each page's heaviest calls as the images become more.

    python -m benchmarks.growth [n ...]

On made codes as `benchmarks.large_splits`, at 10,000, 70,000 and 200,000 images; one run of each call, on two threads.
A call is left out where the size before it says that it would take more than `MOST_SECONDS`. The last column is the
power of n by which a call grew from the smallest size to the largest: 2 is n².
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.large_splits import THREADS, made_codes
from tvae.maps.fidelity import fidelity
from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.neighbours import nearest_neighbours, nearest_to, searched_rows
from tvae.metrics.scores import retrieval, silhouette
from tvae.metrics.sub_styles import sub_styles
from tvae.metrics.triplet_accuracy import class_matrix
from tvae.metrics.triplet_curve import triplet_curve
from tvae.metrics.triplet_search import worst_triplets

SIZES = (10_000, 70_000, 200_000)
MOST_SECONDS = 600.0
QUERIES = 100


def calls(means: np.ndarray, labels: np.ndarray) -> dict[tuple[str, str], Callable[[], object]]:
    """Functions that do each page's heaviest work on one arm, by page and call."""
    return {
        ("Overview, Training", "retrieval"): lambda: retrieval(means, labels, threads=THREADS),
        ("Overview, Training", "silhouette"): lambda: silhouette(means, labels, threads=THREADS),
        ("Which weight, Triplets", "curve, 201 margins"): lambda: triplet_curve(means, labels, threads=THREADS),
        ("Triplets", "gap histogram"): lambda: gap_histogram(means, labels, threads=THREADS),
        ("Triplets", "matrix of classes"): lambda: class_matrix(means, labels, 0.1, threads=THREADS),
        ("Triplets", "20 worst triplets"): lambda: worst_triplets(means, labels, 20, threads=THREADS),
        ("Latent map", "groups within a class"): lambda: sub_styles(means, labels, 0),
        ("Latent map", "fidelity of a map"): lambda: fidelity(means, means[:, :2], labels),
        ("Latent map", "100 neighbours of all"): lambda: nearest_neighbours(
            means, 100, among=searched_rows(len(means)), threads=THREADS
        ),
        ("Your own digit", f"5 neighbours of {QUERIES}"): lambda: nearest_to(means[:QUERIES], means, 5),
    }


def processor_seconds(call: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def main() -> None:
    """Print a Markdown table."""
    for call in calls(*made_codes(500)).values():
        call()  # loads compiled code
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    taken: dict[tuple[str, str], list[float | None]] = {name: [] for name in calls(*made_codes(500))}
    for n in sizes:
        for name, call in calls(*made_codes(n)).items():
            before = taken[name][-1] if taken[name] else 0.0
            growth = (n / sizes[len(taken[name]) - 1]) ** 2 if taken[name] else 1.0
            fits = before is not None and before * growth <= MOST_SECONDS
            taken[name].append(processor_seconds(call) if fits else None)
            print(n, *name, taken[name][-1], file=sys.stderr, flush=True)
    print("| page | call | " + " | ".join(f"{n:,}" for n in sizes) + " | power of n |")
    print("| --- | --- |" + " ---: |" * (len(sizes) + 1))
    for (page, what), seconds in taken.items():
        known = [(n, each) for n, each in zip(sizes, seconds, strict=True) if each]
        power = "–"
        if len(known) > 1:
            power = f"{math.log(known[-1][1] / known[0][1]) / math.log(known[-1][0] / known[0][0]):.1f}"
        cells = " | ".join("not taken" if each is None else f"{each:.2f}" for each in seconds)
        print(f"| {page} | {what} | {cells} | {power} |")


if __name__ == "__main__":
    main()
