"""A page with only two maps of many points (`?rows=70000`): the shipped layouts of MNIST's test split, over and over.

Every copy of a row has noise of its own. Thumbnails and neighbours come with 70,000 points and fewer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from tvae.data import load_split
from tvae.linked_map.contents import MapSide
from tvae.linked_map.payload import Blob, neighbours_blob, sprite_sheet
from tvae.maps.layout_files import stored_layout
from tvae.maps.parameters import TsneParameters
from tvae.maps.projection import ProjectionRequest, cache_key
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.ui.components.latent_map import latent_map

RUN = Path(__file__).parents[1] / "checkpoints" / "mnist"
ROWS = 70_000
"""Points of each map where the address doesn't say."""
WITH_IMAGES = 70_000
"""Most points that have thumbnails and neighbours here."""
SHAKE = 0.01
"""Standard deviation of the noise, as a share of the layout's extent."""


@st.cache_resource(show_spinner=False, max_entries=1)
def points(n: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Positions by arm, and labels."""
    run = read_run(RUN)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    request = ProjectionRequest(means=encoding.means, parameters=TsneParameters(), labels=encoding.labels)
    layout = stored_layout(cache_key(request), [RUN / "layouts"])
    assert layout is not None
    random = np.random.default_rng(0)
    rows = np.arange(n) % len(encoding.labels)
    positions = {}
    for arm, at in layout.positions.items():
        noise = SHAKE * np.ptp(at) * random.normal(size=(n, 2))
        positions[arm] = (at[rows] + (noise if n > len(at) else 0)).astype(np.float32)
    return positions, encoding.labels[rows]


@st.cache_resource(show_spinner=False, max_entries=1)
def images_and_neighbours(n: int) -> tuple[Blob, Blob]:
    """Thumbnails, and made-up neighbours."""
    images = load_split("mnist", "test").images
    nearest = (np.arange(n)[:, None] + np.random.default_rng(0).integers(1, n, (n, 10))) % n
    return sprite_sheet(images[np.arange(n) % len(images)]), neighbours_blob(nearest, nearest)


def page() -> None:
    """Draw the maps."""
    st.set_page_config(layout="wide")
    n = int(st.query_params.get("rows", ROWS))
    positions, labels = points(n)
    sprites, neighbours = images_and_neighbours(n) if n <= WITH_IMAGES else (None, None)
    left, right = (MapSide(title=arm.upper(), colour="#3d7cc4", positions=at) for arm, at in positions.items())
    names = [str(c) for c in range(10)]
    latent_map(left, right, labels=labels, class_names=names, sprites=sprites, neighbours=neighbours, key="large")


if __name__ == "__main__":
    page()
