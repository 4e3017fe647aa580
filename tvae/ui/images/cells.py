"""Images as data URLs for table cells."""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from tvae.figures.pillow_image import pillow_image

HEIGHT = 56
"""Pixels of an image in its cell, on a dense screen half of what is sent."""


def image_cell(image: UInt8[np.ndarray, "height width channels"]) -> str:
    """The image enlarged to whole pixels of its own, so that a browser has nothing to blur."""
    scale = max(1, round(2 * HEIGHT / image.shape[0]))
    drawn = pillow_image(image)
    buffer = io.BytesIO()
    drawn.resize((scale * drawn.width, scale * drawn.height), Image.Resampling.NEAREST).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
