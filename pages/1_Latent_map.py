"""The latent map: two latent spaces of the same images, linked point by point."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.linked_map.contents import Filtering
from tvae.model.encoding import LatentSpaces
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import first_pair
from tvae.ui.choices.epochs import epochs_play
from tvae.ui.components.latent_map import load_map_code
from tvae.ui.maps.axis import show_axis
from tvae.ui.maps.controls import FEWEST_ROWS, STYLE, MapChoices, choose_maps
from tvae.ui.maps.decoding import show_decoding
from tvae.ui.maps.drawer import drawer_waits, show_drawer
from tvae.ui.maps.filtering import count_triplets, filtering_of, passing, triplets_counted
from tvae.ui.maps.isolation import show_isolation
from tvae.ui.maps.layout_progress import SideMaps, show_layout_states, side_maps
from tvae.ui.maps.linked_maps import DrawingTurn, draw_maps, drawing_turn, map_key, show_captions
from tvae.ui.maps.picked import Picked, take_picked
from tvae.ui.maps.selection import Images
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.page import nothing_to_show, show_page_of_all
from tvae.ui.requests import answered
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys


def show_content(run: Shown) -> None:
    """Show the page below its title."""
    load_map_code()
    st.html(STYLE)
    encoding = cached.spaces(run)
    if encoding is None:
        st.info(nothing_to_show(run))
    elif len(encoding.labels) < FEWEST_ROWS:
        st.info(f"A map needs at least {FEWEST_ROWS} images; this run's test split has {len(encoding.labels)}.")
    else:
        show_maps(run, encoding)


def show_maps(run: Shown, encoding: LatentSpaces) -> None:
    """Show the controls, the maps with what stands below them, and the drawer beside them."""
    waiting = st.container(key=keys.MAP_WAITING)
    chosen = choose_maps(run, encoding, first_pair(run))
    if chosen is None:
        return
    pair = chosen.pair
    picked = take_picked(pair, run.fingerprint, run.notion)
    turn = drawing_turn(chosen, isinstance(run, Run) and epochs_play(run))
    maps = side_maps(chosen, picked.picks, turn.playing)
    with waiting:
        show_layout_states(maps.of_shown, state.layouts())
    with st.container(key=keys.MAP_BODY, gap="small"):
        main, drawer = st.container(key=keys.MAP_MAIN), st.container(key=keys.MAP_DRAWER)
    with main:
        show_isolation(picked.picks, len(pair.labels))
    images, missing, filtering = draw(run, chosen, picked, maps, turn, main)
    if turn.ends_with_maps or turn.maps_first:
        with drawer:
            wait_for_the_rest(run, pair, turn)
        return
    with main:
        show_what_is_missing(run, missing, picked)
        show_axis(pair, picked.picks, images, picked.axis)
    with drawer:
        show_drawer(pair, picked, images, maps.at, chosen.margin, passing(filtering, pair))
    if filtering.measures and not triplets_counted(pair, chosen.margin):
        count_triplets(pair, chosen.margin)
        st.rerun()


def draw(
    run: Shown, chosen: MapChoices, picked: Picked, maps: SideMaps, turn: DrawingTurn, main: DeltaGenerator
) -> tuple[Images | None, str, Filtering]:
    """Draw the maps with their captions; return the images, why there are none, and what can be filtered by."""
    pair, only = chosen.pair, picked.picks.isolated
    with main:
        place = st.container()
    images, missing = (None, "") if turn.maps_first else images_of(run)
    neighbours = pair.neighbours if turn.has_neighbours else None
    filtering = filtering_of(pair, chosen.margin, picked.filters, map_key(pair), maps_first=not turn.has_neighbours)
    state.put_map_filters_in_address(picked.filters)
    colouring = chosen.colouring, chosen.margin
    with place:
        draw_maps(pair, maps.of_all, picked.picks, colouring, images, neighbours, filtering, chosen.further, only)
    with main:
        show_captions(pair, maps.of_shown, chosen.colouring, chosen.further, only)
        if not turn.ends_with_maps:
            show_decoding(pair, (maps.of_shown[0], maps.of_shown[1]), map_key(pair), only)
    return images, missing, filtering


def wait_for_the_rest(run: Shown, pair: ViewPair, turn: DrawingTurn) -> None:
    """Show in the drawer that more will come, and make it ready for the next script run once the maps stand."""
    drawer_waits("What changed, and what is selected, is shown when the epochs stop playing." if turn.playing else "")
    if not turn.ends_with_maps:
        images_of(run)
        _ = pair.neighbours
        st.rerun()


def show_what_is_missing(run: Shown, missing: str, picked: Picked) -> None:
    """Show why the maps have no thumbnails or the address no selection, where that is so."""
    if missing and not isinstance(run, Run):
        st.caption(f"The maps have no thumbnails: {missing}")
    elif missing:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.caption(f"The maps have no thumbnails: {missing}")
        again.button("Try again", on_click=answered(look_for_images_again))
    if not picked.fits_in_address:
        st.caption("This selection is too large for the address; a link to this page opens without it.")


show_page_of_all(
    "Latent map", "Which {images} moved, and which neighbours did they leave?", show_content, at_any_epoch=True
)
