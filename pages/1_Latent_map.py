"""The latent map: two latent spaces of the same images, linked point by point."""

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from tvae.config import InputError
from tvae.neighbours import Neighbours
from tvae.projections import Parameters, PcaParameters, TsneParameters, UmapParameters
from tvae.projector import Ticket
from tvae.selection import Companion, selection
from tvae.ui import cached, state
from tvae.ui.colours import INK
from tvae.ui.frame import open_page, theme
from tvae.ui.latent_map import MapSide, is_drawn, latent_map, load_map_code
from tvae.ui.map_figures import change_histogram, class_mix
from tvae.ui.map_inputs import (
    COLOURINGS,
    MOST_TILES,
    Pair,
    colour_by,
    images_of,
    look_for_images_again,
    panel_neighbours,
    rows_between,
    selected_rows_csv,
)
from tvae.ui.map_views import View, misfit_note, views_beside
from tvae.ui.neighbour_panel import PanelSide, neighbour_panel
from tvae.ui.pictures import GridRow, grid_png
from tvae.ui.projecting import METHOD_NAMES, Picture, laid_over, picture, request_for

STYLE = Path(cached.__file__).parent / "latent_map_page.css"
AS_LEFT = "the same"
FEWEST_ROWS = 3
GROUPS_IN_SIGHT = 6
EXTREMES = 12  # rows that the most and the least changed show

# A control that the address tells and that another page doesn't lose. (No text stands alone below a constant here:
# Streamlit would show it on the page. And an option's name is what the address says, so options are named for reading.)
KEPT: Any = {"bind": "query-params", "persist_state": "session"}
METHOD_OF = {name: method for method, name in METHOD_NAMES.items()}


def choose_views(views: dict[str, View], own: list[str]) -> tuple[View, View]:
    """Left and right, beside each other above the maps."""
    names = list(views)
    left, right = st.columns(2)
    with left:
        a = st.selectbox("Left map", names, key="left", on_change=state.forget_note, **KEPT)
    with right:
        b = st.selectbox(
            "Right map",
            names,
            index=names.index(own[-1]),
            key="right",
            on_change=state.forget_note,
            help="Another arm, an arm of another run on the same images, or the same arm under another projection.",
            **KEPT,
        )
    return views.get(a or "", views[own[0]]), views.get(b or "", views[own[-1]])


def choose_parameters() -> tuple[dict[str, Parameters], int]:
    """Parameters of every method and the seed, taken over together."""
    with st.form("projection-parameters", border=False):
        st.markdown("**Projection**")
        a, b = st.columns(2)
        perplexity = a.number_input("t-SNE: perplexity", 1.0, 1000.0, 30.0, 5.0, key="perplexity", **KEPT)
        iterations = b.number_input("t-SNE: iterations", 50, 10_000, 750, 50, key="iterations", **KEPT)
        near = a.number_input("UMAP: neighbours", 2, 1000, 15, 1, key="neighbours", **KEPT)
        apart = b.number_input("UMAP: least distance", 0.0, 0.99, 0.1, 0.05, key="apart", **KEPT)
        seed = a.number_input("Seed", 0, 2**31, 0, 1, key="layout-seed", **KEPT)
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
        key="k",
        help="How many nearest images count as an image's neighbourhood, in the latent space and not on the picture.",
        **KEPT,
    )


def draw_maps(pair: Pair, pictures: tuple[Picture, Picture], right_at: np.ndarray, how: dict[str, Any]) -> state.Picks:
    """Both maps; what is picked on them goes to the session and the address."""
    picks: state.Picks = how["picks"]
    sides = [
        MapSide(title=view.title, colour=view.colour, positions=at, caption=shown.told)
        for view, shown, at in zip((pair.left, pair.right), pictures, (pictures[0].positions, right_at), strict=True)
    ]
    picked = latent_map(
        *sides,
        labels=pair.labels,
        class_names=how["names"],
        sprites=how["sprites"],
        neighbours=how["lines"],
        colour_by=how["colours"],
        selection=picks.rows,
        focus=picks.focus,
        code_loaded=True,
        ask_when_drawn=True,
        key=how["memory"],
    )
    if not np.array_equal(picked.selection, picks.rows):
        picks.replace(picked.selection)
    picks.focus = picked.focus
    return picks


