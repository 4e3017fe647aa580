"""The latent map: two latent spaces of the same images, linked point by point."""

from pathlib import Path

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.linked_map.contents import MapSide
from tvae.linked_map.payload import neighbours_that_fit
from tvae.maps.parameters import Parameters, PcaParameters, TsneParameters, UmapParameters
from tvae.maps.projector import Ticket
from tvae.metrics.neighbours import Neighbours
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.epochs import epochs_play
from tvae.ui.components.latent_map import is_drawn, latent_map, load_map_code, picked_on_map
from tvae.ui.maps import views as map_views
from tvae.ui.maps.changes import show_changes
from tvae.ui.maps.decoding import offer_decoding
from tvae.ui.maps.pair import COLOURINGS, Pair, colour_by
from tvae.ui.maps.projecting import METHOD_NAMES, Picture, kept_still, laid_over, passing_picture, picture, request_for
from tvae.ui.maps.selection import Images, show_row, show_selection
from tvae.ui.maps.views import View, misfit_note, views_beside
from tvae.ui.page import open_page
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

STYLE = Path(map_views.__file__).parent / "page.css"
AS_LEFT = "the same"
FEWEST_ROWS = 3

# A control that the address tells and that another page doesn't lose. (No text stands alone below a constant here:
# Streamlit would show it on the page. And an option's name is what the address says, so options are named for reading.)
METHOD_OF = {name: method for method, name in METHOD_NAMES.items()}


def choose_views(views: dict[str, View], arms: int) -> tuple[View, View]:
    """Left and right, beside each other above the maps; at first the first and the last of the run's own arms."""
    names = list(views)
    left, right = st.columns(2)
    with left:
        a = st.selectbox("Left map", names, index=0, key=keys.LEFT, on_change=state.forget_note, **keys.KEPT)
    with right:
        b = st.selectbox(
            "Right map",
            names,
            index=arms - 1,
            key=keys.RIGHT,
            on_change=state.forget_note,
            help="Another arm, the same arm at another epoch or under another projection, or an arm of another run "
            "on the same images. A name without an epoch follows the epoch in the sidebar.",
            **keys.KEPT,
        )
    return views.get(a or "", views[names[0]]), views.get(b or "", views[names[arms - 1]])


def choose_parameters() -> tuple[dict[str, Parameters], int]:
    """Parameters of every method and the seed, taken over together."""
    with st.form("projection-parameters", border=False):
        st.markdown("**Projection**")
        a, b = st.columns(2)
        perplexity = a.number_input("t-SNE: perplexity", 1.0, 1000.0, 30.0, 5.0, key=keys.PERPLEXITY, **keys.KEPT)
        iterations = b.number_input("t-SNE: iterations", 50, 10_000, 750, 50, key=keys.ITERATIONS, **keys.KEPT)
        near = a.number_input("UMAP: neighbours", 2, 1000, 15, 1, key=keys.UMAP_NEIGHBOURS, **keys.KEPT)
        apart = b.number_input("UMAP: least distance", 0.0, 0.99, 0.1, 0.05, key=keys.UMAP_DISTANCE, **keys.KEPT)
        seed = a.number_input("Seed", 0, 2**31, 0, 1, key=keys.LAYOUT_SEED, **keys.KEPT)
        st.form_submit_button("Compute", help="In a process of its own; you can go on looking meanwhile.")
    parameters: dict[str, Parameters] = {
        "pca": PcaParameters(),
        "tsne": TsneParameters(perplexity=float(perplexity), iterations=int(iterations)),
        "umap": UmapParameters(n_neighbors=int(near), min_dist=float(apart)),
    }
    return parameters, int(seed)


def choose_k(n: int) -> int:
    """How many neighbours count."""
    most = min(cached.MOST_NEIGHBOURS, n - 1)
    if most <= 5:
        return most
    return st.slider(
        "Neighbours k",
        5,
        most,
        min(10, most),
        key=keys.NEIGHBOURS_K,
        help="How many nearest images count as an image's neighbourhood, in the latent space and not on the picture.",
        **keys.KEPT,
    )


def draw_maps(
    pair: Pair,
    pictures: tuple[Picture, Picture],
    picks: state.Picks,
    colouring: tuple[str, float],
    images: Images | None,
    near: tuple[Neighbours, Neighbours] | None,
) -> None:
    """Both maps."""
    provenance = pair.left.run.provenance
    sides = [
        MapSide(title=view.title, colour=view.colour, positions=shown.positions, caption=shown.told)
        for view, shown in zip((pair.left, pair.right), pictures, strict=True)
    ]
    latent_map(
        *sides,
        labels=pair.labels,
        class_names=provenance.class_names,
        sprites=None if images is None else cached.thumbnails(cached.split(pair.left.run.config.data.name, "test")),
        neighbours=None if near is None else cached.neighbour_lines(pair.left.encoded, pair.right.encoded, pair.k),
        nearest=None if near is None else (near[0].first(pair.k).rows, near[1].first(pair.k).rows),
        colour_by=colour_by(colouring[0], pair, colouring[1]),
        selection=picks.rows,
        focus=picks.focus,
        decode=True,
        code_loaded=True,
        ask_when_drawn=True,
        key=map_key(pair),
    )


