"""Projections of 10,000 × 20 means: seconds, trustworthiness, 2-D kNN accuracy; and exact neighbours."""

# The peers live in an environment of their own (requirements.txt beside this), not where types are checked.
# pyright: reportMissingImports=false

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int64

from tvae.maps.fidelity import fidelity
from tvae.maps.parameters import TsneParameters, UmapParameters
from tvae.maps.pca import pca_maps
from tvae.maps.projection import ProjectionRequest, project
from tvae.maps.projector import Projector
from tvae.metrics.neighbours import nearest_neighbours

MapFunction = Callable[[], Float[np.ndarray, "n 2"]]


@dataclass(frozen=True)
class MeasuredMap:
    """Time and quality of one map, computed once."""

    seconds: float
    trustworthiness: float | None
    knn_accuracy: float | None
    """Accuracy of a k-nearest-neighbour classifier on the 2-D map."""


def ours(means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> dict[str, MapFunction]:
    """This project's projections of one arm alone; the app computes both arms, each on a processor of its own."""

    def computed(parameters: TsneParameters | UmapParameters) -> MapFunction:
        request = ProjectionRequest(means={"arm": means}, parameters=parameters, labels=labels)
        return lambda: project(request).positions["arm"]

    return {
        "ours, PCA": lambda: pca_maps({"arm": means})["arm"].positions(means),
        "UMAP in the app, first fit": computed(UmapParameters()),
        "UMAP in the app, second fit": computed(UmapParameters()),
        "ours, t-SNE": computed(TsneParameters()),
    }


def peers(means: Float[np.ndarray, "n d"]) -> dict[str, MapFunction]:
    """Projections by other libraries with their defaults, one thread; each is imported when it is called."""

    def umap() -> Float[np.ndarray, "n 2"]:
        import umap

        return umap.UMAP(random_state=0, n_jobs=1).fit_transform(means)  # type: ignore[return-value]

    def open_tsne() -> Float[np.ndarray, "n 2"]:
        from openTSNE import TSNE

        return np.asarray(TSNE(random_state=0, n_jobs=1).fit(means))

    def pacmap() -> Float[np.ndarray, "n 2"]:
        import pacmap

        return np.asarray(pacmap.PaCMAP(random_state=0).fit_transform(means))

    return {
        "PaCMAP": pacmap,
        "umap-learn with its own neighbour search, first fit": umap,
        "umap-learn with its own neighbour search, second fit": umap,
        "openTSNE": open_tsne,
    }


def measure(
    means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]
) -> tuple[dict[str, MeasuredMap], dict[str, str]]:
    """Compute and measure each map once; returns them, and the reason for each library that failed."""
    measured, missing = {}, {}
    for name, compute in (ours(means, labels) | peers(means)).items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                started = time.perf_counter()
                positions = compute()
                seconds = time.perf_counter() - started
        except Exception as error:  # whatever a peer does wrong is a row of the table
            missing[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            continue
        quality = fidelity(means, positions, labels)
        measured[name] = MeasuredMap(seconds, quality.trustworthiness, quality.knn_accuracy)
    return measured, missing


def app_seconds(means: Mapping[str, Float[np.ndarray, "n d"]], labels: Int64[np.ndarray, " n"]) -> dict[str, float]:
    """Seconds from request to layout in the app's projection process, which is already warm."""
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        projector = Projector(Path(folder))
        try:
            few = {"arm": next(iter(means.values()))[:100]}
            projector.submit(ProjectionRequest(means=few, parameters=UmapParameters(n_neighbors=5))).result()
            for parameters in (UmapParameters(), TsneParameters()):
                started = time.perf_counter()
                projector.submit(ProjectionRequest(means=means, parameters=parameters, labels=labels)).result()
                seconds[parameters.method] = time.perf_counter() - started
        finally:
            projector.close()
    return seconds


def neighbour_seconds(means: Float[np.ndarray, "n d"]) -> float:
    """Seconds that the 100 exact nearest of every row take."""
    started = time.perf_counter()
    nearest_neighbours(means, 100)
    return time.perf_counter() - started


def table(measured: dict[str, MeasuredMap], missing: dict[str, str]) -> list[str]:
    """The rows of a Markdown table."""
    lines = ["| map | seconds | trustworthiness | 2-D kNN accuracy |", "| --- | ---: | ---: | ---: |"]
    for name, result in measured.items():
        shares = (result.trustworthiness, result.knn_accuracy)
        cells = " | ".join("-" if share is None else f"{share:.4f}" for share in shares)
        lines.append(f"| {name} | {result.seconds:.2f} | {cells} |")
    return lines + [f"| {name} | not measured: {reason} | | |" for name, reason in missing.items()]
