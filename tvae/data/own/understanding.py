"""understand: describe the content of a source of labelled images, before any of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64, UInt8
from PIL import Image

from tvae.data.own.choices import Choices, Colours, Size
from tvae.data.own.resizing import resized
from tvae.data.own.sources.labels import NO_LABEL, LabelColumn
from tvae.data.own.sources.reading import (
    SPLIT_CODES,
    Cancelled,
    Flaw,
    LeftOut,
    Picture,
    Progress,
    Reading,
    Report,
    trait_notes,
)
from tvae.data.own.sources.recognition import read_source
from tvae.data.own.splitting import has_given_splits
from tvae.errors import InputError
from tvae.system.files import file_state

REPORT_EVERY = 256
"""Images between two reports of progress."""
LARGEST_SHOWN = 256
"""Pixels of the longer side of a picture as `previews` and `examples` show it."""
_MOST_LOOKED_AT_FOR_COLOUR = 24


@dataclass(frozen=True)
class ClassCount:
    """A value of a label column."""

    name: str
    count: int
    """Images that have it."""
    example: int
    """Row of the first of them."""
    example_name: str
    """File, or file and row, of that one."""


@dataclass(frozen=True, eq=False)
class Looks:
    """Sizes and channels of all pictures of a source, and those that can't be taken."""

    heights: Int32[np.ndarray, " n"]
    """Height in pixels of each row's picture; 0 where it can't be taken."""
    widths: Int32[np.ndarray, " n"]
    colour_count: int
    """Pictures with red, green and blue; the rest is grey."""
    notes: tuple[str, ...]
    """How values, labels and pictures are read, a sentence each."""
    flaws: LeftOut
    """Files and pictures that can't be taken, and why."""

    @property
    def rows(self) -> Int64[np.ndarray, " m"]:
        """Rows whose picture can be taken, ascending."""
        return np.flatnonzero(self.heights)


@dataclass(frozen=True, eq=False)
class Preview:
    """A picture before and after resizing."""

    name: str
    class_name: str
    before: UInt8[np.ndarray, "height width channels"]
    """The picture before resizing, reduced to at most 256 pixels a side."""
    after: UInt8[np.ndarray, "size size channels"]


@dataclass(frozen=True, eq=False)
class Understood:
    """Content of a source. Nothing of it is kept yet, and no picture of it is in memory."""

    source: Path
    kind: str
    """Form of the source, such as "pictures in class folders"."""
    rows: Int64[np.ndarray, " m"]
    """Rows of the source whose picture can be taken, ascending."""
    heights: Int32[np.ndarray, " n"]
    """Height in pixels of each row's picture; 0 where it can't be taken."""
    widths: Int32[np.ndarray, " n"]
    colour_count: int
    """Pictures with red, green and blue; the rest is grey."""
    columns: Mapping[str, LabelColumn]
    """Label columns by name, the default one first."""
    notes: tuple[str, ...]
    """How values, labels and pictures were read, a sentence each."""
    reading: Reading
    state: str
    """The source's state when it was read, so that a change is noticed."""
    flaws: LeftOut
    """Files and rows left out for any other reason than their label."""

    @property
    def default_column(self) -> str:
        """The label column that is the class unless another is chosen."""
        return next(iter(self.columns))

    def taken_rows(self, column: str | None = None) -> Int64[np.ndarray, " m"]:
        """Rows with a picture that can be taken and a label in this column."""
        return self.rows[self._column(column).codes[self.rows] != NO_LABEL]

    def count(self, column: str | None = None) -> int:
        """Images that can be kept with this column as their class."""
        return len(self.taken_rows(column))

    def sizes(self) -> list[tuple[int, int, int]]:
        """Height, width and how many pictures have them, the most frequent first."""
        sizes = Counter(zip(self.heights[self.rows].tolist(), self.widths[self.rows].tolist(), strict=True))
        return [(height, width, count) for (height, width), count in sizes.most_common()]

    def classes(self, column: str | None = None) -> list[ClassCount]:
        """The values of a column that an image has, with their counts and the first image of each."""
        labels, rows = self._column(column), self.taken_rows(column)
        codes, firsts, counts = np.unique(labels.codes[rows], return_index=True, return_counts=True)
        return [
            ClassCount(labels.values[code], int(count), int(rows[first]), self.reading.names[int(rows[first])])
            for code, first, count in zip(codes, firsts, counts, strict=True)
        ]

    def splits(self, column: str | None = None) -> dict[str, int]:
        """Images of each split that the source names."""
        codes = self.reading.splits[self.taken_rows(column)]
        counts = {name: int((codes == code).sum()) for name, code in SPLIT_CODES.items()}
        return {name: count for name, count in counts.items() if count}

    def left_out(self, column: str | None = None) -> LeftOut:
        """Files and rows that are left out and why, the first twenty by name."""
        left_out = self.flaws.copy()
        labels = self._column(column)
        for row in self.rows[labels.codes[self.rows] == NO_LABEL]:
            left_out.add(self.reading.names[int(row)], f"has no label in column {labels.name}")
        return left_out

    def _column(self, name: str | None) -> LabelColumn:
        if name is None:
            name = self.default_column
        if name not in self.columns:
            raise InputError(f"label: no column {name!r}; there are {', '.join(self.columns)}")
        return self.columns[name]


