"""Controls above the maps: views, projection parameters, number of neighbours."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from tvae.linked_map.contents import MOST_MAPS
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
FIRST_METHOD = next(iter(METHOD_OF))
FEWEST_ROWS = 3
"""Fewest images that a map is drawn of."""


def choose_views(views: dict[str, View], misfits: dict[str, str], arms: list[str]) -> tuple[View, View]:
    """The views on the left and on the right; until others are chosen, the first and the last of these arms.

    Args:
        misfits: by run the reason why it can't be shown beside this one.
        arms: names of the views of the arms that every page shows.
    """
    names, chosen_arms = list(views), tuple(arms)

    def explain(requested_view: str) -> str:
        return misfit_note(requested_view, views, misfits)

    def in_address(name: str) -> str:
        return views[name].name_in_address

    def label(name: str) -> str:
        return views[name].label

    left, right = st.columns(2)
    with left:
        a = st.selectbox(
            "Left map",
            format_func=label,
            **state.choice(keys.LEFT, names, arms[0], text=in_address, within=chosen_arms, explain=explain),
        )
    with right:
        b = st.selectbox(
            "Right map",
            format_func=label,
            **state.choice(keys.RIGHT, names, arms[-1], text=in_address, within=chosen_arms, explain=explain),
            help="Another arm, the same arm at another epoch or under another projection, or an arm of another run "
            "on the same images. A name without an epoch follows the epoch in the sidebar.",
        )
    return views[a or arms[0]], views[b or arms[-1]]


def choose_further_views(views: dict[str, View], left: View, right: View) -> list[View]:
    """Views that are shown beside the left and the right one: arms, epochs and other runs, four at most."""
    names = [name for name, view in views.items() if view not in (left, right)]
    chosen = st.multiselect(
        "Further maps",
        format_func=lambda name: views[name].label,
        max_selections=MOST_MAPS - 2,
        placeholder="other arms, epochs or runs",
        help="Up to six maps at once; what is pointed at and selected is the same on all. Neighbours, changes and "
        "tables compare the left and the right one.",
        **state.choices(keys.MORE_VIEWS, names, [], text=lambda name: views[name].name_in_address),
    )
    return [views[name] for name in chosen[: MOST_MAPS - 2]]


def choose_parameters() -> tuple[dict[str, Parameters], int]:
    """Parameters of every method and the seed, in one form."""
    with st.form("projection-parameters", border=False):
        st.markdown("**Projection**")
        a, b = st.columns(2)
        a.number_input("t-SNE: perplexity", step=5.0, **state.number(keys.PERPLEXITY, 1.0, 1000.0, 30.0))
        b.number_input("t-SNE: iterations", step=50, **state.number(keys.ITERATIONS, 50, 10_000, 750))
        a.number_input("UMAP: neighbours", step=1, **state.number(keys.UMAP_NEIGHBOURS, 2, 1000, 15))
        b.number_input("UMAP: least distance", step=0.05, **state.number(keys.UMAP_DISTANCE, 0.0, 0.99, 0.1))
        a.number_input("Seed", step=1, **state.number(keys.LAYOUT_SEED, 0, 2**31, 0))
        st.form_submit_button("Compute", help="In a process of its own; you can go on looking meanwhile.")
    parameters: dict[str, Parameters] = {
        "pca": PcaParameters(),
        "tsne": TsneParameters(perplexity=state.value_of(keys.PERPLEXITY), iterations=state.value_of(keys.ITERATIONS)),
        "umap": UmapParameters(
            n_neighbors=state.value_of(keys.UMAP_NEIGHBOURS), min_dist=state.value_of(keys.UMAP_DISTANCE)
        ),
    }
    return parameters, state.value_of(keys.LAYOUT_SEED)


def choose_number_of_neighbours(n: int) -> int:
    """The number k of nearest images that count as neighbours."""
    most = min(cached.MOST_NEIGHBOURS, n - 1)
    if most <= 5:
        return most
    return st.slider(
        "Neighbours k",
        **state.number(keys.NEIGHBOURS_K, 5, most, min(10, most)),
        help="How many nearest images count as an image's neighbourhood, in the latent space and not on the map.",
    )
