"""Reconstructions: what each model keeps of an image, and what the triplet weight cost."""

import numpy as np
import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.explore.reconstruction import (
    PairedDifference,
    class_errors,
    lowest_beyond_noise,
    paired_difference,
    posterior_noise,
    reconstructions,
)
from tvae.figures.colours import INK, arm_colours
from tvae.figures.image_grid import GridRow, error_map
from tvae.figures.images import errors_by_class
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import chosen_arms
from tvae.ui.choices.rows import EACH, PICKED, ChosenRows, choose_rows, choose_source
from tvae.ui.images.shown_grid import grid_download, show_grid
from tvae.ui.maps.link import offer_on_map
from tvae.ui.page import show_encoded_page
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.captions import measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.theme import theme

MEAN, SAMPLE = CODES = ("mean μ", "a sample")
LONGEST_TABLE = 25
CROWDED = 12
HALF = 440  # screen pixels


def drawn(
    run: Run, encoding: Encoding, arms: list[str], rows: np.ndarray, images: np.ndarray, noise: int | None, mapped: bool
) -> tuple[list[GridRow], dict[str, list]]:
    """Inputs and what each arm makes of them, and the same as columns; `noise` seeds a sample, None takes μ."""
    names, ink, colours = run.provenance.class_names, INK[theme()], arm_colours(list(run.config.arms))
    classes = [names[label] for label in encoding.labels[rows]]
    crowded = len(rows) > CROWDED
    under = [name[:6] if crowded else f"{name[:7]} #{row}" for name, row in zip(classes, rows, strict=True)]
    grid = [GridRow(label="input", colour=ink, images=images, under=under)]
    columns: dict[str, list] = {"row": rows.tolist(), "class": classes}
    for arm in arms:
        network = cached.network(run, arm)
        arm_noise = None if noise is None else posterior_noise(len(encoding.labels), network.latents, noise)[rows]
        made = reconstructions(network, images, encoding.arms[arm].means[rows], arm_noise)
        title, pictures, errors = arm.upper(), made.images, made.errors
        grid.append(
            GridRow(label=title, colour=colours[arm], images=pictures, under=[f"{error:.1f}" for error in errors])
        )
        if mapped:
            grid.append(GridRow(label="error", colour=colours[arm], images=error_map(images, pictures)))
        columns[f"{title} squared error"] = errors.round(4).tolist()
    return grid, columns


def show_picture(
    run: Run,
    encoding: Encoding,
    arms: list[str],
    chosen: ChosenRows,
    images: np.ndarray,
    noise: int | None,
    mapped: bool,
) -> None:
    """The grid, what one sees on it, and ways to keep it."""
    grid, columns = drawn(run, encoding, arms, chosen.rows, images, noise, mapped)
    told = f"classes {', '.join(dict.fromkeys(columns['class']))}"
    show_grid(
        grid,
        f"Test images and what {' and '.join(arm.upper() for arm in arms)} make of them, {told}",
        keys.CHOSEN_IMAGES,
    )
    code = (
        "the mean μ" if noise is None else f"one sample of the posterior (noise seed {noise}, the same for every arm)"
    )
    colours = " Error: violet where the reconstruction is too dark, green where it is too light." if mapped else ""
    st.caption(
        f"{as_text(chosen.told[:1].upper() + chosen.told[1:])}; decoded from {code}. "
        f"Under each, its squared error, summed over pixels from 0 to 1.{colours} {measured_on(run, encoding)}."
    )
    with st.container(horizontal=True):
        grid_download(grid, f"reconstructions-{run.name}")
        icon = ":material/download:"
        st.download_button("CSV", rows_csv(columns), "reconstructions.csv", "text/csv", icon=icon, on_click="ignore")
        offer_on_map(run, len(encoding.labels), chosen.rows)


