"""Controls above the maps: views, projections, colouring, number of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.errors import InputError
from tvae.linked_map.contents import MOST_MAPS
from tvae.maps.parameters import METHOD_NAMES, Parameters, PcaParameters, TsneParameters, UmapParameters
from tvae.model.encoding import LatentSpaces
from tvae.runs.embeddings.shown import Shown
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.maps.view_pair import COLOURINGS, ViewPair
from tvae.ui.maps.views import View, misfit_note, views_beside
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

STYLE = Path(__file__).parent / "page.css"
AS_LEFT = "the same"
METHOD_OF = {name: method for method, name in METHOD_NAMES.items()}
"""The address holds an option's name, so the names are readable."""
FIRST_METHOD = next(iter(METHOD_OF))
FEWEST_ROWS = 3
"""Fewest images that a map is drawn of."""


@dataclass(frozen=True, eq=False, kw_only=True)
class MapChoices:
    """The choices above the maps."""

    pair: ViewPair
    further: Sequence[View]
    """Shown beside the pair."""
    parameters: tuple[Parameters, Parameters]
    """Of the left map's projection and of the right one's."""
    seed: int
    """Of the projections."""
    colouring: str
    """One of `COLOURINGS`."""
    margin: float
    """Of lost triplets."""
    align_to_selection: bool

    @property
    def views(self) -> list[View]:
        """All that are shown, the left one first."""
        return [self.pair.left, self.pair.right, *self.further]


def choose_maps(run: Shown, encoding: LatentSpaces, arms: Sequence[str]) -> MapChoices | None:
    """The views of the run's images, their projections, colouring and k; None, and why, where one can't be read.

    Args:
        arms: those that stand side by side until others are chosen.
    """
    views, misfits = views_beside(run)
    columns = st.container(key=keys.MAP_CONTROLS).columns([2.7, 1, 1.15, 1.75, 1.15, 0.85], vertical_alignment="bottom")
    with columns[0]:
        left, right = choose_views(views, misfits, [arm.upper() for arm in arms])
    with columns[5], st.popover("More", width="stretch"):
        further = choose_further_views(views, left, right)
        parameters, seed = choose_parameters()
        align_to_selection, margin = _choose_alignment_and_margin()
        _show_misfits(misfits)
    method, other = _choose_methods(columns[1], columns[2])
    with columns[3]:
        colouring = _choose_colouring(run.notion, with_errors=left.errors is not None and right.errors is not None)
    with columns[4]:
        k = choose_number_of_neighbours(len(encoding.labels))
    try:
        _ = [view.encoded for view in (left, right, *further)]
    except InputError as error:
        st.warning(as_text(f"{reason_of(error)}. Choose another map."))
        return None
    return MapChoices(
        pair=ViewPair(left, right, encoding.labels, run.class_names, k),
        further=further,
        parameters=(parameters[method], parameters[other]),
        seed=seed,
        colouring=colouring,
        margin=margin,
        align_to_selection=align_to_selection,
    )


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


def _choose_alignment_and_margin() -> tuple[bool, float]:
    """Whether the right map is aligned to the selection, and the margin of lost triplets."""
    st.markdown("**Maps**")
    align_to_selection = st.toggle("Align the right map to the selection", **state.switch(keys.ALIGN_TO_SELECTION))
    st.number_input(
        "Margin m of lost triplets",
        step=0.1,
        help="For the colouring by lost triplets.",
        **state.number(keys.LOST_MARGIN, 0.0, 100.0, 0.1),
    )
    return align_to_selection, state.value_of(keys.LOST_MARGIN)


def _show_misfits(misfits: dict[str, str]) -> None:
    """The runs that can't be shown beside this one, and why."""
    if misfits:
        misfit_list = "; ".join(f"{name} ({reason})" for name, reason in misfits.items())
        st.caption(f"Not offered, as two maps need the same images: {as_text(misfit_list)}.")


def _choose_methods(left: DeltaGenerator, right: DeltaGenerator) -> tuple[str, str]:
    """The projection methods of the left map and of the right one, chosen in these columns."""
    projection = state.choice(keys.PROJECTION, tuple(METHOD_OF), FIRST_METHOD)
    method = METHOD_OF[left.selectbox("Projection", **projection) or FIRST_METHOD]
    other = right.selectbox(
        "On the right",
        help="Choose another one, and the same arm on both sides, to compare two projections of one space.",
        **state.choice(keys.RIGHT_PROJECTION, (AS_LEFT, *METHOD_OF), AS_LEFT),
    )
    return method, METHOD_OF.get(other or "", method)


def _choose_colouring(notion: str, *, with_errors: bool) -> str:
    """The colouring of the points, one of `COLOURINGS`; class goes by the name of the notion.

    Args:
        with_errors: both maps are of arms that reconstruct images.
    """
    titles = tuple(title for name, title in COLOURINGS.items() if with_errors or name != "error")
    chosen = st.selectbox(
        "Colour by",
        format_func=lambda title: notion if title == titles[0] else title,
        **state.choice(keys.COLOUR, titles, titles[0]),
    )
    return next((name for name, title in COLOURINGS.items() if title == chosen), "class")


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
