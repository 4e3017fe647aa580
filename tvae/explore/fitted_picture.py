"""Crop and scale an own picture in colour to the frame of a data set."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps

DESCRIPTION = "cut to its middle part of the frame's aspect, and scaled to {height} × {width} pixels"
"""Description of `fitted_picture` for a page."""


def fitted_picture(picture: Float[np.ndarray, "h w 3"], height: int, width: int) -> UInt8[np.ndarray, "height width 3"]:
    """The largest central part of the picture with the frame's aspect ratio, scaled to the frame.

    Scaling down averages areas; scaling up is bilinear.

    Args:
        picture: red, green and blue in [0, 1].
    """
    whole = Image.fromarray(np.rint(255 * np.asarray(picture)).astype(np.uint8))
    resampling = Image.Resampling.BOX if min(whole.height / height, whole.width / width) >= 1 else None
    fitted = ImageOps.fit(whole, (width, height), resampling or Image.Resampling.BILINEAR)
    return np.array(fitted)
