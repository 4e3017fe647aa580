"""Images packed into one sprite sheet."""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import UInt8

from tvae.figures.pillow_image import pillow_image

COLUMNS = 32


def sheet(images: UInt8[np.ndarray, "k height width channels"]) -> dict[str, object]:
    """The images row by row, 32 to a row, as a data URL with the sizes needed to find each image."""
    count, height, width, channels = images.shape
    rows = -(-count // COLUMNS)
    padded = np.zeros((rows * COLUMNS, height, width, channels), np.uint8)
    padded[:count] = images
    by_row = padded.reshape(rows, COLUMNS, height, width, channels).swapaxes(1, 2)
    buffer = io.BytesIO()
    pillow_image(by_row.reshape(rows * height, COLUMNS * width, channels)).save(buffer, "PNG")
    address = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"address": address, "columns": COLUMNS, "rows": rows, "height": height, "width": width}
