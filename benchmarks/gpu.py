"""What a GPU gives: python -m benchmarks.gpu [--json FILE] prints tables and writes the figures.

After eight minutes nothing more begins.

    steps        the stacked and captured step against each arm's plain step, losses of the same batches
    arms         triplets a second of a ladder with 1, 2, 12 and 64 arms, beside the pair on two cores of the processor
    conv         the convolutional net in float32 and with products in bfloat16
    accuracy     exact triplet accuracy at one margin, with counts equal to the processor's, and its time by size
    neighbours   the ten nearest of every row, in float64, and their time by size

Images and means are drawn at random, in the sizes and with the ink of MNIST, so that no data set is needed. With
`--device cpu --quick` the same script runs in seconds on a machine without a GPU; its figures then say nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tvae.config import Device, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Split
from tvae.metrics.anchor_sample import ALL
from tvae.metrics.grouped_means import grouped_for_triplets
from tvae.metrics.neighbours import nearest_neighbours
from tvae.metrics.triplet_accuracy import accuracy_of_counts, triplet_accuracy
from tvae.model.triplet_counts import BLOCK_VALUES, anchor_counts, block_distances
from tvae.training.loop import Training
from tvae.training.steps.gpu import StackedStep

SECONDS = 8 * 60
"""Time of the whole; a measurement that would begin after it is left out, and said to be."""
SLOWDOWN, SPEEDUP, MARGIN_SECONDS = 1.5, 20.0, 1.0
"""Goals: twelve arms over one, one arm over the processor's pair, seconds of a margin at 60,000 rows."""
MARGIN, NEIGHBOURS = 0.1, 10
INK = 0.19
"""Share of pixels above 0, as in MNIST."""
CONV = ModelConfig(kind="conv", hidden=256, latent_dim=10)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of everything that is measured."""

    images: int = 20_000
    batch: int = 128
    model: ModelConfig = field(default_factory=ModelConfig)
    arms: tuple[int, ...] = (1, 2, 12, 64)
    steps: int = 400
    compared_steps: int = 60
    rows: tuple[int, ...] = (10_000, 60_000, 200_000)
    checked_rows: int = 4_000
    """Rows of which counts and neighbours are compared with the processor's."""


QUICK = Sizes(
    images=400,
    batch=16,
    model=ModelConfig(hidden=16, latent_dim=4),
    arms=(1, 2, 3),
    steps=3,
    compared_steps=3,
    rows=(200, 300),
    checked_rows=200,
)


