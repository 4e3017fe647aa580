"""Resize a picture to a square, with antialiasing."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from tvae.data.own.choices import Colours, Fit
from tvae.data.own.sources.reading import Picture

RESAMPLING = Image.Resampling.BICUBIC
"""Pillow's filter, which widens with the scale where a picture is reduced: that is the antialiasing."""


def resized(picture: Picture, size: int, colours: Colours, fit: Fit) -> UInt8[np.ndarray, "size size channels"]:
    """The picture as it is kept: square, grey or in colour; one that is so already stays as it is."""
    mode = "L" if colours == "grey" else "RGB"
    if isinstance(picture, np.ndarray):
        if picture.shape == (size, size) and mode == "L":
            return picture[..., None]
        picture = Image.fromarray(np.ascontiguousarray(picture))
    if picture.mode != mode:
        picture = picture.convert(mode)
    width, height = picture.size
    if fit == "crop" and width != height:
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        picture = picture.resize((size, size), RESAMPLING, box=(left, top, left + side, top + side))
    elif width == height:
        picture = picture if width == size else picture.resize((size, size), RESAMPLING)
    else:
        return _fitted(picture, size)
    return np.asarray(picture).reshape(size, size, -1)


def _fitted(picture: Image.Image, size: int) -> UInt8[np.ndarray, "size size channels"]:
    """The whole picture in the middle of a square of its border's most usual colour."""
    longer = max(picture.size)
    width, height = (max(1, round(size * side / longer)) for side in picture.size)
    small = np.asarray(picture.resize((width, height), RESAMPLING)).reshape(height, width, -1)
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])  # (pixels, channels)
    square = np.empty((size, size, small.shape[2]), np.uint8)
    square[:] = np.sort(border, axis=0)[len(border) // 2]  # the median
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = small
    return square
