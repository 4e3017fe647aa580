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
from benchmarks.peers import TRAINING_PEERS, peers_python, requirements
from tvae.config import LossConfig, TrainConfig
from tvae.data import Dataset, load_dataset
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import encode_split
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[1]
RUN = ROOT / "checkpoints" / "mnist"
WITH_PEERS = "TVAE_BENCHMARKS_WITH_PEERS"
"""Set to the reasons why peers are missing (JSON) in the process that runs in their environment."""
EPOCHS = 5
"""Of the run whose memory is looked at."""
IN_THE_BROWSER = (
    "benchmarks.app_figures",
    "benchmarks.page_sliders",
    "benchmarks.map_frames",
    "benchmarks.training_start",
)
HEADLINES = (
    "pair_vs_tutorial",
    "arm_vs_best_peer",
    "share_of_limit",
    "fast_vs_plain",
    "pair_vs_sequential",
    "time_to_quality_vs_tutorial",
    "curve200_seconds",
)
"""Names that every JSON file holds, with numbers."""


@dataclass
class Printed:
    """What the suite has found."""

    quick: bool
    headlines: dict[str, float]
    figures: dict[str, Any]

    def section(self, title: str, lines: list[str]) -> None:
        """Print one table."""
        print(f"\n## {title}\n\n" + "\n".join(lines), flush=True)


def training(found: Printed, dataset: Dataset) -> None:
    """Training steps, each way in turns."""
    steps, rounds = (12, 5) if found.quick else (24, 5)
    train = TrainConfig()
    timings, missing = training_ways.measure(dataset.train, train, steps, rounds, found.quick)
    found.headlines |= training_ways.headlines(timings)
    found.figures["training"] = {name: timing.seconds for name, timing in timings.items()}
    found.figures["tutorial way, seconds a step"] = timings[training_ways.TUTORIAL].median / steps
    lines = training_ways.table(timings, missing, steps * train.batch_size)
    found.section(f"Training, {steps} steps of {train.batch_size} triplets, one thread an arm", lines)
    if not found.quick:
        held = memory.after_epochs(dataset.train, EPOCHS)
        found.figures["memory after each epoch of both arms, MiB"] = held
        told = ", ".join(f"{mebibytes:,.0f}" for mebibytes in held)
        found.section("Memory after each epoch of both arms", [f"{told} MiB: all that this process holds."])


