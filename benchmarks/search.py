"""Search for 99 % of triplets at 1.10 times the VAE's error and KL, by sweeps, on validation images alone.

    python -m benchmarks.search [STAGE …] [--seeds 0] [--draw PICTURE]

trains each series of a stage whose seeds `search.jsonl` lacks, as a sweep of `python -m tvae sweep`, adds its figures
as it ends, and prints the table of all that was tried; `--draw` draws it too. Stopped, it goes on where it was. A
series is a loss whose triplet weight varies, with the VAE of the same network, batches and steps beside it. No figure
of the test split is read. The KL under a prior by class takes the class for known: up to log 10 = 2.30 nats less than
a bound on images.

Stages, and what each decides:

    look   2,000 steps, one seed: forms, mining, surgery, priors: which costs fewer nats at the same accuracy
    long   10,000 steps: whether the order of the best stays, and what longer training gives
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.browsing import machine
from tvae.runs.seeds.figures import CHOOSING
from tvae.sweeps.code_version import code_version
from tvae.sweeps.plan import BASELINE

RESULTS = Path(__file__).with_suffix(".jsonl")
SHARED = (
    "--data.validation-share 0.08333 --model.hidden 1000 --train.batch-size 85 --train.learning-rate 0.0015 "
    "--train.schedule warmup-cosine --train.epochs 1000 --train.step fast --half"
)
"""Options that all series share: MNIST, 55,000 images to train on, 5,000 to choose by, network 784-1000-20."""
SIGMOID = "--loss.triplet-form sigmoid --train.triplets all --loss.temperature"
GOAL = {"accuracy": 0.99, "ratio": 1.10}


@dataclass(frozen=True, kw_only=True)
class Series:
    """A loss whose triplet weight varies."""

    stage: str
    name: str
    options: str
    """Options of `train` beside `SHARED`."""
    weights: tuple[float, ...]
    margin: float = 0.0
    steps: int = 2_000


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures of one arm of one seed on the validation split."""

    series: str
    seed: int
    weight: float
    """Triplet weight; 0 for the VAE."""
    accuracy: tuple[float, float]
    """Exact triplet accuracy at m = 0 and m = 0.1."""
    error: float
    kl: float


SERIES = (
    Series(stage="look", name="hinge", options="--train.triplets batch-all", weights=(3, 10, 30), margin=2.0),
    Series(
        stage="look",
        name="softplus",
        options="--loss.triplet-form softplus --loss.temperature 0.3 --train.triplets all",
        weights=(20, 60, 150),
    ),
    Series(stage="look", name="sigmoid", options=f"{SIGMOID} 0.5", weights=(20, 50, 100)),
    Series(stage="look", name="sigmoid, κ 1", options=f"{SIGMOID} 0.5 --loss.surgery 1", weights=(20, 50, 100)),
    Series(stage="look", name="sigmoid, κ 1.5", options=f"{SIGMOID} 0.5 --loss.surgery 1.5", weights=(50, 80, 150)),
    Series(stage="look", name="sigmoid, κ 3", options=f"{SIGMOID} 0.5 --loss.surgery 3", weights=(50, 100, 200)),
    Series(
        stage="look",
        name="sigmoid, τ 0.25, κ 1",
        options=f"{SIGMOID} 0.25 --loss.surgery 1",
        weights=(20, 50, 100),
    ),
    Series(
        stage="look",
        name="sigmoid, τ 1, κ 1",
        options=f"{SIGMOID} 1 --loss.surgery 1",
        weights=(20, 50, 100),
    ),
    Series(stage="look", name="semi-hard", options="--train.triplets semi-hard", weights=(5, 15, 50), margin=1.0),
    Series(
        stage="look",
        name="hardest",
        options="--loss.triplet-form softplus --train.triplets hardest --loss.triplet-warmup 500",
        weights=(2, 5, 15),
    ),
    Series(
        stage="look",
        name="sigmoid, κ 1, classifier 3",
        options=f"{SIGMOID} 0.5 --loss.surgery 1 --loss.classifier-weight 3",
        weights=(10, 20, 50),
    ),
    Series(
        stage="look",
        name="prior by class, sigmoid",
        options=f"{SIGMOID} 0.5 --loss.prior by-class",
        weights=(10, 20, 50),
    ),
    Series(
        stage="look",
        name="prior by class, sigmoid, κ 1",
        options=f"{SIGMOID} 0.5 --loss.prior by-class --loss.surgery 1",
        weights=(20, 50, 100),
    ),
    Series(
        stage="long",
        name="sigmoid, κ 1, 10,000 steps",
        options=f"{SIGMOID} 0.5 --loss.surgery 1",
        weights=(20, 35),
        steps=10_000,
    ),
    Series(
        stage="long",
        name="sigmoid, κ 2, 10,000 steps",
        options=f"{SIGMOID} 0.5 --loss.surgery 2",
        weights=(35,),
        steps=10_000,
    ),
    Series(
        stage="long",
        name="sigmoid, κ 1.5, 10,000 steps",
        options=f"{SIGMOID} 0.5 --loss.surgery 1.5",
        weights=(60, 80),
        steps=10_000,
    ),
)


def known() -> list[Figures]:
    """The figures that were measured so far."""
    if not RESULTS.exists():
        return []
    plain = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    return [Figures(**{**row, "accuracy": tuple(row["accuracy"])}) for row in plain]