def triplet_share(run: Run, encoding: Encoding, arm: str) -> float | None:
    """Exact triplet accuracy at margin 0; None where the labels allow no triplet."""
    if (kept := cached.curves(run)) is not None:
        return kept[arm].at(0.0).accuracy
    try:
        return float(cached.counted_accuracy(encoding.arms[arm], encoding.labels, 0.0).accuracy[0])
    except InputError:
        return None


def show_trade(run: Run, encoding: Encoding, arms: list[str], errors: dict[str, np.ndarray], code: str) -> None:
    """What the triplet weight cost, and what it bought, in one line."""
    first, last = arms[0], arms[-1]
    if first == last:
        return
    cost = paired_difference(errors[first], errors[last])
    base, mean = float(np.mean(errors[first])), float(np.mean(errors[last]))
    losses = run.config.arms
    sign = "cost" if cost.mean >= 0 else "saved"
    share = f" ({100 * cost.mean / base:+.1f} %)" if base else ""
    words = (
        f"**What the triplet weight {sign} here.** {last.upper()} (triplet weight {losses[last].triplet_weight:g}, "
        f"margin {losses[last].margin:g}) reconstructs from {code} with a squared error of {mean:.2f} per image, "
        f"{first.upper()} (triplet weight {losses[first].triplet_weight:g}) with {base:.2f}: "
        f"**{told_difference(cost)}{share}**"
    )
    shares = [triplet_share(run, encoding, arm) for arm in (first, last)]
    if shares[0] is not None and shares[1] is not None:
        points = 100 * (shares[1] - shares[0])
        words += (
            f", for **{points:+.2f} points of triplet accuracy** at m = 0 "
            f"({100 * shares[1]:.2f} % against {100 * shares[0]:.2f} %)"
        )
    st.markdown(f"{words}.")


def told_difference(found: PairedDifference) -> str:
    """A mean difference with its standard error, or that there is none to see."""
    told = f"{found.mean:+.2f}" if np.isnan(found.standard_error) else f"{found.mean:+.2f} ± {found.standard_error:.2f}"
    return told if found.beyond_noise or np.isnan(found.standard_error) else f"{told}, within the noise"


def show_errors(run: Run, encoding: Encoding, arms: list[str], errors: dict[str, np.ndarray], code: str) -> None:
    """Mean error by class and arm, as a table and a chart."""
    names, labels = run.provenance.class_names, encoding.labels
    by_class = {arm: class_errors(errors[arm], labels, len(names)) for arm in arms}
    counts = by_class[arms[0]].counts
    members = {names[i]: np.flatnonzero(labels == i) for i in range(len(names)) if counts[i]}
    members["all"] = np.arange(len(labels))
    table: dict[str, list[str]] = {"Images": [f"{len(rows):,}" for rows in members.values()]}
    table |= {arm.upper(): [] for arm in arms}
    difference = f"{arms[-1].upper()} − {arms[0].upper()}"
    for rows in members.values():
        own = {arm: errors[arm][rows] for arm in arms}
        best = lowest_beyond_noise(own)
        for arm in arms:
            told = f"{own[arm].mean():.2f}"
            table[arm.upper()].append(f"**{told}**" if arm == best else told)
        if len(arms) > 1:
            found = paired_difference(own[arms[0]], own[arms[-1]])
            se = "" if np.isnan(found.standard_error) else f" ± {found.standard_error:.2f}"
            table.setdefault(difference, []).append(f"{found.mean:+.2f}{se}")
    frame = pd.DataFrame(table, index=pd.Index(list(members), name="Class"))
    beside = st.container(horizontal=True, gap="medium")  # one below the other where there is no room
    with beside.container(width=HALF if len(arms) <= 3 else "stretch"):
        st.markdown("##### Squared error by class")
        if len(members) <= LONGEST_TABLE:
            st.table(frame.rename(index=as_text))
        else:
            st.dataframe(frame.map(lambda told: told.strip("*")))
        st.caption(
            f"Mean squared error per image, reconstructed from {code}; {measured_on(run, encoding)}. ± is one standard "
            "error of the mean difference over images; it knows nothing of other trainings. Bold: lower than every "
            "other arm by more than two of them."
        )
        st.download_button(
            "Table as CSV",
            rows_csv(
                {"class": list(members), "images": [len(rows) for rows in members.values()]}
                | {arm: [round(float(errors[arm][rows].mean()), 5) for rows in members.values()] for arm in arms}
            ),
            "errors-by-class.csv",
            "text/csv",
            on_click="ignore",
        )
    with beside.container(width=HALF):
        st.markdown("##### Which classes pay")
        figure = errors_by_class(by_class, arm_colours(list(run.config.arms)), names)
        st.plotly_chart(
            figure, key=keys.ERRORS_BY_CLASS, config={"displayModeBar": False}, alt="Squared error by class"
        )
        st.caption(f"Each class's mean squared error in every arm, from {code}; {measured_on(run, encoding)}.")


