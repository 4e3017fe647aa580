"""ProjectionRequest -> Layout: 2-D positions of all arms, aligned to the first."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from tvae.errors import InputError, require_int
from tvae.maps.alignment import align
from tvae.maps.fidelity import Fidelity, fidelity
from tvae.maps.parameters import (
    LEAST_ROWS,
    METHODS,
    MOST_ARMS,
    Parameters,
    PcaParameters,
    TsneParameters,
    UmapParameters,
)
from tvae.maps.pca import LinearMap, common_start, pca_maps
from tvae.maps.tsne import tsne_positions
from tvae.maps.umap import epochs_for, umap_positions
from tvae.metrics.neighbours import checked_points

VERSION = 2
"""Part of every cache key: raise it when the same request would give other positions."""

FURTHER_SHARE = {"tsne": 1.0, "umap": 0.3}
"""Share of the steps that an arm takes which starts from the first arm's finished map. (t-SNE's trustworthiness falls
by 0.002 where its first third, with exaggerated attraction, is left out and half of the others are.)"""

SEED_MOTION = {"tsne": 0.01, "umap": 0.08}
"""How far points move on average, in radii of the map, between two layouts of one arm that differ in their seed alone:
less motion between two arms means nothing. Measured on 10,000 MNIST means (the shipped VAE, seeds 0 and 1)."""

DESCENT_SHARE = 0.95
"""Share of the time that the descents take; measuring takes the rest."""

Progress = Callable[[float, str], None]
"""Called with the share done, in [0, 1], and the phase in words; whatever it raises stops the work."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ProjectionRequest:
    """Everything a layout depends on."""

    means: Mapping[str, Float[np.ndarray, "n _"]]
    """Latent means of each arm by its name: the same rows in the same order; the number of latents may differ."""
    parameters: Parameters = field(default_factory=PcaParameters)
    """Method and its parameters."""
    seed: int = 0
    """Seed of the start's jitter and of UMAP's random draws."""
    labels: Int[np.ndarray, " n"] | None = None
    """Class of each row, for the 2-D kNN accuracy; they do not move a point."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.means) <= MOST_ARMS:
            raise InputError(f"projection: {len(self.means)} arms; there must be 1 to {MOST_ARMS}")
        means = {name: checked_points(points, f"means of {name}") for name, points in self.means.items()}
        sizes = {name: len(points) for name, points in means.items()}
        n = next(iter(sizes.values()))
        if len(set(sizes.values())) > 1:
            counts = ", ".join(f"{name} has {size:,}" for name, size in sizes.items())
            raise InputError(f"projection: the arms must have the same rows, but {counts}")
        if self.parameters.method != "pca" and n < LEAST_ROWS:
            method = self.parameters.method
            raise InputError(f"projection: {method} needs at least {LEAST_ROWS} rows, found {n}; use pca")
        require_int("projection.seed", self.seed, 0, 2**63 - 1)
        object.__setattr__(self, "means", means)
        if self.labels is not None:
            labels = np.asarray(self.labels)
            if labels.shape != (n,) or labels.dtype.kind not in "iu":
                raise InputError(f"projection: labels must be {n:,} whole numbers, one a row; found {labels.shape}")
            object.__setattr__(self, "labels", labels.astype(np.int64))

    @property
    def method(self) -> str:
        """pca, tsne or umap."""
        return self.parameters.method


@dataclass(frozen=True, eq=False)
class Layout:
    """The maps of all arms by one method, with measures of their fidelity."""

    key: str
    """Cache key of the request."""
    positions: dict[str, Float32[np.ndarray, "n 2"]]
    """Positions of each arm's rows by its name, all but the first aligned to the first."""
    parameters: Parameters
    """Parameters as they were used, clamped where a note says so."""
    seed: int
    notes: tuple[str, ...]
    """Notes that a reader of the map must know, a sentence each."""
    fidelity: dict[str, Fidelity]
    """Measures of each arm's map."""
    maps: dict[str, LinearMap]
    """For PCA the linear map of each arm; empty for the other methods."""

    @property
    def method(self) -> str:
        """pca, tsne or umap."""
        return self.parameters.method


def cache_key(request: ProjectionRequest) -> str:
    """SHA-256, in hexadecimal, over every input and the version of the code."""
    description = {
        "version": VERSION,
        "method": request.method,
        "parameters": asdict(request.parameters),
        "seed": request.seed,
        "arms": [(name, points.shape) for name, points in request.means.items()],
        "labels": request.labels is not None,
    }
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    digest.update(b"\0")  # ends the text, which gives the arrays' sizes
    for points in request.means.values():
        digest.update(np.ascontiguousarray(points, "<f4").data)
    if request.labels is not None:
        digest.update(np.ascontiguousarray(request.labels, "<i8").data)
    return digest.hexdigest()