def show_captions(pair: Pair, pictures: tuple[Picture, Picture], colouring: str) -> None:
    """What the maps show, how far to believe them, and what they can't show."""
    run = pair.left.run
    measured = []
    for view, shown in zip((pair.left, pair.right), pictures, strict=True):
        if (found := shown.fidelity) is None or found.trustworthiness is None:
            continue
        accuracy = "" if found.knn_accuracy is None else f", 2-D {found.k}-NN accuracy {100 * found.knn_accuracy:.2f} %"
        measured.append(f"**{view.title}** ({shown.told}) trustworthiness {found.trustworthiness:.3f}{accuracy}")
    runs = " and ".join(dict.fromkeys(view.run.name for view in (pair.left, pair.right)))
    told = "; ".join(measured) or "Not measured yet: the picture is on its way"
    st.caption(
        f"A point an image of the {run.config.data.name} test split, n = {len(pair.labels):,}, coloured by "
        f"{COLOURINGS[colouring]}; training seed {run.config.train.seed}, checkpoint {runs}. {told}. "
        "The right map is turned and scaled to lie like the left. "
        "Distances between clusters and their sizes mean nothing in such a picture; the lines lead to true neighbours."
    )
    for note in dict.fromkeys(note for shown in pictures for note in shown.notes):
        st.caption(note)


@st.fragment(run_every=1.0)
def show_waiting(ticket: Ticket, key: str) -> None:
    """How far the layout is, and a way out."""
    if ticket.over:
        st.rerun()
    now = ticket.progress()
    left = "" if now.seconds_left is None else f", about {max(1, round(now.seconds_left))} s left"
    bar, out = st.columns([6, 1], vertical_alignment="center")
    bar.progress(min(1.0, now.share), f"Computing the projection: {now.phase}{left}. PCA is shown meanwhile.")
    if out.button("Cancel", key=f"cancel-{key[:12]}", width="stretch"):
        ticket.cancel()
        st.rerun()


def show_state_of(pictures: tuple[Picture, Picture], kept: state.Layouts) -> None:
    """Layouts under way and those that did not come."""
    for key, shown in {shown.key: shown for shown in pictures}.items():
        if shown.ticket is not None:
            show_waiting(shown.ticket, key)
        if shown.failed:
            words, again = st.columns([6, 1], vertical_alignment="center")
            words.info(f"{shown.failed} {shown.told} is shown instead.")
            again.button("Try again", key=f"again-{key[:12]}", on_click=kept.ask_again, args=(key,))


def thumbnails_row(label: str, companions: list[tuple[int, str]], images: np.ndarray | None, colour: str) -> None:
    """One picture of some rows, with a few characters under each."""
    if images is None:
        st.markdown(f"{label}: " + ", ".join(f"row {row} ({under})" for row, under in companions))
        return
    rows = [row for row, _ in companions]
    scale = 1 if images.shape[2] > 16 else 4
    row = GridRow(label=label, colour=colour, images=images[rows], under=[under for _, under in companions])
    st.image(grid_png([row], ink=INK[theme()], scale=scale), alt=f"{label}: rows {', '.join(map(str, rows))}")


