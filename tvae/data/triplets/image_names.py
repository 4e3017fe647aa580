"""ImageNames: finds the row of a training image by its name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

TWO_IMAGES = -2
"""In place of a row: several images have this file name."""


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
        rows: dict[str, int] = {}
        for row, name in enumerate(self.names or ()):
            last = name.replace("\\", "/").rpartition("/")[2]
            rows[last] = TWO_IMAGES if last in rows else row
        for row, name in enumerate(self.names or ()):
            rows[name] = row
        return rows
