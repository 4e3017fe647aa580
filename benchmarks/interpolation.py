"""Error of an accuracy read between two margins of the grid: python -m benchmarks.interpolation RUN [RUN …]."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError
from tvae.metrics.triplet_curve import triplet_curve
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

STEP, MARGINS = 0.025, 201
"""The default grid, 0 to 5."""


def interpolation_error(means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"]) -> float:
    """Greatest difference of the straight line and the exact count, halfway between two neighbouring margins."""
    fine = triplet_curve(means, labels, step=STEP / 2, last=2 * (MARGINS - 1), threads=2)
    coarse = fine.accuracy[::2]
    return float(np.abs((coarse[:-1] + coarse[1:]) / 2 - fine.accuracy[1::2]).max())


def tiny_set_with_ties() -> tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]]:
    """90 points on a small lattice, where many distances are equal."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 40, (90, 2)) / 10, generator.integers(0, 4, 90)


def main() -> None:
    """Print the greatest error of each run's arms, and of a tiny set with ties."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs with an encoded test split")
    for folder in parser.parse_args().runs:
        try:
            encoding = read_encoding(read_run(folder), "test")
        except InputError:
            continue  # not a run
        if encoding is not None:
            worst = max(interpolation_error(arm.means, encoding.labels) for arm in encoding.arms.values())
            print(f"{folder.name}: {worst:.1e}")
    print(f"90 points on a lattice: {interpolation_error(*tiny_set_with_ties()):.1e}")


if __name__ == "__main__":
    main()
