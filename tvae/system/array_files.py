"""Arrays in .npz and safetensors files, read with a size limit and checked."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, TypeVar

import numpy as np
import safetensors.numpy

from tvae.errors import InputError
from tvae.system.strict_json import Whole, checked, read_json
from tvae.system.zip_file import checked_zip

_T = TypeVar("_T")
HEADER_LIMIT = 100_000
_METADATA = "__metadata__"
_MOST_ARRAYS = 10_000

NPZ_LIMIT = 2**32
"""Bytes of arrays that one .npz file may hold, unless a caller allows less."""


Weights = dict[str, np.ndarray]
"""An arm's tensors by name."""


def parse_weights(
    content: bytes, shapes: Mapping[str, tuple[int, ...]], where: str, header_limit: int = HEADER_LIMIT
) -> Weights:
    """The tensors in the bytes of a safetensors file, half precision widened to float32.

    Raises:
        InputError: as `safetensors_arrays`, naming `where` and the difference.
    """
    forms = {name: (("F32", "F16"), shape) for name, shape in shapes.items()}
    tensors = safetensors_arrays(content, forms, where, header_limit)
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def safetensors_arrays(
    content: bytes, forms: Mapping[str, tuple[Sequence[str], tuple[int, ...]]], where: str, header_limit: int
) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file.

    The header is checked before any array is made: the library itself accepts doubled keys and giant empty shapes.

    Args:
        forms: the types that an array may have, as safetensors calls them, and its shape, by name.

    Raises:
        InputError: cut, garbled, of other names, types or shapes, or with a value that is not finite.
    """
    header = safetensors_header(content, where, header_limit)
    if missing := forms.keys() - header.keys():
        raise InputError(f"{where}: tensor {min(missing)!r} is missing")
    if unknown := header.keys() - forms.keys():
        raise InputError(f"{where}: unknown tensor {min(unknown)[:80]!r}")
    for name, (types, shape) in forms.items():
        stored = header[name]
        if stored["shape"] != shape:
            raise InputError(f"{where}: tensor {name!r} has shape {list(stored['shape'])}; right is {list(shape)}")
        if stored["dtype"] not in types:
            raise InputError(f"{where}: tensor {name!r} is {stored['dtype'][:20]!r}; it must be {' or '.join(types)}")
    try:
        arrays = safetensors.numpy.load(content)
    except Exception as error:  # the library's own error types are several, and not documented
        raise InputError(f"{where}: not a whole safetensors file ({error})") from None
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"{where}: tensor {name!r} holds a value that is not finite")
    return arrays


class TensorForm(TypedDict):
    """What a safetensors header says of an array."""

    dtype: str
    shape: tuple[Whole, ...]
    data_offsets: tuple[Whole, Whole]


def safetensors_header(content: bytes, where: str, limit: int = HEADER_LIMIT) -> dict[str, TensorForm]:
    """The header of a safetensors file, at most `limit` bytes: shape and type of each tensor by name.

    Raises:
        InputError: cut, garbled, larger, or with a name twice.
    """
    header = _whole_header(content, where, limit)
    header.pop(_METADATA, None)
    return checked(header, dict[str, TensorForm], where)


def safetensors_record(content: bytes, where: str, key: str, kind: type[_T], limit: int = HEADER_LIMIT) -> _T:
    """What a safetensors file's metadata hold under a key, as JSON of this type (see `strict_json.checked`).

    Raises:
        InputError: as `safetensors_header`, or there is no such key, or what it holds is not of this type.
    """
    metadata = checked(_whole_header(content, where, limit).get(_METADATA, {}), dict[str, str], where)
    return checked(read_json(metadata.get(key, ""), f"{where}: {key}"), kind, f"{where}: {key}")


def _whole_header(content: bytes, where: str, limit: int) -> dict[str, Any]:
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(limit, len(content) - 8):
        raise InputError(f"{where}: cut short or not a safetensors file")
    return checked(read_json(content[8 : 8 + length], f"{where}: header"), dict[str, Any], f"{where}: header")


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
        with checked_zip(io.BytesIO(content), "the file", _MOST_ARRAYS, limit) as archive:
            return {
                member.filename.removesuffix(".npy"): _npy_array(archive.read(member)) for member in archive.infolist()
            }
    except Exception as error:  # zipfile, zlib, numpy and the tokenizer that it reads headers with have theirs each
        raise InputError(f"not an .npz file of plain arrays ({' '.join(str(error).split())[:200]})") from None


def _npy_array(content: bytes) -> np.ndarray:
    """The array of an .npy file that is as long as its header says (reshape refuses any other length)."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("another version of the array format")
    shape, column_major, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise ValueError("an array of objects")
    return np.frombuffer(stream.read(), dtype).reshape(shape, order="F" if column_major else "C").copy()


def checked_array(
    arrays: Mapping[str, np.ndarray], name: str, kinds: str, shape: tuple[int | None, ...], where: str
) -> np.ndarray:
    """One of the arrays that a file held.

    Args:
        kinds: of its type, as numpy's `dtype.kind` calls them: "f", "i", "u" and "b", or several.
        shape: None for an axis of any length.
        where: what messages call the file.

    Raises:
        InputError: there is none of this name, or it has another type or shape, or a value that is not finite.
    """
    if name not in arrays:
        raise InputError(f"{where}: no array {name!r}")
    array = np.asarray(arrays[name])
    if array.ndim != len(shape) or any(right not in (None, n) for right, n in zip(shape, array.shape, strict=True)):
        raise InputError(f"{where}: {name} has shape {array.shape}; it must be {shape}".replace("None", "any"))
    if array.dtype.kind not in kinds or not np.isfinite(array).all():
        raise InputError(f"{where}: {name} must hold finite numbers of kind {kinds!r}; it holds {array.dtype}")
    return array


def content_key(*arrays: np.ndarray) -> str:
    """SHA-256 in hex over types, shapes and all bytes of the arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
