"""Image arrays in, one PNG out: a grid of images travels to the browser as one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

GAP, MOST_GAP = 3, 8
"""Between images: image pixels, and screen pixels at most."""
ROOM = 1040
"""Screen pixels across that a wide page has for a picture."""
LABEL = 90
"""Screen pixels of it that the rows' labels may take."""
LARGEST = 96
"""Screen pixels that an image is high at most."""

TOO_DARK, TOO_LIGHT = (196, 130, 255), (90, 235, 150)
"""Of an error map on black; neither arm's colour, and apart in lightness too."""


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One row of a grid of images."""

    label: str
    """Written at the left."""
    colour: str
    """Of the label, as #rrggbb."""
    images: UInt8[np.ndarray, "k height width"] | UInt8[np.ndarray, "k height width 3"]
    """Grey, or in colour."""
    under: Sequence[str] = ()
    """A few characters below each image."""


def fitting_scale(count: int, height: int, width: int, room: int = ROOM) -> float:
    """Screen pixels an image pixel, in halves, at which so many images fit into the room beside each other."""
    across = 0.5
    while count * ((across + 0.5) * width + min((across + 0.5) * GAP, MOST_GAP)) <= room - LABEL:
        across += 0.5
    return max(0.5, min(across, round(2 * LARGEST / height) / 2))


def grid_png(rows: Sequence[GridRow], *, ink: str, scale: float = 2, ground: str = "#00000000") -> bytes:
    """The rows one below the other, labels at the left, on a transparent ground unless another is given.

    Args:
        rows: all with the same number of images of one size.
        ink: colour of what stands under the images, as #rrggbb.
        scale: screen pixels an image pixel, in halves; the picture is drawn at twice that, for dense screens.
    """
    pixel = round(2 * scale)
    gap = min(pixel * GAP, 2 * MOST_GAP)
    count, height, width = rows[0].images.shape[:3]
    size = 2 * 14
    font = ImageFont.load_default(size)
    small = ImageFont.load_default(2 * 11)
    label_width = max(round(font.getlength(row.label)) for row in rows) + size
    step_x = pixel * width + gap
    heights = [pixel * height + gap + (2 * 16 if row.under else 0) for row in rows]
    picture = Image.new("RGBA", (label_width + count * step_x - gap, sum(heights) - gap), ground)
    draw = ImageDraw.Draw(picture)
    top = 0
    for row, row_height in zip(rows, heights, strict=True):
        draw.text((0, top + pixel * height / 2), row.label, fill=row.colour, font=font, anchor="lm")
        for place, image in enumerate(row.images):
            large = Image.fromarray(image).resize((pixel * width, pixel * height), Image.Resampling.NEAREST)
            picture.paste(large, (label_width + place * step_x, top))
        for place, words in enumerate(row.under):
            x = label_width + place * step_x + pixel * width / 2
            draw.text((x, top + pixel * height + 4), words, fill=ink, font=small, anchor="mt")
        top += row_height
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)  # flat squares: a higher level costs time and saves little
    return buffer.getvalue()


def error_map(
    images: UInt8[np.ndarray, "k height width"], reconstructions: UInt8[np.ndarray, "k height width"]
) -> UInt8[np.ndarray, "k height width 3"]:
    """Where a reconstruction is too dark (violet) or too light (green), the brighter the greater the error."""
    difference = reconstructions.astype(np.float32) - images  # (k, height, width)
    hue = np.where(difference[..., None] < 0, TOO_DARK, TOO_LIGHT)
    return np.rint(hue * np.abs(difference[..., None]) / 255).astype(np.uint8)