def main() -> None:
    """Print the tables as Markdown, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("no CUDA device is at hand; --device cpu --quick tries the script without one")
    figures = measure(torch.device(options.device), QUICK if options.quick else Sizes())
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measure(device: torch.device, sizes: Sizes) -> dict[str, Any]:
    """Measure all parts while there is time, with a table after each; the figures as plain values."""
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "no GPU"
    figures: dict[str, Any] = {"card": card, "torch": torch.__version__, "machine": platform.platform(), "left out": []}
    print(f"{card}, torch {torch.__version__}\n", flush=True)
    begun = time.monotonic()
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "steps": lambda: compared_steps(device, sizes),
        "arms": lambda: speed_by_arms(device, sizes),
        "accuracy": lambda: accuracy_by_rows(device, sizes, begun),
        "conv": lambda: speed_of_convolutions(device, sizes),
        "neighbours": lambda: neighbours_by_rows(device, sizes, begun),
    }
    for name, part in parts.items():
        if time.monotonic() - begun > SECONDS:
            figures["left out"].append(name)
            continue
        figures[name] = part()
        print(flush=True)
    figures["seconds"] = time.monotonic() - begun
    print(
        f"{figures['seconds']:.0f} s in all; left out for want of time: {', '.join(figures['left out']) or 'nothing'}"
    )
    return figures


def compared_steps(device: torch.device, sizes: Sizes) -> dict[str, Any]:
    """Greatest relative difference of a loss term between the stacked step and the plain one, on the same batches."""
    differences = {}
    print("| stacked step against plain | products | greatest relative difference of a term |\n| --- | --- | ---: |")
    for triplets, products in itertools.product(("sampled", "batch-all"), (torch.float32, torch.bfloat16)):
        train = TrainConfig(batch_size=sizes.batch, triplets=triplets, step="plain", device=named(device))
        config = RunConfig(model=sizes.model, train=train, arms=vae_and_tvae(LossConfig()))
        split = random_images(sizes.images, 28, 1)
        together, alone = stacked(config, split, products), Training(config, split)
        worst = 0.0
        both = zip(together.reports(), alone.reports(), strict=True)
        for ours, theirs in itertools.islice(both, sizes.compared_steps):
            for arm, losses in theirs.arms.items():
                for term in ("reconstruction", "kl", "triplet", "spread"):
                    one, other = getattr(ours.arms[arm], term), getattr(losses, term)
                    worst = max(worst, abs(one - other) / max(abs(other), 1e-3))
        name = str(products).removeprefix("torch.")
        differences[f"{triplets}, {name}"] = worst
        print(f"| {triplets}, {sizes.compared_steps} steps | {name} | {worst:.1e} |")
    return differences


def speed_by_arms(device: torch.device, sizes: Sizes) -> dict[str, Any]:
    """Triplets a second of each arm of a ladder, by the number of arms, and of the pair on two cores."""
    split, figures = random_images(sizes.images, 28, 1), {}
    train = TrainConfig(batch_size=sizes.batch, device="cpu", step="fast")
    pair = RunConfig(model=sizes.model, train=train, arms=vae_and_tvae(LossConfig()))
    with two_cores():
        figures["cpu pair"] = sizes.batch / seconds_of_a_step(Training(pair, split), sizes.steps)
    print("| arms | ms a step | triplets a second of each arm |\n| --- | ---: | ---: |")
    print(f"| the pair on two cores | {1e3 * sizes.batch / figures['cpu pair']:.2f} | {figures['cpu pair']:,.0f} |")
    seconds = {}
    for count in sizes.arms:
        config = replace(pair, arms=ladder(count), train=replace(train, device=named(device)))
        seconds[count] = seconds_of_a_step(stacked(config, split, torch.float32), sizes.steps)
        figures[f"{count} arms"] = sizes.batch / seconds[count]
        print(f"| {count} | {1e3 * seconds[count]:.2f} | {sizes.batch / seconds[count]:,.0f} |", flush=True)
    figures["one arm over cpu pair"] = figures["1 arms"] / figures["cpu pair"]
    print(f"\nOne arm over the pair on two cores: {figures['one arm over cpu pair']:.1f} (goal: at least {SPEEDUP:g})")
    if 12 in seconds:
        figures["12 arms over one"] = seconds[12] / seconds[1]
        print(f"A step of twelve arms over one of one: {figures['12 arms over one']:.2f} (goal: at most {SLOWDOWN:g})")
    return figures


def speed_of_convolutions(device: torch.device, sizes: Sizes) -> dict[str, Any]:
    """Triplets a second of the convolutional pair in float32 and with products in bfloat16."""
    split, figures = random_images(min(sizes.images, 5_000), 32, 3), {}
    print("| convolutional pair, products | triplets a second of each arm |\n| --- | ---: |")
    for step in ("fast-float32", "fast-bfloat16"):
        train = TrainConfig(batch_size=sizes.batch, device=named(device), step=step)
        training = Training(RunConfig(model=CONV, train=train, arms=vae_and_tvae(LossConfig())), split)
        name = str(training.products).removeprefix("torch.")
        figures[name] = sizes.batch / seconds_of_a_step(training, max(2, sizes.steps // 4))
        print(f"| {name} | {figures[name]:,.0f} |", flush=True)
    return figures


def accuracy_by_rows(device: torch.device, sizes: Sizes, begun: float) -> dict[str, Any]:
    """Seconds of an exact accuracy at a margin by the number of rows; first, whether it is the processor's."""
    figures: dict[str, Any] = {"equal": counts_are_equal(device, sizes.checked_rows)}
    print(f"Counts of {sizes.checked_rows:,} rows equal the processor's: {'yes' if figures['equal'] else 'NO'}\n")
    print("| rows | exact accuracy at a margin, s |\n| --- | ---: |")
    for n in sizes.rows:
        if time.monotonic() - begun > SECONDS:
            break
        groups = grouped_for_triplets(*random_means(n), ALL)

        def count(groups: Any = groups) -> None:
            counts = anchor_counts(groups.columns, groups.starts, groups.anchors, [MARGIN], device)
            accuracy_of_counts(groups, np.array([MARGIN]), *counts)

        figures[f"{n} rows"] = seconds_of(count, device)
        goal = f" (goal: at most {MARGIN_SECONDS:g})" if n == 60_000 else ""
        print(f"| {n:,} | {figures[f'{n} rows']:.2f}{goal} |", flush=True)
    return figures


