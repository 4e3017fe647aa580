"""Replay to be shown: maps and accuracy at each moment, and the moment from which two arms have parted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from tvae.errors import InputError
from tvae.maps.pca import pca_maps
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.model.encoding import Encoding
from tvae.runs.replays.recorded import Replay
from tvae.runs.run import Run

COUNTED = 1_000
"""Images among which triplets are counted at each moment, evenly spread over the replay's: exact among these."""
STANDARD_ERRORS = 2.0
PARTED = 0.9
"""Share of the last difference between two arms from which on they count as parted."""

ShareOf = Callable[[Float32[np.ndarray, "n d"], Int[np.ndarray, " n"]], float]
"""Share of triplets in order at margin 0, of means and labels."""


def share_in_order(means: Float32[np.ndarray, "n d"], labels: Int[np.ndarray, " n"]) -> float:
    """Exact triplet accuracy at margin 0.

    Raises:
        InputError: the labels allow no triplet.
    """
    return float(triplet_accuracy(means, labels, (0.0,)).accuracy[0])


@dataclass(frozen=True, eq=False)
class ShownReplay:
    """A replay of one or two arms of a run, with positions and accuracies at each moment."""

    replay: Replay
    arms: tuple[str, ...]
    labels: Int[np.ndarray, " n"]
    """Classes of the replay's images."""
    positions: dict[str, Float32[np.ndarray, "moments n 2"]]
    accuracy: dict[str, Float[np.ndarray, " moments"]]
    """Triplet accuracy at margin 0 by arm; empty where the labels allow no triplet."""
    counted: int
    """Number of images among which triplets are counted."""
    parting: int | None
    """The moment from which the two arms have parted, if they do: see `parting`."""
    of_another_training: bool
    """Whether the run ended with other means than the replay does, so that it was recorded in another training."""


def shown_replay(
    replay: Replay,
    run: Run,
    arms: Sequence[str],
    labels: Int[np.ndarray, " rows"],
    ended: Encoding | None,
    share_of: ShareOf = share_in_order,
) -> ShownReplay:
    """Compute the positions and accuracies of a replay.

    Args:
        arms: one or two of the run's, of which the first and the last are shown.
        labels: of the run's whole test split.
        ended: encoding of that split when the run ended, None where it has not.
        share_of: counts triplets, or remembers what it has counted.
    """
    arms = tuple(dict.fromkeys((arms[0], arms[-1])))
    own_labels = labels[replay.rows]
    try:
        accuracy, counted = accuracies(replay, own_labels, arms, share_of)
    except InputError:  # the labels allow no triplet: there is nothing to measure
        accuracy, counted = {}, 0
    parted = parting(accuracy[arms[0]], accuracy[arms[1]], counted) if len(arms) == 2 and accuracy else None
    of_another = ended is not None and not ends_as(replay, run, ended)
    return ShownReplay(replay, arms, own_labels, positions(replay, arms), accuracy, counted, parted, of_another)


def ends_as(replay: Replay, run: Run, ended: Encoding) -> bool:
    """Whether the last moment of a replay is the run as it ended, to the replay's own precision."""
    return int(replay.steps[-1]) == run.step and all(
        np.allclose(replay.means(arm)[-1], ended.means[arm][replay.rows], rtol=1e-2, atol=float(level[-1].max()))
        for arm, level in replay.scales.items()
    )


def losses_at(history: Sequence[Mapping[str, Any]], steps: Int[np.ndarray, " m"]) -> list[Mapping[str, Any] | None]:
    """The row of a run's history that each step belongs to: the next at or after it, else the last one.

    None for a step before the first row, whose means are of steps that had not been taken then.
    """
    if not history:
        return [None] * len(steps)
    ends = [row["step"] for row in history]
    places = np.searchsorted(ends, steps)
    return [
        None if step < ends[0] else history[min(int(place), len(history) - 1)]
        for step, place in zip(steps, places, strict=True)
    ]


def positions(replay: Replay, arms: Sequence[str]) -> dict[str, Float32[np.ndarray, "moments n 2"]]:
    """Positions of the images at each moment, by arm.

    Each arm has one plane for all moments, the PCA of its last moment, aligned to the first arm's: at the start the
    means lie nearly in one place, and their plane would show nothing later.
    """
    means = {arm: replay.means(arm) for arm in dict.fromkeys(arms)}
    maps = pca_maps({arm: moments[-1] for arm, moments in means.items()})
    return {
        arm: np.stack([maps[arm].positions(points) for points in moments]).astype(np.float32)
        for arm, moments in means.items()
    }


def accuracies(
    replay: Replay, labels: Int[np.ndarray, " n"], arms: Sequence[str], share_of: ShareOf = share_in_order
) -> tuple[dict[str, Float[np.ndarray, " moments"]], int]:
    """Triplet accuracy at margin 0 at each moment, by arm, and the number of images that it is counted among.

    Args:
        labels: of the replay's images.

    Raises:
        InputError: the labels allow no triplet.
    """
    counted = np.unique(np.linspace(0, len(labels) - 1, min(COUNTED, len(labels))).astype(np.int64))
    shares = {
        arm: np.array([share_of(points[counted], labels[counted]) for points in replay.means(arm)])
        for arm in dict.fromkeys(arms)
    }
    return shares, len(counted)


def parting(first: Float[np.ndarray, " moments"], second: Float[np.ndarray, " moments"], counted: int) -> int | None:
    """The first moment from which two arms' accuracies stay nearly as far apart as they end; None where they end alike.

    Nearly is `PARTED` of the last difference, in its direction. A difference beyond the noise would say little: a large
    triplet weight makes one within the first step, which may shrink again before it is there for good.

    They end alike where the last difference is at most two standard errors, each accuracy's being that of a share of
    `counted` independent images: more than the true one, as each image has many triplets.
    """
    if not len(first):
        return None
    difference = second - first
    last = difference[-1]
    variance = (first[-1] * (1 - first[-1]) + second[-1] * (1 - second[-1])) / counted
    if abs(last) <= STANDARD_ERRORS * np.sqrt(variance):
        return None
    nearer = np.flatnonzero(difference * np.sign(last) < PARTED * abs(last))
    return int(nearer[-1] + 1) if len(nearer) else 0
