"""Menu that takes the shown run away, in a form that another tool reads; the same on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from tvae.data import check_usable
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.export.background import BackgroundExport, ExportRequest
from tvae.export.formats import FORMATS, FormatName, missing_packages
from tvae.runs.arm_names import arm_names
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.requests import answered, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital

POLL_SECONDS = 0.5
PATIENCE = 0.3
"""Seconds that the menu waits for what is soon over, before it shows progress."""
KEEP: Any = {"persist_state": "session"}


@dataclass(frozen=True)
class TakenAway:
    """An export that this session asked for, and whose it is."""

    export: BackgroundExport
    run: str
    """Name of its run."""
    owner: str


@st.fragment
def show_take_away(run: Run) -> None:
    """Show the menu's button, and the menu where it is open."""
    menu = st.popover("Take it away", icon=":material/ios_share:", key=keys.TAKE_AWAY, on_change="rerun")
    if menu.open:
        with menu, st.container(key=keys.TAKE_AWAY_BODY):
            _show_menu(run)


def _show_menu(run: Run) -> None:
    taken = _taken()
    if taken is None:
        _show_choices(run)
    else:
        taken.export.wait(PATIENCE)
        if taken.export.over:
            _show_end(taken)
        else:
            _show_progress(taken)


def _taken() -> TakenAway | None:
    """What this person last asked for in this session, until they are done with it."""
    taken: TakenAway | None = state.read(keys.TAKING_AWAY)
    return taken if taken is not None and taken.owner == state.owner() else None


def _show_choices(run: Run) -> None:
    """Show the list of formats, what can be chosen for one, and the button that begins."""
    name = st.radio(
        f"Take {as_text(run.name)} away as",
        list(FORMATS),
        format_func=_line,
        captions=[_lacking(name) for name in FORMATS],
        key=keys.take_away("format"),
        **KEEP,
    )
    name = name or next(iter(FORMATS))
    form, arms, split, images = FORMATS[name], [], "test", True
    names = arm_names(run.config)
    if len(names) > 1 and not form.has_whole_run:
        arms = st.multiselect(
            "Arms",
            list(names),
            format_func=names.__getitem__,
            placeholder="All arms",
            key=keys.take_away("arms", run.name),
            **KEEP,
        )
    if form.has_images:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            split = st.segmented_control(
                "Split", _splits(run), default="test", required=True, key=keys.take_away("split", run.name), **KEEP
            )
            images = st.toggle("With the images", True, key=keys.take_away("images"), **KEEP)
    missing = missing_packages(name)
    st.button(
        "Make the file",
        key=keys.TAKE_AWAY_START,
        type="primary",
        width="stretch",
        disabled=bool(missing),
        on_click=answered(_start, keys.TAKE_AWAY),
        args=(run, name, tuple(arms), split, images and form.has_images),
    )
    show_refusal(keys.TAKE_AWAY)


def _line(name: FormatName) -> str:
    """A format and what it is for, as a line of the list."""
    return f"**{FORMATS[name].title}** :gray[{FORMATS[name].told}]"


def _lacking(name: FormatName) -> str:
    """Line that names the packages to install for a format; empty if none is missing."""
    missing = missing_packages(name)
    return f"Not installed here: `pip install {' '.join(missing)}`" if missing else ""


def _splits(run: Run) -> list[SplitName]:
    return ["test", "train"] if run.provenance.validation is None else ["test", "validation", "train"]


def _start(run: Run, name: FormatName, arms: tuple[str, ...], split: SplitName, images: bool) -> None:
    """Begin to write an export of a run that this person may see.

    Raises:
        InputError: they may not, or not its images.
        OSError: there is no room for temporary files.
    """
    if cached.run_folders().get(run.name) != run.folder:
        raise InputError(f"run {run.name}: is no longer here")
    if images or split != "test":
        check_usable(run.config.data.name, state.owner())
    request = ExportRequest(run=str(run.folder.absolute()), to=name, arms=arms, split=split, images=images)
    state.write(keys.TAKING_AWAY, TakenAway(BackgroundExport(request, f"{run.name}-{name}"), run.name, state.owner()))


def _drop() -> None:
    """Cancel what is under way, or drop what was made: its file is deleted."""
    taken = state.take(keys.TAKING_AWAY)
    if taken is not None:
        taken.export.cancel()


@st.fragment(run_every=POLL_SECONDS)
def _show_progress(taken: TakenAway) -> None:
    """Show the progress of the export; when it ends, the page is drawn again."""
    export = taken.export
    if export.over or _taken() is None:
        st.rerun()
    st.markdown(f"**{as_text(taken.run)} as {FORMATS[export.request.to].title}**")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/hourglass_top: {with_capital(export.phase)} … {export.seconds} s")
        st.button("Cancel", key=keys.TAKE_AWAY_CANCEL, on_click=answered(_drop, keys.TAKE_AWAY))
    st.caption("It goes on while you look at other pages; nothing is kept half written.")


def _show_end(taken: TakenAway) -> None:
    """Show the download of what was made, or why it was not."""
    export, file = taken.export, taken.export.file
    title = f"{as_text(taken.run)} as {FORMATS[export.request.to].title}"
    if file is None or not file.exists():
        why = reason_of(export.error) if export.error else "its file is gone"
        st.error(as_text(f"{taken.run} as {FORMATS[export.request.to].title} was not made: {why}."))
    else:
        st.markdown(f"**{title}** is ready.")
        st.download_button(
            f"Download {file.name}, {_size_text(file.stat().st_size)}",
            data=file.read_bytes,
            file_name=file.name,
            key=keys.TAKE_AWAY_FILE,
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
        for note in export.notes:
            st.caption(as_text(note))
    st.button("Take something else away", key=keys.TAKE_AWAY_ANOTHER, on_click=answered(_drop, keys.TAKE_AWAY))


def _size_text(size: int) -> str:
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{max(1, round(size / 1024)):,} KB"
