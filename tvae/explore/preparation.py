"""Crop, scale and centre an own image the way its data set does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

from tvae.errors import InputError
from tvae.explore.strokes import Stroke, ink_of_strokes

_MEASURED = 500
"""Images whose strokes are measured."""
_PENS = (0.02, 0.25)
"""Thinnest and widest pen of a drawing, as a share of its side."""
_HALVINGS = 8
"""Halvings of the range of pens, which leave a thousandth of it."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Position and size of the ink of a data set's images in their frame."""

    height: int
    width: int
    """Width of the images, in pixels."""
    box_height: int
    box_width: int
    """Pixels that the ink was scaled to fit into, its aspect kept."""
    by_mass: bool
    """Whether the ink's centre of mass lies in the middle of the frame, as in MNIST; else the middle of its box."""
    stroke: float
    """Median width of the images' strokes, in pixels (`stroke_width`)."""

    @property
    def description(self) -> str:
        """The steps in words."""
        centre = "by its centre of mass" if self.by_mass else "by the middle of its box"
        return (
            f"cropped to its ink, scaled into {self.box_height} × {self.box_width} pixels with its aspect kept, "
            f"and centred {centre} in {self.height} × {self.width}"
        )


def measured_placement(images: UInt8[np.ndarray, "n height width"]) -> Placement:
    """Measure position and size of the ink of a data set's images in their frame.

    The box is the 99th percentile of the ink's extent. The images are centred by mass if 95 in 100 have their centre
    of mass within half a pixel of the middle, which is where a shift by whole pixels leaves it.
    For MNIST this gives what http://yann.lecun.com/exdb/mnist says: a 20x20 box, centred by mass in 28x28.
    scikit-learn's digits, 8 x 8 blocks of a 32 x 32 bitmap, have a box of 8 x 7, centred by its middle.
    """
    _, height, width = images.shape
    inked = np.asarray(images > 0)
    rows, columns = np.any(inked, axis=2), np.any(inked, axis=1)  # (n, height), (n, width)
    full = np.any(inked, axis=(1, 2))  # (n,)
    if not full.any():
        return Placement(height=height, width=width, box_height=height, box_width=width, by_mass=False, stroke=1.0)
    box = [int(np.ceil(np.percentile(_extents(lit[full]), 99))) for lit in (rows, columns)]
    centres = np.array([_centre_of_mass(image) for image in images[full]])  # (n, 2)
    off = np.abs(centres - (height / 2, width / 2)).max(axis=1)
    by_mass = bool((off <= 0.5 + 1e-9).mean() >= 0.95)
    stroke = float(np.median([stroke_width(image) for image in images[full][:_MEASURED]]))
    return Placement(height=height, width=width, box_height=box[0], box_width=box[1], by_mass=by_mass, stroke=stroke)


def stroke_width(image: UInt8[np.ndarray, "h w"]) -> float:
    """Mean width of the strokes in pixels: twice the ink over the length of its outline.

    The outline of a grey image is its total variation (the co-area formula), so soft edges need no threshold.
    """
    ink = np.pad(image, 1) / 255  # beyond the frame there is no ink
    down, across = np.diff(ink, axis=0)[:, :-1], np.diff(ink, axis=1)[:-1]
    return 2 * float(ink.sum()) / float(np.hypot(down, across).sum())


def _extents(lit: np.ndarray) -> np.ndarray:
    """Distance from the first to the last True of each row, both counted."""
    return lit.shape[1] - lit[:, ::-1].argmax(axis=1) - lit.argmax(axis=1)


def _centre_of_mass(image: Float[np.ndarray, "h w"] | UInt8[np.ndarray, "h w"]) -> tuple[float, float]:
    """Row and column of the centre of mass, counted from 0 at the middle of the first pixel."""
    values = image.astype(np.float64)
    total = values.sum()
    return (
        float(values.sum(axis=1) @ np.arange(values.shape[0]) / total),
        float(values.sum(axis=0) @ np.arange(values.shape[1]) / total),
    )


def cropped_to_ink(ink: Float[np.ndarray, "h w"]) -> Float32[np.ndarray, "rows columns"]:
    """The part of the image inside the smallest rectangle that holds all ink.

    Raises:
        InputError: no ink at all.
    """
    lit = np.asarray(ink) > 0
    if not lit.any():
        raise InputError("picture: there is no ink on it; draw a stroke")
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    return np.asarray(ink, np.float32)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def prepared_image(ink: Float[np.ndarray, "h w"], placement: Placement) -> UInt8[np.ndarray, "height width"]:
    """The ink as an image of the data set: cropped, scaled to fit the box, placed, its brightest pixel white.

    Scaling down averages areas, as MNIST's did; scaling up is bilinear. The shift is by whole pixels, and no ink is
    pushed out of the frame to centre it.

    Raises:
        InputError: no ink at all.
    """
    crop = cropped_to_ink(ink)
    share = min(placement.box_height / crop.shape[0], placement.box_width / crop.shape[1])
    height, width = (max(1, round(share * side)) for side in crop.shape)
    resampling = Image.Resampling.BOX if share <= 1 else Image.Resampling.BILINEAR
    small = np.asarray(Image.fromarray(crop).resize((width, height), resampling)).clip(0, None)
    image = np.zeros((placement.height, placement.width))
    middle = _centre_of_mass(small) if placement.by_mass else ((height - 1) / 2, (width - 1) / 2)
    # By mass the middle is the corner of four pixels in MNIST, and the nearest whole shift leaves half a pixel at most.
    aim = 0.0 if placement.by_mass else 0.5  # a box's middle is measured between pixel middles
    top, left = (
        min(max(0, round(side / 2 - aim - at)), side - extent)
        for side, at, extent in zip(image.shape, middle, small.shape, strict=True)
    )
    image[top : top + height, left : left + width] = small
    return np.rint(255 / image.max() * image).astype(np.uint8)


def prepared_drawing(strokes: Sequence[Stroke], placement: Placement) -> UInt8[np.ndarray, "height width"]:
    """The strokes as an image of the data set, drawn with the pen that makes them as wide as the data set's.

    Raises:
        InputError: no strokes.
    """
    thin, wide = _PENS
    for _ in range(_HALVINGS):
        pen = (thin + wide) / 2
        image = prepared_image(ink_of_strokes(strokes, pen), placement)
        thin, wide = (pen, wide) if stroke_width(image) < placement.stroke else (thin, pen)
    return image
