"""One step of slow mode on the page: the triplet's images, its distances in each arm, what pulls at them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tvae.config import InputError
from tvae.ui import cached
from tvae.ui.colours import INK
from tvae.ui.frame import theme
from tvae.ui.image_grid import show_grid
from tvae.ui.pictures import GridRow

WORDS = {"reconstruction": "reconstruction", "kl": "KL", "triplet": "triplet"}
ROLES = ("anchor", "positive", "negative")


def show_lesson(lesson: dict[str, Any], dataset: str) -> None:
    """The step that is about to be taken."""
    st.markdown(f"##### Step {lesson['step']:,}: one of its triplets")
    pictures, *arms = st.columns([1, *([2] * len(lesson["arms"]))], gap="medium")
    with pictures:
        _show_images(lesson["rows"], dataset)
    for place, (arm, told) in zip(arms, lesson["arms"].items(), strict=True):
        with place:
            _show_arm(arm, told)
    st.caption(
        "D is the Euclidean distance of two means, the hinge max(0, D(a, p) − D(a, n) + m). A pull says how fast that "
        "term alone, with its weight, would shorten (−) or lengthen (+) the distance."
    )


def _show_images(rows: list[int], dataset: str) -> None:
    try:
        split = cached.split(dataset, "train")
    except InputError:
        st.caption(f"Rows {', '.join(f'{row:,}' for row in rows)} of the {dataset} train split.")
        return
    ink = INK[theme()]
    grid = [
        GridRow(label=f"{role}: {split.class_names[split.labels[row]]}", colour=ink, images=split.images[row : row + 1])
        for role, row in zip(ROLES, rows, strict=True)
    ]
    show_grid(grid, alt="The anchor, the positive and the negative", key="lesson")


def _show_arm(arm: str, told: dict[str, Any]) -> None:
    verdict = "right by the margin, the hinge is 0" if told["hinge"] == 0 else f"the hinge is {told['hinge']:.3f}"
    st.markdown(
        f"**{arm.upper()}**: D(a, p) = {told['positive']:.3f}, D(a, n) = {told['negative']:.3f}; at "
        f"m = {told['margin']:g} {verdict}"
    )
    st.table(
        pd.DataFrame(
            [
                {
                    "Term": f"{term['weight']:g} × {WORDS[name]}",
                    "Value": f"{term['value']:.3f}",
                    "Pull on D(a, p)": f"{term['positive']:+.3f}",
                    "Pull on D(a, n)": f"{term['negative']:+.3f}",
                }
                for name, term in told["terms"].items()
            ]
        )
    )
