"""UMAP by umap-learn, with exact neighbours and a given start."""

from __future__ import annotations

import contextlib
import io
import os
import platform
import warnings
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from tvae.metrics.neighbours import Neighbours, nearest_neighbours
from tvae.system.user_folders import machine_code_folders

NEGATIVES = 5.0
"""Random rows pushed away at each visit of an edge: umap-learn's default."""

SPREAD = 1.0
"""Scale of the map's distances: umap-learn's default."""

Progress = Callable[[float], None]
"""Called with the share done, in [0, 1], after every epoch; what it raises ends the descent."""


def umap_positions(
    points: Float[np.ndarray, "n d"],
    start: Float[np.ndarray, "n 2"],
    neighbours: int,
    min_dist: float,
    seed: int,
    epochs: int,
    progress: Progress,
) -> Float32[np.ndarray, "n 2"]:
    """2-D positions by UMAP (McInnes, Healy & Melville 2018), from a given start.

    umap-learn's own functions compute the fuzzy set and descend. Its class UMAP is not used: below 4,096 rows it
    searches neighbours again and discards those given, and it squeezes a given start into a square. `neighbours`
    counts the row itself, as the paper does. They are found on every processor; the descent, whose every step hangs on
    the one before, runs on one thread. Time grows with n² and with n * neighbours * epochs.

    Two calls may not run at once: umap-learn's compiled functions are not made for that on every system.
    """
    library = umap_learn()
    count = min(len(points) - 1, neighbours - 1)
    rows, distances = _with_the_row_itself(nearest_neighbours(points, count, threads=os.cpu_count() or 1))
    fuzzy_set, *_ = library.umap_.fuzzy_simplicial_set(
        points, rows.shape[1], None, "euclidean", knn_indices=rows, knn_dists=distances
    )
    edges = fuzzy_set.tocoo()
    visited = edges.data >= edges.data.max() / epochs  # weaker edges would never be visited
    a, b = library.umap_.find_ab_params(SPREAD, min_dist)
    positions = library.layouts.optimize_layout_euclidean(
        *(2 * (np.ascontiguousarray(start, np.float32).copy(),)),
        head=edges.row[visited],
        tail=edges.col[visited],
        n_epochs=epochs,
        n_vertices=len(points),
        epochs_per_sample=library.umap_.make_epochs_per_sample(edges.data[visited], epochs),
        a=a,
        b=b,
        rng_state=np.random.default_rng(seed).integers(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64),
        negative_sample_rate=NEGATIVES,
        tqdm_kwds={
            "file": _EpochStream(epochs, progress),
            "bar_format": "{n}",
            "disable": False,
            "miniters": 1,
            "mininterval": 0,
        },
        move_other=True,
    )
    return positions - positions.mean(axis=0)


def epochs_for(n: int) -> int:
    """Passes over the edges from the common start: umap-learn's default, 500 up to 10,000 rows and 200 above."""
    return 500 if n <= 10_000 else 200


@cache
def umap_learn() -> Any:
    """The package umap, whose compiled functions are kept in numba's cache folder for the next process.

    umap-learn asks numba to keep few of them itself, and without that every process compiles for 6 s.
    """
    from tvae.system.compiled import machine_code_kept_in  # it imports numba, which takes a server half a second

    with contextlib.ExitStack() as around:
        with contextlib.suppress(OSError):  # where no folder can be written, each process compiles
            around.enter_context(machine_code_kept_in(umap_machine_code_folder()))
        around.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", ImportWarning)  # that TensorFlow is not there
        import umap
        import umap.layouts
        import umap.umap_
        import umap.utils
        from numba.core.dispatcher import Dispatcher

        for module in (umap.umap_, umap.layouts, umap.utils):
            for function in vars(module).values():
                if isinstance(function, Dispatcher):
                    with contextlib.suppress(RuntimeError):  # numba found no folder that it may write
                        function.enable_caching()
    return umap


def umap_machine_code_folder() -> Path:
    """This user's folder for umap-learn's machine code, as site-packages may be read-only.

    Named by versions: numba compares the file of a compiled function with its cache, not the files of those it calls.
    """
    versions = (f"{name}-{version(name)}" for name in ("numba", "umap-learn", "pynndescent"))
    return machine_code_folders() / f"tvae-{'-'.join(versions)}-python-{platform.python_version()}"


def _with_the_row_itself(near: Neighbours) -> tuple[Int64[np.ndarray, "n k+1"], Float64[np.ndarray, "n k+1"]]:
    """The neighbours as umap-learn counts them, each row first among its own."""
    n = len(near.rows)
    rows = np.concatenate([np.arange(n)[:, None], near.rows], axis=1)
    return rows, np.concatenate([np.zeros((n, 1)), near.distances], axis=1)


class _EpochStream(io.TextIOBase):
    """Reports progress: the file into which umap-learn's progress bar writes how many epochs are done."""

    def __init__(self, epochs: int, progress: Progress) -> None:
        self._epochs, self._progress = epochs, progress
        self._done = 0

    def write(self, text: str) -> int:
        number = text.strip()
        if number.isdigit() and int(number) > self._done:  # not when the bar opens, nor when it closes after an error
            self._done = int(number)
            self._progress(self._done / self._epochs)
        return len(text)
