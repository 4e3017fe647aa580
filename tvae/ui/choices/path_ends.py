"""Chooses the two end images of a path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Int, UInt8

from tvae.explore.example_images import random_pairs, random_rows, rows_of_class
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.components.image_picker import image_picker
from tvae.ui.session import keys

RANDOM, CONFUSABLE, TWO_ROWS, PICKED = SOURCES = ("random", "confusable pair", "two rows", "map selection")
FIRST_CLASSES = (4, 9)
"""The two digits that people confuse most; a data set without them starts with its first and last class."""
OFFERED = 60


@dataclass(frozen=True)
class Ends:
    """Rows of the two images."""

    rows: tuple[int, int]
    description: str
    """How the images were chosen, for the caption."""
    note: str = ""
    """Hint on the images or on what to do; empty where none is needed."""


def choose_source(picks: state.Picks) -> str:
    """Draw the choice of the source of the end images; by default the map's selection where it has two images."""
    first = PICKED if len(picks.rows) == 2 else RANDOM
    return st.selectbox("Between", **state.choice(keys.ENDS, SOURCES, first)) or first


def choose_ends(source: str, run: Run, encoding: Encoding, arm: str, picks: state.Picks) -> Ends:
    """Draw the controls of this source and return the two end rows; confusable pairs are those of `arm`."""
    names, n = run.class_names, len(encoding.labels)
    if source == CONFUSABLE:
        return _confusable(run, encoding, arm)
    if source == RANDOM:
        seed = int(st.number_input("Seed", step=1, width=110, **state.number(keys.PAIR_SEED, 0, 2**31, 0)) or 0)
        drawn = random_pairs(encoding.labels, 1, seed)[0] if np.ptp(encoding.labels) else random_rows(n, 2, seed)
        return Ends(_two(drawn), f"two images, of two classes where there are two, drawn at random with seed {seed}")
    if source == PICKED:
        return _of_selection(picks, n)
    first = st.number_input("From row", step=1, width=110, **state.number(keys.FROM_ROW, 0, n - 1, 0))
    last = st.number_input("To row", step=1, width=110, **state.number(keys.TO_ROW, 0, n - 1, min(1, n - 1)))
    rows = int(first or 0), int(last or 0)
    return Ends(rows, f"rows {rows[0]:,} and {rows[1]:,} ({' and '.join(names[encoding.labels[row]] for row in rows)})")


def _confusable(run: Run, encoding: Encoding, arm: str) -> Ends:
    names, labels = run.class_names, encoding.labels
    present = np.unique(labels).tolist()
    starts = FIRST_CLASSES if set(FIRST_CLASSES) <= set(present) else (present[0], present[-1])
    options = [names[label] for label in present]

    def named(name: str | None, start: int) -> int:
        return present[options.index(name)] if name in options else start

    a = st.selectbox("Class a", width=90, **state.choice(keys.CLASS_A, options, names[starts[0]]))
    b = st.selectbox("Class b", width=90, **state.choice(keys.CLASS_B, options, names[starts[1]]))
    pair = (named(a, starts[0]), named(b, starts[1]))
    closest_pair = cached.confusable_pair(encoding.arms[arm], labels, pair)
    description = (
        f"the image of class {names[pair[0]]} and the image of class {names[pair[1]]} whose means lie nearest in "
        f"{arm_name(run.config, arm)} ({closest_pair.distance:.3f} apart)"
    )
    return Ends((closest_pair.first, closest_pair.second), description)


def _of_selection(picks: state.Picks, n: int) -> Ends:
    if len(picks.rows) == 0:
        note = (
            "Nothing is selected on the latent map: draw around points there, then come back. Rows 0 and 1 are shown."
        )
        return Ends(_two(np.arange(min(2, n))), "rows 0 and 1", note)
    note = "" if len(picks.rows) > 1 else "One image is selected on the latent map, so both ends are that image."
    description = f"the first and the last of {len(picks.rows):,} images that are selected on the latent map"
    return Ends(_two(picks.rows), description, note)


def _two(rows: Int[np.ndarray, " m"]) -> tuple[int, int]:
    return int(rows[0]), int(rows[-1])


def pick_ends(
    run: Run,
    encoding: Encoding,
    images: UInt8[np.ndarray, "n height width channels"],
    ends: tuple[int, int],
    picks: state.Picks,
) -> None:
    """Content of a popover: images to click; clicks set the first and the second end in turn."""
    names = run.class_names
    turn = st.segmented_control("A click sets", ("from", "to"), default="from", key=keys.PICKING, required=True)
    every, selected = "any class", "the map's selection"
    wanted = st.selectbox("Offered", (every, *([selected] if len(picks.rows) else []), *names), key=keys.PICKING_CLASS)
    number = int(st.number_input("Page", 1, 1000, 1, 1, key=keys.PICKING_PAGE))
    n = len(encoding.labels)
    if wanted == selected:
        pool = picks.rows
    elif wanted in names:
        pool = rows_of_class(encoding.labels, names.index(wanted), n)
    else:
        pool = random_rows(n, n, 0)
    rows = pool[(number - 1) * OFFERED :][:OFFERED]

    def take(row: int) -> None:
        first, last = (ends[0], row) if turn == "to" else (row, ends[1])
        state.choose(keys.ENDS, TWO_ROWS)
        state.choose(keys.FROM_ROW, first)
        state.choose(keys.TO_ROW, last)
        state.write(keys.PICKING, "from" if turn == "to" else "to")

    if len(rows) == 0:
        st.caption("There are no further images.")
        return
    marks = {ends[1]: "to", ends[0]: "from"}
    image_picker(rows, images[rows], marks=marks, pick=take, key=keys.END_PICKER)
