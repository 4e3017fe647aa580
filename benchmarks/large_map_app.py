"""A page with only two maps of 70,000 points: the shipped layouts of MNIST's test split, seven times, with noise."""

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
COPIES = 7
SHAKE = 0.01
"""Standard deviation of the noise, as a share of the layout's extent."""


@st.cache_resource(show_spinner=False)
def rows() -> tuple[dict[str, np.ndarray], np.ndarray, Blob, Blob]:
    """Positions by arm, labels, thumbnails, and made-up neighbours: the other copies of a row."""
    run = read_run(RUN)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    request = ProjectionRequest(means=encoding.means, parameters=TsneParameters(), labels=encoding.labels)
    layout = stored_layout(cache_key(request), [RUN / "layouts"])
    assert layout is not None
    random = np.random.default_rng(0)
    positions = {}
    for arm, at in layout.positions.items():
        many = np.tile(at, (COPIES, 1))
        positions[arm] = (many + SHAKE * np.ptp(at) * random.normal(size=many.shape)).astype(np.float32)
    labels = np.tile(encoding.labels, COPIES)
    n = len(labels)
    neighbours = (np.arange(n)[:, None] + random.integers(1, n, (n, 10))) % n
    images = np.tile(load_split("mnist", "test").images, (COPIES, 1, 1, 1))
    return positions, labels, sprite_sheet(images), neighbours_blob(neighbours, neighbours)


def page() -> None:
    """Draw the maps."""
    st.set_page_config(layout="wide")
    positions, labels, sprites, neighbours = rows()
    left, right = (MapSide(title=arm.upper(), colour="#3d7cc4", positions=at) for arm, at in positions.items())
    names = [str(c) for c in range(10)]
    latent_map(left, right, labels=labels, class_names=names, sprites=sprites, neighbours=neighbours, key="large")


if __name__ == "__main__":
    page()
