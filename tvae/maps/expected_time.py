"""Expected time to compute a layout, used to order requests and to estimate the time left."""

from __future__ import annotations

from tvae.maps.parameters import TsneParameters, UmapParameters
from tvae.maps.projection import ProjectionRequest
from tvae.maps.tsne import MOST_ROWS_EXACT
from tvae.maps.umap import epochs_for

ROWS = 10_000
"""Rows of the layouts that were timed, of 20 latents, on one of two cores (benchmarks/projection_ways.py)."""
MEASURING = 1.0
"""Seconds to measure the neighbourhoods of such a layout."""
TSNE_STEP = 0.018
"""Seconds of an exact step on so many rows; it grows with their square up to `MOST_ROWS_EXACT`, then with the rows."""
UMAP_EPOCH = 0.015
"""Seconds of a pass over the edges of 15 neighbours of so many rows."""


def expected_seconds(request: ProjectionRequest) -> float:
    """Seconds that a layout is expected to take, all arms together; right within a factor of two or three."""
    parameters = request.parameters
    seconds = 0.0
    for means in request.means.values():
        size = len(means) / ROWS
        seconds += MEASURING * size**2
        if isinstance(parameters, TsneParameters):
            exact_size = min(size, MOST_ROWS_EXACT / ROWS)
            seconds += TSNE_STEP * parameters.iterations * exact_size * min(size, exact_size)
        elif isinstance(parameters, UmapParameters):
            seconds += UMAP_EPOCH * epochs_for(len(means)) * size * parameters.n_neighbors / 15
    return seconds
