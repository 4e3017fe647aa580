"""Arrays in .npz and safetensors files, read with a size limit and checked."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from tvae.errors import InputError

HEADER_LIMIT = 100_000

NPZ_LIMIT = 2**32
"""Bytes of arrays that one .npz file may hold, unless a caller allows less."""


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
    """The header of a safetensors file, at most `limit` bytes: shape and type of each tensor by name.

    Raises:
        InputError: cut, garbled, larger, or with a name twice.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(limit, len(content) - 8):
        raise InputError(f"{where}: cut short or not a safetensors file")

    def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise InputError(f"{where}: its header names a tensor twice")
        return dict(pairs)

    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=unique_keys)
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


def npz_arrays(content: bytes, limit: int = NPZ_LIMIT) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, at most `limit` bytes of them; never unpickles.

    Not read by numpy, which allocates as much memory as a header claims before it reads the data.

    Raises:
        InputError: it is not such a file, or holds more.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > limit:
                raise ValueError(f"more than {limit:,} bytes")
            return {member.filename.removesuffix(".npy"): _npy_array(archive.read(member)) for member in members}
    except (ValueError, OSError, EOFError, KeyError, OverflowError, MemoryError) as error:
        raise InputError(f"not an .npz file of plain arrays ({error})") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:  # unusual or damaged members
        raise InputError(f"not an .npz file of plain arrays ({error})") from None


def _npy_array(content: bytes) -> np.ndarray:
    """The array of an .npy file that is as long as its header says (reshape refuses any other length)."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("another version of the array format")
    shape, column_major, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise ValueError("an array of objects")
    return np.frombuffer(stream.read(), dtype).reshape(shape, order="F" if column_major else "C").copy()


def content_key(*arrays: np.ndarray) -> str:
    """SHA-256 in hex over types, shapes and all bytes of the arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
