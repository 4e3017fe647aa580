"""Arrays of images in a file, read block by block: idx files and the members of an .npz."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.pictures import LEAST_SIDE
from tvae.data.own.sources.reading import Flaw, Look, Picture
from tvae.errors import InputError
from tvae.system.limits import limits

BLOCK_BYTES = 2**20
_BRIGHT = 64
"""Value from which on bytes are taken to have the usual range, 0 to 255."""
_MOST_WHOLE = 2**30
"""Bytes of an array that can't be read block by block."""
_MOST_AXES = 8
"""Axes of an array: images have four, and numpy itself has a limit that differs by version."""
READ_ERRORS = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array in a file."""

    where: str
    """Name of the array in messages."""
    open: Callable[[], BinaryIO]
    """Opens the file where the array's cells begin."""
    dtype: np.dtype
    shape: tuple[int, ...]
    column_major: bool = False

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    def blocks(self) -> Iterator[np.ndarray]:
        """The array's rows in order, about a megabyte at a time.

        Raises:
            InputError: the file is cut short or damaged.
        """
        row_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
        rows_at_once = max(1, BLOCK_BYTES // max(1, row_bytes))
        if self.column_major and len(self.shape) > 1:
            yield self._whole()
            return
        try:
            with self.open() as stream:
                for start in range(0, len(self), rows_at_once):
                    rows = min(rows_at_once, len(self) - start)
                    content = stream.read(rows * row_bytes)
                    if len(content) < rows * row_bytes:
                        row = start + len(content) // max(1, row_bytes)
                        raise InputError(f"{self.where}: cut short in row {row} of {len(self):,}; copy the file again")
                    yield np.frombuffer(content, self.dtype).reshape(rows, *self.shape[1:])
                if stream.read(1):  # also reaches the end, where a zip's and a gzip's checksums are checked
                    raise InputError(f"{self.where}: longer than its header says; save it again")
        except READ_ERRORS as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{self.where}: damaged ({one_line(error)}); copy the file again") from None

    def _whole(self) -> np.ndarray:
        size = math.prod(self.shape) * self.dtype.itemsize
        if size > _MOST_WHOLE:
            raise InputError(f"{self.where}: {size:,} bytes in column order; save np.ascontiguousarray of it")
        flat = StoredArray(self.where, self.open, self.dtype, (math.prod(self.shape),))
        return flat.read().reshape(self.shape, order="F")

    def read(self) -> np.ndarray:
        """The whole array; for labels.

        Raises:
            InputError: as for `blocks`, or it is larger than labels are.
        """
        if math.prod(self.shape) * self.dtype.itemsize > _MOST_WHOLE:
            raise InputError(f"{self.where}: too large for labels")
        return np.concatenate([np.empty((0, *self.shape[1:]), self.dtype), *self.blocks()])


def npy_array(where: str, open_file: Callable[[], BinaryIO]) -> StoredArray:
    """The array in an .npy file or a member of an .npz; nothing is ever unpickled.

    Raises:
        InputError: not such a file, or an array of objects.
    """

    def opened() -> BinaryIO:
        stream = open_file()
        _npy_header(stream)
        return stream

    try:
        with open_file() as stream:
            shape, column_major, dtype = _npy_header(stream)
    except InputError:
        raise
    except Exception as error:  # numpy's parser of the header raises its own, and the tokenizer's
        raise InputError(f"{where}: not a numpy array ({one_line(error, 120)})") from None
    if len(shape) > _MOST_AXES or any(type(length) is not int or not 0 <= length < 2**62 for length in shape):
        raise InputError(f"{where}: not a numpy array (its shape is {one_line(shape, 60)})")
    if dtype.hasobject:
        raise InputError(
            f"{where}: an array of Python objects, which may run code and is not opened; save numbers or fixed text"
        )
    return StoredArray(where, opened, dtype, shape, column_major)


def _npy_header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise ValueError(f"version {version} of the format")


def idx_array(where: str, open_file: Callable[[], BinaryIO]) -> StoredArray:
    """The array in an idx file, raw or packed with gzip.

    Raises:
        InputError: not such a file.
    """
    try:
        with open_file() as stream:
            is_packed = stream.read(2) == b"\x1f\x8b"
    except READ_ERRORS as error:
        raise InputError(f"{where}: can't be read ({one_line(error)})") from None

    def unpacked() -> BinaryIO:
        stream = open_file()
        if not is_packed:
            return stream
        packed = gzip.GzipFile(fileobj=stream)
        packed.myfileobj = stream  # closed with it  # type: ignore[assignment]
        return cast(BinaryIO, packed)

    def opened() -> BinaryIO:
        stream = unpacked()
        stream.read(header)
        return stream

    try:
        with unpacked() as stream:
            magic = stream.read(4)
            dtype, axes = idx_kind(magic)
            header = 4 + 4 * axes
            lengths = stream.read(4 * axes)
    except READ_ERRORS as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    shape = tuple(int.from_bytes(lengths[i : i + 4], "big") for i in range(0, 4 * axes, 4))
    return StoredArray(where, opened, dtype, shape)


def idx_kind(magic: bytes) -> tuple[np.dtype, int]:
    """Number type and number of axes from the first four bytes of an idx file.

    Raises:
        ValueError: they are no such bytes.
    """
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_TYPES or not 1 <= magic[3] <= 4:
        raise ValueError(f"begins with bytes {magic.hex()}; an idx file of images begins with 00000803")
    return np.dtype(_IDX_TYPES[magic[2]]), magic[3]


@dataclass(frozen=True, eq=False)
class ImageShape:
    """Height, width and channels of the image in each row of an array."""

    height: int
    width: int
    channels: int
    channels_first: bool = False


def image_shape(array: StoredArray) -> ImageShape:
    """Height, width and channels of the images in an array's rows, from its shape.

    Raises:
        InputError: they are none.
    """
    row = array.shape[1:]
    if len(row) == 1 and math.isqrt(row[0]) ** 2 == row[0]:
        shape = ImageShape(math.isqrt(row[0]), math.isqrt(row[0]), 1)
    elif len(row) == 2:
        shape = ImageShape(row[0], row[1], 1)
    elif len(row) == 3 and row[2] in (1, 3, 4):
        shape = ImageShape(row[0], row[1], row[2])
    elif len(row) == 3 and row[0] in (1, 3):
        shape = ImageShape(row[1], row[2], row[0], channels_first=True)
    else:
        shape = None
    if shape is None or array.dtype.kind not in "biuf":
        raise InputError(
            f"{array.where}: {array.dtype} of shape {array.shape}; images are numbers of shape (n, height, width) or"
            " (n, height, width, 3)"
        )
    if min(shape.height, shape.width) < LEAST_SIDE:
        raise InputError(f"{array.where}: images of {shape.width} × {shape.height} pixels; at least 2 × 2 are needed")
    if shape.height * shape.width > (most := limits().pixels):
        raise InputError(f"{array.where}: images of more than {most / 10**6:g} million pixels; scale them down")
    return shape


class ArrayPictures:
    """Pictures in arrays, one after the other (see `Pictures`).

    Raises:
        InputError: an array whose rows are no images.
    """

    def __init__(self, arrays: Sequence[StoredArray]) -> None:
        self._arrays = arrays
        self._shapes = [image_shape(array) for array in arrays]
        self._white = 255.0
        self._notes: list[str] = []

    def looks(self) -> Iterator[Look | Flaw]:
        low, high = math.inf, -math.inf
        for array, shape in zip(self._arrays, self._shapes, strict=True):
            row = 0
            look = Look(shape.height, shape.width, 1 if shape.channels == 1 else 3, _traits(shape))
            for block in array.blocks():
                if array.dtype == np.uint8 and high >= _BRIGHT:
                    break  # bytes of the usual range: nothing more is to be learned from the rest
                if array.dtype.kind == "f" and not np.isfinite(block).all():
                    wrong = row + int(np.argmin(np.isfinite(block).reshape(len(block), -1).all(axis=1)))
                    raise InputError(f"{array.where}, row {wrong}: holds a value that is not finite; right is [0, 1]")
                if block.size:
                    low, high = min(low, float(block.min())), max(high, float(block.max()))
                row += len(block)
                yield from [look] * len(block)
            yield from [look] * (len(array) - row)
        if self._arrays and math.isfinite(low):
            self._white = self._read_range(low, high)
        if self._arrays and len(self._arrays[0].shape) == 2:
            side = self._shapes[0].width
            self._notes.append(f"rows of {side**2:,} values, taken as {side} × {side} pixels")

    def _read_range(self, low: float, high: float) -> float:
        """The value that is taken for white, from the range of all values."""
        dtype, where = self._arrays[0].dtype, self._arrays[0].where
        if low < 0:
            right = "[0, 1] or [0, 255]" if dtype.kind == "f" else "0 to 255"
            raise InputError(f"{where}: values from {low:g} to {high:g}; right is {right}")
        if high <= 1:
            words = "in [0, 1], taken as shares of white" if dtype.kind == "f" else "0 and 1, taken as black and white"
            if dtype.kind != "b":
                self._notes.append(f"values {words}")
            return 1.0
        if high <= 255:
            if dtype.kind == "f":
                self._notes.append("values in [0, 255], of which 255 is white")
            if high < _BRIGHT:
                self._notes.append(f"no value is above {high:g}; 255 is taken as white, so the images are dark")
            return 255.0
        if dtype.kind == "f" or high > 65_535:
            right = "[0, 1] or [0, 255]" if dtype.kind == "f" else "0 to 65,535"
            raise InputError(f"{where}: values from {low:g} to {high:g}; right is {right}")
        white = float(2 ** math.ceil(math.log2(high + 1)) - 1)
        self._notes.append(f"values up to {high:,.0f}; {white:,.0f} is taken as white")
        return white

    def notes(self) -> list[str]:
        return self._notes

    def decoded(self, rows: Int64[np.ndarray, " m"], least_side: int) -> Iterator[Picture | Flaw]:
        first = 0  # row of the array's first image
        for array, shape in zip(self._arrays, self._shapes, strict=True):
            wanted = rows[(rows >= first) & (rows < first + len(array))] - first
            first += len(array)
            start = 0
            for block in array.blocks() if len(wanted) else ():
                low, high = np.searchsorted(wanted, (start, start + len(block)))
                if high > low:
                    yield from self._bytes(block[wanted[low:high] - start], shape)
                start += len(block)
                if high == len(wanted):
                    break

    def _bytes(self, block: np.ndarray, shape: ImageShape) -> UInt8[np.ndarray, "m height width *channels"]:
        """Images as bytes, channels last; grey ones without an axis for the channel."""
        if shape.channels_first:
            block = np.moveaxis(block, 1, -1)
        block = block.reshape(len(block), shape.height, shape.width, shape.channels)
        if block.dtype != np.uint8 or self._white != 255:
            block = np.rint(block * (255 / self._white)).astype(np.uint8)
        if shape.channels == 4:
            block = _on_white(block / 255)
        return block[..., 0] if shape.channels == 1 else block


def _on_white(layers: Float64[np.ndarray, "m height width 4"]) -> UInt8[np.ndarray, "m height width 3"]:
    alpha = layers[..., 3:]
    return np.rint(255 * (layers[..., :3] * alpha + 1 - alpha)).astype(np.uint8)


def _traits(shape: ImageShape) -> tuple[str, ...]:
    return ("transparent",) if shape.channels == 4 else ()
