"""Binary blocks that the maps' browser code reads: positions, neighbours, values, thumbnails.

Budget: at most 24 bytes a point and map beside the sprite sheet. Positions take 4 (two 16-bit steps of the layout's
extent), the label at most 1 (both maps share it), a value to colour by 1.5, and each neighbour as many bits as a row
number needs; neighbours beyond `neighbours_that_fit` are left off, the farthest first.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Integer, UInt8

from tvae.errors import InputError

BYTES_PER_POINT = 24
MOST_NEIGHBOURS = 10
THUMBNAIL_SIDE = 40
"""Pixels; larger images are averaged down, because thumbnails are not drawn much larger than this."""
_SHADES_OF_STROKES = (np.rint(np.arange(256) / 17) * 17).astype(np.uint8)
"""Sixteen shades, in which nobody sees a small stroke's edge differ; they take 37 % less than 256 (MNIST)."""
_STEPS = 65535
_SHADES = 4094
_MISSING = 4095


@dataclass(frozen=True)
class Blob:
    """Bytes for the browser, and a name for them; equal content has an equal name."""

    id: str
    data: bytes


def packed_blob(header: dict[str, object], payload: bytes) -> Blob:
    body = json.dumps(header, sort_keys=True).encode()
    name = hashlib.sha256(body + payload).hexdigest()[:20]
    head = json.dumps({**header, "id": name}, sort_keys=True).encode()
    head += b" " * (-(len(head) + 4) % 8)  # typed arrays need the payload to start at a multiple of their size
    return Blob(name, len(head).to_bytes(4, "little") + head + payload)


def geometry_blob(layouts: Sequence[Float[np.ndarray, "n 2"]], labels: Integer[np.ndarray, " n"]) -> Blob:
    """The layouts and the labels. Positions are rounded to 1/65535 of their layout's larger extent.

    Args:
        layouts: of each map in its own units, all of the same rows.
        labels: class of each row, 0 and up.
    """
    sides, packed = [], []
    for layout in layouts:
        low = layout.min(axis=0).astype(np.float64)
        extent = layout.max(axis=0).astype(np.float64) - low
        span = float(extent.max()) or 1.0
        steps = np.rint((layout - low) / span * _STEPS).astype("<u2")
        sides.append({"low": low.tolist(), "extent": extent.tolist(), "span": span})
        packed.append(steps.tobytes())
    wide = int(labels.max(initial=0)) > 255
    packed.append(labels.astype("<u2" if wide else "u1").tobytes())
    header = {"kind": "geometry", "rows": len(labels), "sides": sides, "label_bytes": 2 if wide else 1}
    return packed_blob(header, b"".join(packed))


def neighbours_that_fit(rows: int) -> int:
    """Number of neighbours a point that fit within `BYTES_PER_POINT` (10 at 10,000 rows, 8 at 70,000)."""
    bits = max(1, (rows - 1).bit_length())
    left_over = 8 * (BYTES_PER_POINT - 4 - 1) - 12  # position and label in bytes, colour value in bits
    return min(MOST_NEIGHBOURS, left_over // bits)


def neighbours_blob(left: Integer[np.ndarray, "n k"] | None, right: Integer[np.ndarray, "n k"] | None) -> Blob:
    """Nearest rows of each row, one table for each map, nearest first; `None` leaves that map without lines."""
    tables, packed = [], []
    for table in (left, right):
        if table is None:
            tables.append(None)
            continue
        rows = len(table)
        kept = np.ascontiguousarray(table[:, : neighbours_that_fit(rows)])
        bits = max(1, (rows - 1).bit_length())
        as_bits = np.unpackbits(kept.astype(">u4").view(np.uint8).reshape(-1, 4), axis=1)[:, 32 - bits :]
        payload = np.packbits(as_bits).tobytes() + b"\0" * 4  # the reader looks at four bytes at a time
        tables.append({"k": kept.shape[1], "bits": bits, "bytes": len(payload)})
        packed.append(payload)
    return packed_blob({"kind": "neighbours", "tables": tables}, b"".join(packed))


def values_blob(*sides: Float[np.ndarray, " n"]) -> Blob:
    """One number for each row and map to colour by, rounded to 1/4094 of their joint range; NaN stays missing.

    The maps come in pairs, the last one twice where their number is odd. A row's two numbers share three bytes: the
    first one's low eight bits, its high four and the second one's low four, the second one's high eight.
    """
    values = np.stack([*sides, *sides[-1:] * (len(sides) % 2)]).astype(np.float64)
    finite = np.isfinite(values)
    low = float(values[finite].min()) if finite.any() else 0.0
    span = (float(values[finite].max()) - low if finite.any() else 0.0) or 1.0
    scaled = np.where(finite, (values - low) / span, 0.0)
    steps = np.where(finite, np.rint(scaled * _SHADES), _MISSING).astype(np.uint16)
    first, second = steps[::2], steps[1::2]
    packed = np.stack([first & 255, first >> 8 | (second & 15) << 4, second >> 4], axis=2).astype(np.uint8)
    header = {"kind": "values", "sides": len(sides), "low": low, "step": span / _SHADES}
    return packed_blob(header, packed.tobytes())


def sprite_sheet(images: UInt8[np.ndarray, "n height width channels"]) -> Blob:
    """All thumbnails in one compressed sheet, in the order of the rows. Build it once and keep it: it takes a while.

    Strokes on black have 16 shades; other images keep theirs.

    Args:
        images: with one channel grey, with three in colour.

    Raises:
        InputError: the array has another type or shape.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3) or images.size == 0:
        right = "uint8 (n, height, width, channels) with 1 or 3 channels"
        raise InputError(f"thumbnails: {images.dtype} {images.shape} is not possible; they must be {right}")
    shrink = -(-max(images.shape[1:3]) // THUMBNAIL_SIDE)
    if shrink > 1:
        n, height, width, channels = images.shape
        height, width = max(1, height // shrink), max(1, width // shrink)
        blocks = images[:, : height * shrink, : width * shrink].reshape(n, height, -1, width, shrink, channels)
        images = blocks.mean(axis=(2, 4)).astype(np.uint8)
    _, height, width, channels = images.shape
    # White strokes on black can be drawn in the class's colour on the map; photographs can't.
    strokes = channels == 1 and float(np.median(images[:: max(1, len(images) // 500)])) == 0.0
    if strokes:
        images = _SHADES_OF_STROKES[images]
    header = {"kind": "sprites", "height": height, "width": width, "channels": channels, "strokes": strokes}
    return packed_blob(header, zlib.compress(images.tobytes(), 6))


def rows_to_text(rows: Integer[np.ndarray, " m"], n: int) -> str:
    """A set of rows as base64 of one bit a row (1.7 kB for 10,000 rows); empty text for no rows."""
    if len(rows) == 0:
        return ""
    lit: Bool[np.ndarray, " n"] = np.zeros(n, dtype=bool)
    lit[rows] = True
    return base64.b64encode(np.packbits(lit, bitorder="little").tobytes()).decode("ascii")


def text_to_rows(text: object, n: int) -> Int[np.ndarray, " m"]:
    """The rows that `rows_to_text` wrote, sorted. What comes from a browser may be anything: other text has no rows."""
    try:
        packed = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        packed = b""
    if len(packed) != -(-n // 8):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")[:n])
