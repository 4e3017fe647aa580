"""The benchmark suite: python -m benchmarks [--quick] [--json FILE] prints tables and writes the figures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks import accuracy_ways, projection_ways, quality_ways, training_ways
from benchmarks.peers import peers_python
from tvae.checkpoints import read_encoding, read_run
from tvae.config import LossConfig, TrainConfig
from tvae.data import Dataset, load_dataset
from tvae.evaluation import encode_split

ROOT = Path(__file__).parents[1]
RUN = ROOT / "checkpoints" / "mnist"
WITH_PEERS = "TVAE_BENCHMARKS_WITH_PEERS"
"""Set to the reasons why peers are missing (JSON) in the process that runs in their environment."""
IN_THE_BROWSER = ("benchmarks.page_sliders", "benchmarks.map_frames", "benchmarks.training_start")


@dataclass
class Printed:
    """What the suite has found."""

    quick: bool
    headlines: dict[str, float | None]
    figures: dict[str, Any]

    def section(self, title: str, lines: list[str]) -> None:
        """Print one table."""
        print(f"\n## {title}\n\n" + "\n".join(lines), flush=True)


def training(found: Printed, dataset: Dataset) -> None:
    """Training steps, each way in turns."""
    steps, rounds = (8, 3) if found.quick else (60, 7)
    train = TrainConfig()
    timings, missing = training_ways.measure(dataset.train, train, steps, rounds)
    found.headlines |= training_ways.headlines(timings)
    found.figures["training"] = {name: timing.seconds for name, timing in timings.items()}
    lines = training_ways.table(timings, missing, steps * train.batch_size)
    found.section(f"Training, {steps} steps of {train.batch_size} triplets, one thread an arm", lines)


def quality(found: Printed, dataset: Dataset) -> None:
    """Time to 95.60 %."""
    base, loss = TrainConfig(schedule="constant"), LossConfig()
    options = quality_ways.options(base)
    if found.quick:
        options = {"ours, fast, batch-all, step size 0.002": options["ours, fast, batch-all, step size 0.002"]}
    torch.set_num_threads(1)
    seeds = (0,) if found.quick else (0, 1, 2)
    reached = {
        name: [quality_ways.ours_reached(dataset, replace(train, seed=seed), loss) for seed in seeds]
        for name, train in options.items()
    }
    reached["tutorial way"] = [quality_ways.tutorial_reached(dataset, replace(base, seed=seed), loss) for seed in seeds]
    # The median of several seeds, each with the number of steps that it took.
    median = {name: sorted(each, key=lambda one: one.seconds)[len(each) // 2] for name, each in reached.items()}
    ours = min(
        one.seconds for name, one in median.items() if name.startswith("ours") and one.accuracy >= quality_ways.GOAL
    )
    found.headlines["time_to_quality_vs_tutorial"] = median["tutorial way"].seconds / ours
    found.figures["time to quality"] = {name: [asdict(one) for one in each] for name, each in reached.items()}
    lines = ["| way | seconds | steps | accuracy | squared error |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, one in median.items():
        lines.append(f"| {name} | {one.seconds:.1f} | {one.steps} | {100 * one.accuracy:.2f} % | {one.error:.1f} |")
    found.section("Time to 95.60 % exact triplet accuracy at m = 0, MNIST test split", lines)


def accuracy(found: Printed, dataset: Dataset) -> None:
    """Exact triplet accuracy."""
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    timings = accuracy_ways.measure(encoding.means["tvae"], encoding.labels, 1 if found.quick else 5)
    found.headlines |= accuracy_ways.headlines(timings)
    found.figures["exact triplet accuracy"] = {name: timing.seconds for name, timing in timings.items()}
    found.section("Exact triplet accuracy, MNIST test split, n = 10,000, 20 latents", accuracy_ways.table(timings))
    if not found.quick:
        train = encode_split(read_run(RUN), dataset.train)
        found.section("Its growth with n, MNIST train split", accuracy_ways.growth(train.means["tvae"], train.labels))


def projections(found: Printed) -> None:
    """Pictures of the latent space."""
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    means, labels = encoding.means["tvae"], encoding.labels
    drawn, missing = projection_ways.measure(means, labels, found.quick)
    found.figures["projections"] = {name: asdict(one) for name, one in drawn.items()}
    lines = projection_ways.table(drawn, missing)
    lines += ["", f"100 exact neighbours of each row: {projection_ways.neighbour_seconds(means):.1f} s."]
    found.section("Projections, MNIST test split, n = 10,000, 20 latents, one thread", lines)


def in_the_browser(found: Printed) -> None:
    """The app itself; each of these prints a table of its own."""
    for module in IN_THE_BROWSER:
        run = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, cwd=ROOT, check=False)
        said = run.stdout if run.returncode == 0 else f"not measured: {run.stderr.strip().splitlines()[-1]}"
        found.section(f"python -m {module}", said.strip().splitlines())


def machine() -> str:
    """Processor, cores and versions, in a line."""
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


def main() -> None:
    """Run the suite in the environment of the peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 2 minutes: fewer rounds, no browser")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    asked = parser.parse_args()
    if WITH_PEERS not in os.environ:
        python, missing = peers_python(seconds=20.0 if asked.quick else 300.0)
        environment = os.environ | {WITH_PEERS: json.dumps(missing)}
        sys.exit(subprocess.run([python, "-m", "benchmarks", *sys.argv[1:]], env=environment, check=False).returncode)
    found = Printed(asked.quick, {}, {"missing peers": json.loads(os.environ[WITH_PEERS])})
    print(machine())
    for peer, why in found.figures["missing peers"].items():
        print(f"{peer} is not installed: {why}")
    dataset = load_dataset("mnist")
    training(found, dataset)
    accuracy(found, dataset)
    quality(found, dataset)
    projections(found)
    if not asked.quick:
        in_the_browser(found)
    lines = ["| figure | |", "| --- | ---: |"]
    lines += [f"| {name} | {'-' if value is None else f'{value:.2f}'} |" for name, value in found.headlines.items()]
    found.section("Headlines", lines)
    if asked.json:
        told = {**found.headlines, "machine": machine(), "quick": asked.quick, "figures": found.figures}
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
