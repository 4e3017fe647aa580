"""Path between two images: decoded frames, class votes, density."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int, Int64

from tvae.explore.latent_paths import PathKind, latent_path
from tvae.metrics.class_vote import Votes, class_votes, prior_log_density
from tvae.model.encoding import EncodedArm
from tvae.model.network import Network

FRAMES = 60
"""Pieces that a path is cut into at least, so that it plays evenly."""


@dataclass(frozen=True, eq=False)
class Interpolation:
    """A path through one arm's latent space: the requested steps, and frames between them."""

    t: Float64[np.ndarray, " frames"]
    """Position of each frame on the path, from 0 to 1."""
    steps: Int64[np.ndarray, " steps"]
    """Numbers of the frames that are the steps."""
    codes: Float32[np.ndarray, "frames latent"]
    images: Float32[np.ndarray, "frames height width channels"]
    """Decoded, in [0, 1]."""
    votes: Votes
    """Class votes of the nearest images at each frame; the two end images are left out."""
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
    """The path between the means of two rows.

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
        log_density=prior_log_density(codes, network.class_centres),
    )


def step_columns(
    paths: Mapping[str, Interpolation], class_names: Sequence[str], arm_names: Mapping[str, str]
) -> dict[str, list]:
    """A table of interpolations, column by column: a row for every step of every arm.

    Args:
        paths: by arm.
        arm_names: what the table calls each arm.
    """
    columns: dict[str, list] = {name: [] for name in ("arm", "t", "class", "share of the vote", "nearest row")}
    columns |= {"nearest row's distance": [], "log density of the prior, nats": []}
    for arm, path in paths.items():
        steps, nearest = path.steps, path.votes.nearest
        values = (
            [arm_names[arm]] * len(steps),
            path.t[steps].round(4).tolist(),
            [class_names[label] for label in path.votes.winners[steps]],
            path.votes.sureness[steps].round(4).tolist(),
            nearest.rows[steps, 0].tolist(),
            nearest.distances[steps, 0].astype(float).round(4).tolist(),
            path.log_density[steps].round(4).tolist(),
        )
        for column, more in zip(columns.values(), values, strict=True):
            column += more
    return columns


@dataclass(frozen=True)
class Segment:
    """Part of a path on which one class wins the vote."""

    label: int
    start: float
    """Where it begins, from 0 to 1: midway between two frames, as the winner changes somewhere between."""
    end: float


def class_segments(winners: Int[np.ndarray, " frames"], t: Float64[np.ndarray, " frames"]) -> list[Segment]:
    """Classes that a path passes, in order; a class that it enters twice appears twice.

    Args:
        winners: the class that wins the vote at each frame.
        t: position of each frame on the path, from 0 to 1.
    """
    winners = np.asarray(winners)
    changed = np.flatnonzero(np.diff(winners)) + 1
    borders = [float(t[0]), *((t[changed - 1] + t[changed]) / 2).tolist(), float(t[-1])]
    labels = [int(winners[i]) for i in (0, *changed)]
    return [Segment(label, *part) for label, part in zip(labels, pairwise(borders), strict=True)]


def third_class_paths(
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    pairs: Int[np.ndarray, "pairs 2"],
    kind: PathKind,
    k: int,
    codes: int = 21,
) -> Bool[np.ndarray, " pairs"]:
    """Whether the path between the rows of each pair passes a class that neither row belongs to.

    Args:
        k: how many nearest images vote.
        codes: at how many codes of each path the vote is taken.

    Raises:
        InputError: an impossible path or k.
    """
    passes_third = np.zeros(len(pairs), bool)
    for i, (first, last) in enumerate(pairs):
        path = latent_path(arm.means[first], arm.means[last], codes, kind)
        winners = class_votes(path, arm.means, labels, class_count, k, left_out=(int(first), int(last))).winners
        passes_third[i] = not np.isin(winners, (labels[first], labels[last])).all()
    return passes_third


def path_summary(segments: Sequence[Segment], ends: tuple[int, int], class_names: Sequence[str]) -> str:
    """One sentence that says which classes a path passes.

    Args:
        ends: the classes of the two end images.
    """
    classes = class_names[segments[0].label]
    classes += "".join(f" → {class_names[segment.label]} at t = {segment.start:.2f}" for segment in segments[1:])
    third = list(dict.fromkeys(class_names[segment.label] for segment in segments if segment.label not in ends))
    remarks = [f"through {' and '.join(third)}, which neither image is" if third else "no third class on the way"]
    for place, segment, label in (("first", segments[0], ends[0]), ("second", segments[-1], ends[1])):
        if segment.label != label:
            remarks.append(f"the {place} image ({class_names[label]}) lies among {class_names[segment.label]}")
    return f"{classes}: {'; '.join(remarks)}"
