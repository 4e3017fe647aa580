"""PCA, t-SNE and UMAP of the latent means, the arms' pictures comparable: one start, aligned to the first arm."""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from tvae.alignment import Alignment, align
from tvae.config import InputError
from tvae.fidelity import Fidelity, fidelity
from tvae.neighbours import checked_points

VERSION = 1
"""Part of every cache key: raise it when the same request would give other positions."""

MOST_ARMS = 64
LEAST_ROWS = 4
"""Fewer rows than this have no neighbourhoods that t-SNE or UMAP could keep."""

JITTER = 0.01
"""Spread of the seeded noise on the start, in units of the start's own: equal rows would never part without it."""

Progress = Callable[[float, str], None]
"""Told the share done, in [0, 1], and the phase in words, from any thread; whatever it raises stops the work."""


@dataclass(frozen=True, kw_only=True)
class PcaParameters:
    """PCA has none: the two directions of greatest variance."""

    @property
    def method(self) -> str:
        return "pca"


@dataclass(frozen=True, kw_only=True)
class TsneParameters:
    """t-SNE: van der Maaten & Hinton 2008."""

    perplexity: float = 30.0
    """About how many neighbours a row keeps close; too large a value for the rows at hand is lowered, with a note."""
    iterations: int = 750
    """Steps of the descent, the first third with exaggerated attraction."""

    def __post_init__(self) -> None:
        _within("tsne.perplexity", self.perplexity, 1, 1000)
        _within("tsne.iterations", self.iterations, 3, 100_000, whole=True)

    @property
    def method(self) -> str:
        return "tsne"


@dataclass(frozen=True, kw_only=True)
class UmapParameters:
    """UMAP: McInnes, Healy & Melville 2018."""

    n_neighbors: int = 15
    """Neighbours a row keeps close, itself counted; too large a value for the rows at hand is lowered, with a note."""
    min_dist: float = 0.1
    """How close two rows may come in the picture, on a scale where 1 is the spread of a neighbourhood."""

    def __post_init__(self) -> None:
        _within("umap.n-neighbors", self.n_neighbors, 2, 1000, whole=True)
        _within("umap.min-dist", self.min_dist, 0, 0.99)

    @property
    def method(self) -> str:
        return "umap"


Parameters = PcaParameters | TsneParameters | UmapParameters

METHODS: dict[str, type[PcaParameters] | type[TsneParameters] | type[UmapParameters]] = {
    "pca": PcaParameters,
    "tsne": TsneParameters,
    "umap": UmapParameters,
}
"""Parameters of each method by its name."""


def _within(where: str, value: object, low: float, high: float, whole: bool = False) -> None:
    kind = int if whole else int | float
    fits = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high
    if not fits:
        number = "a whole number" if whole else "a number"
        raise InputError(f"{where}: {value!r} is not possible; it must be {number} from {low:g} to {high:g}")


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
        _within("projection.seed", self.seed, 0, 2**63 - 1, whole=True)
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


@dataclass(frozen=True)
class LinearMap:
    """PCA as a map between latents and picture, both ways: position = align(components (z - mean))."""

    mean: Float64[np.ndarray, " d"]
    components: Float64[np.ndarray, "2 d"]
    """Orthonormal directions of greatest variance; the second is zero where there is but one latent."""
    alignment: Alignment
    """What laid this picture over the first arm's."""
    variance_share: float
    """Share of the variance that the two directions hold, in [0, 1]; 0 where all rows are equal."""

    def positions(self, points: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, "m 2"]:
        """Where latent points lie in the picture."""
        return self.alignment.apply((np.asarray(points, np.float64) - self.mean) @ self.components.T)

    def points(self, positions: Float[np.ndarray, "m 2"]) -> Float64[np.ndarray, "m d"]:
        """The latent points that positions of the picture stand for: those of the plane through the mean."""
        return self.mean + self.alignment.undo(positions) @ self.components


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


def principal_axes(
    points: Float[np.ndarray, "n d"],
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "2 d"], float]:
    """Mean, the two directions of greatest variance (their largest entry positive), and the share they hold."""
    exact = np.asarray(points, np.float64)
    mean = exact.mean(axis=0)
    centred = exact - mean
    variances, directions = np.linalg.eigh(centred.T @ centred)
    components = np.zeros((2, exact.shape[1]))
    leading = directions.T[::-1][:2]
    leading = leading * np.sign(leading[np.arange(len(leading)), np.abs(leading).argmax(axis=1)])[:, None]
    components[: len(leading)] = leading
    total = float(np.maximum(variances, 0).sum())
    share = float(np.maximum(variances, 0)[::-1][:2].sum()) / total if total > 0 else 0.0
    return mean, components, share


def common_start(means: Mapping[str, Float[np.ndarray, "n _"]], seed: int) -> Float64[np.ndarray, "n 2"]:
    """One start for all arms: PCA of the arms' latents side by side, each arm scaled to unit variance in all.

    The longer axis has unit spread, and a little seeded noise parts rows that are equal.
    """
    beside = []
    for points in means.values():
        centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
        spread = math.sqrt(float((centred**2).sum()) / len(centred))
        beside.append(centred / spread if spread > 0 else centred)
    joint = np.concatenate(beside, axis=1)
    mean, components, _ = principal_axes(joint)
    start = (joint - mean) @ components.T
    start /= max(float(start[:, 0].std()), 1e-12)
    return start + JITTER * np.random.default_rng(seed).normal(size=start.shape)


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


def pca_maps(means: Mapping[str, Float[np.ndarray, "n _"]]) -> dict[str, LinearMap]:
    """PCA of each arm's means, laid over the first arm's picture, as maps that take other points too."""
    maps: dict[str, LinearMap] = {}
    first = None
    for name, points in means.items():
        mean, components, share = principal_axes(points)
        own = (points.astype(np.float64) - mean) @ components.T
        first = own if first is None else first
        maps[name] = LinearMap(mean, components, align(first, own), share)
    return maps


def _descend(
    request: ProjectionRequest, parameters: Parameters, report: _Reporter
) -> dict[str, Float32[np.ndarray, "n 2"]]:
    # Imported before the threads start: imports under way in two threads at once wait for each other.
    from tvae.tsne import tsne_positions
    from tvae.umap import umap_positions

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
