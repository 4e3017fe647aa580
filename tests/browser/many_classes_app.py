"""A page with maps of as many classes as its address asks for, each a cloud of its own, and long names among them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.linked_map.contents import MapSide
from tvae.ui.components.latent_map import latent_map

ROWS = 10_000


def layout(classes: int) -> np.ndarray:
    """Positions of the rows: a cloud for each class at a random place, as wide as there is room."""
    rng = np.random.default_rng(classes)
    centres = rng.uniform(-10, 10, (classes, 2))
    return (centres[labels(classes)] + rng.normal(size=(ROWS, 2)) * 4 / np.sqrt(classes)).astype(np.float32)


def labels(classes: int) -> np.ndarray:
    """Class of each row: every class has rows, the first classes the most."""
    rng = np.random.default_rng(9)
    more = np.floor(classes * rng.random(ROWS - classes) ** 2).astype(np.int64)
    return np.concatenate([np.arange(classes), more])


def names(classes: int) -> list[str]:
    """Return class names, some short and some long."""
    return [f"c{c}" if c % 3 else f"{c}: a class with quite a long name" for c in range(classes)]


def page() -> None:
    """Draw the maps."""
    st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
    classes = int(st.query_params["classes"])
    left = layout(classes)
    latent_map(
        MapSide(title="VAE", colour="#2f6db5", positions=left),
        MapSide(title="TVAE", colour="#d9772b", positions=left[:, ::-1].copy()),
        labels=labels(classes),
        class_names=names(classes),
        selection=np.flatnonzero(labels(classes) == classes - 1) if "select" in st.query_params else None,
        key=f"map-{classes}",
    )


if __name__ == "__main__":
    page()