def project(request: ProjectionRequest, progress: Progress | None = None) -> Layout:
    """Compute the maps of all arms.

    t-SNE and UMAP lay out the first arm from a common start, and every further arm from the first one's finished map:
    so the maps are alike as far as the spaces are, and what moves between them is what changed.

    The result depends on the request alone, not on the number of threads.
    """
    report = progress or (lambda share, phase: None)
    parameters, notes = _fitting(request)
    maps: dict[str, LinearMap] = {}
    if isinstance(parameters, PcaParameters):
        maps = pca_maps(request.means)
        positions = {arm: maps[arm].positions(points).astype(np.float32) for arm, points in request.means.items()}
    else:
        positions = _descend(request, parameters, report)
    report(DESCENT_SHARE, "measuring")
    with ThreadPoolExecutor(min(len(positions), os.cpu_count() or 1)) as pool:
        measured = pool.map(lambda arm: fidelity(request.means[arm], positions[arm], request.labels), positions)
        fidelity_of = dict(zip(positions, measured, strict=True))
    return Layout(
        key=cache_key(request),
        positions=positions,
        parameters=parameters,
        seed=request.seed,
        notes=notes,
        fidelity=fidelity_of,
        maps=maps,
    )


def request_behind(
    layout: Layout, means: Mapping[str, Float[np.ndarray, "n _"]], labels: Int[np.ndarray, " n"]
) -> ProjectionRequest:
    """The request that this layout answers where it is one of these means.

    Raises:
        InputError: it is not of these arms and rows, or its parameters fit no such request.
    """
    if list(layout.positions) != list(means) or any(len(p) != len(labels) for p in layout.positions.values()):
        raise InputError("layout: not of these arms and rows")
    for parameters in (METHODS[layout.method](), layout.parameters):  # the default one where it was lowered too
        request = ProjectionRequest(means=means, parameters=parameters, seed=layout.seed, labels=labels)
        if _fitting(request)[0] == layout.parameters:
            return request
    raise InputError(f"layout: its parameters are not possible with {len(labels):,} rows")


def remeasured(layout: Layout, request: ProjectionRequest) -> Layout:
    """A layout of this request with the positions of one from elsewhere, which nothing else is believed of.

    PCA, which takes a moment, is computed anew.
    """
    if request.method == "pca":
        return project(request)
    return replace(
        layout,
        key=cache_key(request),
        notes=_fitting(request)[1],
        fidelity={arm: fidelity(request.means[arm], p, request.labels) for arm, p in layout.positions.items()},
    )


def _fitting(request: ProjectionRequest) -> tuple[Parameters, tuple[str, ...]]:
    """The parameters as far as the number of rows allows, and a note where it does not."""
    parameters, n = request.parameters, len(next(iter(request.means.values())))
    if isinstance(parameters, TsneParameters) and parameters.perplexity > (n - 1) / 3:
        most = float(max(1, (n - 1) // 3)) if n > 3 else (n - 1) / 3
        note = f"Perplexity {parameters.perplexity:g} is too large for {n} rows; {most:.3g} was used."
        return replace(parameters, perplexity=most), (note,)
    if isinstance(parameters, UmapParameters) and parameters.n_neighbors > n:
        note = f"{parameters.n_neighbors} neighbours are more than the {n} rows; {n} were used."
        return replace(parameters, n_neighbors=n), (note,)
    return parameters, ()


def _descend(
    request: ProjectionRequest, parameters: TsneParameters | UmapParameters, report: Progress
) -> dict[str, Float32[np.ndarray, "n 2"]]:
    """Positions of each arm by t-SNE or UMAP, all but the first aligned to the first."""
    start = common_start(request.means, request.seed)
    work = [1.0] + [FURTHER_SHARE[parameters.method]] * (len(request.means) - 1)
    positions: dict[str, Float32[np.ndarray, "n 2"]] = {}
    first = None
    for i, (arm, points) in enumerate(request.means.items()):

        def share_done(share: float, i: int = i) -> None:
            report(DESCENT_SHARE * (sum(work[:i]) + share * work[i]) / sum(work), "descending")

        own = _positions(points, start, first, parameters, request.seed, share_done)
        first = own if first is None else first
        positions[arm] = own if own is first else align(first, own).apply(own).astype(np.float32)
    return positions


def _positions(
    points: Float32[np.ndarray, "n d"],
    start: Float64[np.ndarray, "n 2"],
    first: Float32[np.ndarray, "n 2"] | None,
    parameters: TsneParameters | UmapParameters,
    seed: int,
    share_done: Callable[[float], None],
) -> Float32[np.ndarray, "n 2"]:
    """One arm's positions, from the common start or, where there is one, from the first arm's finished map."""
    if isinstance(parameters, TsneParameters):
        # So small that no row starts beyond the reach of the forces (van der Maaten's and later programs' choice).
        small = 1e-4 * (start if first is None else first / max(float(first.std(axis=0).max()), 1e-12))
        return tsne_positions(points, small, parameters.perplexity, parameters.iterations, share_done)
    epochs = epochs_for(len(points))
    if first is None:
        first = start * (10 / max(float(np.ptp(start, axis=0).max()), 1e-12))  # umap-learn's start spans 10
    else:
        epochs = round(FURTHER_SHARE["umap"] * epochs)
    return umap_positions(points, first, parameters.n_neighbors, parameters.min_dist, seed, epochs, share_done)
