"""A latent map as a still PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from PIL import Image, ImageDraw, ImageFont

from tvae.figures.colours import GROUND, INK, class_colours

SIDE = 720
"""Pixels of the image; a screen shows it at half this size."""
_RIM = 36
_DOT = 3.2
"""Radius of a point where there are few of them."""
_MOST_NAMES = 64
_LONGEST_NAME = 22
_LINE = 30
"""Height of a line of names in pixels."""


def map_ground(
    positions: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], names: Sequence[str], theme: str
) -> Image.Image:
    """The points in their classes' colours, with each class's name at its median, on a transparent ground."""
    image = Image.new("RGBA", (SIDE, SIDE), "#00000000")
    draw = ImageDraw.Draw(image)
    at = _pixels(positions, positions)
    dot = max(1.2, min(_DOT, _DOT * (2_000 / len(at)) ** 0.25))
    colours = class_colours(len(names))
    order = np.random.default_rng(0).permutation(len(at))  # so that no class covers the others
    for (x, y), label in zip(at[order].tolist(), labels[order].tolist(), strict=True):
        draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=f"{colours[label]}b0")
    font = ImageFont.load_default(26)
    present, counts = np.unique(labels, return_counts=True)
    common = present[np.argsort(-counts, kind="stable")][:_MOST_NAMES]
    texts = [_shortened(str(names[label])) for label in common]
    middles = np.array([np.median(at[labels == label], axis=0) for label in common])
    places = name_places(middles, [font.getlength(text) for text in texts])
    for text, place in zip(texts, places, strict=True):
        if place is not None:
            draw.text(place, text, INK[theme], font, anchor="mm", stroke_width=5, stroke_fill=GROUND[theme])
    return image


def name_places(middles: Float[np.ndarray, "k 2"], widths: Sequence[float]) -> list[tuple[float, float] | None]:
    """Middles of the names in pixels, in this order: at the class's middle, or up to two lines above or below it.

    None where a name would cover an earlier one at all of these; every name lies inside the image.
    """
    places: list[tuple[float, float] | None] = []
    taken: list[tuple[float, float, float]] = []
    for (x, y), width in zip(middles.tolist(), widths, strict=True):
        half = min(width, SIDE) / 2
        x = min(max(x, half), SIDE - half)
        spots = [(x, min(max(y + lines * _LINE, _LINE / 2), SIDE - _LINE / 2)) for lines in (0, -1, 1, -2, 2)]
        free = [
            spot
            for spot in spots
            if all(abs(spot[0] - a) >= half + other or abs(spot[1] - b) >= _LINE for a, b, other in taken)
        ]
        places.append(free[0] if free else None)
        taken += [(*free[0], half)] if free else []
    return places


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def map_png(
    ground: Image.Image,
    positions: Float[np.ndarray, "n 2"],
    spot: Float[np.ndarray, " 2"] | None,
    near: Int[np.ndarray, " k"],
    colour: str,
    theme: str,
    others: Float[np.ndarray, "m 2"] | None = None,
) -> bytes:
    """The ground as a PNG, with a new image's position and lines to its nearest rows.

    A position outside the image is drawn on its edge.

    Args:
        ground: from `map_ground`, of these positions.
        spot: position of the new image; None draws the ground alone.
        near: rows of the new image's neighbours.
        colour: of the lines, as #rrggbb.
        theme: "light" or "dark".
        others: positions of further new images, as smaller dots below that one.
    """
    image = ground.copy()
    if others is not None:
        draw = ImageDraw.Draw(image)
        radius = max(4.0, min(8.0, 8.0 * (100 / max(1, len(others))) ** 0.25))
        for x, y in np.clip(_pixels(others, positions), 10, SIDE - 10).tolist():
            draw.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=INK[theme], outline=GROUND[theme], width=2
            )
    if spot is not None:
        draw = ImageDraw.Draw(image)
        x, y = np.clip(_pixels(spot[None], positions)[0], 14, SIDE - 14).tolist()
        for end in _pixels(positions[near], positions).tolist():
            draw.line((x, y, *end), fill=GROUND[theme], width=6)
        for ex, ey in _pixels(positions[near], positions).tolist():
            draw.line((x, y, ex, ey), fill=colour, width=3)
            draw.ellipse((ex - 6, ey - 6, ex + 6, ey + 6), fill=colour, outline=GROUND[theme], width=2)
        for radius, fill in ((15, GROUND[theme]), (12, INK[theme]), (8, colour)):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def outside(spot: Float[np.ndarray, " 2"], positions: Float[np.ndarray, "n 2"]) -> bool:
    """Whether a position lies beyond the edge of the image that these rows fill."""
    x, y = _pixels(spot[None], positions)[0]
    return not (0 <= x <= SIDE and 0 <= y <= SIDE)


def _pixels(places: Float[np.ndarray, "m 2"], positions: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "m 2"]:
    """Places in pixels of the image, the second coordinate upwards, the rows in the middle."""
    low, high = positions.min(axis=0).astype(np.float64), positions.max(axis=0).astype(np.float64)
    scale = (SIDE - 2 * _RIM) / (float((high - low).max()) or 1.0)
    return SIDE / 2 + (np.asarray(places, np.float64) - (low + high) / 2) * scale * (1, -1)