def show_selection(pair: Pair, picks: state.Picks, names: tuple[str, ...], images: np.ndarray | None, at: Any) -> None:
    """What the selected rows are, and what became of their neighbourhoods."""
    st.markdown("##### The selection")
    if len(picks.rows) == 0:
        st.caption(
            "Draw around points on either map (or click one): what they are is told here. Shift adds, Alt removes."
        )
        return
    found = selection(picks.rows, pair.labels, len(names), pair.changes, images, most=8)
    commonest = names[int(found.class_counts.argmax())]
    tiles = st.columns([1, 1.1, 1.4, 1], vertical_alignment="top")
    tiles[0].metric("Images", f"{found.count:,}")
    tiles[1].metric("Purity", f"{100 * found.purity:.0f} %", help=f"Share of the commonest class, {commonest}.")
    tiles[2].metric(
        "Mean change",
        f"{found.mean_change:.3f}",
        delta=f"{found.mean_change - found.mean_change_of_all:+.3f} to all",
        delta_color="off",
        help="Mean neighbourhood change of these images; 0 keeps every neighbour, 1 keeps none.",
    )
    if found.mean_image is not None:
        mean = np.rint(found.mean_image).astype(np.uint8)
        tiles[3].image(
            grid_png([GridRow(label="", colour="#888888", images=mean[None])], ink=INK[theme()], scale=3),
            width=96,
            caption="mean image",
        )
    st.plotly_chart(class_mix(found.class_counts, names), config={"displayModeBar": False}, key="class-mix")
    st.caption(f"Classes of the selected images, n = {found.count:,} of {len(pair.labels):,}.")
    if not pair.same:
        show_companions("lost", f"neighbours in {pair.left.title} only", found.lost, images, pair.left.colour)
        show_companions("gained", f"neighbours in {pair.right.title} only", found.gained, images, pair.right.colour)
    buttons = st.columns(2)
    buttons[0].download_button(
        "Download as CSV",
        data=lambda: selected_rows_csv(picks.rows, pair, names, at),
        file_name=f"rows-{pair.left.run.name}.csv",
        mime="text/csv",
        width="stretch",
    )
    buttons[1].button("Clear", on_click=picks.replace, args=(np.zeros(0, np.int64),), width="stretch")


def show_companions(
    mark: str, where: str, companions: tuple[Companion, ...], images: np.ndarray | None, colour: str
) -> None:
    """Neighbours that at least half of the selection lost, or gained."""
    if not companions:
        st.caption(f"No image was {mark} as a neighbour by half of them or more.")
        return
    thumbnails_row(mark, [(one.row, f"{100 * one.share:.0f} %") for one in companions], images, colour)
    st.caption(f"Images that at least half of the selected {mark}: {where}. Under each, the share of the selected.")


def show_row(pair: Pair, picks: state.Picks, names: tuple[str, ...], images: np.ndarray | None, memory: str) -> None:
    """The neighbours of one row in both latent spaces."""
    st.markdown("##### One image's neighbours")
    if picks.focus is None:
        st.caption("Click a point on either map: its nearest images in both latent spaces are compared here.")
        return
    row, found = picks.focus, pair.changes
    if images is not None:
        scale = 2 if images.shape[2] > 16 else 7
        st.image(
            grid_png([GridRow(label="", colour="#888888", images=images[row][None])], ink=INK[theme()], scale=scale),
            width=84,
        )
    st.markdown(
        f"Row **{row:,}**, class **{escaped(names[pair.labels[row]])}**: {len(found.shared_by(row))} of its {pair.k} "
        f"nearest are shared, {len(found.lost_by(row))} lost, {len(found.gained_by(row))} gained; "
        f"change {found.change[row]:.3f}."
    )
    left, right = panel_neighbours(row, pair, names)
    neighbour_panel(
        [
            PanelSide(title=pair.left.title, colour=pair.left.colour, neighbours=left),
            PanelSide(title=pair.right.title, colour=pair.right.colour, neighbours=right),
        ],
        images=images,
        memory=memory,
        walk=picks.walk_to,
        key=f"neighbours-{memory}",
    )
    shown = f"the nearest {MOST_TILES} of {pair.k}" if pair.k > MOST_TILES else f"the {pair.k} nearest"
    st.caption(
        f"For each space {shown} of {len(pair.labels):,} images, with the Euclidean distance between means μ. "
        "Rest on one to see it on the maps, click it to walk there."
    )


def escaped(name: str) -> str:
    """A class's name as text within Markdown."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|<>~$:&" else c for c in " ".join(str(name).split()))


def select_range(picks: state.Picks, change: np.ndarray) -> None:
    """The slider's range becomes the selection; the whole scale selects none."""
    low, high = st.session_state["change-range"]
    whole = low <= 0 and high >= 1
    picks.replace(np.zeros(0, np.int64) if whole else rows_between(change, low, high))


