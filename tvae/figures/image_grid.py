"""A grid of images as one PNG."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from tvae.figures.colours import INK, text_colour
from tvae.figures.fitted_text import Font, fitted_texts, font_of
from tvae.figures.pillow_image import pillow_image

GAP, MOST_GAP = 3, 8
"""Gap between images: image pixels, and screen pixels at most."""
ROOM = 1040
"""Width of a wide page in screen pixels."""
LABEL = 90
"""Screen pixels of `ROOM` for the rows' labels."""
WIDEST = 1460
"""Width in pixels up to which Streamlit sends an image unchanged."""
LARGEST = 96
"""Greatest height of an image of the grid in screen pixels."""

LEAST_TITLE = 320
"""Screen pixels that a line of the title may take above a grid that is narrower."""

TOO_DARK, TOO_LIGHT = (196, 130, 255), (90, 235, 150)
"""Colours of an error map on black: not those of the arms, and different in lightness too."""


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One row of a grid of images."""

    label: str
    """Text at the left of the row."""
    colour: str = ""
    """Colour of the label, as #rrggbb, made lighter or darker where it is hard to read; empty: as other text."""
    images: UInt8[np.ndarray, "k height width channels"]
    """Images of the row: one channel is grey, three are colour."""
    under: Sequence[str] = ()
    """Words below each image, broken into lines where they are wider than it (`fitted_texts`)."""
    under_label: str = ""
    """A few characters below the label, in rows with words below their images."""
    after: str = ""
    """Text at the right of the row."""
    under_after: str = ""
    """As `under_label`, below `after`."""


def wrapped_rows(
    images: UInt8[np.ndarray, "k height width channels"], under: Sequence[str], across: int
) -> list[GridRow]:
    """Rows of `across` images each without labels, the last of as many as are left, with `under` below the images."""
    return [
        GridRow(label="", images=images[start : start + across], under=under[start : start + across])
        for start in range(0, len(images), across)
    ]


def fitting_scale(count: int, height: int, width: int, room: int = ROOM) -> float:
    """The largest scale, in screen pixels per image pixel and in halves, at which `count` images fit in `room`."""
    across = 0.5
    while count * ((across + 0.5) * width + min((across + 0.5) * GAP, MOST_GAP)) <= room - LABEL:
        across += 0.5
    return max(0.5, min(across, round(2 * LARGEST / height) / 2))


@dataclass(frozen=True)
class _Measures:
    """Lengths of a grid in pixels of the PNG."""

    pixel: int
    gap: int
    left: int
    """Left edge of the images, right of the labels."""
    right: int
    """Right edge of the images."""
    width: int


def _measures(rows: Sequence[GridRow], scale: float, density: float) -> _Measures:
    pixel = round(density * scale)
    gap = round(min(pixel * GAP, density * MOST_GAP))
    count, _, width = rows[0].images.shape[:3]
    font, small = font_of(density * 14), font_of(density * 11)
    labels = max(max(font.getlength(row.label), small.getlength(row.under_label)) for row in rows)
    ends = max(max(font.getlength(row.after), small.getlength(row.under_after)) for row in rows)
    left = round(labels + density * 14) if labels else 0
    right = left + count * (pixel * width + gap) - gap
    return _Measures(pixel, gap, left, right, right + (round(ends + density * 10) if ends else 0))


def fitting_density(rows: Sequence[GridRow], scale: float) -> float:
    """Pixels of the PNG per screen pixel, 2 at most, at which the PNG is not wider than `WIDEST`.

    Streamlit makes a wider one smaller itself, which blurs it and takes longer than drawing it.
    """
    pixels = round(2 * scale)
    while pixels > 1 and _measures(rows, scale, pixels / scale).width > WIDEST:
        pixels -= 1
    return pixels / scale


