"""Images packed into one sprite sheet."""

from __future__ import annotations

import base64
import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image

COLUMNS = 32


def sheet(images: UInt8[np.ndarray, "k height width"]) -> dict[str, object]:
    """The images row by row, 32 to a row, as a data URL with the sizes needed to find each image."""
    count, height, width = images.shape
    rows = -(-count // COLUMNS)
    padded = np.zeros((rows * COLUMNS, height, width), np.uint8)
    padded[:count] = images
    joined = padded.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)
    buffer = io.BytesIO()
    Image.fromarray(joined).save(buffer, "PNG")
    address = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"address": address, "columns": COLUMNS, "rows": rows, "height": height, "width": width}
