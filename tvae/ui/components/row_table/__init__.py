"""One page of a table of images: a click on a heading sorts, on a row shows that image on the maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamlit.components.v2 import component

from tvae.ui import session as state
from tvae.ui.requests import answered

_FOLDER = Path(__file__).parent
_table = component(
    "tvae.row_table",
    css=(_FOLDER / "row_table.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in (_FOLDER.parent / "sheets.js", _FOLDER / "row_table.js")),
)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A column's heading."""

    name: str
    title: str
    """Any text, it is never read as HTML."""
    about: str = ""
    """What the column holds, with its unit: the heading's tooltip."""
    colour: str = ""
    """The arm's colour, as #rrggbb."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the table."""

    row: int
    cells: Sequence[str]
    """A text for each heading."""


@dataclass(frozen=True, kw_only=True)
class PagePlace:
    """Place of a page among all rows of the table."""

    page: int
    """Number of the page, from 0."""
    pages: int
    first: int
    """Place of the page's first row among all, from 0."""
    count: int
    """Number of all rows."""


def row_table(
    headings: Sequence[Heading],
    lines: Sequence[Line],
    *,
    sheet: dict[str, object] | None,
    sorted_by: tuple[str, bool],
    place: PagePlace,
    focus: int | None,
    memory: str,
    sort: Callable[[str], None],
    turn: Callable[[int], None],
    pick: Callable[[int], None],
    key: str,
) -> None:
    """Show one page of the table.

    Args:
        sheet: the lines' images, in their order, from `sprite_sheet.sheet`.
        sorted_by: name of a heading, and whether its largest values come first.
        focus: the row that is marked.
        memory: key of the maps, which mark the row that the pointer rests on.
        sort: is called with the name of the heading that is clicked.
        turn: is called with the page that is asked for.
        pick: is called with the row that is clicked.
    """

    def sorted_anew() -> None:
        name = state.read(key).get("sort")
        if name in [heading.name for heading in headings]:
            sort(name)

    def turned() -> None:
        page = state.read(key).get("page")
        if isinstance(page, int) and 0 <= page < place.pages:
            turn(page)

    def picked() -> None:
        row = state.read(key).get("pick")
        if isinstance(row, int) and row in [line.row for line in lines]:
            pick(row)

    _table(
        key=key,
        data={
            "memory": memory,
            "headings": [vars(heading) for heading in headings],
            "lines": [{"row": line.row, "cells": list(line.cells)} for line in lines],
            "sheet": sheet,
            "sorted": {"name": sorted_by[0], "descending": sorted_by[1]},
            "place": vars(place),
            "focus": -1 if focus is None else focus,
        },
        on_sort_change=answered(sorted_anew),
        on_page_change=answered(turned),
        on_pick_change=answered(picked),
    )