def grid_png(
    rows: Sequence[GridRow],
    *,
    theme: str = "light",
    scale: float = 2,
    density: float = 2,
    ground: str = "#00000000",
    title: str = "",
    facts: Mapping[str, str] | None = None,
) -> bytes:
    """A PNG with the rows one below the other and their labels at the left.

    Args:
        rows: images of one size, in no row more than in the first.
        theme: "light" or "dark", as the ground on which the grid will lie: text is dark on light or light on dark.
        scale: screen pixels per image pixel, in steps of a half.
        density: pixels of the PNG per screen pixel; its product with `scale` must be a whole number.
        ground: background, as #rrggbb or #rrggbbaa; transparent if not given.
        title: written above the rows, in as many lines as it needs.
        facts: written into the PNG as its text fields, by name.
    """
    ink, lengths = INK[theme], _measures(rows, scale, density)
    pixel, gap, left = lengths.pixel, lengths.gap, lengths.left
    _, height, width = rows[0].images.shape[:3]
    font, small = font_of(density * 14), font_of(density * 11)
    texts = [fitted_texts(row.under, pixel * width + gap - density, density) for row in rows]
    under_line = round(density * 13)
    heights = [
        pixel * height + gap + (round(density * 3) + under_line * max(map(len, lines)) if lines else 0)
        for _, lines in texts
    ]
    rim = round(density * 8) if title else 0
    lines = _lines(title, small, max(lengths.width, round(density * LEAST_TITLE)))
    line_height, width_of_lines = round(density * 16), max([lengths.width, *(round(small.getlength(x)) for x in lines)])
    above = line_height * len(lines) + (rim // 2 if lines else 0)
    picture = Image.new("RGBA", (width_of_lines, above + sum(heights) - gap), ground)
    draw = ImageDraw.Draw(picture)
    for place, line in enumerate(lines):
        draw.text((0, place * line_height), line, fill=ink, font=small, anchor="la")
    top = above
    for row, (under_font, under), row_height in zip(rows, texts, heights, strict=True):
        middle, below = top + pixel * height / 2, top + pixel * height + 2 * density
        colour = text_colour(row.colour, theme) if row.colour else ink
        draw.text((0, middle), row.label, fill=colour, font=font, anchor="lm")
        draw.text((lengths.width, middle), row.after, fill=colour, font=font, anchor="rm")
        draw.text((0, below), row.under_label, fill=ink, font=small, anchor="la")
        draw.text((lengths.width, below), row.under_after, fill=ink, font=small, anchor="ra")
        for place, image in enumerate(row.images):
            large = pillow_image(image).resize((pixel * width, pixel * height), Image.Resampling.NEAREST)
            picture.paste(large, (left + place * (pixel * width + gap), top))
        for place, words in enumerate(under):
            x = left + place * (pixel * width + gap) + pixel * width / 2
            for number, line in enumerate(words):
                draw.text((x, below + number * under_line), line, fill=ink, font=under_font, anchor="ma")
        top += row_height
    if rim:
        framed = Image.new("RGBA", (picture.width + 2 * rim, picture.height + 2 * rim), ground)
        framed.paste(picture, (rim, rim))
        picture = framed
    fields = PngInfo()
    for name, value in (facts or {}).items():
        fields.add_itxt(name, value)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1, pnginfo=fields)  # flat squares: a higher level saves little
    return buffer.getvalue()


def _lines(text: str, font: Font, width: int) -> list[str]:
    """The words of a text in lines that are not wider than this, unless a single word is."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def png_width(png: bytes) -> int:
    """Width of a PNG in pixels, from its header."""
    return struct.unpack(">I", png[16:20])[0]


def error_map(
    images: UInt8[np.ndarray, "k height width channels"], reconstructions: UInt8[np.ndarray, "k height width channels"]
) -> UInt8[np.ndarray, "k height width 3"]:
    """Image of the errors: too dark in violet, too light in green; the brighter, the greater the error.

    In colour it is the mean over the channels that is too dark or too light, and the error is their root mean square:
    a pixel of the wrong hue and the right lightness is an error too.
    """
    difference = reconstructions.astype(np.float32) - images  # (k, height, width, channels)
    hue = np.where(difference.mean(axis=3, keepdims=True) < 0, TOO_DARK, TOO_LIGHT)  # (k, height, width, 3)
    size = np.sqrt(np.square(difference).mean(axis=3, keepdims=True))
    return np.rint(hue * size / 255).astype(np.uint8)
