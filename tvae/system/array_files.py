"""Arrays in .npz and safetensors files, read with a size limit and checked."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from tvae.errors import InputError

HEADER_LIMIT = 100_000


Weights = dict[str, np.ndarray]
"""An arm's tensors by name."""


def parse_weights(
    content: bytes, shapes: Mapping[str, tuple[int, ...]], where: str, header_limit: int = HEADER_LIMIT
) -> Weights:
    """The tensors in the bytes of a safetensors file, half precision widened to float32.

    The header is checked before any tensor is made: the library itself accepts doubled keys and giant empty shapes.

    Raises:
        InputError: as `read_weights`, naming `where` and the difference.
    """
    header = safetensors_header(content, where, header_limit)
    header.pop("__metadata__", None)
    if missing := shapes.keys() - header.keys():
        raise InputError(f"{where}: tensor {min(missing)!r} is missing")
    if unknown := header.keys() - shapes.keys():
        raise InputError(f"{where}: unknown tensor {min(unknown)!r}")
    for name, shape in shapes.items():
        entry = header[name]
        stored = entry.get("shape") if isinstance(entry, dict) else None
        if stored != list(shape):
            raise InputError(f"{where}: tensor {name!r} has shape {stored}; the config asks for {list(shape)}")
        if entry.get("dtype") not in ("F32", "F16"):
            raise InputError(f"{where}: tensor {name!r} is {entry.get('dtype')!r}; it must be F32 or F16")
    try:
        tensors = safetensors.numpy.load(content)
    except Exception as error:  # the library's own error types are several, and not documented
        raise InputError(f"{where}: not a whole safetensors file ({error})") from None
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InputError(f"{where}: tensor {name!r} holds a value that is not finite")
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def safetensors_header(content: bytes, where: str, limit: int = HEADER_LIMIT) -> dict[str, Any]:
    """What a safetensors file says of its tensors, of at most `limit` bytes.

    Raises:
        InputError: cut, garbled, larger, or with a name twice.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(limit, len(content) - 8):
        raise InputError(f"{where}: cut short or not a safetensors file")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise InputError(f"{where}: its header names a tensor twice")
        return dict(pairs)

    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise InputError(f"{where}: its header is not JSON; it is not a safetensors file") from None
    if not isinstance(header, dict):
        raise InputError(f"{where}: its header is no object; it is not a safetensors file")
    return header


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The arrays as an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def npz_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an .npz file; never unpickles.

    Raises:
        InputError: it is not such a file.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"not an .npz file of plain arrays ({error})") from None


def content_key(*arrays: np.ndarray) -> str:
    """SHA-256 in hex over types, shapes and all bytes of the arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
