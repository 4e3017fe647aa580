"""Linear and spherical paths, traversals, and latents ranked by KL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from tvae.errors import InputError

PathKind = Literal["linear", "spherical"]

MOST_STEPS = 1_000

_PARALLEL = 1e-6
"""Sine of the angle below which two directions count as one line: float32 codes don't tell them apart."""


def latent_path(
    start: Float[np.ndarray, " latent"], end: Float[np.ndarray, " latent"], steps: int, kind: PathKind
) -> Float32[np.ndarray, "steps latent"]:
    """Codes from `start` to `end`, both among them, evenly spaced in t from 0 to 1; one step is the start alone.

    linear: (1 - t) start + t end.

    spherical: the direction turns evenly on the great circle (Shoemake 1985, Animating Rotation with Quaternion Curves)
    and the length changes linearly, so that codes as long as those of the prior stay so all the way. Where that circle
    is not defined: equal directions change in length alone; opposite ones turn by way of the latent axis most nearly at
    right angles to them (the first of equals), and in a single latent, where there is no way round, go straight; a code
    at the origin has no direction, so the path is straight.

    Raises:
        InputError: codes of other shapes or not finite, steps not from 1 to 1,000, or an unknown kind.
    """
    a, b = _code(start, "start"), _code(end, "end")
    if a.shape != b.shape:
        raise InputError(f"path: from {len(a)} latents to {len(b)} there is no way; both codes must be of one arm")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not 1 <= steps <= MOST_STEPS:
        raise InputError(f"path: {steps!r} steps are not possible; there must be 1 to {MOST_STEPS:,}")
    if kind not in ("linear", "spherical"):
        raise InputError(f"path: unknown kind {kind!r}; it must be linear or spherical")
    t = np.linspace(0, 1, steps)[:, None]  # (steps, 1)
    codes = _spherical(a, b, t) if kind == "spherical" else (1 - t) * a + t * b
    codes[0] = a  # rounding moves the ends by nothing
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
    """For each latent the code with that latent at each of the values, all others as they are.

    Raises:
        InputError: a code or values that are not a row of finite numbers.
    """
    base, asked = _code(code, "code"), _code(values, "values")
    codes = np.tile(base, (len(base), len(asked), 1))  # (latent, steps, latent)
    each = np.arange(len(base))
    codes[each, :, each] = asked
    return codes.astype(np.float32)


def _code(code: Float[np.ndarray, " latent"], where: str) -> Float[np.ndarray, " latent"]:
    array = np.asarray(code)
    if array.ndim != 1 or len(array) == 0 or array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError(f"path: {where} has shape {array.shape} of {array.dtype}; it must be a row of finite numbers")
    return array.astype(np.float64)


OFF_BELOW = 0.01
"""Nats of KL under which a latent is off: its posterior is the prior, whatever the image."""


@dataclass(frozen=True, eq=False)
class RankedLatents:
    """An arm's latents by what they carry."""

    on: Int64[np.ndarray, " _"]
    """Numbers of the latents of at least `OFF_BELOW` nats, those of most KL first; of equals the lower number."""
    off: Int64[np.ndarray, " _"]
    """The others, in the same order."""
    kl: Float64[np.ndarray, " latent"]
    """KL to the prior by latent, in nats, averaged over images."""


def ranked_latents(kl: Float[np.ndarray, " latent"]) -> RankedLatents:
    """The latents in order of their KL.

    Raises:
        InputError: not one finite number a latent.
    """
    nats = np.asarray(kl, np.float64)
    if nats.ndim != 1 or not np.isfinite(nats).all():
        raise InputError(f"traversals: KL of shape {nats.shape}; it must be one finite number a latent")
    order = np.argsort(-nats, kind="stable")
    on = nats[order] >= OFF_BELOW
    return RankedLatents(order[on], order[~on], nats)
