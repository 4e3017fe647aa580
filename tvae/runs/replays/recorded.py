"""Replay of a run: latent means of a few fixed test images at moments of its training."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy
from jaxtyping import Float32, Int8, Int64

from tvae.data import Split
from tvae.data.stratified import stratified_rows
from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.system.array_files import safetensors_arrays, safetensors_header, safetensors_record
from tvae.system.files import read_bounded, write_atomically

if TYPE_CHECKING:  # the loop imports torch, which a page that only reads must not wait for
    from tvae.training.loop import Training

REPLAY = "replay/test.safetensors"
"""Path in a run's folder; in a folder of its own, as an arm may have any name."""
VERSION = 1
MOST_IMAGES = 2_000
MOST_MOMENTS = 60
SIZE_BUDGET = 6 * 2**20
"""Bytes of means that a replay may take: a run of many arms or latents keeps fewer images."""
ENCODING_SHARE = 0.02
"""Share of a run's work that may go to encoding the replay's images. A step encodes and decodes three batches,
forwards and backwards, which is as much as encoding 18 batches."""
_KEY = "tvae.replay"
_LEVELS = 127


@dataclass(frozen=True, eq=False)
class Replay:
    """Means of a few fixed test images at moments of a run's training."""

    rows: Int64[np.ndarray, " n"]
    """Rows of the test split, ascending."""
    steps: Int64[np.ndarray, " moments"]
    """Steps taken at each moment, ascending."""
    scales: dict[str, Float32[np.ndarray, "moments latents"]]
    """Size of one level of the codes, by arm."""
    codes: dict[str, Int8[np.ndarray, "moments n latents"]]
    """Means in units of their scale, by arm: rounded to 127 levels either side of 0."""

    def means(self, arm: str) -> Float32[np.ndarray, "moments n latents"]:
        """An arm's means at each moment."""
        return self.codes[arm] * self.scales[arm][:, None, :]


