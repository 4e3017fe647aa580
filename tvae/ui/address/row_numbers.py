"""Row numbers as URL text."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

import numpy as np
from jaxtyping import Bool, Int

LONGEST_LIST = 300
"""Most characters of a list that stays readable; longer lists are packed."""

LONGEST = 2_000
"""Most characters of rows in an address; some browsers and mail programs cut longer ones."""

_PACKED = "z"
_LARGEST = 1 << 20
"""Most bytes that packed bits may decompress to: eight million rows."""


def rows_to_address(rows: Int[np.ndarray, " m"], n: int) -> str | None:
    """The rows as text; None where even packed they are too long for an address.

    Args:
        rows: sorted, without repeats, from 0 to n - 1.
    """
    if len(rows) == 0:
        return ""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    runs = np.split(rows, breaks)
    if len(runs) <= LONGEST_LIST:
        text = ".".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in runs)
        if len(text) <= LONGEST_LIST:
            return text
    lit: Bool[np.ndarray, " n"] = np.zeros(n, bool)
    lit[rows] = True
    packed = base64.urlsafe_b64encode(zlib.compress(np.packbits(lit).tobytes(), 9)).decode().rstrip("=")
    return f"{_PACKED}{packed}" if len(packed) < LONGEST else None


def rows_from_address(text: str, n: int) -> tuple[Int[np.ndarray, " m"], int]:
    """The rows that an address names, sorted, and how many pieces of it name none of the n rows.

    An address may say anything: what can't be read, is not a row or is beyond `LONGEST` characters is dropped.
    """
    none = np.zeros(0, np.int64)
    if not text:
        return none, 0
    if len(text) > LONGEST:
        return none, 1
    if text.startswith(_PACKED):
        lit = _unpacked(text[len(_PACKED) :])
        if lit is None:
            return none, 1
        rows = np.flatnonzero(lit)
        return rows[rows < n], int((rows >= n).sum())
    mask, dropped = np.zeros(n, bool), 0
    for piece in re.split(r"[.,\s]+", text.strip()):
        match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", piece)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if last < first or first >= n:
            dropped += 1
            continue
        mask[first : last + 1] = True
        dropped += last >= n
    return np.flatnonzero(mask), dropped


def _unpacked(text: str) -> Bool[np.ndarray, " bits"] | None:
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = zlib.decompressobj().decompress(packed, _LARGEST)
    except (binascii.Error, ValueError, zlib.error):
        return None
    return np.unpackbits(np.frombuffer(content, np.uint8)).astype(bool)
