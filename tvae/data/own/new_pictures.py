"""Pictures without labels, fitted to the frame of a trained run's images, in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Int64, UInt8

from tvae.data.own.choices import Colours, Fit
from tvae.data.own.library import OwnDatasets
from tvae.data.own.resizing import resized
from tvae.data.own.sources.reading import Cancelled, Flaw, LeftOut, Progress, Reading, Report
from tvae.data.own.sources.recognition import read_source
from tvae.data.own.understanding import look_through
from tvae.errors import InputError

BLOCK = 512
"""Pictures that are held in memory at a time: at most 6 MB of them."""
_FIT_WORDS: dict[Fit, str] = {
    "fit": "the whole picture, with its border's colour beside it where it is not square",
    "crop": "the square in its middle",
}


@dataclass(frozen=True)
class Frame:
    """Size and channels of a run's images, and the way that pictures are fitted to them."""

    size: int
    """Pixels a side."""
    colours: Colours
    fit: Fit
    reason: str
    """Why it is fitted so, as the end of a sentence."""

    @property
    def in_words(self) -> str:
        """Sentence on how a picture is fitted, without its full stop."""
        colours = "grey" if self.colours == "grey" else "colour"
        return f"{_FIT_WORDS[self.fit]}, scaled to {self.size} × {self.size} pixels in {colours}, {self.reason}"


def frame_of(data_name: str, image_shape: tuple[int, int, int], data_folder: Path) -> Frame:
    """The frame of a run's images: their size and channels, and the way that its data set was fitted to them.

    An own data set says whether its pictures were fitted or cropped. A public one was published in its size, and so
    was one that is no longer on this machine as far as can be told: pictures are then fitted whole.

    Args:
        image_shape: height, width and channels of the run's images.

    Raises:
        InputError: the run's images are not square.
    """
    height, width, channels = image_shape
    if height != width:
        raise InputError(
            f"images: the run's are {width} x {height} pixels; new ones can be fitted to square ones alone"
        )
    colours: Colours = "grey" if channels == 1 else "colour"
    library = OwnDatasets(data_folder)
    if library.has(data_name):
        dataset = library.get(data_name)
        if tuple(dataset.image_shape) == tuple(image_shape):
            fit = cast(Fit, dataset.choices.get("fit", "fit"))
            return Frame(height, colours, fit, f"as the pictures of {data_name} were when they were taken in")
    return Frame(height, colours, "fit", "and left as it is where it has that form already")


@dataclass(frozen=True, eq=False)
class FittedBlock:
    """Some pictures of a source, fitted to a frame."""

    names: tuple[str, ...]
    """Name of each picture: its file, or file and row."""
    images: UInt8[np.ndarray, "m size size channels"]


@dataclass(frozen=True, eq=False)
class NewPictures:
    """The pictures of a source after a first look at them."""

    reading: Reading
    rows: Int64[np.ndarray, " m"]
    """Rows whose picture can be taken as far as a first look shows."""
    notes: tuple[str, ...]
    """How pictures and their values are read, a sentence each."""
    left_out: LeftOut
    """Pictures that can't be taken, and why; `blocks` adds those that turn out to be broken."""
    longest_side: int
    """Greatest height or width of a picture, in pixels."""
    has_colour: bool
    """Whether a picture has three channels."""

    def blocks(self, frame: Frame, report: Report, most: int | None = None) -> Iterator[FittedBlock]:
        """Blocks of the first `most` pictures, or of all, fitted to the frame.

        Raises:
            InputError: the source can't be read any more.
            TakingInCancelled: the person has cancelled.
        """
        rows = self.rows[:most]
        names: list[str] = []
        images = np.empty((BLOCK, frame.size, frame.size, 1 if frame.colours == "grey" else 3), np.uint8)
        for number, picture in enumerate(self.reading.pictures.decoded(rows, frame.size)):
            if len(names) == BLOCK:
                report("encoding", number, len(rows))
                yield FittedBlock(tuple(names), images.copy())
                names = []
            name = _writable(self.reading.names[int(rows[number])])
            if isinstance(picture, Flaw):
                self.left_out.add(name, picture.reason)
            else:
                images[len(names)] = resized(picture, frame.size, frame.colours, frame.fit)
                names.append(name)
        if names:
            yield FittedBlock(tuple(names), images[: len(names)].copy())
        report("encoding", len(rows), len(rows))


def new_pictures(
    source: Path, *, within: Path | None = None, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> NewPictures:
    """Look at every picture of a source; labels are neither needed nor read.

    Args:
        source: a folder or zip of pictures, a picture, or any source that a data set is made of.
        within: a folder that nothing may be read outside of, for a path that a visitor of a server gave.

    Raises:
        InputError: no picture in it can be taken; the line names the first and says why.
        TakingInCancelled: `cancelled` said so.
    """
    reading = read_source(source, within, labelled=False)
    looks = look_through(reading, Report(progress, cancelled))
    if not len(looks.rows):
        name, reason = next(iter(looks.flaws.named), (source.name, "it holds none"))
        raise InputError(f"{source.name}: no picture can be taken; {name}: {reason}")
    longest_side = int(max(looks.heights.max(), looks.widths.max()))
    return NewPictures(reading, looks.rows, looks.notes, looks.flaws, longest_side, looks.colour_count > 0)


def _writable(name: str) -> str:
    """A name that can be written as UTF-8: bytes of a file's name that are none are written as they are in Python."""
    return name.encode("utf-8", "backslashreplace").decode()
