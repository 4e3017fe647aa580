"""Linear and spherical paths, traversals, latents ranked by KL and by what they draw."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from tvae.errors import InputError, require_choice, require_int
from tvae.model.network import Network

PathKind = Literal["linear", "spherical"]

MOST_STEPS = 1_000
OFF_BELOW = 0.01
"""Nats of KL below which a latent is off: its posterior is the prior, whatever the image."""
REACH = 3.0
"""Latents are traversed from minus this to this, in standard deviations of the prior."""
LEAST_CHANGE = 0.1
"""Share of an arm's mean reconstruction error below which a change of the picture is next to nothing."""

_PARALLEL = 1e-6
"""Sine of the angle below which two directions count as parallel: float32 codes cannot be more exact."""


def latent_path(
    start: Float[np.ndarray, " latent"], end: Float[np.ndarray, " latent"], steps: int, kind: PathKind
) -> Float32[np.ndarray, "steps latent"]:
    """Codes from `start` to `end`, both included, evenly spaced in t from 0 to 1; one step is the start alone.

    linear: (1 - t) start + t end.

    spherical: the direction turns evenly on the great circle (Shoemake 1985, Animating Rotation with Quaternion Curves)
    and the length changes linearly, so that codes as long as samples of the prior stay as long on the whole path. Where
    that circle is not defined: equal directions change in length alone; opposite directions turn through the latent
    axis most nearly perpendicular to them (the first of equals), and with a single latent the path is linear; so it is
    where a code is the origin, which has no direction.

    Raises:
        InputError: codes of different lengths or not finite, steps not from 1 to 1,000, or an unknown kind.
    """
    a, b = _finite_row(start, "path: start"), _finite_row(end, "path: end")
    if a.shape != b.shape:
        raise InputError(f"path: from {len(a)} latents to {len(b)}; both codes must be of one arm")
    require_int("path: steps", steps, 1, MOST_STEPS)
    require_choice("path: kind", kind, get_args(PathKind))
    t = np.linspace(0, 1, steps)[:, None]  # (steps, 1)
    codes = _spherical(a, b, t) if kind == "spherical" else (1 - t) * a + t * b
    codes[0] = a  # exactly, without rounding
    if steps > 1:
        codes[-1] = b
    return codes.astype(np.float32)


def _spherical(
    a: Float[np.ndarray, " latent"], b: Float[np.ndarray, " latent"], t: Float[np.ndarray, "steps 1"]
) -> Float[np.ndarray, "steps latent"]:
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) == 0:
        return (1 - t) * a + t * b
    u, v = a / lengths[0], b / lengths[1]
    across = v - (u @ v) * u
    if np.linalg.norm(across) > _PARALLEL:
        # Kahan's formula: arccos(u·v) loses half the digits where the directions are nearly equal or opposite.
        angle = 2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))
    elif u @ v > 0 or len(u) == 1:
        return (1 - t) * a + t * b
    else:
        axis = np.zeros_like(u)
        axis[np.argmin(np.abs(u))] = 1
        across, angle = axis - (u @ axis) * u, np.pi
    across /= np.linalg.norm(across)
    length = (1 - t) * lengths[0] + t * lengths[1]  # (steps, 1)
    return length * (np.cos(t * angle) * u + np.sin(t * angle) * across)


def traversals(
    code: Float[np.ndarray, " latent"], values: Float[np.ndarray, " steps"]
) -> Float32[np.ndarray, "latent steps latent"]:
    """Latent traversals: for each latent, the code with that latent set to each of the values, all others kept.

    Raises:
        InputError: a code or values that are not a row of finite numbers.
    """
    base, values = _finite_row(code, "traversals: code"), _finite_row(values, "traversals: values")
    codes = np.tile(base, (len(base), len(values), 1))  # (latent, steps, latent)
    latents = np.arange(len(base))
    codes[latents, :, latents] = values
    return codes.astype(np.float32)


def picture_changes(network: Network, code: Float[np.ndarray, " latent"]) -> Float64[np.ndarray, " latent"]:
    """Change of the decoded picture by each latent, all others as in the code.

    It is the largest squared error, summed over pixels in [0, 1], between two of the five pictures decoded with the
    latent at -3, -1.5, 0, 1.5 and 3: 99.7 % of the prior lies between the ends.

    Raises:
        InputError: a code of another number of latents, or not finite.
    """
    codes = traversals(code, np.linspace(-REACH, REACH, 5))  # (latent, 5, latent)
    pictures = network.decoded(codes.reshape(-1, codes.shape[2])).reshape(*codes.shape[:2], -1)
    pairs = [
        np.square(pictures[:, i] - pictures[:, j]).sum(axis=1, dtype=np.float64)
        for i, j in itertools.combinations(range(pictures.shape[1]), 2)
    ]
    return np.max(pairs, axis=0)


@dataclass(frozen=True, eq=False)
class RankedLatents:
    """An arm's latents ordered by their KL to the prior, apart from those that hardly change the picture."""

    drawn: Int64[np.ndarray, " _"]
    """Numbers of the latents that change the picture, the greatest KL first; of equals the lower number."""
    faint: Int64[np.ndarray, " _"]
    """Numbers of the others, in the same order."""
    on: Int64[np.ndarray, " _"]
    """Numbers of the latents of at least `OFF_BELOW` nats, in the same order, whatever they change in the picture."""


def ranked_latents(
    kl: Float[np.ndarray, " latent"], changes: Float[np.ndarray, " latent"], least_change: float
) -> RankedLatents:
    """The latents in descending order of their KL.

    Args:
        kl: KL to the prior by latent, in nats, averaged over images.
        changes: how much each latent changes the picture, from `picture_changes`.
        least_change: change below which a latent is said to draw next to nothing.

    Raises:
        InputError: KL or changes are not a row of finite numbers, or not of the same latents.
    """
    nats, changes = _finite_row(kl, "latents: KL"), _finite_row(changes, "latents: changes")
    if nats.shape != changes.shape:
        raise InputError(f"latents: KL of {len(nats)}, changes of {len(changes)}; both must be of one arm")
    order = np.argsort(-nats, kind="stable")
    drawn = changes[order] >= least_change
    return RankedLatents(order[drawn], order[~drawn], order[nats[order] >= OFF_BELOW])


def _finite_row(values: Float[np.ndarray, " n"], where: str) -> Float64[np.ndarray, " n"]:
    row = np.asarray(values)
    if row.ndim != 1 or len(row) == 0 or row.dtype.kind not in "fiu" or not np.isfinite(row).all():
        raise InputError(f"{where} has shape {row.shape} of {row.dtype}; it must be a row of finite numbers")
    return row.astype(np.float64)
