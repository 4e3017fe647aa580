"""IDX, gzip and bzip2 content, read with a size limit."""

from __future__ import annotations

import bz2
import gzip
import io
import math
import zlib

import numpy as np
from jaxtyping import UInt8

from tvae.errors import InputError

_UNSIGNED_BYTES = 8
"""Third byte of an IDX file of unsigned bytes: the only number type that we read ourselves."""


def gunzip(content: bytes, limit: int, where: str) -> bytes:
    """The unpacked content, at most `limit` bytes.

    Raises:
        InputError: not gzip, cut, garbled, or more than `limit` bytes unpacked.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            unpacked = stream.read(limit + 1)  # one more, so that the end and its checksum are reached
    except EOFError:
        raise InputError(f"{where}: the gzip stream is cut off after {len(content):,} bytes") from None
    except (OSError, zlib.error) as error:
        raise InputError(f"{where}: not a sound gzip file ({error})") from None
    if len(unpacked) > limit:
        raise InputError(f"{where}: unpacks to more than the {limit:,} bytes expected")
    return unpacked


def bunzip2(content: bytes, limit: int, where: str) -> bytes:
    """The unpacked content, at most `limit` bytes.

    Raises:
        InputError: not bzip2, cut, garbled, or more than `limit` bytes unpacked.
    """
    stream = bz2.BZ2Decompressor()
    try:
        unpacked = stream.decompress(content, limit + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: not a sound bzip2 file ({error})") from None
    if len(unpacked) > limit:
        raise InputError(f"{where}: unpacks to more than the {limit:,} bytes expected")
    if not stream.eof:
        raise InputError(f"{where}: the bzip2 stream is cut off after {len(content):,} bytes")
    return unpacked


def idx_size(shape: tuple[int, ...]) -> int:
    """Bytes of the IDX file that holds one unsigned byte for each cell of this shape."""
    return 4 + 4 * len(shape) + math.prod(shape)


def idx_array(content: bytes, where: str) -> UInt8[np.ndarray, "*shape"]:
    """The array that an IDX file holds, as a read-only view of `content`.

    Args:
        content: the whole file: two zero bytes, the number type, the number of axes, each axis' length as a
            big-endian 32-bit number, then the cells in row-major order.
        where: the file's name, for the message.

    Raises:
        InputError: another magic number, or a length that differs from what the header announces.
    """
    if len(content) < 4:
        raise InputError(f"{where}: {len(content)} bytes are too few for an IDX file, whose header has 8 or more")
    axes = content[3]
    if content[:3] != bytes([0, 0, _UNSIGNED_BYTES]) or axes not in (1, 3):
        raise InputError(
            f"{where}: begins with bytes {content[:4].hex()}; an IDX file of labels begins with 00000801,"
            " one of images with 00000803"
        )
    header = 4 + 4 * axes
    if len(content) < header:
        raise InputError(f"{where}: {len(content)} bytes end within the header, which has {header}")
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, header, 4))
    if len(content) != idx_size(shape):
        raise InputError(
            f"{where}: {len(content):,} bytes, but its header announces {'x'.join(map(str, shape))} values,"
            f" which make {idx_size(shape):,}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def idx_content(array: UInt8[np.ndarray, "*shape"]) -> bytes:
    """The IDX file that holds the array."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, _UNSIGNED_BYTES, array.ndim]) + lengths + array.tobytes()
