"""Part of the machine code of the map methods.

Importing this file does not import numba: the app's server asks what is still to be compiled.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from tvae.maps.parameters import TsneParameters, UmapParameters
from tvae.maps.projection import ProjectionRequest, project
from tvae.system.compiled import Part


def load_methods() -> None:
    """Compile what the methods need, or load it from the disk, on a handful of rows."""
    points = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    for parameters in (TsneParameters(perplexity=5, iterations=3), UmapParameters()):
        with contextlib.suppress(Exception):  # whatever is wrong, the first request of that method tells
            project(ProjectionRequest(means={"": points}, parameters=parameters))


MAPS = Part("maps", Path(__file__).parent / "kernels.py", load_methods)
"""t-SNE and UMAP."""
