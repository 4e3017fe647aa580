"""A small grey image packed for a URL."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image

from tvae.explore.preparation import cropped_to_ink

SIDE = 40
"""Pixels kept of the longer side: twice the box that MNIST's digits are scaled into."""
_GREYS = 15
"""Greatest grey value: half a byte a pixel."""
LONGEST = 1_120
"""Characters that the text may have: the worst case of 40 x 40 pixels at half a byte, and what holds them."""


def ink_to_text(ink: Float[np.ndarray, "h w"]) -> str:
    """Pack the ink of an image as text: cropped to its ink, at most 40 pixels a side, in 16 grey values.

    The greatest value counts as 1.

    Raises:
        InputError: no ink at all.
    """
    crop = cropped_to_ink(ink)
    share = min(1.0, SIDE / max(crop.shape))
    height, width = (max(1, round(share * side)) for side in crop.shape)
    small = np.asarray(Image.fromarray(crop).resize((width, height), Image.Resampling.BOX))
    greys = np.rint(_GREYS * small / small.max()).astype(np.uint8).ravel()
    halves = np.append(greys, np.zeros(len(greys) % 2, np.uint8)).reshape(-1, 2)
    packed = zlib.compress((halves[:, 0] << 4 | halves[:, 1]).tobytes(), 9)
    return base64.urlsafe_b64encode(bytes((height, width)) + packed).decode().rstrip("=")


def ink_from_text(text: str) -> Float32[np.ndarray, "height width"] | None:
    """The ink that `ink_to_text` packed, in [0, 1]; None for a text that is damaged or holds no ink."""
    try:
        raw = base64.urlsafe_b64decode(text[:LONGEST] + "=" * (-len(text[:LONGEST]) % 4))
        greys = zlib.decompressobj().decompress(raw[2:], SIDE * SIDE // 2)
    except (binascii.Error, ValueError, zlib.error):
        return None
    if len(raw) < 2 or not 1 <= min(raw[:2]) <= max(raw[:2]) <= SIDE or len(greys) != -(-raw[0] * raw[1] // 2):
        return None
    halves = np.frombuffer(greys, np.uint8)
    values = np.stack([halves >> 4, halves & 15], axis=1).ravel()[: raw[0] * raw[1]]
    return (values.reshape(raw[0], raw[1]) / _GREYS).astype(np.float32) if values.any() else None
