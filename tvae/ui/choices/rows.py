"""Chooses which images a page shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Int64

from tvae.explore.example_images import (
    Better,
    first_of_each_class,
    most_different_rows,
    random_rows,
    rows_of_class,
    worst_rows,
)
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name
from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.address.row_numbers import rows_from_address
from tvae.ui.session import keys

EACH, ONE, RANDOM, ROWS, PICKED, WORST, DIFFERENT = SOURCES = (
    "each class",
    "one class",
    "random",
    "row numbers",
    "map selection",
    "worst",
    "most different",
)


@dataclass(frozen=True)
class ChosenRows:
    """Rows to show, and how they were chosen."""

    rows: Int64[np.ndarray, " m"]
    description: str
    """How the rows were chosen, in a few words, for the caption."""
    missing: str = ""
    """Why there are no rows, or fewer than asked for, and what to do."""


def choose_source(picks: state.Picks) -> str:
    """Draw the choice of the source of the images; by default those selected on the map, where there are any."""
    source = st.selectbox("Images", **state.choice(keys.IMAGES, SOURCES, PICKED if len(picks.rows) else EACH))
    return source or EACH


def choose_rows(
    source: str, run: Run, encoding: Encoding, arms: list[str], picks: state.Picks, count: int
) -> ChosenRows:
    """Draw the control of this source and return its rows, `count` at most."""
    labels, names, n = encoding.labels, run.class_names, len(encoding.labels)
    if source == ONE:
        label = names.index(st.selectbox("Class", **state.choice(keys.IMAGE_CLASS, names, names[0])) or names[0])
        rows = rows_of_class(labels, label, count)
        return ChosenRows(rows, f"the first of class {names[label]}", "" if len(rows) else "This class has no images.")
    if source == RANDOM:
        seed = int(st.number_input("Seed", step=1, **state.number(keys.IMAGE_SEED, 0, 2**31, 0)) or 0)
        return ChosenRows(random_rows(n, count, seed), f"drawn at random with seed {seed}")
    if source == ROWS:
        return _named_rows(n, count)
    if source == PICKED:
        return _picked_rows(picks, count)
    if source == WORST:
        control = state.choice(keys.WORST_OF, arms, arms[0], text=str.upper)
        arm = st.selectbox("Worst of", format_func=lambda arm: arm_name(run.config, arm), **control) or arms[0]
        rows = worst_rows(encoding.arms[arm].errors, count)
        return ChosenRows(rows, f"the greatest errors of {arm_name(run.config, arm)}, from μ")
    if source == DIFFERENT:
        return _most_different(run, encoding, (arms[0], arms[-1]), count)
    classes = len(np.unique(labels))
    which = "the first of each class" if count >= classes else f"the first of {count} of the {classes:,} classes"
    return ChosenRows(first_of_each_class(labels, count), which)


def _named_rows(n: int, count: int) -> ChosenRows:
    text = st.text_input("Row numbers", help="Such as 4, 17, 100-120.", **state.text(keys.ROW_NUMBERS, "0-9"))
    rows, dropped = rows_from_address((text or "").strip(), n)
    missing = ""
    if dropped or not len(rows):
        missing = f"{text!r} names {dropped or 'no'} row that doesn't exist here; rows run from 0 to {n - 1:,}."
        if not dropped:
            missing = f"No row is named; such as 4, 17, 100-120. Rows run from 0 to {n - 1:,}."
    return ChosenRows(rows[:count], _first_of("the rows that are named", len(rows), count), missing)


def _picked_rows(picks: state.Picks, count: int) -> ChosenRows:
    rows = picks.rows
    missing = "" if len(rows) else "Nothing is selected on the latent map. Draw around points there, then come back."
    return ChosenRows(rows[:count], _first_of("selected on the latent map", len(rows), count), missing)


def _first_of(what: str, available: int, count: int) -> str:
    return f"{what}, the first {count} of {available:,}" if available > count else what


def _most_different(run: Run, encoding: Encoding, arms: tuple[str, str], count: int) -> ChosenRows:
    if arms[0] == arms[1]:
        return ChosenRows(np.zeros(0, np.int64), "", "One arm alone differs from none; choose others under More.")
    first, second = (arm_name(run.config, arm) for arm in arms)
    words: dict[Better, str] = {"either": "either way", "first": f"{first} better", "second": f"{second} better"}
    in_address = {"either": "either way", "first": f"{arms[0].upper()} better", "second": f"{arms[1].upper()} better"}
    control = state.choice(keys.DIFFERENT_WAY, list(words), "either", text=in_address.__getitem__)
    direction = st.selectbox("Which way", format_func=words.__getitem__, **control) or "either"
    errors = [encoding.arms[arm].errors for arm in arms]
    rows = most_different_rows(errors[0], errors[1], count, direction)
    description = f"the greatest differences of error between {first} and {second}: {words[direction]}, from μ"
    return ChosenRows(rows, description, "" if len(rows) else f"No image has {words[direction]}.")
