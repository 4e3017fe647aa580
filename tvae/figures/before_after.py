"""Pictures of any size before and after resizing, as cells of one size for a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageColor

SIDE = 192
"""Pixels of a cell: a multiple of 32 and 64, and nearly one of 28."""


def cells(
    images: Sequence[UInt8[np.ndarray, "height width channels"]], ground: str
) -> UInt8[np.ndarray, "k side side 3"]:
    """Each image in the middle of a square cell, as large as it fits.

    A smaller one is enlarged by a whole number, so that its pixels are seen; a larger one is reduced with antialiasing.

    Args:
        ground: colour beside an image that is not square, as #rrggbb.
    """
    squares = np.empty((len(images), SIDE, SIDE, 3), np.uint8)
    squares[:] = ImageColor.getrgb(ground)
    for square, image in zip(squares, images, strict=True):
        picture = np.asarray(_fitted(image))
        top, left = ((SIDE - side) // 2 for side in picture.shape[:2])
        square[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return squares


def _fitted(image: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    picture = Image.fromarray(image if image.shape[2] == 3 else image[..., 0]).convert("RGB")
    longer = max(picture.size)
    if longer > SIDE:
        picture.thumbnail((SIDE, SIDE))
        return picture
    scale = SIDE // longer
    return picture.resize((scale * picture.width, scale * picture.height), Image.Resampling.NEAREST)
