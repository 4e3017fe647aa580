"""Your own digit: drawn or sent, prepared as the data set was, and seen through both models."""

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.explore.image_text import ink_from_text, ink_to_text
from tvae.explore.new_image import NewImage, encode_new_image
from tvae.explore.preparation import Placement, ink_of, measured_placement, prepared_digit
from tvae.explore.strokes import ink_of_strokes, strokes_from_text, strokes_to_text
from tvae.explore.upload import FORMATS, MOST_BYTES, read_upload
from tvae.figures.colours import INK, arm_colours
from tvae.figures.image_grid import GridRow
from tvae.figures.images import votes_by_class
from tvae.figures.still_map import map_png, outside
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import chosen_arms
from tvae.ui.components.drawing import drawing
from tvae.ui.images.shown_grid import show_grid_within
from tvae.ui.maps.link import offer_on_map
from tvae.ui.maps.projecting import METHOD_NAMES
from tvae.ui.page import show_encoded_page
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import ROOM_OF_TWO, arm_badge
from tvae.ui.style.captions import measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.theme import theme

DRAW, SEND = "Draw", "Upload"
EXAMPLE = ((95, 55, 82, 95, 74, 128, 110, 132, 150, 130, 172, 126), (158, 48, 152, 100, 146, 150, 142, 205))
"""A four whose top is nearly closed, as strokes of x, y, x, y …"""
SHOWN_NEAR = 8
SUFFIXES = [*(kind.lower() for kind in FORMATS), "jpg"]


def draw_example() -> None:
    """Fill the square with the example."""
    own = state.own_digit()
    own.strokes = strokes_to_text([np.array(one, np.uint8).reshape(-1, 2) for one in EXAMPLE])
    own.sheet += 1


def take_upload() -> None:
    """What was sent becomes the own picture, or a line that says why not."""
    own, sent = state.own_digit(), state.read(keys.UPLOAD)
    own.ink, own.notes, own.error = "", (), ""
    if sent is None:
        return
    try:
        found = read_upload(sent.getvalue())
        own.ink, own.notes = ink_to_text(ink_of(found.grey)), found.notes
    except InputError as error:
        own.error = str(error)


def given_ink(way: str, own: state.OwnDigit) -> np.ndarray | None:
    """The square to draw on, or the picture to send; what ink came of it."""
    if way == DRAW:
        begun = strokes_from_text(own.strokes)
        drawn = drawing(begun, sheet=own.sheet, key=keys.DRAWING)
        own.strokes = strokes_to_text(drawn)
        kept = strokes_from_text(own.strokes)  # what the address tells, and nothing finer, is what is looked at
        return ink_of_strokes(kept) if kept else None
    st.file_uploader(
        "A picture of a digit",
        SUFFIXES,
        key=keys.UPLOAD,
        on_change=take_upload,
        max_upload_size=MOST_BYTES >> 20,
        help="A drawing or a photograph, dark on light or light on dark.",
    )
    if own.error:
        st.error(as_text(f"This picture was not taken. {own.error}."))
    for note in own.notes:
        st.caption(note)
    return ink_from_text(own.ink) if own.ink else None


def placement_of(run: Run, encoding: Encoding, images: np.ndarray | None) -> Placement:
    """How the run's images lie in their frame; without the images, from the few that the run keeps."""
    if images is None:
        return measured_placement(encoding.sample_images)
    return cached.placement(cached.split(run.config.data.name, "test"))


