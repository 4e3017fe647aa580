"""Field to upload many pictures or name them on the server, and their encoding in the background."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from tvae.data.own import server_source
from tvae.data.own.new_pictures import Frame, NewPictures, new_pictures
from tvae.data.own.sources.reading import Cancelled, Progress, Report
from tvae.errors import InputError
from tvae.runs.new_images.tables import NewImageTable, Surroundings, joined
from tvae.ui import session as state
from tvae.ui.own_files.server_path import show_server_path
from tvae.ui.own_files.task import Task
from tvae.ui.own_files.upload import remove_folder, stored_upload
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

MOST = 5_000
"""Pictures that the page encodes; the command line takes all."""
FORMS = (
    "A **zip** of pictures, one picture, or whatever *Your data* takes: .npz, parquet, a zip of idx files or of a CSV."
)


@dataclass(frozen=True, eq=False)
class EncodedBatch:
    """Pictures as all arms encode them, and those that were left out."""

    table: NewImageTable
    pictures: NewPictures
    taken: int
    """Pictures that were looked at one by one: at most `MOST`."""


class Batch:
    """Pictures that a person brings to the page, and the task that encodes them."""

    def __init__(self, path: Path, within: Path | None, scratch: Path | None) -> None:
        """`scratch` is the folder of an uploaded file, which goes when this batch does."""
        self._path, self._within = path, within
        weakref.finalize(self, remove_folder, scratch)
        self._wanted: tuple = ()
        self.task: Task[EncodedBatch] | None = None

    def encode(self, wanted: tuple, known: Callable[[], Surroundings], frame: Frame) -> Task[EncodedBatch]:
        """The task that encodes the pictures; a new one where something else is `wanted` than last time."""
        if self.task is None or wanted != self._wanted:
            self.cancel()
            surroundings = known()  # here, as it reads what this server's pages share
            self._wanted = wanted
            self.task = Task(lambda progress, cancelled: self._encoded(surroundings, frame, progress, cancelled))
        return self.task

    def cancel(self) -> None:
        """End the task, if there is one."""
        if self.task is not None:
            self.task.cancel()

    def _encoded(self, known: Surroundings, frame: Frame, progress: Progress, cancelled: Cancelled) -> EncodedBatch:
        pictures = new_pictures(self._path, within=self._within, progress=progress, cancelled=cancelled)
        blocks = pictures.blocks(frame, Report(progress, cancelled), MOST)
        tables = [known.table(block.names, block.images) for block in blocks]
        if not tables:
            name, reason = pictures.left_out.named[-1]
            raise InputError(f"{self._path.name}: no picture can be taken; {name}: {reason}")
        return EncodedBatch(joined(tables), pictures, min(MOST, len(pictures.rows)))


@dataclass
class Brought:
    """Pictures that one person has brought in, the same in all of their tabs."""

    batch: Batch | None = None
    refusal: str = ""
    """Why the last file or path was refused at once."""

    def put(self, make: Callable[[], Batch]) -> None:
        """Replace the last batch by a new one, or keep the reason why there is none."""
        self.drop()
        try:
            self.batch = make()
        except InputError as error:
            self.refusal = reason_of(error)
        except OSError as error:
            self.refusal = f"the file can't be stored ({error.strerror})"

    def drop(self) -> None:
        """Drop the pictures, and cancel the task that encodes them."""
        if self.batch is not None:
            self.batch.cancel()
        self.batch, self.refusal = None, ""


@st.cache_resource(max_entries=64, ttl="2h", show_spinner=False)
def _brought(owner: str) -> Brought:
    return Brought()


def brought() -> Brought:
    """The pictures of this person: the same in all tabs of a browser and after a reload."""
    return _brought(state.owner())


def show_fields() -> None:
    """Show the upload and the path on the server, and why the last one was refused."""
    st.file_uploader(
        "Your pictures", key=keys.MANY_FILE, on_change=answered(_take_upload), help=f"{FORMS} Labels are not needed."
    )
    show_server_path(keys.MANY_PATH, keys.MANY_READ, _take_path)
    if brought().refusal:
        st.error(as_text(f"{brought().refusal}."))


def _take_upload() -> None:
    """Take the file that was just uploaded; without one, drop the pictures."""
    upload = state.read(keys.MANY_FILE)
    if upload is None:
        brought().drop()
    else:
        brought().put(lambda: _of_upload(upload.name, upload.getvalue()))


def _of_upload(name: str, content: bytes) -> Batch:
    path = stored_upload(name, content)
    return Batch(path, None, path.parent)


def _take_path() -> None:
    """Take the path in the field."""
    text = (state.read(keys.MANY_PATH) or "").strip()
    if text:
        brought().put(lambda: _on_server(text))


def _on_server(text: str) -> Batch:
    path, root = server_source(text)
    return Batch(path, root, None)