def quality(found: Printed, dataset: Dataset) -> None:
    """Time to 95.60 %."""
    base, loss = TrainConfig(schedule="constant"), LossConfig()
    options = quality_ways.options(base)
    if found.quick:
        options = {quality_ways.SHORTEST: options[quality_ways.SHORTEST]}
    torch.set_num_threads(1)
    seeds = (0,) if found.quick else (0, 1, 2)
    reached = {
        name: [
            quality_ways.ours_reached(dataset, replace(train, seed=seed), loss)
            for seed in (seeds if name == quality_ways.SHORTEST else seeds[:1])
        ]
        for name, train in options.items()
    }
    seconds_a_step = found.figures["tutorial way, seconds a step"]
    # The whole run takes the tutorial way itself once; else its steps are counted, and take what a step took.
    known = [seconds_a_step if found.quick else None, *[seconds_a_step] * len(seeds[1:])]
    reached["tutorial way"] = [
        quality_ways.tutorial_reached(dataset, replace(base, seed=seed), loss, seconds)
        for seed, seconds in zip(seeds, known, strict=True)
    ]
    # The median of the seeds, with the number of steps that it took.
    median = {name: sorted(each, key=lambda one: one.seconds)[len(each) // 2] for name, each in reached.items()}
    ours = median[quality_ways.SHORTEST].seconds
    found.headlines["time_to_quality_vs_tutorial"] = median["tutorial way"].seconds / ours
    found.figures["time to quality"] = {name: [asdict(one) for one in each] for name, each in reached.items()}
    lines = ["| way | seeds | seconds | steps | accuracy | squared error |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, one in median.items():
        told = f"{one.seconds:.1f} | {one.steps} | {100 * one.accuracy:.2f} % | {one.error:.1f}"
        lines.append(f"| {name} | {len(reached[name])} | {told} |")
    found.section("Time to 95.60 % exact triplet accuracy at m = 0, MNIST test split", lines)


def accuracy(found: Printed, dataset: Dataset) -> None:
    """Exact triplet accuracy."""
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    timings = accuracy_ways.measure(encoding.means["tvae"], encoding.labels, found.quick)
    found.headlines |= accuracy_ways.headlines(timings)
    found.figures["exact triplet accuracy"] = {name: timing.seconds for name, timing in timings.items()}
    found.section("Exact triplet accuracy, MNIST test split, n = 10,000, 20 latents", accuracy_ways.table(timings))
    if not found.quick:
        train = encode_split(read_run(RUN), dataset.train)
        grown = accuracy_ways.growth(train.means["tvae"], train.labels)
        found.figures["growth with n"] = [asdict(one) for one in grown]
        found.section("Its growth with n, MNIST train split, 2 threads", accuracy_ways.growth_table(grown))


def projections(found: Printed) -> None:
    """Pictures of the latent space."""
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    means, labels = encoding.means["tvae"], encoding.labels
    drawn, missing = projection_ways.measure(means, labels)
    found.figures["projections"] = {name: asdict(one) for name, one in drawn.items()}
    lines = projection_ways.table(drawn, missing)
    found.figures["100 exact neighbours, seconds"] = seconds = projection_ways.neighbour_seconds(means)
    lines += ["", f"100 exact neighbours of each row: {seconds:.2f} s."]
    found.figures["both arms by the app's process, seconds"] = drawn_by_app = projection_ways.app_seconds(
        encoding.means, labels
    )
    told = ", ".join(f"{method} {taken:.1f} s" for method, taken in drawn_by_app.items())
    lines.append(f"Both arms by the app's own process, warm: {told}.")
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


def measured(quick: bool, missing: dict[str, str]) -> Printed:
    """Every section, one after the other."""
    found = Printed(quick, {}, {"missing peers": missing})
    dataset = load_dataset("mnist")
    training(found, dataset)
    accuracy(found, dataset)
    quality(found, dataset)
    if not quick:
        projections(found)
        in_the_browser(found)
    return found


def as_json(found: Printed) -> str:
    """The headline figures by their fixed names, then all others."""
    told = {**{name: found.headlines[name] for name in HEADLINES}, "machine": machine(), "quick": found.quick}
    return json.dumps({**told, "figures": found.figures}, indent=2, allow_nan=False) + "\n"


def main() -> None:
    """Run the suite in the environment of the peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 2 minutes: fewer rounds, no pictures, no browser")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    asked = parser.parse_args()
    if WITH_PEERS not in os.environ:
        started = time.perf_counter()
        wanted = TRAINING_PEERS if asked.quick else requirements()
        python, missing = peers_python(wanted, seconds=120.0 if asked.quick else 600.0)
        print(f"Peers looked for and installed in {time.perf_counter() - started:.0f} s, which no figure holds.")
        sys.stdout.flush()
        environment = os.environ | {WITH_PEERS: json.dumps(missing)}
        sys.exit(subprocess.run([python, "-m", "benchmarks", *sys.argv[1:]], env=environment, check=False).returncode)
    started = time.perf_counter()
    missing = json.loads(os.environ[WITH_PEERS])
    print(machine())
    for peer, why in missing.items():
        print(f"{peer} is not installed: {why}")
    found = measured(asked.quick, missing)
    found.figures["seconds of the suite"] = time.perf_counter() - started
    lines = ["| figure | |", "| --- | ---: |", *(f"| {name} | {found.headlines[name]:.2f} |" for name in HEADLINES)]
    found.section("Headlines", lines)
    print(f"\n{found.figures['seconds of the suite']:.0f} s in all.")
    if asked.json:
        asked.json.write_text(as_json(found), encoding="utf-8")


if __name__ == "__main__":
    main()
