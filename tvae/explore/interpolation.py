"""Path between two images: decoded frames, class votes, density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int, Int64

from tvae.explore.latent_paths import PathKind, latent_path
from tvae.metrics.class_vote import Votes, class_votes, prior_log_density
from tvae.model.encoding import EncodedArm
from tvae.model.network import Network

FRAMES = 60
"""Pieces that a way is cut into at least, so that it plays evenly."""


@dataclass(frozen=True, eq=False)
class Interpolation:
    """A way through one arm's latent space: the asked steps, and frames between them."""

    t: Float64[np.ndarray, " frames"]
    """Place of each frame on the way, from 0 to 1."""
    steps: Int64[np.ndarray, " steps"]
    """Which frames are the steps."""
    codes: Float32[np.ndarray, "frames latent"]
    images: Float32[np.ndarray, "frames height width"]
    """Decoded, in [0, 1]."""
    votes: Votes
    """At each frame; the two end images neither vote nor count as near."""
    log_density: Float64[np.ndarray, " frames"]
    """Log density of the prior at each frame, in nats."""


def interpolation(
    network: Network,
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    ends: tuple[int, int],
    steps: int,
    kind: PathKind,
    k: int,
) -> Interpolation:
    """The way between the means of two rows.

    Args:
        labels: of all rows of the arm.
        ends: first and last row; they may be the same.
        steps: codes that are asked for, ends included; 1 gives the first end alone.
        k: how many nearest images vote.

    Raises:
        InputError: an impossible path or k (see `latent_path`, `class_votes`).
    """
    first, last = arm.means[ends[0]], arm.means[ends[1]]
    between = -(-FRAMES // (steps - 1)) if steps > 1 else 1
    frames = (steps - 1) * between + 1
    codes = latent_path(first, last, frames, kind)
    return Interpolation(
        t=np.linspace(0, 1, frames),
        steps=np.arange(steps) * between,
        codes=codes,
        images=network.decoded(codes),
        votes=class_votes(codes, arm.means, labels, class_count, k, left_out=ends),
        log_density=prior_log_density(codes),
    )


@dataclass(frozen=True)
class Stretch:
    """A part of a way on which one class wins the vote."""

    label: int
    start: float
    """Where it begins, from 0 to 1: midway between two frames, as the winner changes somewhere between."""
    end: float


def stretches(winners: Int[np.ndarray, " frames"], t: Float64[np.ndarray, " frames"]) -> list[Stretch]:
    """The classes that a way leads through, in order; one that is entered twice stands twice."""
    winners = np.asarray(winners)
    changed = np.flatnonzero(np.diff(winners)) + 1
    borders = [float(t[0]), *((t[changed - 1] + t[changed]) / 2).tolist(), float(t[-1])]
    labels = [int(winners[i]) for i in (0, *changed)]
    return [Stretch(label, *part) for label, part in zip(labels, pairwise(borders), strict=True)]


def third_class_ways(
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    pairs: Int[np.ndarray, "pairs 2"],
    kind: PathKind,
    k: int,
    codes: int = 21,
) -> Bool[np.ndarray, " pairs"]:
    """Whether the way between each two rows leads through a class that neither is of, looked at in so many codes.

    Raises:
        InputError: an impossible path or k.
    """
    found = np.zeros(len(pairs), bool)
    for place, (first, last) in enumerate(pairs):
        way = latent_path(arm.means[first], arm.means[last], codes, kind)
        winners = class_votes(way, arm.means, labels, class_count, k, left_out=(int(first), int(last))).winners
        found[place] = not np.isin(winners, (labels[first], labels[last])).all()
    return found


def told(parts: Sequence[Stretch], ends: tuple[int, int], names: Sequence[str]) -> str:
    """The way in one sentence; `ends` are the classes of the two images themselves."""
    way = names[parts[0].label] + "".join(f" → {names[part.label]} at t = {part.start:.2f}" for part in parts[1:])
    third = list(dict.fromkeys(names[part.label] for part in parts if part.label not in ends))
    words = [f"through {' and '.join(third)}, which neither image is" if third else "no third class on the way"]
    for place, part, label in (("first", parts[0], ends[0]), ("second", parts[-1], ends[1])):
        if part.label != label:
            words.append(f"the {place} image ({names[label]}) lies among {names[part.label]}")
    return f"{way}: {'; '.join(words)}"
