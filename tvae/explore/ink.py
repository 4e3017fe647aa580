"""Detect the ink of a picture: background subtracted, the part in the middle kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int
from PIL import Image
from scipy import ndimage

from tvae.errors import InputError

_SOFT = 0.5
"""Share of the threshold between background and ink below which a pixel is background: soft edges are kept."""
_SIDE = 160
"""Pixels that the longer side is averaged down to first: enough for a digit of 28, and a photograph loses its grain."""
_FAINTEST = 0.08
"""Least contrast of ink, as a share of the background's brightness or, on a dark one, of the range to white."""
_UNEVEN = 0.1
"""Share of the ink's contrast by which the rim may differ from a smooth surface; else the background is not smooth."""
_ROUNDS = 15
"""Rounds of reweighting, after which the surface through the rim hardly changes."""
_WIDEST_STROKE = 0.3
"""Share of the picture's shorter side: dark places narrower than this are strokes, wider ones are shadow."""
_FAR, _BESIDE = 0.4, 0.15
"""Greatest distance of a part that belongs to the main part, above or below it and beside it, as a share of the main
part's longer side: the dot of an i is kept, the next letter is not."""
_SPECK = 0.01
"""Share of the main part's ink below which a part is grain."""
_OF_NOTE = 0.1
"""Share of the main part's ink from which a further part is worth telling."""


@dataclass(frozen=True, eq=False)
class DetectedInk:
    """The ink of a picture, and whether some of it is missing or was left out."""

    ink: Float32[np.ndarray, "height width"]
    """How much ink each pixel holds, in [0, 1]; at most 160 pixels on the longer side."""
    at_border: bool
    """The ink reaches the picture's edge: some of it may be missing."""
    parts: int
    """Separate parts that were kept, small ones not counted."""
    left_out: int
    """Separate parts that were left out, small ones not counted."""


def detected_ink(grey: Float[np.ndarray, "h w"]) -> DetectedInk:
    """The ink of a picture, dark on light or light on dark, in even or uneven light.

    The background is subtracted: a quadratic surface through the picture's rim, or where that fits badly (a shadow's
    edge, a table beside the paper) the grey closing, which is the local brightness around strokes. Otsu's threshold
    (1979) separates ink from background. Of the connected parts above it, the one in the middle and those near it are
    kept; soft edges are kept down to half of the threshold, but only beside the parts that are kept and within their
    box, so that shadow and grain of the paper are not drawn too.

    Raises:
        InputError: a picture of one colour.
    """
    small = _averaged_down(np.asarray(grey, np.float32)).astype(np.float64)
    contrast = _contrast(small)
    if float(contrast.max()) < _FAINTEST:
        raise InputError("picture: it is of one colour all over; there must be a stroke on it")
    threshold = _otsu(contrast)
    numbers = np.zeros(contrast.shape, np.int32)  # 0 for none, else the part's number
    ndimage.label(contrast >= threshold, np.ones((3, 3)), output=numbers)
    parts = _parts(numbers, contrast)
    main = max(parts, key=lambda part: part.ink * part.centrality)
    kept = _belonging(main, parts)
    sure = np.isin(numbers, [part.number for part in kept])
    # A soft edge belongs to the part that it is nearest to.
    owner = np.zeros((2, *numbers.shape), np.int32)
    ndimage.distance_transform_edt(numbers == 0, return_distances=False, return_indices=True, indices=owner)
    beside = np.zeros(sure.shape, bool)
    rows, columns = (np.flatnonzero(sure.any(axis=axis)) for axis in (1, 0))
    beside[max(0, rows[0] - 1) : rows[-1] + 2, max(0, columns[0] - 1) : columns[-1] + 2] = True
    beside &= sure[tuple(owner)]
    floor = _SOFT * threshold
    ink = np.where(beside, np.clip(contrast - floor, 0, None), 0)
    of_note = [part for part in parts if part.ink >= _OF_NOTE * main.ink]
    return DetectedInk(
        (ink / ink.max()).astype(np.float32),
        any(part.at_border for part in kept),
        sum(part in kept for part in of_note),
        sum(part not in kept for part in of_note),
    )


