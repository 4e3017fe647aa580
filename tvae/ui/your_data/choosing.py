"""Controls that choose how the images of a source are kept, and the button that keeps them."""

from __future__ import annotations

import re
from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.data.own import Choices, OwnDatasets, Understood, default_choices
from tvae.data.own.choices import Colours, Fit, Size, SplitChoice
from tvae.errors import InputError
from tvae.figures.before_after import cells
from tvae.figures.colours import GROUND
from tvae.figures.image_grid import GridRow
from tvae.ui import session as state
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.theme import theme
from tvae.ui.your_data.source import Source, library

KEEP: Any = {"persist_state": "session"}
FITS: dict[Fit, str] = {"fit": "Whole", "crop": "Middle"}
COLOURS: dict[Colours, str] = {"grey": "Grey", "colour": "Colour"}
SPLITS: dict[SplitChoice, str] = {"given": "As given", "stratified": "Drawn"}
ROOM = 560
"""Screen pixels of the pictures before and after."""


def chosen_label(source: Source, understood: Understood) -> str:
    """The label column that is the class; draws a choice where there are several."""
    columns = list(understood.columns)
    if len(columns) == 1:
        return columns[0]
    return st.selectbox("Class by", columns, key=keys.keeping("label", source.number), **KEEP)


def show_choices(source: Source, understood: Understood, column: str) -> None:
    """Show the controls, a preview of some pictures, and the button that keeps the images."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    pictures = st.container()
    last = st.container(horizontal=True, vertical_alignment="bottom")
    with last.container(width=240):
        name = st.text_input(
            "Keep them as",
            free_name(source.title, library()),
            key=keys.keeping("name", source.number),
            max_chars=64,
            **KEEP,
        ).strip()
    refusal = _why_not(name, library())
    button = last.container(width="content")
    try:
        choices, shared = _chosen(source, understood, default_choices(understood, column), bar, last)
        with pictures:
            _show_before_and_after(source, choices)
    except InputError as error:
        st.error(as_text(f"{reason_of(error)}."))
        return
    button.button(
        "Keep",
        key=keys.DATA_KEEP,
        type="primary",
        disabled=bool(refusal),
        on_click=answered(source.keep),
        args=(choices, name, shared, state.owner()),
    )
    if refusal:
        st.error(as_text(f"{refusal}."))
    st.caption(_outcome(understood, choices, shared))


def _chosen(
    source: Source, understood: Understood, defaults: Choices, bar: DeltaGenerator, last: DeltaGenerator
) -> tuple[Choices, bool]:
    """Draw the controls and return their values: how to keep the images, and whether others may see them.

    Args:
        bar: where the controls stand that are always in sight.
        last: where the rest is one click away.
    """

    def key(setting: str) -> str:
        return keys.keeping(setting, source.number)

    size = bar.segmented_control(
        "Pixels a side", get_args(Size), default=defaults.size, required=True, key=key("size"), **KEEP
    )
    fit, colours, split = defaults.fit, defaults.colours, defaults.split
    if any(height != width for height, width, _ in understood.sizes()):
        fit = bar.segmented_control(
            "Of the picture",
            get_args(Fit),
            default=fit,
            required=True,
            format_func=FITS.__getitem__,
            help="The whole picture, with its border's colour beside it, or the square in its middle.",
            key=key("fit"),
            **KEEP,
        )
    if understood.colour_count:
        colours = bar.segmented_control(
            "Channels",
            get_args(Colours),
            default=colours,
            required=True,
            format_func=COLOURS.__getitem__,
            key=key("colours"),
            **KEEP,
        )
    if split == "given":
        split = bar.segmented_control(
            "Splits",
            get_args(SplitChoice),
            default=split,
            required=True,
            format_func=SPLITS.__getitem__,
            help="As the source gives them, or a share of each class drawn for testing.",
            key=key("split"),
            **KEEP,
        )
    with last.popover("More"):
        share = st.number_input(
            "Test share, %",
            1,
            90,
            round(100 * defaults.test_share),
            key=key("share"),
            disabled=split == "given",
            **KEEP,
        )
        most = st.number_input(
            "Keep at most",
            2,
            value=None,
            step=1_000,
            placeholder="all",
            help="Of each class the same share, drawn with the seed.",
            key=key("most"),
            **KEEP,
        )
        seed = st.number_input("Seed of what is drawn", 0, value=defaults.seed, step=1, key=key("seed"), **KEEP)
        further = True
        if len(understood.columns) > 1:
            further = st.toggle("Keep the other label columns too", True, key=key("further"), **KEEP)
        shared = st.toggle(
            "Share with everybody on this server", False, key=key("shared"), help="Can be changed later.", **KEEP
        )
    choices = Choices(
        size=size,
        fit=fit,
        colours=colours,
        label=defaults.label,
        further_labels=further,
        split=split,
        test_share=(share or 20) / 100,
        most=None if most is None else int(most),
        seed=int(seed or 0),
    )
    return choices, shared


def _show_before_and_after(source: Source, choices: Choices) -> None:
    pairs = source.previews(choices)
    if not pairs:
        return
    ground = GROUND[theme()]
    rows = [
        GridRow(label="before", images=cells([pair.before for pair in pairs], ground)),
        GridRow(
            label="after",
            images=cells([pair.after for pair in pairs], ground),
            under=[pair.class_name for pair in pairs],
        ),
    ]
    show_grid_within(rows, "Pictures before and after resizing, with their classes", ROOM)


def _outcome(understood: Understood, choices: Choices, shared: bool) -> str:
    """Number, size and access of the images that will be kept, in a few words."""
    count = understood.count(choices.label)
    count = count if choices.most is None else min(count, choices.most)
    channels = 1 if choices.colours == "grey" else 3
    size = count * choices.size**2 * channels / 2**20
    drawn = (
        f", {100 * choices.test_share:.0f}\u00a0% of each class for testing" if choices.split == "stratified" else ""
    )
    access = "for everybody on this server" if shared else "private"
    return (
        f"{count:,} images of {choices.size} × {choices.size} pixels, {COLOURS[choices.colours].lower()}{drawn};"
        f" {max(size, 0.1):,.1f} MB, {access}."
    )


def free_name(title: str, datasets: OwnDatasets) -> str:
    """A possible name for a data set after a file's name, that none has yet."""
    stem = title.rpartition(".")[0] or title
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:56] or "images"
    names = (plain, *(f"{plain}-{number}" for number in range(2, 1_000)))
    return next((name for name in names if not _why_not(name, datasets)), plain)


def _why_not(name: str, datasets: OwnDatasets) -> str:
    """Why a new data set can't have this name; empty where it can."""
    try:
        datasets.check_free(name, state.owner())
    except InputError as error:
        return reason_of(error)
    return ""