def trained(series: Series, seeds: Iterable[int]) -> list[Figures]:
    """Figures of a series, trained as a sweep in a folder of this state of the code."""
    from tvae.sweeps.study import Sweep
    from tvae.sweeps.table import table_of

    folder = user_cache_path("tvae") / "search" / code_version()
    name = f"{series.stage}-{SERIES.index(series)}-seeds-{'-'.join(map(str, seeds))}"
    env = {**os.environ, "TVAE_RUNS": str(folder)}
    values = ["--margins", str(series.margin), "--weights", *map(str, series.weights), "--seeds", *map(str, seeds)]
    options = [*values, *SHARED.split(), *series.options.split(), "--train.most-steps", str(series.steps)]
    for command in (["start", name, *options], ["work", name]):
        subprocess.run([sys.executable, "-m", "tvae", "sweep", *command], env=env, check=True)
    sweep = Sweep.open(name, "", folder)
    return [
        Figures(
            series=series.name,
            seed=seed,
            weight=0.0 if row.arm == BASELINE or row.cell is None else row.cell.weight,
            accuracy=(by_split[CHOOSING].at(0.0).accuracy, by_split[CHOOSING].at(0.1).accuracy),
            error=by_split[CHOOSING].reconstruction,
            kl=by_split[CHOOSING].kl,
        )
        for row in table_of(sweep.cells, sweep.states()).rows
        for seed, by_split in row.by_seed.items()
    ]


def table(figures: list[Figures]) -> str:
    """Each arm of each series beside the VAE of its seed, means over seeds; those within the goal are marked."""
    lines = [
        "| series | weight | seeds | m = 0, % | m = 0.1, % | error ratio | KL ratio | nats of the ELBO | goal |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for series in SERIES:
        of_series = [one for one in figures if one.series == series.name]
        vaes = {one.seed: one for one in of_series if not one.weight}
        for weight in sorted({one.weight for one in of_series}):
            arms = [(one, vaes[one.seed]) for one in of_series if one.weight == weight]
            n = len(arms)
            at = [sum(one.accuracy[place] for one, _ in arms) / n for place in (0, 1)]
            error = sum(one.error / vae.error for one, vae in arms) / n
            kl = sum(one.kl / vae.kl for one, vae in arms) / n
            nats = sum(one.error + one.kl - vae.error - vae.kl for one, vae in arms) / n
            met = at[0] >= GOAL["accuracy"] and max(error, kl) <= GOAL["ratio"]
            shares = f"{100 * at[0]:.2f} | {100 * at[1]:.2f}"
            lines.append(
                f"| {series.name} | {weight:g} | {n} | {shares} | {error:.3f} | {kl:.3f} | {nats:.2f} | "
                f"{'met' if met else ''} |"
            )
    return "\n".join(lines)


def draw(figures: list[Figures], path: Path) -> None:
    """Draw accuracy at m = 0 against nats of the ELBO, means over seeds, and the corner in which the goal lies."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

    figure, axes = pyplot.subplots(figsize=(9, 5.5), layout="constrained")
    budgets = []
    colours = pyplot.get_cmap("tab20")
    for place, series in enumerate(SERIES):
        of_series = [one for one in figures if one.series == series.name]
        if not of_series or "by-class" in series.options:
            continue  # its KL takes the class for known: no cost of the same kind
        vaes = {one.seed: one for one in of_series if not one.weight}
        budgets += [(GOAL["ratio"] - 1) * (vae.error + vae.kl) for vae in vaes.values() if series.stage == "long"]
        points = []
        for weight in series.weights:
            arms = [(one, vaes[one.seed]) for one in of_series if one.weight == weight]
            nats = [one.error + one.kl - vae.error - vae.kl for one, vae in arms]
            points.append((sum(nats) / len(arms), sum(one.accuracy[0] for one, _ in arms) / len(arms)))
        style = "o-" if series.stage == "long" else "o:"
        filled = None if series.stage == "long" else "white"
        axes.plot(
            *zip(*points, strict=True), style, color=colours(place % 20), markerfacecolor=filled, label=series.name
        )
    budget = sum(budgets) / len(budgets)
    axes.fill_between([0, budget], GOAL["accuracy"], 0.998, color="0.85", label="goal: 99 %, 1.10 times both")
    axes.set(xlim=(0, 7), ylim=(0.9, 0.998), yscale="logit")
    axes.yaxis.set_major_locator(FixedLocator([0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.set_xlabel("cost in the ELBO, nats")
    axes.set_ylabel("exact triplet accuracy at m = 0, validation")
    axes.grid(color="0.92")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Train what is lacking of the stages, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", default=["look"], help="stages to train")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--draw", type=Path, help="picture to draw, .png or .svg")
    chosen = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    for series in (series for series in SERIES if series.stage in chosen.stages):
        there = {one.seed for one in known() if one.series == series.name}
        lacking = [seed for seed in chosen.seeds if seed not in there]
        if lacking:
            lines = [json.dumps(asdict(figures), ensure_ascii=False) + "\n" for figures in trained(series, lacking)]
            with RESULTS.open("a", encoding="utf-8") as file:
                file.writelines(lines)
    print(table(known()))
    if chosen.draw:
        draw(known(), chosen.draw)


if __name__ == "__main__":
    main()