def _averaged_down(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "height width"]:
    share = _SIDE / max(grey.shape)
    if share >= 1:
        return grey
    size = (max(1, round(share * grey.shape[1])), max(1, round(share * grey.shape[0])))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _contrast(grey: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Contrast of each pixel to the background, on the side (darker or lighter) of the ink; 0 on the other side.

    Darker ink counts as a share of the background, as ink in shadow is darker by less.
    """
    surface, misfit = _rim_surface(grey)
    away = grey - surface
    dark = bool((np.minimum(away, 0) ** 2).sum() >= (np.maximum(away, 0) ** 2).sum())
    if misfit > _UNEVEN * float(np.abs(away).max()):
        surface = _local_background(grey, dark)
        away = grey - surface
        away -= np.median(away)  # the closing lies on the crests of the paper's grain
    return np.clip(-away / np.maximum(surface, 0.1), 0, None) if dark else np.clip(away, 0, None)


def _rim_surface(grey: Float[np.ndarray, "h w"]) -> tuple[Float[np.ndarray, "h w"], float]:
    """The quadratic surface through the picture's rim, and the 90th percentile of the rim's distance from it.

    It is fitted by least absolute deviations (iteratively reweighted), so that ink on the rim does not bend it.
    """
    rim = max(1, min(grey.shape) // 20)
    edge = np.ones(grey.shape, bool)
    edge[rim:-rim, rim:-rim] = False
    down, across = (
        np.broadcast_to(axis, grey.shape) for axis in np.ogrid[tuple(slice(-1, 1, side * 1j) for side in grey.shape)]
    )
    terms = np.stack([np.ones(grey.shape), down, across, down**2, across**2, down * across], axis=-1)
    at_rim, values = terms[edge], grey[edge]
    weights = np.ones(len(values))
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        coefficients = np.linalg.lstsq(at_rim * root[:, None], values * root, rcond=None)[0]
        distances = np.abs(values - at_rim @ coefficients)
        weights = 1 / np.maximum(distances, 1e-3)
    return terms @ coefficients, float(np.percentile(distances, 90))


def _local_background(grey: Float[np.ndarray, "h w"], dark: bool) -> Float[np.ndarray, "h w"]:
    """The brightness around strokes: the grey closing (of light ink, the opening) by a square wider than strokes."""
    side = max(3, round(_WIDEST_STROKE * min(grey.shape)))
    calm = ndimage.median_filter(grey, 3, mode="nearest")
    operation = ndimage.grey_closing if dark else ndimage.grey_opening
    return operation(calm, size=(side, side), mode="nearest")


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


@dataclass(frozen=True)
class _Part:
    """A connected part of what is surely ink."""

    number: int
    top: int
    left: int
    bottom: int
    right: int
    ink: float
    """Sum of its contrast."""
    at_border: bool
    centrality: float
    """1 in the middle of the picture, near 0 in its corners and for what lies on the border."""

    @property
    def longer_side(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)


def _parts(numbers: Int[np.ndarray, "h w"], contrast: Float[np.ndarray, "h w"]) -> list[_Part]:
    """The connected parts, where `numbers` holds the number of each pixel's part, from 1."""
    height, width = numbers.shape
    inks = np.bincount(numbers.ravel(), contrast.ravel())[1:]
    parts = []
    for number, (ink, (rows, columns)) in enumerate(zip(inks, ndimage.find_objects(numbers), strict=True), 1):
        at_border = rows.start == 0 or columns.start == 0 or rows.stop == height or columns.stop == width
        middle = (rows.start + rows.stop) / height - 1, (columns.start + columns.stop) / width - 1
        centrality = max(0.05, 1 - float(np.hypot(*middle))) * (_OF_NOTE if at_border else 1)
        parts.append(
            _Part(number, rows.start, columns.start, rows.stop, columns.stop, float(ink), at_border, centrality)
        )
    return parts


def _belonging(main: _Part, parts: Sequence[_Part]) -> list[_Part]:
    """The main part and those that belong to it: near it, not grain, and not on the border unless it is there too."""

    def belongs(part: _Part) -> bool:
        if part.ink < _SPECK * main.ink or (part.at_border and not main.at_border):
            return False
        down = max(0, part.top - main.bottom, main.top - part.bottom)
        across = max(0, part.left - main.right, main.left - part.right)
        shared = min(part.right, main.right) - max(part.left, main.left)
        narrower = min(part.right - part.left, main.right - main.left)
        limit = _FAR if shared >= narrower / 2 else _BESIDE
        return float(np.hypot(down, across)) <= limit * main.longer_side

    return [part for part in parts if part is main or belongs(part)]
