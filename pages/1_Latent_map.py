"""The latent map: two latent spaces of the same images, linked point by point."""

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import first_pair
from tvae.ui.choices.epochs import epochs_play
from tvae.ui.components.latent_map import is_drawn, load_map_code
from tvae.ui.maps.axis import axis_controls, show_axis
from tvae.ui.maps.changes import show_changes
from tvae.ui.maps.controls import (
    AS_LEFT,
    FEWEST_ROWS,
    FIRST_METHOD,
    METHOD_OF,
    STYLE,
    choose_further_views,
    choose_number_of_neighbours,
    choose_parameters,
    choose_views,
)
from tvae.ui.maps.decoding import show_decoding
from tvae.ui.maps.drawer import drawer_tabs, drawer_waits
from tvae.ui.maps.filtering import count_triplets, filtering_of, passing, triplets_counted
from tvae.ui.maps.isolation import show_isolation
from tvae.ui.maps.layout_progress import show_layout_states, view_layouts
from tvae.ui.maps.linked_maps import draw_maps, map_key, show_captions, take_gesture
from tvae.ui.maps.projecting import kept_still, laid_over, passing_picture, spread
from tvae.ui.maps.row_table import show_row_table
from tvae.ui.maps.saved_selections import saved_selections, show_saved_selections
from tvae.ui.maps.selection import show_picked
from tvae.ui.maps.sub_styles import show_sub_styles
from tvae.ui.maps.view_pair import COLOURINGS, ViewPair
from tvae.ui.maps.views import views_beside
from tvae.ui.page import show_page
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