def show_changes(pair: Pair, picks: state.Picks, names: tuple[str, ...], images: np.ndarray | None) -> None:
    """How much changed, where most and least, and which groups moved together."""
    st.markdown("##### What changed")
    if pair.same:
        st.caption(
            "Both maps show one and the same latent space: its neighbourhoods are the same, only the pictures differ."
        )
        return
    found = pair.changes
    chart, groups = st.columns(2, gap="large")
    with chart:
        low, high = st.session_state.get("change-range", (0.0, 1.0))
        st.plotly_chart(change_histogram(found.change, low, high), config={"displayModeBar": False}, key="histogram")
        st.slider(
            "Select images by their change",
            0.0,
            1.0,
            (0.0, 1.0),
            0.05,
            key="change-range",
            on_change=select_range,
            args=(picks, found.change),
        )
        st.caption(
            f"One minus the overlap (Jaccard) of an image's {pair.k} nearest in {pair.left.title} and "
            f"{pair.right.title}, itself left out: 0 all kept, 1 none. n = {len(pair.labels):,}, "
            f"mean {found.change.mean(dtype=np.float64):.3f}."
        )
        count = min(EXTREMES, len(found.change))
        for title, rows in (("most", found.most_changed(count)), ("least", found.least_changed(count))):
            thumbnails_row(title, [(int(row), f"{found.change[row]:.2f}") for row in rows], images, INK[theme()])
            st.button(
                f"Show the {count} {title} changed on the maps",
                key=f"show-{title}",
                on_click=picks.replace,
                args=(rows,),
            )
    with groups:
        show_groups(pair, picks, names)


def show_groups(pair: Pair, picks: state.Picks, names: tuple[str, ...]) -> None:
    """Groups that lost or gained the same company, a sentence each."""
    told = cached.change_groups(pair.key, pair.changes, pair.labels, names)
    if not told:
        st.caption("No group of images lost or gained the same neighbours.")
        return
    st.markdown(f"**Who left, who joined** from {pair.left.title} to {pair.right.title}")
    for number, group in enumerate(told[:GROUPS_IN_SIGHT]):
        words, button = st.columns([3, 2], vertical_alignment="center")
        words.markdown(escaped(f"{group.sentence}."))
        button.button(
            "Show on the maps", key=f"group-{number}", on_click=picks.replace, args=(group.rows,), width="stretch"
        )
    if len(told) > GROUPS_IN_SIGHT:
        rest = dict(enumerate(told[GROUPS_IN_SIGHT : GROUPS_IN_SIGHT + 100]))
        st.selectbox(
            "Further groups",
            list(rest),
            index=None,
            format_func=lambda number: rest[number].sentence,
            placeholder=f"{len(told) - GROUPS_IN_SIGHT:,} more",
            key="further-group",
            on_change=lambda: show_further(picks, rest),
        )
    st.caption(
        f"Images whose lost, or gained, {pair.k} nearest overlap, found by average-linkage clustering in each class; "
        f"{len(told):,} groups of 5 or more among n = {len(pair.labels):,}. "
        "First those whose company was of another class."
    )


def show_further(picks: state.Picks, rest: dict[int, Any]) -> None:
    """Select the group that is chosen from the list."""
    number = st.session_state["further-group"]
    if number in rest:
        picks.replace(rest[number].rows)


def both_pictures(
    left: View, right: View, chosen: tuple[Parameters, Parameters], seed: int, kept: state.Layouts
) -> tuple[Picture, Picture]:
    """The pictures of both sides; PCA with a note where the method is impossible for these rows."""
    try:
        asked = (request_for(left, right, chosen[0], seed), request_for(right, left, chosen[1], seed))
    except InputError as error:
        st.info(f"{error}. PCA is shown.")
        asked = tuple(request_for(view, other, PcaParameters(), seed) for view, other in ((left, right), (right, left)))
    pictures = picture(left, right, asked[0], kept), picture(right, left, asked[1], kept)
    kept.give_up_others({shown.key for shown in pictures})
    return pictures


