"""Pen strokes: validate, pack for a URL, rasterise."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw

from tvae.errors import is_finite

Stroke = UInt8[np.ndarray, "points 2"]
"""x and y of each point, in 256ths of the drawing's side."""

MOST_STROKES, MOST_POINTS = 60, 4_000
PEN = 0.09
"""Width of the pen in the square, as a share of its side."""
LONGEST_ADDRESS = 1_600
"""Characters that a drawing may take in an address."""
_SIDE = 512
"""Pixels a side of the picture that is drawn."""


def strokes_from_browser(sent: object) -> tuple[Stroke, ...]:
    """The checked strokes that a browser sent as flat lists of coordinates: x, y, x, y and so on.

    Anything that is not such a list is left out, as are strokes after the first 60 and points after the first 4,000.
    """
    if not isinstance(sent, list | tuple):
        return ()
    strokes: list[Stroke] = []
    room = MOST_POINTS
    for stroke in sent[:MOST_STROKES]:
        if not isinstance(stroke, list | tuple) or room == 0:
            continue
        numbers = stroke[: 2 * room]
        if not all(map(is_finite, numbers)):
            continue
        points = np.array(numbers[: len(numbers) // 2 * 2], np.float64).reshape(-1, 2)
        if len(points):
            strokes.append(np.rint(points.clip(0, 255)).astype(np.uint8))
            room -= len(points)
    return tuple(strokes)


def strokes_to_text(strokes: Sequence[Stroke]) -> str:
    """Pack the strokes as text for an address; points are left out evenly until 1,600 characters are enough."""
    for step in range(1, MOST_POINTS):
        packed = b"".join(_packed(np.concatenate([stroke[:-1:step], stroke[-1:]])) for stroke in strokes)
        text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        if len(text) <= LONGEST_ADDRESS:
            break
    return text


def strokes_from_text(text: str) -> tuple[Stroke, ...]:
    """The strokes that `strokes_to_text` packed; of a damaged text, those before the damage."""
    try:
        packed = base64.urlsafe_b64decode(text[:LONGEST_ADDRESS] + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return ()
    strokes, at = [], 0
    while at + 2 <= len(packed) and len(strokes) < MOST_STROKES:
        count = int.from_bytes(packed[at : at + 2], "big")
        points = np.frombuffer(packed[at + 2 : at + 2 + 2 * count], np.uint8)
        if count == 0 or len(points) < 2 * count:
            break
        strokes.append(points.reshape(-1, 2))
        at += 2 + 2 * count
    return tuple(strokes)


def _packed(stroke: Stroke) -> bytes:
    return len(stroke).to_bytes(2, "big") + stroke.tobytes()


def ink_of_strokes(strokes: Sequence[Stroke], pen: float = PEN) -> Float32[np.ndarray, "side side"]:
    """Draw the strokes with a round pen of this share of the side: 1 where there is ink, 0 elsewhere."""
    picture = Image.new("L", (_SIDE, _SIDE))
    draw = ImageDraw.Draw(picture)
    width = pen * _SIDE
    for stroke in strokes:
        points = [(float(x) * _SIDE / 255, float(y) * _SIDE / 255) for x, y in stroke]
        if len(points) > 1:
            draw.line(points, fill=255, width=round(width))
        for x, y in points:  # round ends and joints
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(picture, np.float32) / 255