def take_gesture(pair: Pair, picks: state.Picks) -> None:
    """What was picked on the maps goes to the session."""
    picked = picked_on_map(map_key(pair), len(pair.labels), picks.rows, picks.focus)
    if not np.array_equal(picked.selection, picks.rows):
        picks.replace(picked.selection)
    picks.focus = picked.focus


def map_key(pair: Pair) -> str:
    """Names the maps of these images, so that zoom and selection stay with them."""
    return keys.latent_map(pair.left.run.provenance.test.fingerprint)


def show_captions(pair: Pair, pictures: tuple[Picture, Picture], colouring: str) -> None:
    """What the maps show, how far to believe them, and what they can't show."""
    views = (pair.left, pair.right)
    for column, view, shown in zip(st.columns(2), views, pictures, strict=True):
        found = shown.fidelity
        if found is None or found.trustworthiness is None:
            column.caption(f"**{as_text(view.title)}**, {shown.told}: not measured")
            continue
        accuracy = "" if found.knn_accuracy is None else f", 2-D {found.k}-NN accuracy {100 * found.knn_accuracy:.2f} %"
        column.caption(
            f"**{as_text(view.title)}**, {shown.told}: trustworthiness {found.trustworthiness:.3f}{accuracy}"
        )
    run = pair.left.run
    runs = " and ".join(dict.fromkeys(view.run.name for view in views))
    fit = neighbours_that_fit(len(pair.labels))
    lines = "lines lead to true neighbours"
    if pair.k > fit:
        lines += f", to {fit} from a point that is pointed at and to all {pair.k} from the one clicked"
    st.caption(
        f"Each point is an image of the {as_text(run.config.data.name)} test split, n = {len(pair.labels):,}, "
        f"coloured by {COLOURINGS[colouring]}; training seed {run.config.train.seed}, checkpoint {as_text(runs)}. "
        "The right map is turned and scaled to lie like the left. "
        f"Distances between clusters and their sizes mean nothing in such a picture; {lines}."
    )
    for note in dict.fromkeys(note for shown in pictures for note in shown.notes):
        st.caption(note)


@st.fragment(run_every=1.0)
def show_waiting(ticket: Ticket, key: str, told: str) -> None:
    """How far the layout is, and a way out."""
    if ticket.over:
        st.rerun()
    now = ticket.progress()
    left = "" if now.seconds_left is None else f", about {max(1, round(now.seconds_left))} s left"
    bar, out = st.columns([4, 1], vertical_alignment="center")
    doing = "Measuring how far to believe PCA" if told == "PCA" else f"{told}"
    bar.progress(min(1.0, now.share), f"{doing}: {now.phase}{left}.")
    if out.button("Cancel", key=keys.layout_cancel(key), width="stretch"):
        ticket.cancel()
        st.rerun()


def show_state_of(pictures: tuple[Picture, Picture], kept: state.Layouts) -> None:
    """Layouts under way and those that did not come."""
    for key, shown in {shown.key: shown for shown in pictures}.items():
        if shown.ticket is not None:
            show_waiting(shown.ticket, key, shown.told)
        if shown.failed:
            words, again = st.columns([4, 1], vertical_alignment="center")
            words.info(as_text(f"{shown.failed} {shown.told} is shown instead."))
            again.button("Try again", key=keys.layout_again(key), on_click=kept.ask_again, args=(key,), width="stretch")


def both_pictures(
    left: View, right: View, chosen: tuple[Parameters, Parameters], seed: int, kept: state.Layouts
) -> tuple[Picture, Picture]:
    """The pictures of both sides; PCA with a note where the method is impossible for these rows."""
    try:
        asked = (request_for(left, right, chosen[0], seed), request_for(right, left, chosen[1], seed))
    except InputError as error:
        st.info(as_text(f"{error}. PCA is shown."))
        asked = tuple(request_for(view, other, PcaParameters(), seed) for view, other in ((left, right), (right, left)))
    pictures = picture(left, right, asked[0], kept), picture(right, left, asked[1], kept)
    kept.give_up_others({shown.key for shown in pictures})
    return pictures


