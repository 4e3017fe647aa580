"""Files of embeddings that a person brings in, from the look at them until they are kept."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from tvae.data.own.sources.reading import Cancelled, Progress
from tvae.errors import InputError
from tvae.jobs.allowance import check_room
from tvae.jobs.runs_folder import make_runs_folder
from tvae.runs.available import shown_folders
from tvae.runs.embeddings.adding import Understood, keep, understand
from tvae.runs.embeddings.folder import Embeddings
from tvae.runs.embeddings.reading import Column, chosen_vectors, read_columns
from tvae.system.user_folders import runs_folder
from tvae.ui import session as state
from tvae.ui.own_files.task import Task
from tvae.ui.own_files.upload import remove_folder, stored_upload
from tvae.ui.style.reasons import reason_of

Upload = tuple[str, bytes]
"""Name and content of an uploaded file."""
_numbers = itertools.count(1)


class Brought:
    """Files that a person brings in; the work on them goes on while other pages are shown.

    Attributes:
        number: another one for each, for the keys of its controls.
        looking: the look at them, which begins at once.
        keeping: the keeping of them; None until it is asked for.
    """

    def __init__(self, vectors: Sequence[Upload], labels: Upload | None, images: Upload | None) -> None:
        """Store the uploaded files, each in a folder of its own, which goes when this does.

        Raises:
            OSError: there is no room for them.
        """
        self.number = next(_numbers)
        self.paths = [self._stored(upload) for upload in vectors]
        self._labels = "" if labels is None else str(self._stored(labels))
        self._images = "" if images is None else self._stored(images)
        self.keeping: Task[Embeddings] | None = None
        self.keys: tuple[str, ...] = ()
        self.looking: Task[Understood] = Task(self._look)

    def _stored(self, upload: Upload) -> Path:
        path = stored_upload(*upload)
        weakref.finalize(self, remove_folder, path.parent)
        return path

    @property
    def task(self) -> Task:
        """The task that was begun last."""
        return self.keeping or self.looking

    @property
    def awaits_second(self) -> bool:
        """Whether there is one file with one embedding, so that another is needed."""
        try:
            return len(self.paths) == 1 and len(read_columns(self.paths[0]).of_kind("vectors")) == 1
        except InputError:
            return False

    def candidates(self) -> list[list[Column]]:
        """The columns that can be the vectors of the first and of the second embedding.

        Empty where there is no choice, or the files can't be read, which the look at them says.
        """
        try:
            files = [read_columns(path) for path in self.paths]
        except InputError:
            return []
        columns = [file.of_kind("vectors") for file in files]
        if len(columns) == 1:
            return [columns[0], columns[0]] if len(columns[0]) > 2 else []
        return columns if all(columns) and any(len(each) > 1 for each in columns) else []

    def chosen(self) -> tuple[str, ...]:
        """Names of the vectors that are looked at: those that were chosen, else those that are clear; or none."""
        if self.keys:
            return self.keys
        try:
            return tuple(column.key for column in chosen_vectors([read_columns(path) for path in self.paths], ()))
        except InputError:
            return ()

    def choose(self, names: Sequence[str]) -> None:
        """Look at the vectors of these names."""
        self.looking.cancel()
        self.keys = tuple(names)
        self.looking = Task(self._look)

    def keep(self, name: str, titles: Sequence[str], owner: str) -> None:
        """Start to keep them, unless that is under way or done.

        Raises:
            InputError: it is more than this person or the server may have, or the folder of runs can't be written.
        """
        understood = self.looking.result
        if understood is None or (self.keeping is not None and (not self.keeping.over or self.keeping.result)):
            return
        make_runs_folder(runs_folder())
        check_room(runs_folder(), owner)

        def work(progress: Progress, cancelled: Cancelled) -> Embeddings:
            return keep(
                understood,
                name,
                runs_folder(),
                shown_folders(),
                titles=titles,
                owner=owner,
                progress=progress,
                cancelled=cancelled,
            )

        self.keeping = Task(work)

    def _look(self, progress: Progress, cancelled: Cancelled) -> Understood:
        return understand(
            self.paths,
            vectors=self.keys,
            labels=self._labels,
            images=self._images,
            progress=progress,
            cancelled=cancelled,
        )


@dataclass
class Intake:
    """The files that one person brings in, the same in all of their tabs."""

    brought: Brought | None = None
    refusal: str = ""
    """Why the last files were refused at once."""

    def take(self, vectors: Sequence[Upload], labels: Upload | None, images: Upload | None) -> None:
        """Begin with these files, in place of what was before."""
        self.drop()
        if not vectors:
            return
        try:
            self.brought = Brought(vectors, labels, images)
        except OSError as error:
            self.refusal = f"The files can't be stored ({reason_of(error)})"

    def drop(self) -> None:
        """Forget the files: reading them is cancelled, but what is already being kept goes on."""
        if self.brought is not None:
            self.brought.looking.cancel()
        self.brought, self.refusal = None, ""


@st.cache_resource(max_entries=64, ttl="2h", show_spinner=False)
def _intake(owner: str) -> Intake:
    return Intake()


def intake() -> Intake:
    """The intake of this person: the same in all tabs of a browser and after a reload."""
    return _intake(state.owner())
