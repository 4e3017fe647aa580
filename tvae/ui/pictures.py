"""Image arrays in, one PNG out: a grid of images travels to the browser as one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

GAP = 3
"""Pixels between images, before scaling."""


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One row of a grid of images."""

    label: str
    """Written at the left."""
    colour: str
    """Of the label, as #rrggbb."""
    images: UInt8[np.ndarray, "k height width"]
    under: Sequence[str] = ()
    """A few characters below each image."""


def grid_png(rows: Sequence[GridRow], *, ink: str, scale: int = 2) -> bytes:
    """The rows one below the other, labels at the left, on a transparent ground.

    Args:
        rows: all with the same number of images of one size.
        ink: colour of what stands under the images, as #rrggbb.
        scale: screen pixels an image pixel; the picture is drawn at twice that, for dense screens.
    """
    scale = 2 * scale
    count, height, width = rows[0].images.shape
    size = 2 * 14
    font = ImageFont.load_default(size)
    small = ImageFont.load_default(2 * 11)
    label_width = max(round(font.getlength(row.label)) for row in rows) + size
    step_x = scale * width + scale * GAP
    heights = [scale * height + scale * GAP + (2 * 16 if row.under else 0) for row in rows]
    picture = Image.new("RGBA", (label_width + count * step_x - scale * GAP, sum(heights) - scale * GAP), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    top = 0
    for row, row_height in zip(rows, heights, strict=True):
        draw.text((0, top + scale * height / 2), row.label, fill=row.colour, font=font, anchor="lm")
        for place, image in enumerate(row.images):
            large = Image.fromarray(image).resize((scale * width, scale * height), Image.Resampling.NEAREST)
            picture.paste(large, (label_width + place * step_x, top))
        for place, words in enumerate(row.under):
            x = label_width + place * step_x + scale * width / 2
            draw.text((x, top + scale * height + 4), words, fill=ink, font=small, anchor="mt")
        top += row_height
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