def page() -> None:
    """The whole page."""
    run = open_page("Latent map", "Which digits moved, and whose company did they leave?", at_any_epoch=True)
    load_map_code()
    st.html(STYLE)
    encoding = cached.encoding(run)
    if encoding is None:
        st.info("This run's folder holds no encoded test split yet; it is written on the way and when a run ends.")
        return
    n, names, fingerprint = len(encoding.labels), run.provenance.class_names, run.provenance.test.fingerprint
    if n < FEWEST_ROWS:
        st.info(f"A map needs at least {FEWEST_ROWS} images; this run's test split has {n}.")
        return
    views, misfits = views_beside(run)
    asked = [state.address(side) for side in (keys.LEFT, keys.RIGHT)]
    note = state.view_note(next(filter(None, (misfit_note(name, views, misfits) for name in asked)), ""))
    waiting = st.container(key=keys.MAP_WAITING)
    controls = st.container(key=keys.MAP_CONTROLS).columns(
        [2.7, 1, 1.15, 1.75, 1.15, 0.85], vertical_alignment="bottom"
    )
    with controls[0]:
        left, right = choose_views(views, len(run.config.arms))
    with controls[5], st.popover("More", width="stretch"):
        parameters, seed = choose_parameters()
        st.markdown("**Maps**")
        to_selection = st.toggle("Align the right map to the selection", key=keys.ALIGN_TO_SELECTION, **keys.KEPT)
        margin = st.number_input(
            "Margin m of lost triplets",
            0.0,
            100.0,
            0.1,
            0.1,
            key=keys.LOST_MARGIN,
            help="For the colouring by lost triplets.",
            **keys.KEPT,
        )
        if misfits:
            told = "; ".join(f"{name} ({reason})" for name, reason in misfits.items())
            st.caption(f"Not offered, as two maps need the same images: {as_text(told)}.")
    method = METHOD_OF.get(
        controls[1].selectbox("Projection", tuple(METHOD_OF), key=keys.PROJECTION, **keys.KEPT) or "", "tsne"
    )
    other = controls[2].selectbox(
        "On the right",
        (AS_LEFT, *METHOD_OF),
        key=keys.RIGHT_PROJECTION,
        help="Choose another one, and the same arm on both sides, to compare two projections of one space.",
        **keys.KEPT,
    )
    told = controls[3].selectbox("Colour by", tuple(COLOURINGS.values()), key=keys.COLOUR, **keys.KEPT)
    colouring = next((name for name, words in COLOURINGS.items() if words == told), "class")
    with controls[4]:
        k = choose_k(n)
    if note:
        st.info(as_text(note))

    try:
        _ = left.encoded, right.encoded
    except InputError as error:
        st.warning(as_text(f"{error}. Choose another map."))
        return
    pair = Pair(left, right, encoding.labels, k)
    picks, kept = state.picks(fingerprint, n), state.layouts()
    take_gesture(pair, picks)
    chosen = parameters[method], parameters[METHOD_OF.get(other or "", method)]
    playing = epochs_play(run)
    if playing:
        pictures = passing_picture(left), passing_picture(right)
    else:
        pictures = both_pictures(left, right, chosen, seed, kept)
    pictures = kept_still(left, pictures[0]), pictures[1]
    pictures = pictures[0], laid_over(*pictures, picks.rows if to_selection else None)
    with waiting:
        show_state_of(pictures, kept)

    # The maps come first: before neighbours and images, which take seconds on a fresh server, and before the charts,
    # which keep a browser busy.
    drawn = is_drawn(map_key(pair))
    early = not playing and (not drawn or state.first_time(pair.key)) and colouring in ("class", "error")
    maps = st.container()
    images, missing, near = None, "", None
    if not early:
        images, missing = images_of(run)
        near = None if playing else pair.neighbours
    with maps:
        draw_maps(pair, pictures, picks, (colouring, margin), images, near)
    show_captions(pair, pictures, colouring)
    if playing:
        st.caption("What changed, and what is selected, is told when the epochs stand still.")
    if not drawn or playing:
        return
    offer_decoding(pair, pictures, map_key(pair))
    if early:
        images_of(run)
        _ = pair.neighbours
        st.rerun()
    if missing:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.caption(as_text(f"The maps have no thumbnails: {missing}"))
        again.button("Try again", on_click=look_for_images_again)
    if not state.put_picks_in_address(picks, n):
        st.caption("This selection is too large for the address; a link to this page opens without it.")
    if picks.note:
        st.info(picks.note)

    with st.container(key=keys.MAP_PANELS):
        words, company = st.columns(2, gap="large")
        with words:
            show_selection(pair, picks, names, images, (pictures[0].positions, pictures[1].positions))
        with company:
            show_row(pair, picks, names, images, map_key(pair))
        show_changes(pair, picks, names, images)


page()
