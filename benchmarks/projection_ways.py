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

Picture = Callable[[], Float[np.ndarray, "n 2"]]


@dataclass(frozen=True)
class Drawn:
    """One picture, made once."""

    seconds: float
    trustworthiness: float | None
    knn_accuracy: float | None
    """Of the majority of the nearest rows in the picture."""


def ours(means: Float[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> dict[str, Picture]:
    """One arm alone; the app draws both, an arm a processor."""

    def drawn(parameters: TsneParameters | UmapParameters) -> Picture:
        request = ProjectionRequest(means={"arm": means}, parameters=parameters, labels=labels)
        return lambda: project(request).positions["arm"]

    return {
        "ours, PCA": lambda: pca_maps({"arm": means})["arm"].positions(means),
        "UMAP in the app, first fit": drawn(UmapParameters()),
        "UMAP in the app, second fit": drawn(UmapParameters()),
        "ours, t-SNE": drawn(TsneParameters()),
    }


def peers(means: Float[np.ndarray, "n d"]) -> dict[str, Picture]:
    """Each library with its defaults, one thread; imported when it is called."""

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
) -> tuple[dict[str, Drawn], dict[str, str]]:
    """Each picture once, and why which peer is missing."""
    found, missing = {}, {}
    for name, way in (ours(means, labels) | peers(means)).items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                started = time.perf_counter()
                positions = way()
                seconds = time.perf_counter() - started
        except Exception as error:  # whatever a peer does wrong is a row of the table
            missing[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            continue
        judged = fidelity(means, positions, labels)
        found[name] = Drawn(seconds, judged.trustworthiness, judged.knn_accuracy)
    return found, missing


def app_seconds(means: Mapping[str, Float[np.ndarray, "n d"]], labels: Int64[np.ndarray, " n"]) -> dict[str, float]:
    """Seconds from asking the app's projection process, warm as it is beside a server, until it has drawn all arms."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        projector = Projector(Path(folder))
        try:
            few = {"arm": next(iter(means.values()))[:100]}
            projector.submit(ProjectionRequest(means=few, parameters=UmapParameters(n_neighbors=5))).result()
            for parameters in (UmapParameters(), TsneParameters()):
                started = time.perf_counter()
                projector.submit(ProjectionRequest(means=means, parameters=parameters, labels=labels)).result()
                found[parameters.method] = time.perf_counter() - started
        finally:
            projector.close()
    return found


def neighbour_seconds(means: Float[np.ndarray, "n d"]) -> float:
    """Seconds that the 100 exact nearest of every row take."""
    started = time.perf_counter()
    nearest_neighbours(means, 100)
    return time.perf_counter() - started


def table(found: dict[str, Drawn], missing: dict[str, str]) -> list[str]:
    """Markdown rows."""
    lines = ["| picture | seconds | trustworthiness | 2-D kNN accuracy |", "| --- | ---: | ---: | ---: |"]
    for name, drawn in found.items():
        judged = (drawn.trustworthiness, drawn.knn_accuracy)
        told = " | ".join("-" if share is None else f"{share:.4f}" for share in judged)
        lines.append(f"| {name} | {drawn.seconds:.2f} | {told} |")
    return lines + [f"| {name} | not measured: {why} | | |" for name, why in missing.items()]
