"""A latent map as a still PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from PIL import Image, ImageDraw, ImageFont

from tvae.figures.colours import CLASS_COLOURS, GROUND, INK

SIDE = 720
"""Pixels of the image; a screen shows it at half this size."""
_RIM = 36
_DOT = 3.2
"""Radius of a point where there are few of them."""
_MOST_NAMES = 30


def map_ground(
    positions: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], names: Sequence[str], theme: str
) -> Image.Image:
    """The points in their classes' colours, with each class's name at its median, on a transparent ground."""
    image = Image.new("RGBA", (SIDE, SIDE), "#00000000")
    draw = ImageDraw.Draw(image)
    at = _pixels(positions, positions)
    dot = max(1.2, min(_DOT, _DOT * (2_000 / len(at)) ** 0.25))
    order = np.random.default_rng(0).permutation(len(at))  # so that no class covers the others
    for (x, y), label in zip(at[order].tolist(), labels[order].tolist(), strict=True):
        colour = CLASS_COLOURS[label % len(CLASS_COLOURS)]
        draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=f"{colour}b0")
    font = ImageFont.load_default(26)
    present = np.unique(labels)
    for label in present if len(present) <= _MOST_NAMES else ():
        middle = tuple(np.median(at[labels == label], axis=0).tolist())
        draw.text(
            middle, str(names[label])[:12], INK[theme], font, anchor="mm", stroke_width=5, stroke_fill=GROUND[theme]
        )
    return image


def map_png(
    ground: Image.Image,
    positions: Float[np.ndarray, "n 2"],
    spot: Float[np.ndarray, " 2"] | None,
    near: Int[np.ndarray, " k"],
    colour: str,
    theme: str,
) -> bytes:
    """The ground as a PNG, with a new image's position and lines to its nearest rows.

    A position outside the image is drawn on its edge.

    Args:
        ground: from `map_ground`, of these positions.
        spot: position of the new image; None draws the ground alone.
        near: rows of the new image's neighbours.
        colour: of the lines, as #rrggbb.
        theme: "light" or "dark".
    """
    image = ground.copy()
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
