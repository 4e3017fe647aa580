"""Source: a file or folder that a person brings in, from the look at it until its images are kept."""

from __future__ import annotations

import itertools
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from tvae.data import default_folder
from tvae.data.own import (
    Choices,
    OwnDataset,
    OwnDatasets,
    Understood,
    examples,
    keep,
    previews,
    server_source,
    understand,
)
from tvae.data.own.sources.reading import Cancelled, Progress
from tvae.data.own.understanding import Preview
from tvae.errors import InputError
from tvae.ui import session as state
from tvae.ui.own_files.task import Task
from tvae.ui.own_files.upload import file_name, remove_folder, stored_upload
from tvae.ui.style.reasons import reason_of

MOST_EXAMPLES = 60
"""Classes that an example is shown of."""
PREVIEWS = 5
"""Pictures shown before and after resizing."""
_numbers = itertools.count(1)


class Source:
    """A file or folder that a person brings in; the work on it goes on while other pages are shown.

    Attributes:
        number: another one for each source, for the keys of its controls.
        title: name of the file or folder.
        looking: the look at it, which begins at once.
        keeping: the keeping of its images; None until it is asked for.
    """

    def __init__(self, title: str, path: Path, within: Path | None, scratch: Path | None) -> None:
        """`scratch` is the folder of an uploaded file, which goes when this source does, or the server ends."""
        self.number = next(_numbers)
        self.title = title
        self.keeping: Task[OwnDataset] | None = None
        self._remove_upload = weakref.finalize(self, remove_folder, scratch)
        self._examples: dict[str, dict[str, UInt8[np.ndarray, "height width channels"]]] = {}
        self._previews: dict[Choices, list[Preview]] = {}
        self._path, self._within = path, within
        self.looking: Task[Understood] = Task(self._look)  # the thread holds this source, and so the uploaded file

    @classmethod
    def uploaded(cls, name: str, content: bytes) -> Source:
        """An uploaded file, in a folder of its own.

        Raises:
            OSError: there is no room for it.
        """
        path = stored_upload(name, content)
        return cls(path.name, path, None, path.parent)

    @classmethod
    def on_server(cls, text: str) -> Source:
        """A file or folder of the folder that visitors may read.

        Raises:
            InputError: it lies outside, or is not there.
        """
        path, root = server_source(text)
        return cls(path.name, path, root, None)

    @property
    def task(self) -> Task:
        """The task that was begun last."""
        return self.keeping or self.looking

    def keep(self, choices: Choices, name: str, shared: bool, owner: str) -> None:
        """Begin to keep its images, unless that is under way or done."""
        understood = self.looking.result
        if understood is None or (self.keeping is not None and (not self.keeping.over or self.keeping.result)):
            return

        def work(progress: Progress, cancelled: Cancelled) -> OwnDataset:
            dataset = keep(
                understood, choices, name, owner=owner, shared=shared, progress=progress, cancelled=cancelled
            )
            self._let_go()
            return dataset

        self.keeping = Task(work)

    def _look(self, progress: Progress, cancelled: Cancelled) -> Understood:
        return understand(self._path, within=self._within, progress=progress, cancelled=cancelled)

    def _let_go(self) -> None:
        """Remove the uploaded file, and free the memory that the source holds, once its images are kept."""
        self.looking.result = None
        self._examples, self._previews = {}, {}
        self._remove_upload()

    def examples(self, column: str) -> dict[str, UInt8[np.ndarray, "height width channels"]]:
        """A picture of each of the first classes."""
        if column not in self._examples and self.looking.result is not None:
            self._examples[column] = examples(self.looking.result, column, MOST_EXAMPLES)
        return self._examples.get(column, {})

    def previews(self, choices: Choices) -> list[Preview]:
        """Some pictures before and after resizing."""
        if choices not in self._previews and self.looking.result is not None:
            self._previews = {choices: previews(self.looking.result, choices, PREVIEWS)}
        return self._previews.get(choices, [])


@dataclass
class Intake:
    """The source that one person brings in, the same in all of their tabs."""

    source: Source | None = None
    refusal: str = ""
    """Why the last file or path was refused at once."""

    def take(self, name: str, content: bytes) -> None:
        """Begin with an uploaded file, in place of what was before."""
        self.drop()
        try:
            self.source = Source.uploaded(name, content)
        except OSError as error:
            self.refusal = f"{file_name(name)}: can't be stored ({error.strerror})"

    def take_path(self, text: str) -> None:
        """Begin with a path on the server, in place of what was before."""
        self.drop()
        try:
            self.source = Source.on_server(text)
        except InputError as error:
            self.refusal = reason_of(error)

    def done_with(self, source: Source) -> None:
        """Drop this source, whose images are kept; another one that was taken meanwhile stays."""
        if self.source is source:
            self.source = None

    def drop(self) -> None:
        """Drop the source: the look at it is cancelled, but images that are being kept are kept."""
        if self.source is not None:
            self.source.looking.cancel()
        self.source, self.refusal = None, ""


@st.cache_resource(max_entries=64, ttl="2h", show_spinner=False)
def _intake(owner: str) -> Intake:
    return Intake()


def intake() -> Intake:
    """The intake of this person: the same in all tabs of a browser and after a reload."""
    return _intake(state.owner())


def library() -> OwnDatasets:
    """The own data sets of this server's data folder."""
    return OwnDatasets(default_folder())
