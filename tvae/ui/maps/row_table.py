"""Table of the filtered or picked rows, sorted and shown page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Bool, Int, Int64, Shaped

from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.components.row_table import Heading, Line, PagePlace, row_table
from tvae.ui.images.sprite_sheet import sheet
from tvae.ui.maps.selection import Images
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.session import keys
from tvae.ui.style.sentences import with_capital

PAGE = 15
"""Rows of a page."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the table: one value for each row, to show and to sort by."""

    heading: Heading
    values: Shaped[np.ndarray, " n"]
    text: Callable[[int], str]
    """The value of a row as it is shown."""
    descending: bool = True
    """Whether the first click on the heading puts the largest values first."""


@dataclass
class TableState:
    """Sorting and shown page of this session's table."""

    sorted_by: str = "row"
    descending: bool = False
    page: int = 0
    of: str = ""
    """Rows and columns that the page belongs to."""


def columns_of(pair: ViewPair, margin: float) -> list[Column]:
    """Columns of the table: class of each row, and its measures in the two models."""
    names = np.array(pair.class_names)[pair.labels]
    row = np.arange(len(pair.labels))
    columns = [
        Column(heading=Heading(name="row", title="Row"), values=row, text=str, descending=False),
        Column(
            heading=Heading(name="class", title=with_capital(pair.left.run.notion)),
            # By the place among the classes: "10" comes after "9".
            values=pair.labels,
            text=lambda i: str(names[i]),
            descending=False,
        ),
    ]
    if not pair.same:
        shared, change = (~pair.changes.lost).sum(axis=1), pair.changes.change
        about = f"How many of its {pair.k} nearest both models share"
        shared_heading = Heading(name="shared", title="Shared", about=about)
        about = "Neighbourhood change: 1 − shared / all that either model has; 0: all are shared, 1: none"
        change_heading = Heading(name="change", title="Change", about=about)
        columns += [
            Column(heading=shared_heading, values=shared, text=lambda i: f"{shared[i]} of {pair.k}", descending=False),
            Column(heading=change_heading, values=change, text=lambda i: f"{change[i]:.2f}"),
        ]
    views = {view.key: view for view in (pair.left, pair.right)}.values()
    for view in views:
        lost = cached.lost_shares(view.encoded, pair.labels, margin)
        about = f"Share of its triplets as anchor that are not in order in {view.title}, m = {margin:g}"
        heading = Heading(name=f"lost {view.key}", title=f"Lost {view.label}", about=about, colour=view.colour)
        columns.append(Column(heading=heading, values=lost, text=lambda i, lost=lost: f"{100 * lost[i]:.1f} %"))
    for view in views:
        errors = view.errors
        if errors is None:
            continue
        about = f"Squared error of its reconstruction by {view.title}"
        heading = Heading(name=f"error {view.key}", title=f"Error {view.label}", about=about, colour=view.colour)
        columns.append(Column(heading=heading, values=errors, text=lambda i, errors=errors: f"{errors[i]:.1f}"))
    return columns


def sorted_rows(
    rows: Int[np.ndarray, " m"], values: Shaped[np.ndarray, " n"], descending: bool
) -> Int64[np.ndarray, " m"]:
    """The rows in the order of their values, the lower row first at ties; rows without a value (NaN) come last."""
    rows = np.sort(np.asarray(rows, np.int64))
    own = values[rows].astype(np.float64)
    return rows[np.argsort(-own if descending else own, kind="stable")]


def rows_in_question(
    picks: state.Picks, passes: Bool[np.ndarray, " n"], noun: str
) -> tuple[Int[np.ndarray, " m"], str]:
    """The selected rows, or all where none are, that pass the filters; and their name in a few words."""
    rows, which = (picks.rows, f"The selected {noun}") if len(picks.rows) else (np.arange(len(passes)), f"All {noun}")
    if passes.all():
        return rows, which
    return rows[passes[rows]], f"{which} that pass the filters"


@st.fragment
def show_row_table(
    pair: ViewPair,
    picks: state.Picks,
    images: Images | None,
    rows: Int[np.ndarray, " m"],
    which: str,
    margin: float,
    memory: str,
) -> None:
    """Shows these rows page by page.

    Args:
        which: which rows these are, in a few words.
        margin: of lost triplets.
        memory: key of the maps, which mark the row that the pointer rests on.
    """
    if state.take(keys.TABLE_PICKED, False):
        st.rerun()
    columns = columns_of(pair, margin)
    table: TableState = state.kept(keys.TABLE, TableState)
    chosen = next((column for column in columns if column.heading.name == table.sorted_by), columns[0])
    of = f"{which} {len(rows)} {rows[:1]} {rows[-1:]} {pair.key}"
    if table.of != of:
        table.of, table.page = of, 0
    in_order = sorted_rows(rows, chosen.values, table.descending)
    pages = max(1, -(-len(rows) // PAGE))
    table.page = min(table.page, pages - 1)
    here = in_order[table.page * PAGE : (table.page + 1) * PAGE]

    def sort(name: str) -> None:
        column = next(column for column in columns if column.heading.name == name)
        again = name == table.sorted_by
        table.sorted_by, table.page = name, 0
        table.descending = not table.descending if again else column.descending

    def turn(page: int) -> None:
        table.page = page

    def pick(row: int) -> None:
        picks.walk_to(row)
        state.write(keys.TABLE_PICKED, True)

    st.caption(f"{which}, n = {len(rows):,}. Click a heading to sort all of them, a row to see it on the maps.")
    row_table(
        [column.heading for column in columns],
        [Line(row=int(row), cells=[column.text(int(row)) for column in columns]) for row in here],
        sheet=None if images is None or not len(here) else sheet(images[here]),
        sorted_by=(chosen.heading.name, table.descending),
        place=PagePlace(page=table.page, pages=pages, first=table.page * PAGE, count=len(rows)),
        focus=picks.focus,
        memory=memory,
        sort=sort,
        turn=turn,
        pick=pick,
        key=keys.ROW_TABLE,
    )
