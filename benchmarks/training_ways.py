"""Training, triplets a second for the whole loop: ours, the tutorial way, the peers, and the products' limit."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from benchmarks.interleaving import Timing, interleaved
from benchmarks.limit import Products
from benchmarks.training_peers import FIRST, Steps, peer_ways
from benchmarks.tutorial import Net, tutorial_way
from tvae.config import LossConfig, ModelConfig, RunConfig, Step, TrainConfig, vae_and_tvae
from tvae.data import Split
from tvae.training.loop import Training
from tvae.training.steps.products_type import products_type

TUTORIAL, TUTORIAL_2 = "tutorial way, 0 workers", "tutorial way, 2 workers"
PLAIN, FLOAT32, FAST = "ours, one arm, plain", "ours, one arm, fast-float32", "ours, one arm, fast"
PAIR, SEQUENCE = "ours, both arms side by side, fast", "ours, one arm after the other, fast"
LIMIT_FLOAT32, LIMIT_TORCH = "the products alone, float32, by OpenBLAS", "the products alone, float32, by torch"
LIMIT_BFLOAT16 = "the products alone, bfloat16, by torch"


class Ours:
    """A run in progress; called with a number of steps, it takes them and returns the seconds."""

    def __init__(self, config: RunConfig, split: Split) -> None:
        self._reports = Training(config, split).reports()

    def __call__(self, count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            next(self._reports)
        return time.perf_counter() - started


def ours(
    split: Split, train: TrainConfig, loss: LossConfig, step: Step, *arms: str, model: ModelConfig | None = None
) -> Ours:
    """A run of these arms of the two, with the paper's network or another one."""
    every = vae_and_tvae(loss)
    endless = replace(train, step=step, epochs=100_000, schedule="constant")
    model = model or ModelConfig()
    return Ours(RunConfig(model=model, train=endless, arms={arm: every[arm] for arm in arms}), split)


def measure(
    split: Split, train: TrainConfig, steps: int, rounds: int, quick: bool
) -> tuple[dict[str, Timing], dict[str, str]]:
    """Seconds of so many steps of each way, one thread an arm, and the reason for each missing peer.

    Quick: the ways that headlines are made of. The first steps of each turn are not counted: they fetch what the way
    before has pushed out of the caches, and in the first turn they warm up.
    """
    loss, model, rows, pixels = LossConfig(), RunConfig().model, 3 * train.batch_size, split.images[0].size
    vae, tvae = ours(split, train, loss, "fast", "vae"), ours(split, train, loss, "fast", "tvae")
    ways: dict[str, Steps] = {
        TUTORIAL: tutorial_way(split, train.batch_size, loss, 0, Net(pixels, model)),
        TUTORIAL_2: tutorial_way(split, train.batch_size, loss, 2, Net(pixels, model)),
        PLAIN: ours(split, train, loss, "plain", "tvae"),
        FLOAT32: ours(split, train, loss, "fast-float32", "tvae"),
        FAST: ours(split, train, loss, "fast", "tvae"),
        PAIR: ours(split, train, loss, "fast", "vae", "tvae"),
        SEQUENCE: lambda count: vae(count) + tvae(count),
        LIMIT_FLOAT32: Products(rows, pixels, model, torch.float32, by_numpy=True),
        LIMIT_TORCH: Products(rows, pixels, model, torch.float32, by_numpy=False),
    }
    if quick:
        del ways[LIMIT_TORCH]
    elif products_type("fast", torch.device("cpu")) == torch.bfloat16:
        ways[LIMIT_BFLOAT16] = Products(rows, pixels, model, torch.bfloat16, by_numpy=False)
    missing = {}
    for name, make in peer_ways(split, train.batch_size, loss, model).items():
        try:
            with _silence():
                ways[name] = make()
                ways[name](1)
        except Exception as error:  # whatever a peer does wrong is a row of the table
            ways.pop(name, None)
            missing[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"

    def timed(way: Steps) -> Callable[[], float]:
        def run() -> float:
            with _silence():
                way(FIRST)
                return way(steps)

        return run

    torch.set_num_threads(1)
    with threadpool_limits(1, user_api="blas"):
        return interleaved({name: timed(way) for name, way in ways.items()}, rounds, warm_up=0), missing


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Hide the output of trainers, which print their progress."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def headlines(timings: dict[str, Timing], operations: float) -> dict[str, float]:
    """The ratios that the goals are about. The own loops need no peer's package: there is always a best peer.

    Args:
        operations: the share of the dense products' operations that our float32 step takes.
    """
    second = {name: timing.median for name, timing in timings.items()}
    limits = {LIMIT_FLOAT32, LIMIT_TORCH, LIMIT_BFLOAT16}
    own = {TUTORIAL, TUTORIAL_2, PLAIN, FLOAT32, FAST, PAIR, SEQUENCE} | limits
    peers = [seconds for name, seconds in second.items() if name not in own]
    return {
        "pair_vs_tutorial": 2 * second[TUTORIAL] / second[PAIR],
        "pair_vs_tutorial_2_workers": 2 * second[TUTORIAL_2] / second[PAIR],
        "arm_vs_best_peer": min(peers) / second[FLOAT32],
        "share_of_limit": second[LIMIT_FLOAT32] / second[FLOAT32],
        "share_of_own_operations": operations * second[LIMIT_FLOAT32] / second[FLOAT32],
        "fast_vs_plain": second[PLAIN] / second[FAST],
        "pair_vs_sequential": second[SEQUENCE] / second[PAIR],
    }


def table(timings: dict[str, Timing], missing: dict[str, str], triplets: int) -> list[str]:
    """Markdown rows: triplets a second, spread, and the ratio to the tutorial way. `triplets` of one arm's work."""
    lines = [
        "| way | triplets a second | spread | times the tutorial way |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, timing in sorted(timings.items(), key=lambda item: -item[1].median):
        arms = 2 if name in (PAIR, SEQUENCE) else 1
        speed = arms * triplets / timing.median
        ratio = arms * timings[TUTORIAL].median / timing.median
        lines.append(f"| {name} | {speed:,.0f} | ± {100 * timing.spread:.0f} % | {ratio:.2f} |")
    return lines + [f"| {name} | not measured: {why} | | |" for name, why in missing.items()]


def versions() -> dict[str, Any]:
    """Versions of the measured libraries."""
    names = ("torch", "numpy", "pytorch-metric-learning", "lightning", "disent", "pythae")
    versions = {}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions
