"""ImageNames: finds the row of a training image by its name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cached_property

TWO_IMAGES = -2
"""Returned in place of a row where several images have the same file name."""


class ImageNames:
    """Names of the training images of a data set, by which a triplet may refer to them.

    Args:
        count: number of training images.
        names: name of each in the order of the rows; None where the data set keeps no names.
    """

    def __init__(self, count: int, names: Sequence[str] | None = None) -> None:
        self.count = count
        self.names = names

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row by name: the whole name, or its last part where only one image has it, else `TWO_IMAGES`."""
        names = [comparable(name) for name in self.names or ()]
        rows: dict[str, int] = {}
        for row, name in enumerate(names):
            last = name.rpartition("/")[2]
            rows[last] = TWO_IMAGES if last in rows else row
        return {**rows, **{name: row for row, name in enumerate(names)}}

    def row(self, name: str) -> int | None:
        """Row of the image of this name; `TWO_IMAGES` for several, None for none."""
        return self.rows.get(comparable(name))


def comparable(name: str) -> str:
    """A name in the form in which names are compared: composed letters, slashes, no blanks around it."""
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/"))