def show_maps(run: Run, encoding: Encoding, arms: list[str], method: str, seen: dict[str, NewImage]) -> None:
    """Where the image lands on each arm's map."""
    layout = cached.layout(run, method)
    shown = method if layout is not None else "pca"
    maps = cached.arm_maps({arm: encoding.arms[arm] for arm in arms}, layout)
    colours = arm_colours(list(run.config.arms))
    exact = True
    outside_maps = []
    for arm, column in zip(arms, st.columns(len(arms), gap="medium"), strict=True):
        at, spot, near = maps[arm], None, np.zeros(0, np.int64)
        if arm in seen:
            placed = at.place_of(seen[arm].mean[None])
            spot, exact = placed.positions[0], placed.exact
            near = seen[arm].votes.nearest.rows[0][:SHOWN_NEAR]
            if outside(spot, at.positions):
                outside_maps.append(arm.upper())
        names = run.provenance.class_names
        ground = cached.still_map(at.positions, encoding.labels, names, theme())
        with column:
            arm_badge(run, arm, METHOD_NAMES[shown])
            st.image(
                map_png(ground, at.positions, spot, near, colours[arm], theme()),
                width="stretch",
                alt=f"Map of {arm.upper()}" + ("" if spot is None else " with the place of your image"),
            )
    computed = "" if shown == method else f"{METHOD_NAMES[method]} of this run has not been computed, so this is PCA. "
    if not seen:
        st.caption(f"{computed}A point a test image, coloured by class. {measured_on(run, encoding)}.")
        return
    way = (
        "placed *exactly*, by the map's own projection"
        if exact
        else "placed *approximately*, amid its nearest means (this kind of map places no new image)"
    )
    lost = f" It lies beyond the edge of {' and '.join(outside_maps)}." if outside_maps else ""
    st.caption(
        f"{computed}The large dot is your image, {way}; lines lead to its {min(SHOWN_NEAR, len(near))} nearest test "
        f"images in the latent space.{lost} The right map is turned and scaled to lie like the left. "
        f"{measured_on(run, encoding)}."
    )


def show_pictures(run: Run, encoding: Encoding, image: np.ndarray, seen: dict[str, NewImage], told: str) -> None:
    """The image as the models see it, and what each makes of it."""
    st.markdown("##### As the models see it")
    grid = GridRow(
        label="",
        colour=INK[theme()],
        images=np.stack([image, *(one.reconstruction for one in seen.values())]),
        under=["input", *(f"{arm.upper()} {one.error:.2f}" for arm, one in seen.items())],
    )
    show_grid_within([grid], f"Your image and what {' and '.join(arm.upper() for arm in seen)} draw from it", 330)
    worse = " and ".join(f"{100 * one.share_below:.0f} % in {arm.upper()}" for arm, one in seen.items())
    st.caption(
        f"Your image, {told}; beside it what each model draws from its μ, with the squared error over all pixels. "
        f"Test images with a smaller error: {worse}."
    )


def show_votes(run: Run, encoding: Encoding, seen: dict[str, NewImage]) -> None:
    """What class the nearest means say it is."""
    st.markdown("##### The vote")
    names = run.provenance.class_names
    parts = []
    for arm, one in seen.items():
        k = one.votes.nearest.rows.shape[1]
        votes = round(float(one.votes.sureness[0]) * k)
        parts.append(f"{arm.upper()} says **{as_text(names[one.votes.winners[0]])}** ({votes} of {k})")
    st.markdown("  \n".join(parts))
    figure = votes_by_class(
        {arm: one.votes.shares[0] for arm, one in seen.items()}, names, arm_colours(list(run.config.arms))
    )
    st.plotly_chart(figure, key=keys.VOTE, config={"displayModeBar": False}, alt="Votes by class")
    st.caption(f"Classes of the {k} nearest of {len(encoding.labels):,} means μ in each latent space, a vote each.")


