"""Snapshots: times at which a run keeps its weights while it trains, and how they are written."""

from __future__ import annotations

import math
from dataclasses import replace

from tvae.data import Split
from tvae.model.layers import architecture
from tvae.model.vae import weights_of
from tvae.runs.encodings import write_encoding
from tvae.runs.evaluation import encode_split
from tvae.runs.run import Run
from tvae.runs.weights import write_weights
from tvae.training.loop import Training

MOST_SNAPSHOTS = 24
SNAPSHOT_BUDGET = 64 * 2**20
"""Bytes that all snapshots of a run may take; a large run keeps fewer."""
FEWEST_SNAPSHOTS = 8
"""Fewest snapshots of a short run with room for them; half as many within a time budget."""
SNAPSHOT_SHARE = 0.2
"""Share of a time budget that may go to snapshots."""


def snapshot_steps(run: Run, steps: int) -> frozenset[int]:
    """Steps at which a run of this many is worth keeping: the start, then ever further apart.

    The k-th of K lies at steps (k/K)²: a latent space takes its shape early. The end is no snapshot, it is the run.
    K is 24, or as many as `SNAPSHOT_BUDGET` has room for. In a run so short that encoding the test split 24 times would
    take most of it, K is the number of times that as many triplets are seen as the test split has images.
    """
    triplets = steps * run.config.train.batch_size
    count = min(_snapshot_room(run), max(FEWEST_SNAPSHOTS, triplets // run.provenance.test.n))
    return frozenset(round(steps * (k / count) ** 2) for k in range(count))


def _snapshot_room(run: Run) -> int:
    weights = sum(
        math.prod(shape) for shape in architecture(run.image_shape, run.config.model).weight_shapes().values()
    )
    encoded = run.provenance.test.n * (run.config.model.latent_dim + 2)  # means as float16, errors as float32
    size = 2 * len(run.config.arms) * (weights + encoded)
    return min(MOST_SNAPSHOTS, SNAPSHOT_BUDGET // size)


def take_snapshot(run: Run, training: Training, split: Split) -> None:
    """Write the arms' present weights, and the split as they encode it, in half precision."""
    shot = replace(run, snapshot=training.step)
    shot.weights_folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weights_of(arm.model) for name, arm in training.arms.items()}
    write_weights(shot.weights_folder, weights, training.step, half=True)
    write_encoding(shot.weights_folder, encode_split(shot, split), half=True)  # last: it makes the snapshot whole


class SnapshotTimes:
    """Times of snapshots: at the steps of `snapshot_steps`, or at the same shares of a time budget."""

    def __init__(self, run: Run, steps: int, budget: float | None, seconds: float) -> None:
        """`seconds` are over already."""
        self._steps = snapshot_steps(run, steps)
        self._budget = budget
        self._count = self._room = _snapshot_room(run)
        self._taken, self._cost = 0, 0.0
        self._next = 0
        if budget is not None and seconds > 0:
            self._next = self._first_after(seconds)

    def due(self, step: int, seconds: float) -> bool:
        """Whether a snapshot is due after this step; True once for each."""
        if self._budget is None:
            return step in self._steps
        if self._next >= self._count or (seconds < self._budget * (self._next / self._count) ** 2 and step > 0):
            return False
        self._next = self._first_after(seconds)
        return True

    def taken(self, seconds: float) -> None:
        """Count one that was taken: a time budget has room for so many.

        Args:
            seconds: that all snapshots of this process took.
        """
        self._taken += 1
        self._cost = seconds / self._taken
        if self._budget is not None:
            most = max(FEWEST_SNAPSHOTS // 2, int(SNAPSHOT_SHARE * self._budget / max(self._cost, 1e-9)))
            share = self._next / max(1, self._count)  # of the root of the time, after which the next was due
            self._count = min(self._room, most)
            self._next = math.ceil(share * self._count)

    @property
    def seconds_later(self) -> float:
        """Seconds that the snapshots still to come will take."""
        return max(0, self._count - self._next) * self._cost

    def _first_after(self, seconds: float) -> int:
        assert self._budget is not None
        return min(self._count, int(self._count * math.sqrt(max(0.0, seconds) / self._budget)) + 1)