def counts_are_equal(device: torch.device, n: int) -> bool:
    """Whether accuracies at some margins equal the processor's to the bit, on random means and on ones with ties."""
    margins = np.array([0.0, MARGIN, 1.0])
    means, labels = random_means(n)
    for points in (means, np.round(means)):
        groups = grouped_for_triplets(points, labels, ALL)
        counts = anchor_counts(groups.columns, groups.starts, groups.anchors, margins.tolist(), device)
        ours, theirs = accuracy_of_counts(groups, margins, *counts), triplet_accuracy(points, labels, margins.tolist())
        if not np.array_equal(ours.accuracy, theirs.accuracy):
            return False
    return True


def neighbours_by_rows(device: torch.device, sizes: Sizes, begun: float) -> dict[str, Any]:
    """Seconds of the ten nearest of every row, by the number of rows; first, whether distances are the processor's."""
    means, _ = random_means(sizes.checked_rows)
    expected = nearest_neighbours(means, NEIGHBOURS).distances
    figures: dict[str, Any] = {"equal": bool(np.array_equal(nearest(means, device), expected))}
    print(f"Distances of {sizes.checked_rows:,} rows equal the processor's: {'yes' if figures['equal'] else 'NO'}\n")
    print(f"| rows | {NEIGHBOURS} nearest of each, s |\n| --- | ---: |")
    for n in sizes.rows:
        if time.monotonic() - begun > SECONDS:
            break
        means, _ = random_means(n)
        figures[f"{n} rows"] = seconds_of(lambda means=means: nearest(means, device), device)
        print(f"| {n:,} | {figures[f'{n} rows']:.2f} |", flush=True)
    return figures


def nearest(means: np.ndarray, device: torch.device) -> np.ndarray:
    """Distances of the nearest other rows of every row (n, k), as float32."""
    columns = torch.from_numpy(np.ascontiguousarray(means.T, np.float64)).to(device)
    at_once, parts = max(1, BLOCK_VALUES[device.type] // len(means)), []
    for first in range(0, len(means), at_once):
        distances = block_distances(columns, first, min(first + at_once, len(means)))
        distances.diagonal(first).fill_(torch.inf)
        parts.append(distances.topk(NEIGHBOURS, dim=1, largest=False).values.float())
    return torch.cat(parts).cpu().numpy()


def stacked(config: RunConfig, split: Split, products: torch.dtype) -> Training:
    """A training of all arms in one step, captured where its device is a GPU."""
    training = Training(replace(config, train=replace(config.train, step="plain")), split)
    arms = list(training.arms.values())
    training.training_steps = [StackedStep(arms, products, training.images, training.next_batch())]
    return training


def named(device: torch.device) -> Device:
    """The device as a run's settings name it."""
    return "cuda" if device.type == "cuda" else "cpu"


def ladder(count: int) -> dict[str, LossConfig]:
    """This many arms: the VAE, then triplet weights in even ratios."""
    weights = [0.0, *np.geomspace(0.1, 100, count - 1).tolist()]
    return {f"arm{number}": LossConfig(triplet_weight=weight) for number, weight in enumerate(weights)}


def seconds_of_a_step(training: Training, steps: int) -> float:
    """Seconds of a step, after some that nothing is measured of. Each reads its losses, and so waits for the GPU."""
    training.steps = 2 * steps + 2
    reports = training.reports()
    for _ in itertools.islice(reports, steps // 2 + 1):
        pass
    begun = time.perf_counter()
    for _ in itertools.islice(reports, steps):
        pass
    seconds = time.perf_counter() - begun
    reports.close()
    return seconds / steps


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """Seconds that the work takes when it is done a second time: the first time loads what it needs."""
    for _ in range(2):
        begun = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds = time.perf_counter() - begun
    return seconds


def random_images(count: int, side: int, channels: int) -> Split:
    """Images with the ink of MNIST's at random places, in ten classes."""
    generator = np.random.default_rng(0)
    images = generator.integers(1, 256, (count, side, side, channels), np.uint8)
    images *= generator.random(images.shape) < INK
    labels = np.arange(count, dtype=np.int64) % 10
    return Split("train", images, labels, tuple("0123456789"))


def random_means(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Means (n, 20) of ten overlapping classes, and their labels."""
    generator = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.int64) % 10
    centres = generator.normal(size=(10, 20))
    return (centres[labels] + generator.normal(size=(count, 20))).astype(np.float32), labels


@contextlib.contextmanager
def two_cores() -> Iterator[None]:
    """Context in which this process has two cores, where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    main()
