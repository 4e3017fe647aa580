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


def picture_cell(picture: UInt8[np.ndarray, "height width channels"]) -> str:
    """A picture of any size for a cell: a large one reduced, a small one enlarged as `image_cell` does."""
    drawn = Image.fromarray(picture if picture.shape[2] == 3 else picture[..., 0])
    longer = max(drawn.size)
    if longer > 2 * HEIGHT:
        drawn.thumbnail((2 * HEIGHT, 2 * HEIGHT))
    else:
        scale = 2 * HEIGHT // longer
        drawn = drawn.resize((scale * drawn.width, scale * drawn.height), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
