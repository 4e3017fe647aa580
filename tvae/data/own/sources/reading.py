"""Result of every reader of a source: rows, label columns, splits, pictures, and the files left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from jaxtyping import Int8, Int64, UInt8
from PIL import Image

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.labels import LabelColumn

MOST_NAMED = 20
"""Number of left-out files that are named; the rest are counted."""

NO_SPLIT = -1
SPLIT_CODES = {"train": 0, "test": 1, "validation": 2}
"""Code of each split in `Reading.splits`; `NO_SPLIT` where a source names none."""
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
}
"""Words for the splits in sources, in small letters."""

Progress = Callable[[str, int, int], None]
"""Called with the present part of the work in words, the images done and the images in all."""
Cancelled = Callable[[], bool]
"""Called between images; true where the person has cancelled."""


class TakingInCancelled(Exception):
    """The person has cancelled; nothing was kept."""


class Report:
    """Reports progress, and ends the work where the person has cancelled."""

    def __init__(self, progress: Progress | None = None, cancelled: Cancelled | None = None) -> None:
        self._progress = progress or (lambda *_: None)
        self._cancelled = cancelled or (lambda: False)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report that `done` of `total` images are done.

        Raises:
            TakingInCancelled: the person has cancelled.
        """
        if self._cancelled():
            raise TakingInCancelled
        self._progress(what, done, total)


@dataclass(frozen=True)
class Flaw:
    """Why a picture can't be taken, as the end of a line that begins with its name."""

    reason: str


Picture = Image.Image | UInt8[np.ndarray, "height width"] | UInt8[np.ndarray, "height width 3"]
"""A decoded picture of eight bits a channel: grey or red, green, blue; a Pillow image has mode L or RGB."""


@dataclass(frozen=True)
class Look:
    """Size and channels of a picture, read without decoding it where that is possible."""

    height: int
    width: int
    channels: int
    traits: tuple[str, ...] = ()
    """Properties that a person should know of, as keys of `TRAITS`."""


TRAITS = {
    "animated": "animated: the first frame is taken",
    "turned": "turned upright, as their EXIF data say",
    "transparent": "transparent: laid on white",
    "cmyk": "in CMYK: taken as red, green and blue",
}
"""How such pictures are treated, as the end of the sentence "3 pictures are …"."""


class Pictures(Protocol):
    """The pictures of a source, by row."""

    def looks(self) -> Iterator[Look | Flaw]:
        """Size and channels of every picture in the order of rows, or why it can't be taken.

        Raises:
            InputError: the source as a whole can't be taken.
        """
        ...

    def notes(self) -> list[str]:
        """Sentences on how the values of all pictures are read, once `looks` is through."""
        ...

    def decoded(self, rows: Int64[np.ndarray, " m"], least_side: int) -> Iterator[Picture | Flaw]:
        """The pictures of these rows, which ascend.

        Args:
            least_side: the pictures will be reduced to this many pixels a side, so that a JPEG may be decoded at a
                fraction of its size.

        Raises:
            InputError: the source can't be read any more.
        """
        ...


@dataclass
class LeftOut:
    """Files and rows left out of a source, and why."""

    count: int = 0
    named: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of the first `MOST_NAMED`."""

    def add(self, name: str, reason: str) -> None:
        """Count a file, and name it if it is one of the first."""
        self.count += 1
        if len(self.named) < MOST_NAMED:
            self.named.append((one_line(name), reason))

    def copy(self) -> LeftOut:
        """An independent copy."""
        return LeftOut(self.count, list(self.named))


@dataclass(eq=False)
class Reading:
    """A source as its reader understands it, before any picture was looked at."""

    kind: str
    """Form of the source, such as "pictures in class folders"."""
    names: Sequence[str]
    """Name of each row for messages: its file, or file and row."""
    columns: dict[str, LabelColumn]
    """Label columns by name, the default one first; none where no labels were asked for."""
    splits: Int8[np.ndarray, " n"]
    """Code of each row's split."""
    pictures: Pictures
    left_out: LeftOut = field(default_factory=LeftOut)
    """Files that are no rows at all."""
    notes: list[str] = field(default_factory=list)
    image_names: Sequence[str] | None = None
    """Name of each image, such as the path of its file; None where the source gives no names."""


def trait_notes(traits: Counter[str]) -> list[str]:
    """A sentence for each trait."""
    return [
        f"{count:,} {'picture is' if count == 1 else 'pictures are'} {TRAITS[trait]}"
        for trait, count in traits.items()
        if count
    ]


def split_codes(words: Iterable[str | None]) -> tuple[Int8[np.ndarray, " n"], list[str]]:
    """Codes of splits from what a source calls them, and the words that name none."""
    codes, unknown = [], Counter[str]()
    for word in words:
        name = SPLIT_WORDS.get((word or "").strip().lower())
        codes.append(NO_SPLIT if name is None else SPLIT_CODES[name])
        if name is None and word:
            unknown[word] += 1
    return np.array(codes, np.int8), list(unknown)
