"""Decode a picture's bytes to eight bits a channel, with limits."""

from __future__ import annotations

import io
import itertools
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float64, Int64
from PIL import Image, ImageOps

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.reading import Flaw, Look, Picture
from tvae.system.limits import limits

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that Pillow may read: security faults were found in its rarer readers."""
LEAST_SIDE, MOST_SIDE = 2, 20_000
BLOCK_BYTES = 32 * 2**20
"""Bytes of encoded pictures that are held in memory from the first look until they are kept."""
RIGHT = "a PNG, JPEG, WebP, GIF, BMP or TIFF picture is right"

_OPENINGS = {
    b"<svg": "an SVG drawing",
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"%pdf": "a PDF",
    b"pk\3\4": "a zip inside; take it in on its own",
    b"\x1f\x8b": "a gzip file; unpack it",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; make a zip",
    b"rar!": "a RAR archive; make a zip",
}
# A picture's faults are ours to name, in a line each; Pillow would also print its own about some.
warnings.filterwarnings("ignore", module=r"PIL\.")

_WHOLE_NUMBERS = ("I;16", "I;16B", "I;16L", "I;16N", "I")
_ORIENTATION = 0x0112
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}
_JPEG_END = b"\xff\xd9"


@dataclass
class Whites:
    """The value that is taken for white, of pictures with more than eight bits a channel.

    It is one value for all pictures of a source, so that a dark one stays darker than a bright one.
    """

    whole: float = 0.0
    """Greatest value of 16-bit pictures so far."""
    fractions: float = 0.0
    """Greatest value of pictures with fractions so far."""

    @property
    def white_whole(self) -> float:
        """The full range of the smallest number of bits that holds every value."""
        return float(2 ** max(8, math.ceil(math.log2(self.whole + 1))) - 1)

    @property
    def white_fraction(self) -> float:
        """1 where no value is above it, else 255."""
        return 1.0 if self.fractions <= 1 else 255.0

    def notes(self) -> list[str]:
        """A sentence for each kind of values."""
        notes = []
        if self.whole:
            notes.append(f"16-bit pictures: values up to {self.whole:,.0f}; {self.white_whole:,.0f} is taken as white")
        if self.fractions:
            taken = "in [0, 1], taken as shares of white" if self.white_fraction == 1 else "in [0, 255]; 255 is white"
            notes.append(f"pictures of fractions: values {taken}")
        return notes


class Contents(Protocol):
    """Encoded pictures by row."""

    def __len__(self) -> int: ...

    def contents(self, rows: Int64[np.ndarray, " m"] | range) -> Iterator[bytes | Flaw]:
        """The bytes of the pictures of these rows, which ascend."""
        ...


class EncodedPictures:
    """Pictures in files or table cells (see `Pictures`)."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._whites = Whites()
        self._first: list[bytes | Flaw] = []  # of the first rows, so that few pictures are read once

    def looks(self) -> Iterator[Look | Flaw]:
        size, self._first = 0, []
        for row, content in enumerate(self._contents.contents(range(len(self._contents)))):
            size += 0 if isinstance(content, Flaw) else len(content)
            if size <= BLOCK_BYTES and row == len(self._first):
                self._first.append(content)
            yield content if isinstance(content, Flaw) else look_at(content, self._whites)

    def notes(self) -> list[str]:
        return self._whites.notes()

    def decoded(self, rows: Int64[np.ndarray, " m"], least_side: int) -> Iterator[Picture | Flaw]:
        at_hand = int(np.searchsorted(rows, len(self._first)))
        first = (self._first[row] for row in rows[:at_hand])
        rest = self._contents.contents(rows[at_hand:]) if at_hand < len(rows) else ()
        for content in itertools.chain(first, rest):
            yield content if isinstance(content, Flaw) else decoded(content, self._whites, least_side)


def look_at(content: bytes, whites: Whites) -> Look | Flaw:
    """Size and channels of a picture; the greatest value of more than eight bits is kept in `whites`.

    It is decoded where its header doesn't say enough, and where its end isn't one.
    """
    if content.startswith(_PNG) and content.endswith(_PNG_END) and content[12:16] == b"IHDR":
        width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
        bits, kind = content[24], content[25]
        if bits <= 8 and kind in _PNG_CHANNELS and b"eXIf" not in content[:4096] and b"acTL" not in content[:4096]:
            is_transparent = kind in (4, 6) or b"tRNS" in content[33:4096]
            traits = ("transparent",) if is_transparent else ()
            return _size_flaw(width, height) or Look(height, width, _PNG_CHANNELS[kind], traits)
    image = _opened(content)
    if isinstance(image, Flaw):
        return image
    try:
        traits = _traits(image)
    except Exception as error:  # as for opening: some formats are decoded to their end for it
        return _broken(error)
    if image.format == "JPEG" and _JPEG_END in content[-64:]:
        turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        width, height = reversed(image.size) if turned else image.size
        return Look(height, width, 1 if image.mode == "L" else 3, traits)
    values = _many_bits(image)
    if isinstance(values, Flaw):
        return values
    if values is not None:
        if image.mode == "F":
            whites.fractions = max(whites.fractions, float(values.max()))
        else:
            whites.whole = max(whites.whole, float(values.max()))
        return Look(values.shape[0], values.shape[1], 1, traits)
    picture = _eight_bits(image)
    if isinstance(picture, Flaw):
        return picture
    return Look(picture.height, picture.width, 1 if picture.mode == "L" else 3, traits)


