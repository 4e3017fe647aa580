"""Time and memory of all measures that compare all pairs of images, at 60,000 images (exact) and 100,000 (sampled).

    python -m benchmarks.large_splits [n ...]

On made codes: ten classes of unequal size, twenty latents. One run of each part, on two threads, in processor seconds
and in seconds by the clock; the load of the machine stands beside them, since one run can't tell it from the work.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from tvae.metrics.anchor_sample import BY_SIZE, sampled_rows
from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.neighbours import nearest_neighbours
from tvae.metrics.scores import retrieval, silhouette
from tvae.metrics.triplet_accuracy import TripletAccuracy, triplet_accuracy
from tvae.metrics.triplet_curve import triplet_curve

SIZES = (60_000, 100_000)
LATENTS, CLASSES, THREADS = 20, 10, 2
MARGINS = (0.0, 0.1, 0.2, 0.5, 1.0)


def made_codes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n, 20) around ten centres, the largest class ten times the smallest, and their classes."""
    rng = np.random.default_rng(0)
    shares = np.linspace(1, 10, CLASSES)
    labels = rng.choice(CLASSES, n, p=shares / shares.sum())
    centres = rng.normal(size=(CLASSES, LATENTS))
    return (centres[labels] + 0.8 * rng.normal(size=(n, LATENTS))).astype(np.float32), labels


def parts(means: np.ndarray, labels: np.ndarray) -> dict[str, Callable[[], object]]:
    """Functions that compute an arm's measures, by name."""
    rows = sampled_rows(len(means), BY_SIZE)
    return {
        "triplet accuracy, 5 margins": lambda: triplet_accuracy(means, labels, MARGINS, threads=THREADS),
        "curve, 201 margins": lambda: triplet_curve(means, labels, threads=THREADS),
        "gap histogram": lambda: gap_histogram(means, labels, threads=THREADS),
        "retrieval": lambda: retrieval(means, labels, threads=THREADS),
        "silhouette": lambda: silhouette(means, labels, threads=THREADS),
        "5 nearest neighbours": lambda: nearest_neighbours(means, 5, rows),
    }


def main() -> None:
    """Print a Markdown table."""
    for part in parts(*made_codes(500)).values():
        part()  # loads compiled code
    print("| n | part | processor s | s | load | GiB at most |\n| ---: | --- | ---: | ---: | ---: | ---: |")
    for n in [int(text) for text in sys.argv[1:]] or SIZES:
        means, labels = made_codes(n)
        for name, part in parts(means, labels).items():
            clock, processor = time.perf_counter(), time.process_time()
            result = part()
            used = time.process_time() - processor, time.perf_counter() - clock
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            said = f": {triplet_text(result)}" if isinstance(result, TripletAccuracy) else ""
            load = os.getloadavg()[0]
            print(f"| {n:,} | {name}{said} | {used[0]:.0f} | {used[1]:.0f} | {load:.1f} | {most:.2f} |", flush=True)


def triplet_text(result: TripletAccuracy) -> str:
    """The accuracy at margin 0 with its standard error."""
    return f"{100 * result.accuracy[0]:.3f} ± {100 * result.standard_error[0]:.3f} %"


if __name__ == "__main__":
    main()
