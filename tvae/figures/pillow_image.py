"""An image of a data set as a Pillow picture."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def pillow_image(image: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    """The image, grey where it has one channel, in colour where it has three."""
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
