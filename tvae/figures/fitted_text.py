"""Short texts fitted below images: broken into lines, in a smaller font, shortened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
SIZES = (11, 10, 9, 8)
"""Font sizes in screen pixels, the first that is small enough is taken."""
_BETWEEN = " ·"
"""Characters that a line neither begins nor ends with."""


@lru_cache(maxsize=32)
def font_of(size: float) -> Font:
    """The font of all that we write into images, in this size in pixels; opened once, as each row asks for it."""
    return ImageFont.load_default(size)


def fitted_texts(texts: Sequence[str], width: float, density: float) -> tuple[Font, list[list[str]]]:
    """The texts in one font, each as lines no wider than `width`: broken after spaces and slashes.

    Where a word is too wide even in the smallest font, it is shortened; a number never is.

    Args:
        width: in pixels of the image.
        density: pixels of the image per screen pixel.
    """
    font = font_of(density * SIZES[0])
    lines: list[list[str]] = []
    for size in SIZES:
        font = font_of(density * size)
        lines = [_broken(text, font, width) for text in texts]
        if all(font.getlength(line) <= width for text in lines for line in text):
            break
    return font, [[_shortened(line, font, width) for line in text] for text in lines]


def _broken(text: str, font: Font, width: float) -> list[str]:
    if font.getlength(text) <= width:
        return [text]
    lines = [""]
    for piece in re.findall(r"[^\s/]+/?\s*|/\s*", text):
        if lines[-1].strip(_BETWEEN) and font.getlength((lines[-1] + piece).strip(_BETWEEN)) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip(_BETWEEN) for line in lines]


def _shortened(line: str, font: Font, width: float) -> str:
    if not any(character.isalpha() for character in line):
        return line
    kept = len(line)
    while kept > 1 and font.getlength(line if kept == len(line) else f"{line[:kept]}…") > width:
        kept -= 1
    return line if kept == len(line) else f"{line[:kept]}…"