def replay_rows(run: Run, split: Split) -> Int64[np.ndarray, " n"]:
    """Rows of the images that are followed: of each class the same share, drawn with the run's seed."""
    values = MOST_MOMENTS * len(run.config.arms) * run.config.model.latent_dim
    count = min(MOST_IMAGES, max(1, SIZE_BUDGET // values))
    if count >= len(split):
        return np.arange(len(split), dtype=np.int64)
    return stratified_rows(split.labels, count / len(split), run.config.train.seed)


def replay_steps(steps: int, batch: int, images: int) -> frozenset[int]:
    """Steps of a run of this many that a replay holds: doubling at first, then evenly to the end.

    There are 60 of them, or as many as `ENCODING_SHARE` of the run's work allows.
    """
    room = int(ENCODING_SHARE * steps * 18 * batch / images)
    count = max(8, min(MOST_MOMENTS, room))
    doubling = {0, *(2**power for power in range(count // 4) if 2**power < steps / count)}
    evenly = count - len(doubling)
    return frozenset(doubling | {round(steps * k / evenly) for k in range(1, evenly + 1)})


class ReplayWriter:
    """Records a run's replay between its steps, and writes the file anew at each moment."""

    def __init__(self, run: Run, split: Split, steps: int) -> None:
        """
        Args:
            split: the run's test split.
            steps: of the run; with a time budget the moments lie evenly in its time.
        """
        self._run = run
        self._rows = replay_rows(run, split)
        self._pixels = split.pixels(self._rows)
        self._budget = run.provenance.seconds_budget
        self._due = replay_steps(steps, run.config.train.batch_size, len(self._rows))
        self._moments: list[tuple[int, dict[str, np.ndarray], dict[str, np.ndarray]]] = []
        self._next = 0.0

    def go_on(self, step: int) -> None:
        """Go on after this step with the moments that an earlier process recorded; a file that is none is begun anew.

        Args:
            step: steps of the run that goes on: what was recorded beyond them is dropped.
        """
        try:
            replay = read_replay(self._run)
        except InputError:
            return
        if replay is None or not np.array_equal(replay.rows, self._rows):
            return
        self._moments = [
            (
                int(at),
                {arm: codes[moment] for arm, codes in replay.codes.items()},
                {arm: scales[moment] for arm, scales in replay.scales.items()},
            )
            for moment, at in enumerate(replay.steps)
            if at <= step
        ]

    def record_if_due(self, training: Training, seconds: float) -> bool:
        """Record the arms' present means, if this moment belongs to the replay; whether it did.

        Args:
            seconds: spent in training so far.

        Raises:
            OSError: the file can't be written.
        """
        step = training.step
        if (self._moments and self._moments[-1][0] >= step) or not self._is_due(step, training.steps, seconds):
            return False
        codes, scales = {}, {}
        for arm, means in training.means_of(self._pixels).items():
            codes[arm], scales[arm] = _rounded(means)
        self._moments.append((step, codes, scales))
        self._write()
        return True

    def _is_due(self, step: int, steps: int, seconds: float) -> bool:
        if step == steps:
            return True
        if self._budget is None:
            return step in self._due
        if step == 0 or seconds >= self._next:
            self._next = seconds + self._budget / MOST_MOMENTS
            return len(self._moments) < MOST_MOMENTS - 1
        return False

    def _write(self) -> None:
        steps = [step for step, _, _ in self._moments]
        tensors = {"rows": self._rows, "steps": np.asarray(steps, np.int64)}
        for arm in self._run.config.arms:
            tensors[f"codes/{arm}"] = np.stack([codes[arm] for _, codes, _ in self._moments])
            tensors[f"scales/{arm}"] = np.stack([scales[arm] for _, _, scales in self._moments])
        header = {_KEY: json.dumps({"version": VERSION, "test": self._run.provenance.test.fingerprint})}
        path = self._run.folder / REPLAY
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, safetensors.numpy.save(tensors, header))


def _rounded(means: Float32[np.ndarray, "n d"]) -> tuple[Int8[np.ndarray, "n d"], Float32[np.ndarray, " d"]]:
    """The means as whole levels, and the size of a level of each latent."""
    scales = (np.abs(means).max(axis=0) / _LEVELS).astype(np.float32)
    return np.rint(means / np.where(scales > 0, scales, 1)).astype(np.int8), scales


def read_replay(run: Run) -> Replay | None:
    """The replay in a run's folder, None where it holds none.

    Raises:
        InputError: cut, garbled, of another version or test split, of other names or shapes, or values that can't be.
    """
    path = run.folder / REPLAY
    if not path.is_file():
        return None
    arms, latents = list(run.config.arms), run.config.model.latent_dim
    limit = 10_000 + 400 * len(arms)
    most_values = 2 * MOST_MOMENTS * len(arms) * latents
    content = read_bounded(path, 8 + limit + most_values * (MOST_IMAGES + 4) + 8 * (MOST_IMAGES + 2 * MOST_MOMENTS))
    where = f"{path}: not the replay of this run"
    header = safetensors_header(content, where, limit)
    moments, images = (math.prod(header[name]["shape"]) if name in header else 0 for name in ("steps", "rows"))
    record = {"version": VERSION, "test": run.provenance.test.fingerprint}
    is_this_runs = safetensors_record(content, where, _KEY, dict[str, Any], limit) == record
    if not is_this_runs or not (1 <= moments <= 2 * MOST_MOMENTS and 1 <= images <= MOST_IMAGES):
        raise InputError(where)
    forms: dict[str, tuple[tuple[str], tuple[int, ...]]] = {
        "rows": (("I64",), (images,)),
        "steps": (("I64",), (moments,)),
    }
    for arm in arms:
        forms[f"codes/{arm}"] = (("I8",), (moments, images, latents))
        forms[f"scales/{arm}"] = (("F32",), (moments, latents))
    tensors = safetensors_arrays(content, forms, where, limit)
    rows, steps = tensors["rows"], tensors["steps"]
    ascending = all((np.diff(values) > 0).all() and values[0] >= 0 for values in (rows, steps))
    if not ascending or rows[-1] >= run.provenance.test.n:
        raise InputError(where)
    scales = {arm: tensors[f"scales/{arm}"] for arm in arms}
    return Replay(rows, steps, scales, {arm: tensors[f"codes/{arm}"] for arm in arms})