def decoded(content: bytes, whites: Whites, least_side: int) -> Picture | Flaw:
    """The picture in these bytes, upright, on white where it was transparent; of an animation the first frame.

    Args:
        whites: as `look_at` has filled it.
        least_side: a JPEG is decoded at a fraction of its size, but not below four times this many pixels a side.
    """
    image = _opened(content)
    if isinstance(image, Flaw):
        return image
    values = _many_bits(image)
    if isinstance(values, Flaw):
        return values
    if values is not None:
        white = whites.white_fraction if image.mode == "F" else whites.white_whole
        return np.rint(np.clip(values * (255 / white), 0, 255)).astype(np.uint8)
    if image.format == "JPEG":
        image.draft(None, (4 * least_side, 4 * least_side))
    return _eight_bits(image)


def what_it_is(content: bytes) -> str:
    """Sentence on bytes that are no picture, such as "this is an HTML page, whatever its name says"."""
    if not content:
        return "the file is empty"
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for opening, kind in _OPENINGS.items():
        if start.startswith(opening) or (start.startswith(b"<?xml") and opening in start):
            return f"this is {kind}, whatever its name says"
    return "this is no picture that can be read"


def _opened(content: bytes) -> Image.Image | Flaw:
    """The picture, not decoded yet, or why it can't be."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Flaw(too_many_pixels())
    except Exception:  # Pillow's own error types are several, and not documented
        return Flaw(f"{what_it_is(content)}; {RIGHT}")
    return _size_flaw(*image.size) or image


def _size_flaw(width: int, height: int) -> Flaw | None:
    if problem := oversize(width, height):
        return Flaw(problem)
    if min(width, height) < LEAST_SIDE:
        return Flaw(f"{width} × {height} pixels; at least {LEAST_SIDE} × {LEAST_SIDE} are needed")
    return None


def oversize(width: int, height: int) -> str:
    """Why a picture of this size is not decoded; empty where it may be."""
    if width * height > limits().pixels:
        return too_many_pixels(f"{width:,} × {height:,}")
    if max(width, height) > MOST_SIDE:
        return f"{width:,} × {height:,} pixels; at most {MOST_SIDE:,} a side are taken, so cut it"
    return ""


def too_many_pixels(pixels: str = "more than 89 million") -> str:
    """Why a picture of too many pixels is not decoded: by default of as many as Pillow itself refuses."""
    return f"{pixels} pixels; at most {limits().pixels / 10**6:g} million are taken, so scale it down"


def _traits(image: Image.Image) -> tuple[str, ...]:
    traits = []
    if getattr(image, "n_frames", 1) > 1:
        traits.append("animated")
    if image.getexif().get(_ORIENTATION, 1) != 1:
        traits.append("turned")
    if image.has_transparency_data:
        traits.append("transparent")
    if image.mode == "CMYK":
        traits.append("cmyk")
    return tuple(traits)


def _many_bits(image: Image.Image) -> Float64[np.ndarray, "height width"] | Flaw | None:
    """The upright values of a picture with more than eight bits a channel; None where it has eight."""
    if image.mode not in (*_WHOLE_NUMBERS, "F"):
        return None
    try:
        values = np.asarray(ImageOps.exif_transpose(image), np.float64)
    except Exception as error:  # as above
        return _broken(error)
    if not np.isfinite(values).all():
        return Flaw("holds values that are not finite; save it with 8 or 16 bits")
    low, high = float(values.min()), float(values.max())
    most = 255.0 if image.mode == "F" else 65_535.0
    if low < 0 or high > most:
        right = "[0, 1] or [0, 255]" if image.mode == "F" else "0 to 65,535"
        return Flaw(f"holds values from {low:g} to {high:g}; right is {right}")
    return values


def _eight_bits(image: Image.Image) -> Image.Image | Flaw:
    """The upright picture as grey or as red, green and blue."""
    try:
        image.load()
        if image.mode in ("L", "RGB") and not image.info:  # nothing more is said about it
            return image
        if image.getexif().get(_ORIENTATION, 1) != 1:
            image = ImageOps.exif_transpose(image)
        if image.has_transparency_data:
            is_grey = image.mode in ("LA", "La", "L", "1")
            layers = image.convert("RGBA")
            white = Image.new("RGBA", layers.size, (255, 255, 255, 255))
            return Image.alpha_composite(white, layers).convert("L" if is_grey else "RGB")
        if image.mode == "L" or image.mode == "RGB":
            return image
        return image.convert("L" if image.mode == "1" else "RGB")
    except Exception as error:  # as above
        return _broken(error)


def _broken(error: Exception) -> Flaw:
    return Flaw(f"the picture is cut short or broken ({one_line(error, 120) or type(error).__name__}); save it again")
