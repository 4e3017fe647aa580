"""Gzip content unpacked in memory with a bound, so that a small file cannot fill the memory."""

from __future__ import annotations

import gzip
import io
import zlib

from tvae.config import InputError


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
