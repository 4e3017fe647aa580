"""Trains a preset with several seeds on several data sets, and keeps the figures of its VAE and TVAE.

    python -m benchmarks.presets PRESET --data mnist --seeds 0 1 2 3 4

trains the runs whose figures `presets.jsonl` lacks, each as

    python -m tvae train --preset PRESET --data.name DATA --train.seed SEED --train.step fast --half

adds its figures as it ends, and prints the table. Stopped, it goes on where it was. Figures are those of the test
split, measured on the weights as they are kept: in half precision. A preset was chosen on MNIST's training images; the
other data sets have its settings and as many steps.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.browsing import machine
from benchmarks.mean_and_sd import mean_and_sd
from tvae.config import PRESETS
from tvae.runs.run import read_metrics, read_run

RESULTS = Path(__file__).with_suffix(".jsonl")
IMAGES = 60_000
"""Training images of MNIST: they give the number of steps on every data set."""
ARMS = ("vae", "tvae")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures of both arms of one run, each a pair: of the VAE and of the TVAE."""

    preset: str
    data: str
    seed: int
    n: int
    """Images of the test split."""
    steps: int
    seconds: float
    """Of the command: training, measuring and writing."""
    accuracy: tuple[float, float]
    """Exact triplet accuracy at m = 0."""
    accuracy_at_a_tenth: tuple[float, float]
    """Exact triplet accuracy at m = 0.1."""
    error: tuple[float, float]
    """Squared error an image."""
    kl: tuple[float, float]
    knn: tuple[float, float]
    """1-NN accuracy on the means."""


def known() -> list[Figures]:
    """The figures that were measured so far."""
    if not RESULTS.exists():
        return []
    plain: list[dict[str, Any]] = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    pairs = ("accuracy", "accuracy_at_a_tenth", "error", "kl", "knn")
    return [Figures(**{**row, **{name: tuple(row[name]) for name in pairs}}) for row in plain]


def trained(preset: str, data: str, seed: int, folder: Path) -> Figures:
    """Figures of a run that is trained in this folder.

    Raises:
        CalledProcessError: the training failed; it has said why.
    """
    steps = PRESETS[preset].train.steps(IMAGES)
    options = ["--preset", preset, "--data.name", data, "--train.seed", str(seed), "--train.step", "fast", "--half"]
    if data != "mnist":
        options += ["--train.epochs", "100000", "--train.most-steps", str(steps)]
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "tvae", "train", *options, "--out", str(folder)], check=True)
    return figures_of(folder, preset, time.monotonic() - started)


def figures_of(folder: Path, preset: str, seconds: float) -> Figures:
    """Figures of a run of a preset, on the test split.

    Args:
        seconds: how long its training took.
    """
    run = read_run(folder)
    measured = read_metrics(run.folder)
    if measured is None:
        raise SystemExit(f"{folder}: the run has no metrics")

    def of(value: Callable[[dict], float]) -> tuple[float, float]:
        vae, tvae = (value(measured["arms"][arm]) for arm in ARMS)
        return vae, tvae

    return Figures(
        preset=preset,
        data=run.config.data.name,
        seed=run.config.train.seed,
        n=measured["n"],
        steps=measured["step"],
        seconds=round(seconds, 1),
        accuracy=of(lambda arm: arm["triplet_accuracy"]["0"]),
        accuracy_at_a_tenth=of(lambda arm: arm["triplet_accuracy"]["0.1"]),
        error=of(lambda arm: arm["reconstruction"]),
        kl=of(lambda arm: arm["kl"]),
        knn=of(lambda arm: arm["knn_accuracy"]),
    )


def table(figures: Sequence[Figures]) -> str:
    """One row a preset and data set: mean ± sample standard deviation over seeds; ratios are to the seed's own VAE."""
    lines = [
        "| preset | data | seeds | VAE, m = 0, % | TVAE, m = 0, % | TVAE, m = 0.1, % | error ratio | KL ratio "
        "| nats of the ELBO | VAE, 1-NN, % | TVAE, 1-NN, % | seconds |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for preset, data in dict.fromkeys((one.preset, one.data) for one in figures):
        of_row = [one for one in figures if (one.preset, one.data) == (preset, data)]
        cells = [
            mean_and_sd([100 * one.accuracy[0] for one in of_row], ".2f"),
            mean_and_sd([100 * one.accuracy[1] for one in of_row], ".2f"),
            mean_and_sd([100 * one.accuracy_at_a_tenth[1] for one in of_row], ".2f"),
            mean_and_sd([one.error[1] / one.error[0] for one in of_row], ".3f"),
            mean_and_sd([one.kl[1] / one.kl[0] for one in of_row], ".3f"),
            mean_and_sd([one.error[1] + one.kl[1] - one.error[0] - one.kl[0] for one in of_row], ".2f"),
            mean_and_sd([100 * one.knn[0] for one in of_row], ".2f"),
            mean_and_sd([100 * one.knn[1] for one in of_row], ".2f"),
            f"{np.mean([one.seconds for one in of_row]):.0f}",
        ]
        lines.append(f"| `{preset}` | {data} | {len(of_row)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Train what is lacking, and print the table of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=[name for name, config in PRESETS.items() if set(config.arms) == set(ARMS)])
    parser.add_argument("--data", nargs="+", default=["mnist"], help="names of data sets")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    chosen = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    for data in chosen.data:
        for seed in chosen.seeds:
            if any((one.preset, one.data, one.seed) == (chosen.preset, data, seed) for one in known()):
                continue
            with tempfile.TemporaryDirectory() as folder:
                figures = trained(chosen.preset, data, seed, Path(folder) / "run")
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(figures)) + "\n")
    print(table(known()))


if __name__ == "__main__":
    main()
