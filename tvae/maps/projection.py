"""ProjectionRequest -> Layout: 2-D positions of all arms, aligned to the first."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from jaxtyping import Float, Float32, Int

from tvae.errors import InputError, require_int
from tvae.maps.alignment import align
from tvae.maps.fidelity import Fidelity, fidelity
from tvae.maps.parameters import (
    LEAST_ROWS,
    MOST_ARMS,
    Parameters,
    PcaParameters,
    TsneParameters,
    UmapParameters,
)
from tvae.maps.pca import LinearMap, common_start, pca_maps
from tvae.metrics.neighbours import checked_points

VERSION = 1
"""Part of every cache key: raise it when the same request would give other positions."""


Progress = Callable[[float, str], None]
"""Told the share done, in [0, 1], and the phase in words, from any thread; whatever it raises stops the work."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ProjectionRequest:
    """Everything a layout depends on."""

    means: Mapping[str, Float[np.ndarray, "n _"]]
    """Latent means of each arm by its name: the same rows in the same order; the number of latents may differ."""
    parameters: Parameters = field(default_factory=PcaParameters)
    """Which method, and how."""
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
            told = ", ".join(f"{name} has {size:,}" for name, size in sizes.items())
            raise InputError(f"projection: the arms must have the same rows, but {told}")
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
    """The arms' pictures under one method, and how far to believe them."""

    key: str
    """Cache key of the request."""
    positions: dict[str, Float32[np.ndarray, "n 2"]]
    """Of each arm by its name, all but the first aligned to the first."""
    parameters: Parameters
    """As they were used, clamped where a note says so."""
    seed: int
    notes: tuple[str, ...]
    """What a reader must know, a sentence each."""
    fidelity: dict[str, Fidelity]
    """Measures of each arm's picture."""
    maps: dict[str, LinearMap]
    """For PCA the map of each arm; empty for the other methods."""

    @property
    def method(self) -> str:
        """pca, tsne or umap."""
        return self.parameters.method


def cache_key(request: ProjectionRequest) -> str:
    """SHA-256, in hexadecimal, over every input and the version of the code."""
    told = {
        "version": VERSION,
        "method": request.method,
        "parameters": asdict(request.parameters),
        "seed": request.seed,
        "arms": [(name, points.shape) for name, points in request.means.items()],
        "labels": request.labels is not None,
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    digest.update(b"\0")  # ends the text; the arrays' sizes are told in it
    for points in request.means.values():
        digest.update(np.ascontiguousarray(points, "<f4").data)
    if request.labels is not None:
        digest.update(np.ascontiguousarray(request.labels, "<i8").data)
    return digest.hexdigest()


def layout(request: ProjectionRequest, progress: Progress | None = None) -> Layout:
    """Compute the pictures; arms run in threads of their own, as many as there are processors.

    The result depends on the request alone, not on the number of threads.
    """
    parameters, notes = _fitting(request)
    report = _Reporter(list(request.means), progress)
    if parameters.method == "pca":
        maps = pca_maps(request.means)
        positions = {arm: maps[arm].positions(points).astype(np.float32) for arm, points in request.means.items()}
    else:
        positions, maps = _descend(request, parameters, report), {}
    report.phase("measuring")
    return Layout(
        key=cache_key(request),
        positions=positions,
        parameters=parameters,
        seed=request.seed,
        notes=notes,
        fidelity={name: fidelity(request.means[name], at, request.labels) for name, at in positions.items()},
        maps=maps,
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
    request: ProjectionRequest, parameters: Parameters, report: _Reporter
) -> dict[str, Float32[np.ndarray, "n 2"]]:
    # Imported before the threads start: imports under way in two threads at once wait for each other.
    from tvae.maps.tsne import tsne_positions
    from tvae.maps.umap import umap_positions

    start = common_start(request.means, request.seed)

    def picture(name: str) -> Float32[np.ndarray, "n 2"]:
        points = request.means[name]

        def done(share: float) -> None:
            report.share(name, share)

        if isinstance(parameters, TsneParameters):
            # So small that no row starts beyond the reach of the forces (van der Maaten's and later programs' choice).
            return tsne_positions(points, 1e-4 * start, parameters.perplexity, parameters.iterations, done)
        assert isinstance(parameters, UmapParameters)
        wide = start * (10 / max(float(np.ptp(start, axis=0).max()), 1e-12))  # the reference's start spans 10
        return umap_positions(points, wide, parameters.n_neighbors, parameters.min_dist, request.seed, done)

    threads = min(len(request.means), os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        futures = {name: pool.submit(picture, name) for name in request.means}
    failures = [error for future in futures.values() if (error := future.exception()) is not None]
    for error in failures:
        if not isinstance(error, _Stopped):
            raise error
    pictures = {name: future.result() for name, future in futures.items()}
    left = next(iter(pictures.values()))
    return {name: at if at is left else align(left, at).apply(at).astype(np.float32) for name, at in pictures.items()}


class _Stopped(Exception):
    """Another arm's thread was stopped; this one follows."""


class _Reporter:
    """One account of the progress of several threads."""

    def __init__(self, names: list[str], progress: Progress | None) -> None:
        self._progress = progress
        self._shares = dict.fromkeys(names, 0.0)
        self._lock = threading.Lock()
        self._stopped = False

    def share(self, name: str, share: float) -> None:
        with self._lock:
            if self._stopped:
                raise _Stopped
            self._shares[name] = share
            # Measuring takes the rest, about a twentieth of the time.
            self._tell(0.95 * sum(self._shares.values()) / len(self._shares), "descending")

    def phase(self, words: str) -> None:
        with self._lock:
            self._tell(0.95, words)

    def _tell(self, share: float, words: str) -> None:
        if self._progress is None:
            return
        try:
            self._progress(share, words)
        except BaseException:
            self._stopped = True
            raise
