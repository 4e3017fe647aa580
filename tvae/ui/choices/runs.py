"""Chooses the run that every page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import streamlit as st

from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.jobs.files import job_files
from tvae.runs.embeddings.folder import Embeddings
from tvae.runs.embeddings.shown import read_shown
from tvae.runs.run import Run, epochs_text
from tvae.system.user_folders import runs_folder
from tvae.ui import session as state
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.captions import files_in_words


def choose_run(folders: dict[str, Path], on_change: Callable[[], None]) -> str:
    """Draw the choice among the runs of these folders, and return the chosen one's name.

    Args:
        on_change: called after a person has chosen another run.
    """
    labels = run_labels(folders)
    names, before = list(folders), state.value_of(keys.RUN, "")
    control = state.choice(keys.RUN, names, names[0], explain=lambda name: f"There is no run {name} here.")
    name = st.selectbox(
        "Run",
        **control,
        format_func=labels.__getitem__,
        on_change=answered(on_change),
        help="One training of several arms side by side; every page shows the run chosen here.",
    )
    name = name or names[0]
    state.remember_run_before(name, before)
    return name


def settings_in_words(run: Run) -> str:
    """The triplet weights and margins of a run's arms, such as "triplet weight 0.3 to 100, margin 1".

    Forms of the triplet term other than the hinge are named, too.
    """
    given = ", given triplets" if run.config.data.triplets else ""
    return _settings(run, "triplet weight", "margin") + given


def origin_in_words(run: Run) -> str:
    """Date and own name of a run, such as "23 Nov 2026, mnist"."""
    return ", ".join(filter(None, [_date(run.provenance.started), _own_name(run.folder)]))


def embeddings_in_words(embeddings: Embeddings) -> str:
    """The files, rows and date of embeddings from elsewhere, for the sidebar."""
    record = embeddings.record
    classes = f"{len(record.class_names):,} classes" if record.labelled else "no labels"
    images = "no images" if record.image_shape is None else "images"
    return (
        f"Embeddings from elsewhere: {files_in_words(embeddings)}; n = {record.n:,}, {classes}, {images}; "
        f"{_date(record.created)}, {embeddings.name}."
    )


def _settings(run: Run, weight: str, margin: str) -> str:
    losses = [loss for loss in run.config.arms.values() if loss.triplet_weight]
    if not losses:
        return "no triplets in the loss"
    forms = dict.fromkeys(loss.triplet_form for loss in losses)
    named = "" if [*forms] == ["hinge"] else f", {', '.join(forms)}"
    return f"{weight} {span(losses, 'triplet_weight')}, {margin} {span(losses, 'margin')}{named}"


def span(losses: list[LossConfig], name: str) -> str:
    """The values of a setting of several losses, such as "0.3 to 100"; the one value where all have the same."""
    values = [getattr(loss, name) for loss in losses]
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def run_labels(folders: dict[str, Path]) -> dict[str, str]:
    """Label of each run in the choice, no two alike."""
    labels = {name: _label(name, folder) for name, folder in folders.items()}
    counts = list(labels.values())
    return {name: label if counts.count(label) == 1 else f"{label}, {name}" for name, label in labels.items()}


def _label(name: str, folder: Path) -> str:
    """Own name, date, data, loss and length of a run; its folder's name where that is all that can be read.

    Name and date go first: the closed field has no room for more, and the caption below it has the settings.
    """
    try:
        run = read_shown(folder)
    except InputError:
        return f"{name} (can't be read)"
    if not isinstance(run, Run):
        titles = " against ".join(given.title for given in run.config.arms.values())
        return f"{name}, {_date(run.record.created)}: {titles}, embeddings"
    budget = run.provenance.seconds_budget
    length = f"{budget:g} s" if budget is not None else f"{epochs_text(run.trained_epochs)} epochs"
    own_name, data = _own_name(folder), run.config.data.name
    origin = ", ".join(filter(None, [own_name, _date(run.provenance.started)]))
    return f"{origin}: {'' if data == own_name else f'{data}, '}{_settings(run, 'w', 'm')}, {length}"


def _date(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started):%-d %b %Y}"
    except ValueError:
        return "no date"


def _own_name(folder: Path) -> str:
    """Name that a person gave the run: the title of a run in the background, else its folder's name."""
    files = job_files(folder)
    if folder.parent != runs_folder() or not files.spec.exists():
        return folder.name
    try:
        return files.read_about().name
    except InputError:
        return ""
