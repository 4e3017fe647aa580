"""An uploaded picture with its crop, and the ink detected in it, as square images."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image, ImageColor

from tvae.figures.colours import MARK

SIDE = 160
"""Pixels of the square images."""
_MARK = np.array(ImageColor.getrgb(MARK))
_DIMMED = 0.35
"""Brightness of what was cropped away, as a share of its own."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


def ink_stages(
    grey: Float[np.ndarray, "h w"], crop: Box, ink: Float[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "2 side side 3"]:
    """The picture with its crop framed, and the ink detected in the crop in colour over the picture.

    Args:
        ink: of the crop, in [0, 1], at any resolution.
    """
    sent, (left, top, right, bottom) = _cropped(grey[..., None], crop)
    coverage = np.zeros(sent.shape[:2])
    corner = Image.fromarray(np.asarray(ink, np.float32)).resize((right - left, bottom - top))
    coverage[top:bottom, left:right] = np.asarray(corner).clip(0, 1)
    coloured = sent + coverage[..., None] * (_MARK - sent)
    return np.stack([_squared(_framed(sent, (left, top, right, bottom))), _squared(coloured)])


def crop_stage(picture: Float[np.ndarray, "h w 3"], crop: Box) -> UInt8[np.ndarray, "1 side side 3"]:
    """The picture in colour with its crop framed."""
    return _squared(_framed(*_cropped(picture, crop)))[None]


def enlarged(image: UInt8[np.ndarray, "height width channels"]) -> UInt8[np.ndarray, "side side 3"]:
    """An image of a data set beside them: enlarged to whole pixels of its own."""
    times = max(1, SIDE // max(image.shape[:2]))
    large = image.repeat(times, axis=0).repeat(times, axis=1)[:SIDE, :SIDE]
    return _squared(np.repeat(large, 3 // image.shape[2], axis=2))


def _cropped(
    picture: Float[np.ndarray, "h w channels"], crop: Box
) -> tuple[Float32[np.ndarray, "height width 3"], Box]:
    """The picture at `SIDE`, from 0 to 255 and dark beyond its crop, and the crop there."""
    share = SIDE / max(picture.shape[:2])
    size = (max(1, round(share * picture.shape[1])), max(1, round(share * picture.shape[0])))
    left, top, right, bottom = (round(share * edge) for edge in crop)
    bands = [
        np.asarray(Image.fromarray(np.asarray(band, np.float32)).resize(size, Image.Resampling.BOX))
        for band in np.moveaxis(picture, 2, 0)
    ]
    sent = 255 * np.stack(bands * (3 // len(bands)), axis=2)  # (height, width, 3)
    inside = np.zeros(sent.shape[:2], bool)
    inside[top:bottom, left:right] = True
    sent[~inside] *= _DIMMED
    return sent, (left, top, right, bottom)


def _framed(sent: Float32[np.ndarray, "height width 3"], crop: Box) -> Float32[np.ndarray, "height width 3"]:
    """The picture with a frame around its crop, unless that is all of it."""
    left, top, right, bottom = crop
    frame = np.zeros(sent.shape[:2], bool)
    frame[top:bottom, left:right] = True
    if frame.all():
        return sent
    frame[top + 2 : bottom - 2, left + 2 : right - 2] = False
    return np.where(frame[..., None], _MARK, sent)


def _squared(picture: np.ndarray) -> UInt8[np.ndarray, "side side 3"]:
    """The picture in the middle of a black square."""
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    top, left = ((SIDE - side) // 2 for side in picture.shape[:2])
    square[top : top + picture.shape[0], left : left + picture.shape[1]] = np.rint(picture)
    return square
