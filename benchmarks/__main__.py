"""The benchmark suite: python -m benchmarks [--quick] [--json FILE] prints tables and writes the figures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks import accuracy_ways, memory, projection_ways, quality_ways, training_ways
from benchmarks.limit import share_of_operations
from benchmarks.peers import BROWSER_PEERS, TRAINING_PEERS, peers_python, requirements
from tvae.config import LossConfig, RunConfig, TrainConfig
from tvae.data import Dataset, load_dataset
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import encode_split
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[1]
RUN = ROOT / "checkpoints" / "mnist"
WITH_PEERS = "TVAE_BENCHMARKS_WITH_PEERS"
"""Set to the reasons why peers are missing (JSON) in the process that runs in their environment."""
EPOCHS = 5
"""Epochs of the run whose memory is measured."""
IN_THE_BROWSER = (
    "benchmarks.app_figures",
    "benchmarks.page_sliders",
    "benchmarks.map_frames",
    "benchmarks.training_start",
)
HEADLINES = (
    "pair_vs_tutorial",
    "pair_vs_tutorial_2_workers",
    "arm_vs_best_peer",
    "share_of_limit",
    "share_of_own_operations",
    "fast_vs_plain",
    "pair_vs_sequential",
    "time_to_quality_vs_tutorial",
    "curve200_seconds",
)
"""Names of the headline figures, which every JSON file has."""


@dataclass
class Report:
    """Figures measured so far, printed table by table."""

    quick: bool
    headlines: dict[str, float]
    figures: dict[str, Any]

    def section(self, title: str, lines: list[str]) -> None:
        """Print one table."""
        print(f"\n## {title}\n\n" + "\n".join(lines), flush=True)


def training(report: Report, dataset: Dataset) -> None:
    """Measure training steps, each way in turns."""
    steps, rounds = (12, 5) if report.quick else (24, 5)
    train = TrainConfig()
    timings, missing = training_ways.measure(dataset.train, train, steps, rounds, report.quick)
    images, model = dataset.train.images, RunConfig().model
    ink = float((images > 0).mean())
    operations = share_of_operations(ink, 3 * train.batch_size, images[0].size, model)
    report.headlines |= training_ways.headlines(timings, operations)
    report.figures["share of the dense operations that our float32 step takes"] = operations
    report.figures["training"] = {name: timing.seconds for name, timing in timings.items()}
    report.figures["tutorial way, seconds a step"] = timings[training_ways.TUTORIAL].median / steps
    lines = training_ways.table(timings, missing, steps * train.batch_size)
    report.section(f"Training, {steps} steps of {train.batch_size} triplets, one thread an arm", lines)
    if not report.quick:
        held = memory.after_epochs(dataset.train, EPOCHS)
        report.figures["memory after each epoch of both arms, MiB"] = held
        listed = ", ".join(f"{mebibytes:,.0f}" for mebibytes in held)
        report.section("Memory after each epoch of both arms", [f"{listed} MiB: all that this process holds."])


def quality(report: Report, dataset: Dataset) -> None:
    """Measure the time to a triplet accuracy of 95.60 %."""
    base, loss = TrainConfig(schedule="constant"), LossConfig()
    options = quality_ways.options(base)
    if report.quick:
        options = {quality_ways.SHORTEST: options[quality_ways.SHORTEST]}
    torch.set_num_threads(1)
    seeds = (0,) if report.quick else (0, 1, 2)
    reached = {
        name: [
            quality_ways.ours_reached(dataset, replace(train, seed=seed), loss)
            for seed in (seeds if name == quality_ways.SHORTEST else seeds[:1])
        ]
        for name, train in options.items()
    }
    seconds_a_step = report.figures["tutorial way, seconds a step"]
    # The whole run takes the tutorial way itself once; else its steps are counted, and take what a step took.
    step_seconds = [seconds_a_step if report.quick else None, *[seconds_a_step] * len(seeds[1:])]
    reached["tutorial way"] = [
        quality_ways.tutorial_reached(dataset, replace(base, seed=seed), loss, seconds)
        for seed, seconds in zip(seeds, step_seconds, strict=True)
    ]
    # The median of the seeds, with the number of steps that it took.
    median = {name: sorted(runs, key=lambda run: run.seconds)[len(runs) // 2] for name, runs in reached.items()}
    ours = median[quality_ways.SHORTEST].seconds
    report.headlines["time_to_quality_vs_tutorial"] = median["tutorial way"].seconds / ours
    report.figures["time to quality"] = {name: [asdict(run) for run in runs] for name, runs in reached.items()}
    lines = ["| way | seeds | seconds | steps | accuracy | squared error |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, run in median.items():
        cells = f"{run.seconds:.1f} | {run.steps} | {100 * run.accuracy:.2f} % | {run.error:.1f}"
        lines.append(f"| {name} | {len(reached[name])} | {cells} |")
    report.section("Time to 95.60 % exact triplet accuracy at m = 0, MNIST test split", lines)


def accuracy(report: Report, dataset: Dataset) -> None:
    """Measure exact triplet accuracy."""
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    timings = accuracy_ways.measure(encoding.means["tvae"], encoding.labels, report.quick)
    report.headlines |= accuracy_ways.headlines(timings)
    report.figures["exact triplet accuracy"] = {name: timing.seconds for name, timing in timings.items()}
    report.section("Exact triplet accuracy, MNIST test split, n = 10,000, 20 latents", accuracy_ways.table(timings))
    if not report.quick:
        train = encode_split(read_run(RUN), dataset.train)
        grown = accuracy_ways.growth(train.means["tvae"], train.labels)
        report.figures["growth with n"] = [asdict(size) for size in grown]
        report.section("Its growth with n, MNIST train split, 2 threads", accuracy_ways.growth_table(grown))


def projections(report: Report) -> None:
    """Measure 2-D maps of the latent space."""
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    means, labels = encoding.means["tvae"], encoding.labels
    drawn, missing = projection_ways.measure(means, labels)
    report.figures["projections"] = {name: asdict(one) for name, one in drawn.items()}
    lines = projection_ways.table(drawn, missing)
    report.figures["100 exact neighbours, seconds"] = seconds = projection_ways.neighbour_seconds(means)
    lines += ["", f"100 exact neighbours of each row: {seconds:.2f} s."]
    report.figures["both arms by the app's process, seconds"] = drawn_by_app = projection_ways.app_seconds(
        encoding.means, labels
    )
    listed = ", ".join(f"{method} {taken:.1f} s" for method, taken in drawn_by_app.items())
    lines.append(f"Both arms by the app's own process, warm: {listed}.")
    report.section("Projections, MNIST test split, n = 10,000, 20 latents, one thread", lines)


def in_the_browser(report: Report) -> None:
    """Measure the app in a browser; each measurement prints its own table."""
    for module in IN_THE_BROWSER:
        run = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, cwd=ROOT, check=False)
        text = run.stdout if run.returncode == 0 else f"not measured: {run.stderr.strip().splitlines()[-1]}"
        report.section(f"python -m {module}", text.strip().splitlines())


def machine() -> str:
    """Processor, cores and versions of the machine, in one line."""
    model = (
        next(
            (
                line.split(":", 1)[1].strip()
                for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                if line.startswith("model name")
            ),
            platform.processor(),
        )
        if Path("/proc/cpuinfo").exists()
        else platform.processor()
    )
    versions = ", ".join(f"{name} {version}" for name, version in training_ways.versions().items())
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def measured(quick: bool, missing: dict[str, str]) -> Report:
    """Measure all sections, one after the other."""
    report = Report(quick, {}, {"missing peers": missing})
    dataset = load_dataset("mnist")
    training(report, dataset)
    accuracy(report, dataset)
    quality(report, dataset)
    if not quick:
        projections(report)
        in_the_browser(report)
    return report


def as_json(report: Report) -> str:
    """The headline figures by their fixed names, then all others."""
    figures = {**{name: report.headlines[name] for name in HEADLINES}, "machine": machine(), "quick": report.quick}
    return json.dumps({**figures, "figures": report.figures}, indent=2, allow_nan=False) + "\n"


def main() -> None:
    """Run the suite in the environment of the peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 2 minutes: fewer rounds, no 2-D maps, no browser")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    if WITH_PEERS not in os.environ:
        started = time.perf_counter()
        peers = (
            TRAINING_PEERS if options.quick else [n for n in requirements() if n.split("==")[0] not in BROWSER_PEERS]
        )
        python, missing = peers_python(peers, seconds=120.0 if options.quick else 600.0)
        print(f"Peers looked for and installed in {time.perf_counter() - started:.0f} s, which no figure holds.")
        sys.stdout.flush()
        environment = os.environ | {WITH_PEERS: json.dumps(missing)}
        sys.exit(subprocess.run([python, "-m", "benchmarks", *sys.argv[1:]], env=environment, check=False).returncode)
    started = time.perf_counter()
    missing = json.loads(os.environ[WITH_PEERS])
    print(machine())
    for peer, why in missing.items():
        print(f"{peer} is not installed: {why}")
    report = measured(options.quick, missing)
    report.figures["seconds of the suite"] = time.perf_counter() - started
    lines = ["| figure | |", "| --- | ---: |", *(f"| {name} | {report.headlines[name]:.2f} |" for name in HEADLINES)]
    report.section("Headlines", lines)
    print(f"\n{report.figures['seconds of the suite']:.0f} s in all.")
    if options.json:
        options.json.write_text(as_json(report), encoding="utf-8")


if __name__ == "__main__":
    main()
