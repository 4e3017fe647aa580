"""Exact triplet accuracy during training, on a fixed part of the test split."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tvae.data import Split
from tvae.errors import InputError
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.training.loop import Training

MOST_ROWS = 2_000
"""Rows of the test split that are measured, evenly spread over it."""
MARGINS = (0.0, 0.1, 0.2, 0.5, 1.0)
SECONDS_BETWEEN = 1.0
ROWS_A_DOUBLING = 140
"""Rows from some time of training to twice that time, once that is fewer than one every SECONDS_BETWEEN: a run of a
week has two thousand, and a chart of them shows every stretch equally finely on a logarithmic axis."""
MOST_SHARE = 0.05
"""Share of the training thread's time that may go to encoding."""


class LiveAccuracy:
    """Measures the arms' triplet accuracy between training steps.

    The training thread encodes the images; another thread counts the triplets.
    """

    def __init__(self, split: Split, keep: Callable[[dict[str, Any]], None]) -> None:
        """
        Args:
            split: the test split.
            keep: called with each measurement, on the other thread.
        """
        rows = np.unique(np.linspace(0, len(split) - 1, min(MOST_ROWS, len(split))).astype(np.int64))
        self._pixels = split.pixels(rows)
        self._labels = split.labels[rows]
        self._keep = keep
        self._due = 0.0
        self._waiting: queue.Queue[tuple[dict[str, Any], dict[str, np.ndarray]] | None] = queue.Queue(maxsize=1)
        self._error: Exception | None = None
        self._has_triplets = True
        self._thread = threading.Thread(target=self._count_waiting, name="live accuracy", daemon=True)
        self._thread.start()

    def measure_if_due(self, training: Training, epoch: float, seconds: float) -> None:
        """Measure the arms in their present state, if it is time.

        Args:
            epoch: epochs trained so far.
            seconds: time trained so far.

        Raises:
            OSError: an earlier measurement could not be kept.
        """
        now = time.monotonic()
        if self._error is not None:
            raise self._error
        if now < self._due or self._waiting.full() or not self._has_triplets:
            return
        means = training.means_of(self._pixels)
        encoding_seconds = time.monotonic() - now
        self._due = now + max(SECONDS_BETWEEN, encoding_seconds / MOST_SHARE, seconds * math.log(2) / ROWS_A_DOUBLING)
        row = {"step": training.step, "epoch": round(epoch, 4), "seconds": round(seconds, 2), "n": len(self._labels)}
        self._waiting.put((row, means))

    def close(self) -> None:
        """Finish the measurements under way, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _count_waiting(self) -> None:
        """Count what waits until `close`; after an error only take it away, or `close` would wait for room for ever."""
        while (measurement := self._waiting.get()) is not None:
            if self._error is None and self._has_triplets:
                try:
                    self._count(*measurement)
                except InputError:  # these rows of the split have no triplet: there is nothing to measure
                    self._has_triplets = False
                except Exception as error:
                    self._error = error

    def _count(self, row: dict[str, Any], means: dict[str, np.ndarray]) -> None:
        accuracies = {arm: triplet_accuracy(points, self._labels, MARGINS).accuracy for arm, points in means.items()}
        arms = {arm: [round(float(share), 5) for share in accuracy] for arm, accuracy in accuracies.items()}
        self._keep({**row, "margins": MARGINS, "arms": arms})
