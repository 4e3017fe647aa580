"""An uploaded picture with its crop, and the ink found on it, as square images."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

SIDE = 160
"""Pixels of the square images."""
_FRAME = (61, 124, 196)
_INK = np.array((217, 114, 46))
_DIMMED = 0.35
"""Brightness of what was cropped away, as a share of its own."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


def ink_stages(
    grey: Float[np.ndarray, "h w"], crop: Box, ink: Float[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "2 side side 3"]:
    """The picture with its crop framed, and the ink found in the crop in orange over the picture.

    Args:
        ink: of the crop, in [0, 1], at any resolution.
    """
    share = SIDE / max(grey.shape)
    size = (max(1, round(share * grey.shape[1])), max(1, round(share * grey.shape[0])))
    left, top, right, bottom = (round(share * edge) for edge in crop)
    small = Image.fromarray(np.asarray(grey, np.float32)).resize(size, Image.Resampling.BOX)
    sent = np.repeat((255 * np.asarray(small))[..., None], 3, axis=2)  # (height, width, 3)
    inside = np.zeros(sent.shape[:2], bool)
    inside[top:bottom, left:right] = True
    sent[~inside] *= _DIMMED
    coverage = np.zeros(sent.shape[:2])
    corner = Image.fromarray(np.asarray(ink, np.float32)).resize((right - left, bottom - top))
    coverage[top:bottom, left:right] = np.asarray(corner).clip(0, 1)
    coloured = sent + coverage[..., None] * (_INK - sent)
    if not inside.all():
        framed = inside.copy()
        framed[top + 2 : bottom - 2, left + 2 : right - 2] = False
        sent[framed] = _FRAME
    return np.stack([_squared(sent), _squared(coloured)])


def enlarged(image: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "side side 3"]:
    """An image of a data set beside them: enlarged to whole pixels of its own."""
    times = max(1, SIDE // max(image.shape))
    large = np.kron(image, np.ones((times, times), np.uint8))
    return _squared(np.repeat(large[:SIDE, :SIDE, None], 3, axis=2))


def _squared(picture: np.ndarray) -> UInt8[np.ndarray, "side side 3"]:
    """The picture in the middle of a black square."""
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    top, left = ((SIDE - side) // 2 for side in picture.shape[:2])
    square[top : top + picture.shape[0], left : left + picture.shape[1]] = np.rint(picture)
    return square
