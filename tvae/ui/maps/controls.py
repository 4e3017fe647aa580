"""Controls above the maps: views, projection parameters, number of neighbours."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from tvae.maps.parameters import Parameters, PcaParameters, TsneParameters, UmapParameters
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.maps.projecting import METHOD_NAMES
from tvae.ui.maps.views import View, misfit_note
from tvae.ui.session import keys

STYLE = Path(__file__).parent / "page.css"
AS_LEFT = "the same"
METHOD_OF = {name: method for method, name in METHOD_NAMES.items()}
"""The address holds an option's name, so the names are readable."""


def choose_views(views: dict[str, View], misfits: dict[str, str], arms: list[str]) -> tuple[View, View]:
    """The views on the left and on the right; until others are chosen, the first and the last of these arms.

    Args:
        misfits: by run the reason why it can't be shown beside this one.
        arms: names of the views of the arms that every page shows.
    """
    names, chosen_arms = list(views), tuple(arms)

    def explain(requested_view: str) -> str:
        return misfit_note(requested_view, views, misfits)

    left, right = st.columns(2)
    with left:
        a = st.selectbox(
            "Left map",
            **state.choice(keys.LEFT, names, arms[0], within=chosen_arms, explain=explain),
        )
    with right:
        b = st.selectbox(
            "Right map",
            **state.choice(keys.RIGHT, names, arms[-1], within=chosen_arms, explain=explain),
            help="Another arm, the same arm at another epoch or under another projection, or an arm of another run "
            "on the same images. A name without an epoch follows the epoch in the sidebar.",
        )
    return views[a or arms[0]], views[b or arms[-1]]


def choose_parameters() -> tuple[dict[str, Parameters], int]:
    """Parameters of every method and the seed, in one form."""
    with st.form("projection-parameters", border=False):
        st.markdown("**Projection**")
        a, b = st.columns(2)
        perplexity = a.number_input("t-SNE: perplexity", 1.0, 1000.0, 30.0, 5.0, key=keys.PERPLEXITY, **keys.KEPT)
        iterations = b.number_input("t-SNE: iterations", 50, 10_000, 750, 50, key=keys.ITERATIONS, **keys.KEPT)
        neighbours = a.number_input("UMAP: neighbours", 2, 1000, 15, 1, key=keys.UMAP_NEIGHBOURS, **keys.KEPT)
        least_distance = b.number_input(
            "UMAP: least distance", 0.0, 0.99, 0.1, 0.05, key=keys.UMAP_DISTANCE, **keys.KEPT
        )
        seed = a.number_input("Seed", 0, 2**31, 0, 1, key=keys.LAYOUT_SEED, **keys.KEPT)
        st.form_submit_button("Compute", help="In a process of its own; you can go on looking meanwhile.")
    parameters: dict[str, Parameters] = {
        "pca": PcaParameters(),
        "tsne": TsneParameters(perplexity=float(perplexity), iterations=int(iterations)),
        "umap": UmapParameters(n_neighbors=int(neighbours), min_dist=float(least_distance)),
    }
    return parameters, int(seed)


def choose_number_of_neighbours(n: int) -> int:
    """The number k of nearest images that count as neighbours."""
    most = min(cached.MOST_NEIGHBOURS, n - 1)
    if most <= 5:
        return most
    return st.slider(
        "Neighbours k",
        5,
        most,
        min(10, most),
        key=keys.NEIGHBOURS_K,
        help="How many nearest images count as an image's neighbourhood, in the latent space and not on the map.",
        **keys.KEPT,
    )
