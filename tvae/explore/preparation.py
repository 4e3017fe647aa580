"""Crop, scale and centre a digit the way its data set does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

from tvae.errors import InputError

_SOFT = 0.5
"""Share of the threshold between background and ink below which a pixel is background: soft edges are kept."""
_SIDE = 160
"""Pixels that the longer side is averaged down to first: enough for a digit of 28, and a photograph loses its grain."""
_FAINTEST = 0.08
"""Least contrast of ink, as a share of the range from black to white."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """How the images of a data set lie in their frame."""

    height: int
    width: int
    """Of the images, in pixels."""
    box_height: int
    box_width: int
    """Pixels that the ink was scaled to fit into, its aspect kept."""
    by_mass: bool
    """Whether the ink's centre of mass lies in the middle of the frame, as in MNIST; else the middle of its box."""

    @property
    def description(self) -> str:
        """The steps in words."""
        centre = "by its centre of mass" if self.by_mass else "by the middle of its box"
        return (
            f"cropped to its ink, scaled into {self.box_height} × {self.box_width} pixels with its aspect kept, "
            f"and centred {centre} in {self.height} × {self.width}"
        )


MNIST = Placement(height=28, width=28, box_height=20, box_width=20, by_mass=True)
"""As http://yann.lecun.com/exdb/mnist says: a 20x20 box, the centre of mass in the middle of 28x28."""


def measured_placement(images: UInt8[np.ndarray, "n height width"]) -> Placement:
    """Measure how the images of a data set lie in their frame.

    The box is the 99th percentile of the ink's extent. The images are centred by mass if 95 in 100 have their centre
    of mass within half a pixel of the middle, which is where a shift by whole pixels leaves it.
    For MNIST this gives `MNIST`. scikit-learn's digits, 8 x 8 blocks of a 32 x 32 bitmap, come out as a box of 8 x 7
    centred by the middle of the box.
    """
    _, height, width = images.shape
    inked = np.asarray(images > 0)
    rows, columns = np.any(inked, axis=2), np.any(inked, axis=1)  # (n, height), (n, width)
    full = np.any(inked, axis=(1, 2))  # (n,)
    if not full.any():
        return Placement(height=height, width=width, box_height=height, box_width=width, by_mass=False)
    box = [int(np.ceil(np.percentile(_extents(lit[full]), 99))) for lit in (rows, columns)]
    centres = np.array([_centre_of_mass(image) for image in images[full]])  # (n, 2)
    off = np.abs(centres - (height / 2, width / 2)).max(axis=1)
    by_mass = bool((off <= 0.5 + 1e-9).mean() >= 0.95)
    return Placement(height=height, width=width, box_height=box[0], box_width=box[1], by_mass=by_mass)


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


def ink_of(grey: Float[np.ndarray, "h w"]) -> Float32[np.ndarray, "height width"]:
    """How much ink each pixel of a picture holds, in [0, 1], whether it is dark on light or light on dark.

    The result has at most 160 pixels on the longer side. The background is the median of the picture's rim. Of darker
    and lighter than the background, ink is what has the greater squared contrast. Otsu's threshold (1979) separates
    ink from background; soft edges are kept down to half of the threshold, but only within the box of what lies above
    it, so that shadow and grain of the paper are not drawn too.

    Raises:
        InputError: a picture of one colour.
    """
    small = _averaged_down(np.asarray(grey, np.float32)).astype(np.float64)
    rim = max(1, min(small.shape) // 20)
    edge = np.ones(small.shape, bool)
    edge[rim:-rim, rim:-rim] = False
    away = small - float(np.median(small[edge]))
    lighter, darker = np.maximum(away, 0), np.maximum(-away, 0)
    contrast = lighter if (lighter**2).sum() > (darker**2).sum() else darker
    most = float(contrast.max())
    if most < _FAINTEST:
        raise InputError("picture: it is of one colour all over; there must be a stroke on it")
    threshold = _otsu(contrast)
    sure = contrast >= threshold
    rows, columns = np.flatnonzero(sure.any(axis=1)), np.flatnonzero(sure.any(axis=0))
    box = np.zeros(sure.shape, bool)
    box[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2] = True
    floor = _SOFT * threshold
    return (np.where(box, np.clip(contrast - floor, 0, None), 0) / (most - floor)).astype(np.float32)


def _averaged_down(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "height width"]:
    share = _SIDE / max(grey.shape)
    if share >= 1:
        return grey
    size = (max(1, round(share * grey.shape[1])), max(1, round(share * grey.shape[0])))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _otsu(values: Float[np.ndarray, ...]) -> float:
    """The threshold of greatest variance between the two sides, over 256 bins (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=256, range=(0.0, float(values.max())))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts).astype(np.float64)
    sums = np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1:][np.nanargmax(np.where(above > 0, between, np.nan))])


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


def prepared_digit(ink: Float[np.ndarray, "h w"], placement: Placement) -> UInt8[np.ndarray, "height width"]:
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