def show_content(run: Run) -> None:
    """Show the page below its title."""
    load_map_code()
    st.html(STYLE)
    encoding = cached.encoding(run)
    if encoding is None:
        st.info("This run's folder holds no encoded test split yet; it is written on the way and when a run ends.")
        return
    n, names, fingerprint = len(encoding.labels), run.class_names, run.provenance.test.fingerprint
    if n < FEWEST_ROWS:
        st.info(f"A map needs at least {FEWEST_ROWS} images; this run's test split has {n}.")
        return
    views, misfits = views_beside(run)
    waiting = st.container(key=keys.MAP_WAITING)
    controls = st.container(key=keys.MAP_CONTROLS).columns(
        [2.7, 1, 1.15, 1.75, 1.15, 0.85], vertical_alignment="bottom"
    )
    with controls[0]:
        left, right = choose_views(views, misfits, [arm.upper() for arm in first_pair(run)])
    with controls[5], st.popover("More", width="stretch"):
        further = choose_further_views(views, left, right)
        parameters, seed = choose_parameters()
        st.markdown("**Maps**")
        to_selection = st.toggle("Align the right map to the selection", **state.switch(keys.ALIGN_TO_SELECTION))
        st.number_input(
            "Margin m of lost triplets",
            step=0.1,
            help="For the colouring by lost triplets.",
            **state.number(keys.LOST_MARGIN, 0.0, 100.0, 0.1),
        )
        margin = state.value_of(keys.LOST_MARGIN)
        if misfits:
            misfit_list = "; ".join(f"{name} ({reason})" for name, reason in misfits.items())
            st.caption(f"Not offered, as two maps need the same images: {as_text(misfit_list)}.")
    projection = state.choice(keys.PROJECTION, tuple(METHOD_OF), FIRST_METHOD)
    method = METHOD_OF[controls[1].selectbox("Projection", **projection) or FIRST_METHOD]
    other = controls[2].selectbox(
        "On the right",
        help="Choose another one, and the same arm on both sides, to compare two projections of one space.",
        **state.choice(keys.RIGHT_PROJECTION, (AS_LEFT, *METHOD_OF), AS_LEFT),
    )
    colourings = tuple(COLOURINGS.values())
    colour_title = controls[3].selectbox(
        "Colour by",
        format_func=lambda title: run.notion if title == colourings[0] else title,
        **state.choice(keys.COLOUR, colourings, colourings[0]),
    )
    colouring = next((name for name, words in COLOURINGS.items() if words == colour_title), "class")
    with controls[4]:
        k = choose_number_of_neighbours(n)
    try:
        _ = [view.encoded for view in (left, right, *further)]
    except InputError as error:
        st.warning(as_text(f"{reason_of(error)}. Choose another map."))
        return
    pair = ViewPair(left, right, encoding.labels, names, k)
    picks, layouts = state.picks(fingerprint, n), state.layouts()
    take_gesture(pair, picks)
    filters = state.map_filters(fingerprint, run.notion)
    saved = saved_selections(pair)
    axis = axis_controls(pair, picks, saved)
    fits_in_address = state.put_picks_in_address(picks, n)
    chosen = parameters[method], parameters[METHOD_OF.get(other or "", method)]
    playing = epochs_play(run)
    only, shown_views = picks.isolated, [left, right, *further]
    if playing:
        projected = [passing_picture(view, only) for view in shown_views]
    else:
        projected = view_layouts(shown_views, chosen, seed, layouts, only)
    first = kept_still(left, projected[0]) if only is None else projected[0]
    together = picks.rows if to_selection and only is None else None
    projected = [first, *(laid_over(first, side_map, together) for side_map in projected[1:])]
    pictures = [spread(side_map, only, n) for side_map in projected]
    with waiting:
        show_layout_states(projected, layouts)
        show_isolation(picks, n)

    with st.container(key=keys.MAP_BODY, gap="small"):
        main, drawer = st.container(key=keys.MAP_MAIN), st.container(key=keys.MAP_DRAWER)
    # The maps come first: before neighbours and images, which take seconds on a fresh server, and before the charts,
    # which keep a browser busy.
    drawn = is_drawn(map_key(pair))
    early = not playing and (not drawn or state.first_time(pair.key)) and colouring in ("class", "error")
    with main:
        maps = st.container()
    images, missing, both_neighbours = None, "", None
    if not early:
        images, missing = images_of(run)
        both_neighbours = None if playing else pair.neighbours
    filtering = filtering_of(pair, margin, filters, map_key(pair), maps_first=early or playing)
    state.put_map_filters_in_address(filters)
    with maps:
        draw_maps(pair, pictures, picks, (colouring, margin), images, both_neighbours, filtering, further, only)
    with main:
        show_captions(pair, projected, colouring, further, only)
    if playing or not drawn:
        with drawer:
            drawer_waits(
                "What changed, and what is selected, is shown when the epochs stop playing." if playing else ""
            )
        return
    with main:
        show_decoding(pair, (projected[0], projected[1]), map_key(pair), only)
    if early:
        with drawer:
            drawer_waits()
            images_of(run)
            _ = pair.neighbours
        st.rerun()
    with main:
        if missing:
            words, again = st.columns([6, 1], vertical_alignment="center")
            words.caption(f"The maps have no thumbnails: {missing}")
            again.button("Try again", on_click=look_for_images_again)
        if not fits_in_address:
            st.caption("This selection is too large for the address; a link to this page opens without it.")

    at = pictures[0].positions, pictures[1].positions
    with main:
        show_axis(pair, picks, images, axis)
    passes = passing(filtering, pair)
    with drawer:
        selected, table, findings = drawer_tabs(pair, picks, map_key(pair), passes)
    if selected.open:
        with selected:
            show_picked(pair, picks, names, images, at, map_key(pair), saved, passes)
            show_saved_selections(pair, picks, saved, names, at)
    if table.open:
        rows, which = (picks.rows, "The selected images") if len(picks.rows) else (np.arange(n), "All images")
        if not passes.all():
            rows, which = rows[passes[rows]], f"{which} that pass the filters"
        with table:
            show_row_table(pair, picks, images, rows, which, margin, map_key(pair))
    if findings.open:
        with findings:
            show_changes(pair, picks, names, images)
            show_sub_styles(pair, picks, names, images)
    if filtering.measures and not triplets_counted(pair, margin):
        count_triplets(pair, margin)
        st.rerun()


show_page("Latent map", "Which {images} moved, and which neighbours did they leave?", show_content, at_any_epoch=True)
