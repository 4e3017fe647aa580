"""Interpolation: what lies between two images in each latent space, and whose land the way crosses."""

import numpy as np
import pandas as pd
import streamlit as st

from tvae.explore.interpolation import Interpolation, class_segments, interpolation, path_summary, step_columns
from tvae.explore.latent_paths import PathKind
from tvae.figures.colours import INK, arm_colours
from tvae.figures.image_grid import GridRow
from tvae.model.encoding import Encoding
from tvae.model.network import to_grey
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import chosen_arms
from tvae.ui.choices.path_ends import Ends, choose_ends, choose_source, pick_ends
from tvae.ui.components.path_player import Lane, path_player
from tvae.ui.images.shown_grid import grid_download
from tvae.ui.page import show_encoded_page
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.captions import measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.theme import theme

WAYS: dict[str, PathKind] = {"straight": "linear", "spherical": "spherical"}
PAIRS = 200


def film(run: Run, encoding: Encoding, ways: dict[str, Interpolation], images: np.ndarray | None) -> list[GridRow]:
    """The steps as a picture to keep: decodes with their votes, the nearest images with the density."""
    names, ink, colours = run.provenance.class_names, INK[theme()], arm_colours(list(run.config.arms))
    rows = []
    for arm, way in ways.items():
        at, votes = way.steps, way.votes
        under = [
            f"{names[label][:6]} {100 * share:.0f}%"
            for label, share in zip(votes.winners[at], votes.sureness[at], strict=True)
        ]
        rows.append(GridRow(label=arm.upper(), colour=colours[arm], images=to_grey(way.images[at]), under=under))
        if images is not None:
            density = [f"{value:.1f}" for value in way.log_density[at]]
            rows.append(GridRow(label="nearest", colour=ink, images=images[votes.nearest.rows[at, 0]], under=density))
    return rows


def show_below(
    run: Run, encoding: Encoding, ways: dict[str, Interpolation], images: np.ndarray | None, ends: Ends, way: str
) -> None:
    """What one sees above, and ways to keep it."""
    latents = sorted({found.codes.shape[1] for found in ways.values()})
    usual = ", ".join(
        f"{-latent / 2 * (1 + np.log(2 * np.pi)):.1f} ± {np.sqrt(latent / 2):.1f} in {latent} latents"
        for latent in latents
    ).replace("-", "−")
    voters = next(iter(ways.values())).votes.nearest.rows.shape[1]
    columns = step_columns(ways, run.provenance.class_names)
    st.caption(
        f"A {way} way between the means μ of {as_text(ends.told)}. On top the classes of the {voters} nearest means, "
        "as shares of the vote; under each step's decode the winning class with its share, the nearest real test "
        f"image, and log p, the prior's log density in nats (samples of the prior itself have {usual}). The two end "
        f"images neither vote nor count as nearest. {measured_on(run, encoding)}."
    )
    with st.container(horizontal=True):
        grid_download(film(run, encoding, ways, images), f"interpolation-{run.name}")
        icon = ":material/download:"
        st.download_button("CSV", rows_csv(columns), "interpolation.csv", "text/csv", icon=icon, on_click="ignore")
    with st.expander("The numbers at each step"):
        st.dataframe(pd.DataFrame(columns), hide_index=True)


def show_third_classes(run: Run, encoding: Encoding, arms: list[str], way: str, voters: int) -> None:
    """How often ways lead through a third class, over many pairs."""
    st.markdown("##### Is this pair typical?")
    names = run.provenance.class_names
    if not st.toggle(
        f"Walk between {PAIRS} random pairs of images of two classes", key=keys.MANY_PAIRS, bind="query-params"
    ):
        st.caption("Counts how often the way leads through a third class, in every arm: a few seconds the first time.")
        return
    parts = []
    for arm in arms:
        share = cached.third_class_share(encoding.arms[arm], encoding.labels, len(names), WAYS[way], voters, PAIRS)
        error = np.sqrt(share * (1 - share) / PAIRS)
        parts.append(f"**{arm.upper()} {100 * share:.1f} ± {100 * error:.1f} %**")
    st.markdown(f"The {way} way leads through a third class in {', '.join(parts)} of {PAIRS} pairs.")
    st.caption(
        f"The same {PAIRS} pairs for every arm (seed 0), each way looked at in 21 codes, {voters} votes at each; ± is "
        f"one standard error. {measured_on(run, encoding)}."
    )


def show_page(run: Run, encoding: Encoding) -> None:
    """All of the page below its title."""
    fingerprint, names, n = run.provenance.test.fingerprint, run.provenance.class_names, len(encoding.labels)
    if n < 3:
        st.info(f"A way needs images beside it; this run's test split has {n}.")
        return
    picks = state.picks(fingerprint, n)
    state.put_picks_in_address(picks, n)
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar.container(width=150):
        source = choose_source(picks)
    which = bar.container(horizontal=True, width="content")
    steps = bar.container(width=130).slider("Steps", 5, 21, 11, key=keys.STEPS, **keys.KEPT)
    way = bar.segmented_control(
        "Way",
        tuple(WAYS),
        default="straight",
        key=keys.WAY,
        required=True,
        help="Straight: a line between both codes. Spherical: turning round the origin, as far out as the prior's own "
        "samples lie.",
        **keys.KEPT,
    )
    picker = bar.popover("Pick")
    with bar.popover("More"):
        arms = chosen_arms(run)
        judge = st.selectbox(
            "Confusable to",
            list(run.config.arms),
            format_func=str.upper,
            key=keys.CONFUSABLE_ARM,
            help="Whose distances count.",
            **keys.KEPT,
        )
        voters = int(st.number_input("Images that vote", 1, 100, 15, 1, key=keys.VOTERS, **keys.KEPT) or 15)
    with which:
        ends = choose_ends(source, run, encoding, judge or arms[0], picks)
    voters, way = min(voters, n - 2), way or "straight"

    ways = {
        arm: interpolation(
            cached.network(run, arm),
            encoding.arms[arm],
            encoding.labels,
            len(names),
            ends.rows,
            steps,
            WAYS[way],
            voters,
        )
        for arm in arms
    }
    if ends.note:
        st.info(ends.note)
    if ends.rows[0] == ends.rows[1]:
        st.info("Both ends are one and the same image, so every step is the same code.")
    labels = int(encoding.labels[ends.rows[0]]), int(encoding.labels[ends.rows[1]])
    colours = arm_colours(list(run.config.arms))
    lanes = [
        Lane(
            title=arm.upper(),
            colour=colours[arm],
            told=path_summary(class_segments(w.votes.winners, w.t), labels, names),
            way=w,
        )
        for arm, w in ways.items()
    ]
    images, missing = images_of(run)
    left_at = path_player(
        lanes,
        ends=ends.rows,
        labels=encoding.labels,
        class_names=names,
        images=images,
        opened_at=state.opened_at(keys.PATH_PLACE, state.is_set(keys.PATH)),
        key=keys.PATH,
    )
    state.keep_place(keys.PATH_PLACE, left_at)
    with picker:
        if images is None:
            st.caption("There are no images to pick from; rows can be named by number.")
        else:
            pick_ends(run, encoding, images, ends.rows, picks)
    if images is None:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.info(f"The nearest images are told by number only. {missing}")
        again.button("Try again", on_click=look_for_images_again)
    show_below(run, encoding, ways, images, ends, way)
    show_third_classes(run, encoding, arms, way, voters)


show_encoded_page(
    "Interpolation",
    "What lies between two images, and does the way lead through a third class?",
    show_page,
    at_any_epoch=True,
)
