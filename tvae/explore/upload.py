"""Decode an uploaded picture to grey values or colours, with limits."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageOps

from tvae.data.own.sources.pictures import oversize, too_many_pixels, what_it_is
from tvae.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""Formats that Pillow may read: security faults were found in its rarer readers."""
MOST_BYTES = 8 * 2**20
LONGEST_SIDE = 1024
"""Pixels kept of the longer side: a digit ends in 28."""
_MODES: dict[Literal[1, 3], str] = {1: "L", 3: "RGB"}
"""Pillow's name of each number of channels."""


@dataclass(frozen=True, eq=False)
class Upload:
    """An uploaded picture, upright, laid on a background where it was transparent; at most 1,024 pixels a side."""

    values: Float32[np.ndarray, "height width channels"]
    """Values in [0, 1]: luma, or red, green and blue."""
    notes: tuple[str, ...]
    """Sentences on how the picture was changed, for the person who sent it."""

    @property
    def grey(self) -> Float32[np.ndarray, "height width"]:
        """The luma of a picture that was read as grey."""
        return self.values[..., 0]


def read_upload(content: bytes, channels: Literal[1, 3] = 1) -> Upload:
    """Read the picture in these bytes as grey or in colour, whatever the name of its file.

    Of an animation the first frame is taken. EXIF rotation is applied. Sixteen-bit grey is scaled by its own range
    (Pillow would clip it). Transparent pictures are laid on white, or on black where their visible part is light.

    Raises:
        InputError: no bytes or more than 8 MB; not one of `FORMATS`; larger than `oversize` allows; cut short or
            broken; entirely transparent.
    """
    if not content:
        raise InputError("upload: the file is empty; send a picture")
    if len(content) > MOST_BYTES:
        raise InputError(f"upload: {len(content) / 2**20:.1f} MB; at most {MOST_BYTES >> 20} MB are taken")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"upload: {too_many_pixels()}") from None
    except Exception:  # Pillow's own error types are several, and not documented
        raise InputError(f"upload: {what_it_is(content)}; a PNG, JPEG, WebP, GIF or BMP picture is right") from None
    if problem := oversize(*image.size):
        raise InputError(f"upload: {problem}")
    notes = []
    try:
        if getattr(image, "is_animated", False):
            notes.append("Of an animation, the first frame is taken.")
        # A JPEG decodes at a fraction of its size for far less work.
        image.draft(_MODES[channels], (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
        upright = ImageOps.exif_transpose(image)
        if upright.size != image.size or image.getexif().get(0x0112, 1) != 1:
            notes.append("Turned upright, as its EXIF data say.")
        values, background = _values(upright, channels)
    except InputError:
        raise
    except Exception as error:  # as above
        raise InputError(f"upload: the picture is cut short or broken ({_one_line(error)}); save it again") from None
    if background:
        notes.append(f"Transparent parts are laid on {background}.")
    return Upload(_bounded(values), tuple(notes))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _values(image: Image.Image, channels: Literal[1, 3]) -> tuple[Float32[np.ndarray, "height width channels"], str]:
    """Grey values or colours, and what a transparent picture was laid on."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(image).astype(np.float32)
        low, high = float(values.min()), float(values.max())
        if not np.isfinite([low, high]).all():
            raise InputError("upload: holds values that are not finite; save it as 8-bit PNG")
        grey = ((values - low) / ((high - low) or 1.0)).astype(np.float32)
        return np.repeat(grey[..., None], channels, axis=2), ""
    mode = _MODES[channels]
    if not image.has_transparency_data:
        return _shares_of_255(_reduced(image.convert(mode))), ""
    both = _shares_of_255(_reduced(image.convert("RGBA")).convert("LA" if channels == 1 else "RGBA"))
    values, alpha = both[..., :channels], both[..., channels:]  # (height, width, channels), (height, width, 1)
    opacity = float(alpha.sum())
    if opacity == 0:
        raise InputError("upload: the picture is transparent throughout; there is nothing to see")
    if alpha.min() == 1:
        return values, ""
    light = float((values * alpha).sum()) / (channels * opacity) > 0.5
    return values * alpha + (0.0 if light else 1.0) * (1 - alpha), "black" if light else "white"


def _reduced(image: Image.Image) -> Image.Image:
    """The picture averaged over whole blocks, with no fewer pixels on its longer side than are kept.

    As floats, 16 million pixels and their opacity would take half a gigabyte.
    """
    factor = max(image.size) // LONGEST_SIDE
    return image.reduce(factor) if factor > 1 else image


def _shares_of_255(image: Image.Image) -> Float32[np.ndarray, "height width bands"]:
    values = np.asarray(image, np.float32) / 255
    return values[..., None] if values.ndim == 2 else values


def _bounded(values: Float32[np.ndarray, "h w channels"]) -> Float32[np.ndarray, "height width channels"]:
    height, width, _ = values.shape
    share = LONGEST_SIDE / max(height, width)
    if share >= 1:
        return values
    size = (max(1, round(share * width)), max(1, round(share * height)))
    bands = np.moveaxis(values, 2, 0)
    return np.stack([np.asarray(Image.fromarray(band).resize(size, Image.Resampling.BOX)) for band in bands], axis=2)
