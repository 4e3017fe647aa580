"""Decode an uploaded picture to grey values, with limits."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageOps

from tvae.data.own.sources.pictures import what_it_is
from tvae.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""Formats that Pillow may read: security faults were found in its rarer readers."""
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 16_000_000
"""A phone's photograph fits; Pillow itself would go on to 179 million, which is 700 MB in memory."""
LONGEST_SIDE = 1024
"""Pixels kept of the longer side: a digit ends in 28."""


@dataclass(frozen=True, eq=False)
class Upload:
    """An uploaded picture as grey values."""

    grey: Float32[np.ndarray, "height width"]
    """Luma in [0, 1], upright, laid on a background where it was transparent; at most 1,024 pixels a side."""
    notes: tuple[str, ...]
    """What was done to the picture that a person would want to know, a sentence each."""


def read_upload(content: bytes) -> Upload:
    """Read the picture in these bytes, whatever the name of its file.

    Of an animation the first frame is taken. EXIF rotation is applied. Sixteen-bit grey is scaled by its own range
    (Pillow would clip it). Transparent pictures are laid on white, or on black where their visible part is light.

    Raises:
        InputError: no bytes or more than 8 MB; not one of `FORMATS`; more than 16 million pixels; cut short or broken;
            entirely transparent.
    """
    if not content:
        raise InputError("upload: the file is empty; send a picture")
    if len(content) > MOST_BYTES:
        raise InputError(f"upload: {len(content) / 2**20:.1f} MB; at most {MOST_BYTES >> 20} MB are taken")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(_too_many("more than 89 million")) from None
    except Exception:  # Pillow's own error types are several, and not documented
        raise InputError(f"upload: {what_it_is(content)}; a PNG, JPEG, WebP, GIF or BMP picture is right") from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise InputError(_too_many(f"{width:,} × {height:,}"))
    notes = []
    try:
        if getattr(image, "is_animated", False):
            notes.append("Of an animation, the first frame is taken.")
        image.draft("L", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG decodes at a fraction of its size for far less work
        image.load()
        upright = ImageOps.exif_transpose(image)
        if upright.size != image.size or image.getexif().get(0x0112, 1) != 1:
            notes.append("Turned upright, as its EXIF data say.")
        grey, background = _grey(upright)
    except InputError:
        raise
    except Exception as error:  # as above
        raise InputError(f"upload: the picture is cut short or broken ({_one_line(error)}); save it again") from None
    if background:
        notes.append(f"Transparent parts are laid on {background}.")
    return Upload(_bounded(grey), tuple(notes))


def _too_many(pixels: str) -> str:
    return f"upload: {pixels} pixels; at most {MOST_PIXELS // 10**6} million are taken, so scale it down"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _grey(image: Image.Image) -> tuple[Float32[np.ndarray, "height width"], str]:
    """Grey values, and what a transparent picture was laid on."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(image).astype(np.float64)
        low, high = float(values.min()), float(values.max())
        if not np.isfinite([low, high]).all():
            raise InputError("upload: holds values that are not finite; save it as 8-bit PNG")
        return ((values - low) / ((high - low) or 1.0)).astype(np.float32), ""
    if not image.has_transparency_data:
        return np.asarray(image.convert("L"), np.float32) / 255, ""
    both = np.asarray(image.convert("RGBA").convert("LA"), np.float32) / 255  # (height, width, 2)
    grey, alpha = both[..., 0], both[..., 1]
    opacity = float(alpha.sum())
    if opacity == 0:
        raise InputError("upload: the picture is transparent throughout; there is nothing to see")
    if alpha.min() == 1:
        return grey, ""
    light = float((grey * alpha).sum()) / opacity > 0.5
    return grey * alpha + (0.0 if light else 1.0) * (1 - alpha), "black" if light else "white"


def _bounded(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "height width"]:
    height, width = grey.shape
    share = LONGEST_SIDE / max(height, width)
    if share >= 1:
        return grey
    size = (max(1, round(share * width)), max(1, round(share * height)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
