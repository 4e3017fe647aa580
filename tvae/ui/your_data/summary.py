"""Shows the content of a source before anything is kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from tvae.data.own import Understood
from tvae.ui.images.cells import HEIGHT, picture_cell
from tvae.ui.own_files.left_out import show_left_out
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital
from tvae.ui.your_data.source import Source

_MOST_SIZES = 3
_MOST_CLASSES = 1_000
"""Classes that the table lists."""
_TABLE_HEIGHT = 380
"""Screen pixels of the table at most; it scrolls."""


def show_summary(source: Source, understood: Understood, column: str) -> None:
    """Show the form of the source, the number, sizes, channels and splits of its images, and how they are read."""
    splits = ", ".join(f"{name} {count:,}" for name, count in understood.splits(column).items())
    st.markdown(
        f"**{as_text(source.title)}**: {as_text(understood.kind)}  \n"
        f"**{understood.count(column):,} images** in **{_classes(len(understood.classes(column)))}**,"
        f" {_sizes(understood)}, {_channels(understood)}  \n"
        f"Splits: {splits or 'none given'}"
    )
    for note in understood.notes:
        st.caption(as_text(f"{with_capital(note)}."))


def show_classes(source: Source, understood: Understood, column: str) -> None:
    """Show a table of the classes with a picture and the number of images of each, and the files left out."""
    classes = understood.classes(column)
    examples = source.examples(column)
    rows = [
        {
            "Example": picture_cell(examples[each.name]) if each.name in examples else None,
            "Class": each.name,
            "Images": each.count,
        }
        for each in classes[:_MOST_CLASSES]
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(_TABLE_HEIGHT, 37 + (HEIGHT + 8) * len(rows)),
        row_height=HEIGHT + 8,
        column_config={
            "Example": st.column_config.ImageColumn(width=HEIGHT + 20),
            "Images": st.column_config.NumberColumn(format="localized"),
        },
    )
    if len(classes) > _MOST_CLASSES:
        st.caption(f"The first {_MOST_CLASSES:,} of {len(classes):,} classes.")
    left_out = understood.left_out(column)
    show_left_out(left_out.count, left_out.named)


def _classes(count: int) -> str:
    return "1 class" if count == 1 else f"{count:,} classes"


def _sizes(understood: Understood) -> str:
    """The most frequent sizes, width before height."""
    (height, width, count), *others = understood.sizes()
    if not others:
        return f"{width} × {height} pixels"
    words = [f"{width} × {height} pixels ({count:,})"]
    words += [f"{width} × {height} ({count:,})" for height, width, count in others[: _MOST_SIZES - 1]]
    left = len(others) + 1 - len(words)
    return f"{', '.join(words)} and {left:,} other sizes" if left else ", ".join(words)


def _channels(understood: Understood) -> str:
    colour = understood.colour_count
    grey = len(understood.rows) - colour
    return f"{grey:,} grey and {colour:,} in colour" if grey and colour else "grey" if grey else "in colour"