def understand(
    source: Path,
    *,
    within: Path | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Understood:
    """Look at every picture of a source, and keep nothing.

    Pictures whose header says all, and whose end is in place, are not decoded here; what is wrong further inside is
    found when they are kept.

    Args:
        source: a folder or zip of class folders, an .npz, parquet, a CSV or TSV, or idx files.
        within: a folder that nothing may be read outside of, for a path that a visitor of a server gave.

    Raises:
        InputError: nothing in it can be taken; the line names the file and says what would be right.
        TakingInCancelled: `cancelled` said so.
    """
    reading = read_source(source, within)
    looks = look_through(reading, Report(progress, cancelled))
    understood = Understood(
        source=source,
        kind=reading.kind,
        rows=looks.rows,
        heights=looks.heights,
        widths=looks.widths,
        colour_count=looks.colour_count,
        columns=reading.columns,
        notes=looks.notes,
        reading=reading,
        state=file_state(source),
        flaws=looks.flaws,
    )
    if understood.count() < 2:
        name, reason = next(iter(understood.left_out().named), (source.name, "one image alone"))
        raise InputError(f"{source.name}: fewer than two images can be taken; {name}: {reason}")
    return replace(understood, notes=(*understood.notes, *_label_notes(understood)))


def look_through(reading: Reading, report: Report) -> Looks:
    """Look at every picture of a reading.

    Raises:
        InputError: the source as a whole can't be taken.
        TakingInCancelled: the person has cancelled.
    """
    total = len(reading.names)
    heights, widths = np.zeros(total, np.int32), np.zeros(total, np.int32)
    traits, flaws, colour_count = Counter[str](), reading.left_out.copy(), 0
    for row, look in enumerate(reading.pictures.looks()):
        if row % REPORT_EVERY == 0:
            report("looking at the pictures", row, total)
        if isinstance(look, Flaw):
            flaws.add(reading.names[row], look.reason)
            continue
        heights[row], widths[row] = look.height, look.width
        colour_count += look.channels == 3
        traits.update(look.traits)
    report("looking at the pictures", total, total)
    notes = (*reading.notes, *reading.pictures.notes(), *trait_notes(traits))
    return Looks(heights, widths, colour_count, notes, flaws)


def _label_notes(understood: Understood) -> list[str]:
    """Sentences on classes that some pages can't work with."""
    classes = understood.classes()
    if len(classes) == 1:
        return [f"all images are of one class, {classes[0].name!r}: there are no triplets to train on"]
    single = [c for c in classes if c.count == 1]
    if single:
        words = "class has" if len(single) == 1 else "classes have"
        return [f"{len(single):,} {words} one image alone, such as {single[0].name!r}; it is for training"]
    return []


def default_choices(understood: Understood, column: str | None = None) -> Choices:
    """Choices that suit a source: its own size where that is one of ours, its own splits where it has them."""
    label = understood.default_column if column is None else column
    colours: Colours = "colour" if _has_colour(understood) else "grey"
    height, width, count = understood.sizes()[0]
    size: Size = 28 if colours == "grey" else 32
    if height == width and height in (28, 32, 64) and count > len(understood.rows) / 2:
        size = height
    given = has_given_splits(understood.reading.splits[understood.taken_rows(label)])
    return Choices(size=size, colours=colours, label=label, split="given" if given else "stratified")


def _has_colour(understood: Understood) -> bool:
    """Whether any of some pictures is not grey: many grey ones are saved as red, green and blue."""
    if not understood.colour_count:
        return False
    places = np.linspace(0, len(understood.rows) - 1, _MOST_LOOKED_AT_FOR_COLOUR).astype(np.int64)
    for picture in _decoded(understood, np.unique(understood.rows[places])).values():
        pixels = np.asarray(picture)
        if pixels.ndim == 3 and (np.ptp(pixels, axis=2) > 8).mean() > 0.01:
            return True
    return False


def examples(
    understood: Understood, column: str | None = None, most: int = 100
) -> dict[str, UInt8[np.ndarray, "height width channels"]]:
    """One picture of each class by the class's name, of at most so many classes and 256 pixels a side."""
    classes = understood.classes(column)[:most]
    pictures = _decoded(understood, np.unique([c.example for c in classes]))
    return {c.name: _shown(pictures[c.example]) for c in classes if c.example in pictures}


def previews(understood: Understood, choices: Choices, count: int = 8) -> list[Preview]:
    """Pictures before and after resizing, of as many classes as there are, at most `count`."""
    labels, rows = understood.columns[choices.label], understood.taken_rows(choices.label)
    firsts = [c.example for c in understood.classes(choices.label)]
    spread = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)].tolist()
    wanted = list(dict.fromkeys([*firsts[:: max(1, -(-len(firsts) // count))], *spread]))[:count]
    return [
        Preview(
            name=understood.reading.names[row],
            class_name=labels.values[labels.codes[row]],
            before=_shown(picture),
            after=resized(picture, choices.size, choices.colours, choices.fit),
        )
        for row, picture in _decoded(understood, np.sort(np.array(wanted))).items()
    ]


def _decoded(understood: Understood, rows: Int64[np.ndarray, " m"]) -> dict[int, Picture]:
    """Pictures by row, without those that turn out broken."""
    pictures = understood.reading.pictures.decoded(rows, LARGEST_SHOWN // 4)
    pairs = zip(rows.tolist(), pictures, strict=True)
    return {row: picture for row, picture in pairs if not isinstance(picture, Flaw)}


def _shown(picture: Picture) -> UInt8[np.ndarray, "height width channels"]:
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture.copy()
    image.thumbnail((LARGEST_SHOWN, LARGEST_SHOWN))
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]
