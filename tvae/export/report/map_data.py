"""Data of a report's maps for its script, with thumbnails where they are small enough."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from tvae.explore.example_images import random_rows
from tvae.export.report.charts import class_names_at, square
from tvae.export.report.content import ReportContent
from tvae.figures.colours import class_colours
from tvae.figures.pillow_image import pillow_image
from tvae.figures.still_map import SIDE

MOST_POINTS = 10_000
"""Points of a map; of more images, as many are drawn at random."""
MOST_THUMBNAIL_BYTES = 2_400_000
"""Bytes of all thumbnails together; as text in the page they take a third more."""
SMALLEST_THUMBNAIL, LARGEST_THUMBNAIL = 12, 64
"""Pixels of a thumbnail's longer side."""
_STEPS = 65_535


def shown_rows(content: ReportContent) -> Int64[np.ndarray, " m"]:
    """Rows of the split that the maps show, ascending."""
    n = len(content.material.encoding.labels)
    return np.sort(random_rows(n, MOST_POINTS, seed=0))


def map_data(content: ReportContent, thumbnail: tuple[int, int] | None) -> dict[str, Any]:
    """What the script draws, as plain JSON values; arrays as base64 of their bytes, lowest byte first.

    Args:
        thumbnail: width and height of one in the sprite; None where there is none.
    """
    assert content.layout is not None
    rows, run = shown_rows(content), content.material.run
    labels = content.material.encoding.labels[rows]
    names = [" ".join(name.split()) for name in run.class_names]
    present = np.unique(labels)
    sides = []
    for arm in content.compared:
        places = square(content.layout.positions[arm])[rows]
        sides.append(
            {
                "name": content.material.names[arm],
                "places": _text(np.rint(places * _STEPS).astype("<u2")),
                "errors": _text(content.material.encoding.arms[arm].errors[rows].astype("<f4")),
                "names": [
                    [text, round(x / SIDE, 4), round(y / SIDE, 4)]
                    for text, (x, y) in class_names_at(places * SIDE, labels, names)
                ],
            }
        )
    colours = class_colours(len(names))
    return {
        "rows": _text(rows.astype("<i4")),
        "classes": _text(np.searchsorted(present, labels).astype("<i4")),
        "names": [names[label] for label in present],
        "colours": [colours[label] for label in present],
        "sides": sides,
        "thumbnail": thumbnail,
    }


def class_counts(content: ReportContent) -> list[tuple[str, str, int]]:
    """Name, colour and number of images of each class that the maps show."""
    names = content.material.run.class_names
    colours = class_colours(len(names))
    present, counts = np.unique(content.material.encoding.labels[shown_rows(content)], return_counts=True)
    return [
        (" ".join(names[label].split()), colours[label], int(count))
        for label, count in zip(present, counts, strict=True)
    ]


def sprite(
    images: UInt8[np.ndarray, "m height width channels"],
) -> tuple[bytes, tuple[int, int]] | None:
    """The images row by row in a square, as WebP, with the width and height of one; None where they take too much.

    They are made smaller until all of them fit into `MOST_THUMBNAIL_BYTES`.
    """
    height, width = images.shape[1:3]
    across = math.ceil(math.sqrt(len(images)))
    side = min(max(height, width), LARGEST_THUMBNAIL)
    while side >= min(SMALLEST_THUMBNAIL, max(height, width)):
        share = side / max(height, width)
        size = max(1, round(width * share)), max(1, round(height * share))
        content = _webp(images, across, size)
        if len(content) <= MOST_THUMBNAIL_BYTES:
            return content, size
        side = int(side * min(0.8, math.sqrt(MOST_THUMBNAIL_BYTES / len(content))))
    return None


def _webp(images: UInt8[np.ndarray, "m height width channels"], across: int, size: tuple[int, int]) -> bytes:
    down = math.ceil(len(images) / across)
    picture = Image.new("RGB" if images.shape[3] == 3 else "L", (across * size[0], down * size[1]))
    for place, image in enumerate(images):
        one = pillow_image(image)
        if one.size != size:
            one = one.resize(size, Image.Resampling.BOX)
        picture.paste(one, (place % across * size[0], place // across * size[1]))
    content = io.BytesIO()
    picture.save(content, "WEBP", quality=60)
    return content.getvalue()


def data_uri(content: bytes, kind: str) -> str:
    """A file as the address of an image in the page itself."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