def show_page(run: Run, encoding: Encoding) -> None:
    """All of the page below its title."""
    fingerprint, n = run.provenance.test.fingerprint, len(encoding.labels)
    picks = state.picks(fingerprint, n)
    state.put_picks_in_address(picks, n)
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar.container(width=145):
        source = choose_source(picks)
    which = bar.container(width=150) if source != EACH else bar.empty()
    with bar.container(width=160):
        count = int(st.slider("How many", 4, 20, 10, key=keys.IMAGE_COUNT, **keys.KEPT))
    code = bar.segmented_control(
        "Decoded from",
        CODES,
        default=MEAN,
        key=keys.CODE,
        required=True,
        **keys.KEPT,
    )
    mapped = bar.toggle("Error map", key=keys.ERROR_MAP, **keys.KEPT)
    with bar.popover("More"):
        arms = chosen_arms(run)
        noise = int(
            st.number_input("Seed of the samples' noise", 0, 2**31, 0, 1, key=keys.NOISE_SEED, **keys.KEPT) or 0
        )
    with which:
        chosen = choose_rows(source, run, encoding, arms, picks, count)
    seed = noise if code == SAMPLE else None

    place = st.empty()
    kept = ChosenRows(encoding.sample_rows[:count], "the images that are kept with the run")
    if state.first_time(f"reconstructions:{fingerprint}"):
        with place.container():  # first something to see: the images themselves may have to be fetched
            show_grid(
                drawn(run, encoding, arms, kept.rows, encoding.sample_images[:count], seed, mapped)[0],
                "",
                keys.FIRST_IMAGES,
            )
    images, missing = images_of(run)
    with place.container():
        if chosen.missing:
            st.info(as_text(chosen.missing))
            if source == PICKED and not len(chosen.rows):
                st.page_link("pages/1_Latent_map.py", label="To the latent map", icon=":material/scatter_plot:")
        if images is None:
            words, again = st.columns([6, 1], vertical_alignment="center")
            words.info(f"Only the images that are kept with the run can be shown. {missing}")
            again.button("Try again", on_click=look_for_images_again)
            show_picture(run, encoding, arms, kept, encoding.sample_images[:count], seed, mapped)
        elif len(chosen.rows):
            show_picture(run, encoding, arms, chosen, images[chosen.rows], seed, mapped)

    if seed is None or images is None:
        errors, told = {arm: encoding.arms[arm].errors for arm in arms}, "the mean μ"
    else:
        split = cached.split(run.config.data.name, "test")
        errors = {arm: cached.sampled_error(run, arm, split, seed) for arm in arms}
        told = f"one sample of each posterior (noise seed {seed})"
    show_trade(run, encoding, arms, errors, told)
    show_errors(run, encoding, arms, errors, told)


show_encoded_page(
    "Reconstructions",
    "What has each model kept of an image, and what did the triplet weight cost?",
    show_page,
    at_any_epoch=True,
)
