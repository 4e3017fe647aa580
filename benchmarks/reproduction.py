"""The paper's table over several seeds: python -m benchmarks.reproduction RUN [RUN …] prints it as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tvae.checkpoints import Run, read_curves, read_metrics, read_run
from tvae.config import InputError
from tvae.triplet_curve import margin_where

PAPER_VAE = 0.7508
MARGINS = ("0", "0.1", "0.2", "0.5", "1")


def mean_and_sd(values: list[float], form: str) -> str:
    """Mean ± sample standard deviation."""
    spread = np.std(values, ddof=1) if len(values) > 1 else float("nan")
    return f"{np.mean(values):{form}} ± {spread:{form}}"


def table(runs: list[Run]) -> str:
    """Triplet accuracy in percent, squared error and KL of both arms, mean ± sd over the runs.

    Raises:
        InputError: a run that was never evaluated.
    """
    metrics = [read_metrics(run.folder) for run in runs]
    curves = [read_curves(run, "test") for run in runs]
    if any(kept is None for kept in (*metrics, *curves)):
        raise InputError("a run has no metrics or curves; train it to its end")
    measured = [kept["arms"] for kept in metrics if kept is not None]
    arms = ("vae", "tvae")
    matched = [margin_where(kept["vae"], PAPER_VAE) for kept in curves if kept is not None]
    if None in matched:
        raise InputError("a VAE never scores the paper's 75.08 % at a margin from 0 to 5")
    margins = [margin for margin in matched if margin is not None]

    def row(name: str, value: Callable[[int, str], float], form: str) -> str:
        cells = [mean_and_sd([value(seed, arm) for seed in range(len(runs))], form) for arm in arms]
        return f"| {name} | {' | '.join(cells)} |"

    at_matched = [
        {arm: 100 * kept[arm].at(margin).accuracy for arm in arms}
        for kept, margin in zip([kept for kept in curves if kept is not None], margins, strict=True)
    ]
    ratios = [arms["tvae"]["reconstruction"] / arms["vae"]["reconstruction"] for arms in measured]
    lines = [
        f"| {len(runs)} seeds: {', '.join(str(run.config.train.seed) for run in runs)} | VAE | TVAE |",
        "| --- | ---: | ---: |",
        row(f"triplet accuracy, %, at m = {mean_and_sd(margins, '.3f')}", lambda s, a: at_matched[s][a], ".2f"),
        *[
            row(
                f"triplet accuracy, %, at m = {m}", lambda s, a, m=m: 100 * measured[s][a]["triplet_accuracy"][m], ".2f"
            )
            for m in MARGINS
        ],
        row("squared error an image", lambda s, a: measured[s][a]["reconstruction"], ".2f"),
        row("KL, nats", lambda s, a: measured[s][a]["kl"], ".2f"),
        row("1-NN accuracy, %", lambda s, a: 100 * measured[s][a]["knn_accuracy"], ".2f"),
        "",
        f"Squared error, TVAE over VAE: {mean_and_sd(ratios, '.3f')}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([read_run(Path(folder)) for folder in sys.argv[1:]]))
