"""Checks what an address asks of maps and only the browser reads: zoom, position and hidden classes."""

from __future__ import annotations

import math
import re

_CLASSES = re.compile(r"(\d{1,7})(?:-(\d{1,7}))?")


def is_view(text: str) -> bool:
    """Whether a text is a view of a map, "zoom_x_y": the zoom, and the middle in the layout's frame."""
    try:
        values = [float(value) for value in text.split("_")]
    except ValueError:
        return False
    return len(values) == 3 and all(map(math.isfinite, values))


def are_classes(text: str, n_classes: int) -> bool:
    """Whether a text names some of these classes by their numbers, such as "0.3-5"."""
    matches = [_CLASSES.fullmatch(piece) for piece in text.split(".")]
    return all(match is not None and int(match[2] or match[1]) < n_classes for match in matches)
