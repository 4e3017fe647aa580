"""Exact triplet accuracy during training, on a fixed part of the test split."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tvae.data import Split
from tvae.errors import InputError
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.training.loop import Training

MOST_ROWS = 2_000
"""Rows of the test split that are looked at, evenly spread over it."""
MARGINS = (0.0, 0.1, 0.2, 0.5, 1.0)
SECONDS_BETWEEN = 1.0
MOST_SHARE = 0.05
"""Of the training thread's time, which goes to encoding."""


class LiveAccuracy:
    """Measures between steps what the arms have come to; the training thread encodes, another counts."""

    def __init__(self, split: Split, keep: Callable[[dict[str, Any]], None]) -> None:
        """`keep` is given each row, on another thread."""
        rows = np.unique(np.linspace(0, len(split) - 1, min(MOST_ROWS, len(split))).astype(np.int64))
        self._images = torch.from_numpy(split.pixels(rows))
        self._labels = split.labels[rows]
        self._keep = keep
        self._due = 0.0
        self._waiting: queue.Queue[tuple[dict[str, Any], dict[str, np.ndarray]] | None] = queue.Queue(maxsize=1)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="live accuracy", daemon=True)
        self._thread.start()

    def look(self, training: Training, epoch: float, seconds: float) -> None:
        """Measure the arms as they stand, if it is time.

        Raises:
            OSError: an earlier row could not be kept.
        """
        now = time.monotonic()
        if self._error is not None:
            raise self._error
        if now < self._due or self._waiting.full() or not self._thread.is_alive():
            return
        means = {name: self._means(training, name) for name in training.arms}
        taken = time.monotonic() - now
        self._due = now + max(SECONDS_BETWEEN, taken / MOST_SHARE)
        row = {"step": training.step, "epoch": round(epoch, 4), "seconds": round(seconds, 2), "n": len(self._labels)}
        self._waiting.put((row, means))

    def close(self) -> None:
        """Count what was looked at, and no more."""
        self._waiting.put(None)
        self._thread.join()

    @torch.inference_mode()
    def _means(self, training: Training, arm: str) -> np.ndarray:
        return training.arms[arm].model.encode(self._images.to(training.device)).mean.cpu().numpy()

    def _work(self) -> None:
        try:
            while (looked := self._waiting.get()) is not None:
                row, means = looked
                accuracies = {arm: triplet_accuracy(points, self._labels, MARGINS) for arm, points in means.items()}
                arms = {arm: [round(float(share), 5) for share in a.accuracy] for arm, a in accuracies.items()}
                self._keep({**row, "margins": MARGINS, "arms": arms})
        except InputError:
            return  # this part of the split has no triplet: there is nothing to tell
        except Exception as error:
            self._error = error