def show_near(run: Run, encoding: Encoding, seen: dict[str, NewImage], images: np.ndarray | None, why: str) -> None:
    """The nearest test images in each arm."""
    st.markdown("##### Its nearest neighbours")
    names, n = run.provenance.class_names, len(encoding.labels)
    colours = arm_colours(list(run.config.arms))
    near = {arm: one.votes.nearest.first(min(SHOWN_NEAR, one.votes.nearest.rows.shape[1])) for arm, one in seen.items()}
    under = {
        arm: [
            f"{names[encoding.labels[row]][:6]} · {distance:.2f}"
            for row, distance in zip(found.rows[0], found.distances[0], strict=True)
        ]
        for arm, found in near.items()
    }
    if images is None:
        for arm, found in near.items():
            rows = (f"row {row:,} ({words})" for row, words in zip(found.rows[0], under[arm], strict=True))
            st.markdown(as_text(f"{arm.upper()}: {', '.join(rows)}"))
        words, again = st.columns([4, 1], vertical_alignment="center")
        words.caption(as_text(f"Without pictures: {why}"))
        again.button("Try again", on_click=look_for_images_again)
    else:
        rows = [
            GridRow(label=arm.upper(), colour=colours[arm], images=images[found.rows[0]], under=under[arm])
            for arm, found in near.items()
        ]
        show_grid_within(rows, "The nearest test images in each latent space", ROOM_OF_TWO)
    st.caption("Test images whose μ lies nearest, nearest first: class · Euclidean distance.")
    rows = np.unique(np.concatenate([found.rows[0] for found in near.values()]))
    with st.container(horizontal=True):
        offer_on_map(run, n, rows)
        columns: dict[str, list] = {"arm": [], "place": [], "row": [], "class": [], "distance": []}
        for arm, found in near.items():
            for place, (row, distance) in enumerate(zip(found.rows[0], found.distances[0], strict=True), 1):
                told = (arm, place, int(row), names[encoding.labels[row]], round(float(distance), 5))
                for column, value in zip(columns.values(), told, strict=True):
                    column.append(value)
        icon = ":material/download:"
        st.download_button("CSV", rows_csv(columns), "nearest.csv", "text/csv", icon=icon, on_click="ignore")


def show_page(run: Run, encoding: Encoding) -> None:
    """All of the page below its title."""
    own, n = state.own_digit(), len(encoding.labels)
    # Beside each other where there is room, else one below the other.
    above = st.container(horizontal=True, gap="medium")
    hand, picture = above.container(width=265), above.container(width=640)
    with hand:
        bar = st.container(horizontal=True, vertical_alignment="bottom")
        ways = (DRAW, SEND)
        first = SEND if own.ink and not own.strokes else DRAW
        way = bar.segmented_control("Your digit", ways, default=first, required=True, key=keys.INPUT_WAY, **keys.KEPT)
        if way == DRAW:
            bar.button("Example", on_click=draw_example, help="Have one drawn for you.")
        ink = given_ink(way, own)
    state.put_own_digit_in_address(own)
    with picture, st.container(horizontal=True, vertical_alignment="bottom"):
        methods = {name: method for method, name in METHOD_NAMES.items()}
        with st.container(width=160):
            chosen = st.selectbox("Projection", tuple(methods), key=keys.PROJECTION, **keys.KEPT)
        with st.popover("More"):
            arms = chosen_arms(run)
            voters = int(st.number_input("Images that vote", 1, 100, 15, 1, key=keys.VOTERS, **keys.KEPT) or 15)
    images, missing = images_of(run)
    seen: dict[str, NewImage] = {}
    if ink is not None:
        placement = placement_of(run, encoding, images)
        image = prepared_digit(ink, placement)
        seen = {
            arm: encode_new_image(
                cached.network(run, arm),
                encoding.arms[arm],
                encoding.labels,
                len(run.provenance.class_names),
                image,
                min(voters, n),
            )
            for arm in arms
        }
    with picture:
        show_maps(run, encoding, arms, methods.get(chosen or "", "tsne"), seen)
    if ink is None:
        given = "Draw a digit in the square" if way == DRAW else "Send a picture of a digit"
        also = ", or have an example drawn" if way == DRAW else ""
        hand.info(f"{given}{also}: where it lands, what the models draw from it and what it is taken for is told here.")
        return
    below = st.container(horizontal=True, gap="medium")
    with below.container(width=265):
        show_pictures(run, encoding, image, seen, placement.description)
    with below.container(width=200):
        show_votes(run, encoding, seen)
    with below.container(width=405):
        show_near(run, encoding, seen, images, missing)


show_encoded_page(
    "Your own digit", "Where does a digit of your own land, and what does each model take it for?", show_page
)