def page() -> None:
    """The whole page."""
    run = open_page("Latent map", "Which digits moved, and whose company did they leave?")
    load_map_code()
    st.html(STYLE)
    encoding = cached.encoding(run)
    if encoding is None:
        st.info("This run's folder holds no encoded test split yet; it is written when a run ends.")
        return
    n, names, fingerprint = len(encoding.labels), run.provenance.class_names, run.provenance.test.fingerprint
    if n < FEWEST_ROWS:
        st.info(f"A map needs at least {FEWEST_ROWS} images; this run's test split has {n}.")
        return
    views, misfits = views_beside(run)
    asked = [st.query_params.get(side, "") for side in ("left", "right")]
    note = state.view_note(next(filter(None, (misfit_note(name, views, misfits) for name in asked)), ""))
    controls = st.container(key="map-controls").columns([2.6, 1.1, 1.1, 1.6, 1.4, 0.9], vertical_alignment="bottom")
    with controls[0]:
        left, right = choose_views(views, [arm.upper() for arm in run.config.arms])
    with controls[5], st.popover("More", width="stretch"):
        parameters, seed = choose_parameters()
        st.markdown("**Maps**")
        to_selection = st.toggle("Align the right map to the selection", key="align-selection", **KEPT)
        margin = st.number_input(
            "Margin m of lost triplets",
            0.0,
            100.0,
            0.1,
            0.1,
            key="m",
            help="For the colouring by lost triplets.",
            **KEPT,
        )
        if misfits:
            told = "; ".join(f"{name} ({reason})" for name, reason in misfits.items())
            st.caption(f"Not offered, as two maps need the same images: {told}.")
    method = METHOD_OF.get(
        controls[1].selectbox("Projection", tuple(METHOD_OF), key="projection", **KEPT) or "", "tsne"
    )
    other = controls[2].selectbox(
        "On the right",
        (AS_LEFT, *METHOD_OF),
        key="right-projection",
        help="Choose another one, and the same arm on both sides, to compare two projections of one space.",
        **KEPT,
    )
    told = controls[3].selectbox("Colour by", tuple(COLOURINGS.values()), key="colour", **KEPT)
    colouring = next((name for name, words in COLOURINGS.items() if words == told), "class")
    with controls[4]:
        k = choose_k(n)
    if note:
        st.info(note)

    try:
        _ = left.encoded, right.encoded
    except InputError as error:
        st.warning(f"{error}. Choose another map.")
        return
    pair = Pair(left, right, encoding.labels, k)
    picks, kept = state.picks(fingerprint, n), state.layouts()
    chosen = parameters[method], parameters[METHOD_OF.get(other or "", method)]
    pictures = both_pictures(left, right, chosen, seed, kept)
    right_at = laid_over(*pictures, picks.rows if to_selection else None)
    show_state_of(pictures, kept)

    # The maps come first: before neighbours and images, which take seconds on a fresh server, and before the charts,
    # which keep a browser busy.
    memory = f"map-{fingerprint[:8]}"
    drawn = is_drawn(memory)
    early = (not drawn or state.first_time(pair.key)) and colouring in ("class", "error")
    maps = st.container()
    images, missing, near = None, "", None
    if not early:
        images, missing, near = (*images_of(run), pair.neighbours)
    with maps:
        picks = draw_maps(
            pair, pictures, right_at, drawn_with(pair, picks, memory, names, colouring, margin, images, near)
        )
    show_captions(pair, pictures, colouring)
    if not drawn:
        return
    if early:
        images_of(run)
        _ = pair.neighbours
        st.rerun()
    if missing:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.caption(f"The maps have no thumbnails: {missing}")
        again.button("Try again", on_click=look_for_images_again)
    if not state.put_in_address(picks.rows, n):
        st.caption("This selection is too large for the address; a link to this page opens without it.")
    if picks.note:
        st.info(picks.note)

    with st.container(key="map-panels"):
        words, company = st.columns(2, gap="large")
        with words:
            show_selection(pair, picks, names, images, (pictures[0].positions, right_at))
        with company:
            show_row(pair, picks, names, images, memory)
        show_changes(pair, picks, names, images)


def drawn_with(
    pair: Pair,
    picks: state.Picks,
    memory: str,
    names: tuple[str, ...],
    colouring: str,
    margin: float,
    images: np.ndarray | None,
    near: tuple[Neighbours, Neighbours] | None,
) -> dict[str, Any]:
    """What the maps show beside the points."""
    fingerprint = pair.left.run.provenance.test.fingerprint
    return {
        "picks": picks,
        "memory": memory,
        "names": names,
        "sprites": None if images is None else cached.thumbnails(fingerprint, images),
        "lines": None if near is None else cached.neighbour_lines(pair.key, *near, pair.k),
        "colours": colour_by(colouring, pair, margin),
    }


page()
