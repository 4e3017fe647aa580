"""Vectors and labels in .npz, .npy and parquet files, by the names of their arrays or columns."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.arrays import READ_ERRORS, StoredArray, npy_array
from tvae.data.own.sources.zip_files import ZipFiles
from tvae.errors import InputError
from tvae.system.limits import limits

if TYPE_CHECKING:  # its import takes a third of a second
    import pyarrow as pa

VECTOR_WORDS = ("vectors", "embeddings", "embedding", "features", "means", "latents", "z")
"""Names that mark the vectors among several tables of numbers."""
LABEL_WORDS = ("labels", "label", "class", "classes", "target", "targets", "y")
IMAGE_WORDS = ("images", "image")
MOST_BYTES = 2**30
"""Bytes of one embedding as float32."""
RIGHT = (
    "right is a table of numbers (n, d) in an .npz or .npy, or a column of lists of numbers in parquet, with labels "
    f"under {', '.join(LABEL_WORDS[:3])} and images under {' or '.join(IMAGE_WORDS)}, if any"
)

Kind = Literal["vectors", "labels", "images", "other"]


@dataclass(frozen=True, eq=False)
class Column:
    """An array or a parquet column of a file."""

    file: str
    """Name of the file."""
    key: str
    kind: Kind
    form: str
    """Type and shape in a few words, such as "float32 (1797, 20)"."""
    read: Callable[[], np.ndarray]
    """Reads the array; raises InputError where that is not possible."""

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.file}, {self.key}"


@dataclass(frozen=True, eq=False)
class EmbeddingFile:
    """The columns of a file, of which nothing has been read yet."""

    path: Path
    columns: tuple[Column, ...]

    @property
    def title(self) -> str:
        """Name of the file."""
        return self.path.name

    def of_kind(self, kind: Kind) -> list[Column]:
        """The columns of a kind, those with a usual name first."""
        return sorted((column for column in self.columns if column.kind == kind), key=lambda c: not _is_usual(c))

    def has(self, key: str) -> bool:
        """Whether there is a column of this name."""
        return any(column.key == key for column in self.columns)

    @property
    def in_words(self) -> str:
        """What the file holds, for messages."""
        return ", ".join(f"{column.key}: {column.form}" for column in self.columns[:12]) or "nothing"


def read_columns(path: Path) -> EmbeddingFile:
    """The columns of an .npz, .npy or parquet file, recognised by its content; no column is read yet.

    Raises:
        InputError: there is no such file, or it is of another form; a pickle is never opened.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; {RIGHT}")
    try:
        with path.open("rb") as file:
            begin = file.read(6)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None
    if begin.startswith(b"PK\3\4"):
        return EmbeddingFile(path, _npz_columns(path))
    if begin == b"\x93NUMPY":
        array = npy_array(path.name, lambda: path.open("rb"))
        return EmbeddingFile(path, (_array_column(path.name, path.stem, array, only=True),))
    if begin.startswith(b"PAR1"):
        return EmbeddingFile(path, _parquet_columns(path))
    if begin[:1] == b"\x80":
        raise InputError(f"{path.name}: a pickle of Python, which may run code and is never opened; {RIGHT}")
    raise InputError(f"{path.name}: neither .npz, .npy nor parquet; {RIGHT}")


def chosen_vectors(files: Sequence[EmbeddingFile], keys: Sequence[str]) -> tuple[Column, Column]:
    """The two columns of vectors in one file, or one in each of two.

    Args:
        keys: their names; one stands for both files. Without names they are those that are there alone, or the only
            ones with a usual name.

    Raises:
        InputError: there are none, or it is not clear which.
    """
    if not 1 <= len(files) <= 2:
        raise InputError(f"files: {len(files)}; give one file that holds both embeddings, or two files")
    if len(keys) > 2 or (len(files) == 1 and len(keys) == 1):
        raise InputError(f"vectors: {len(keys)} names; give two, or none where it is clear")
    if len(files) == 1:
        file = files[0]
        if keys:
            return _named(file, keys[0]), _named(file, keys[1])
        candidates = file.of_kind("vectors")
        if len(candidates) != 2:
            raise InputError(
                f"{file.title}: holds {_count(len(candidates), 'table')} of vectors ({file.in_words}), and two are "
                f"compared; give a second file, or say which two; {RIGHT}",
                at_terminal="--vectors names them",
            )
        return candidates[0], candidates[1]
    first, second = (
        _named(file, keys[min(place, len(keys) - 1)]) if keys else _only_vectors(file)
        for place, file in enumerate(files)
    )
    return first, second


def _named(file: EmbeddingFile, key: str) -> Column:
    column = next((column for column in file.columns if column.key == key), None)
    if column is None:
        raise InputError(f"{file.title}: has no {key[:80]!r}; it holds {file.in_words}")
    return column


def _only_vectors(file: EmbeddingFile) -> Column:
    """The one column of vectors of a file.

    Raises:
        InputError: there is none, or several of which none has a usual name.
    """
    candidates = file.of_kind("vectors")
    if not candidates:
        raise InputError(f"{file.title}: holds no vectors; it holds {file.in_words}; {RIGHT}")
    usual = [column for column in candidates if _is_usual(column)]
    if len(candidates) > 1 and len(usual) != 1:
        raise InputError(
            f"{file.title}: holds several tables of vectors ({file.in_words}); say which one; else the one called "
            f"{', '.join(VECTOR_WORDS)} is taken",
            at_terminal="--vectors names one for each file",
        )
    return candidates[0]


def _is_usual(column: Column) -> bool:
    return column.key.lower() in (*VECTOR_WORDS, *LABEL_WORDS, *IMAGE_WORDS)


def _npz_columns(path: Path) -> tuple[Column, ...]:
    files = ZipFiles(path)
    with zipfile.ZipFile(path) as archive:  # in the order in which they were saved, which that of the arms is
        names = [name for name in archive.namelist() if name in files.names and name.endswith(".npy")]
    if not names:
        raise InputError(f"{path.name}: a zip without arrays; {RIGHT}")
    columns = []
    for name in names:
        key = name.removesuffix(".npy")
        try:
            array = npy_array(f"{path.name}, {key}", lambda name=name: files.open(name))
        except InputError as error:  # an array of objects, which is said where it is the one that is wanted
            columns.append(Column(path.name, key, _kind_by_name(key, "other"), "can't be opened", _refusing(error)))
        else:
            columns.append(_array_column(path.name, key, array))
    return tuple(columns)


def _refusing(error: InputError) -> Callable[[], np.ndarray]:
    def read() -> np.ndarray:
        raise error

    return read


def _kind_by_name(key: str, otherwise: Kind) -> Kind:
    word = key.lower()
    if word in VECTOR_WORDS:
        return "vectors"
    return "labels" if word in LABEL_WORDS else "images" if word in IMAGE_WORDS else otherwise


def _array_column(file: str, key: str, array: StoredArray, *, only: bool = False) -> Column:
    """A column that is an array; its kind is by its shape, and between vectors and labels by its name.

    Args:
        only: it is the file's only array, so its name is the file's and says nothing.
    """
    axes, number = len(array.shape), array.dtype.kind in "fiu"
    kind: Kind = "other"
    word = "vectors" if only else key.lower()
    if axes >= 3 and word in IMAGE_WORDS:
        kind = "images"
    elif word in LABEL_WORDS and (axes == 1 or (axes == 2 and array.shape[1] == 1)):
        kind = "labels"
    elif axes == 2 and number and word not in (*LABEL_WORDS, *IMAGE_WORDS):
        kind = "vectors"
    form = f"{array.dtype} ({', '.join(map(str, array.shape))})"
    return Column(file, key, kind, form, lambda: _read_array(array, file, key))


def _read_array(array: StoredArray, file: str, key: str) -> np.ndarray:
    check_size(f"{file}, {key}", array.shape)
    values = array.read()
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 and key.lower() in LABEL_WORDS else values


def check_size(where: str, shape: Sequence[int]) -> None:
    """Check that an array is not larger than is taken.

    Raises:
        InputError: it is.
    """
    rows, most = (shape[0] if shape else 0), limits().images
    if rows > most:
        raise InputError(f"{where}: {rows:,} rows; at most {most:,} are taken, so draw some of them")
    if (size := 4 * math.prod(shape)) > MOST_BYTES:
        raise InputError(f"{where}: {size:,} bytes as float32; at most {MOST_BYTES:,} are taken, so draw some rows")


def _parquet_columns(path: Path) -> tuple[Column, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            return tuple(_parquet_column(path, field, rows) for field in schema)
    except (*READ_ERRORS, KeyError, pa.ArrowException) as error:
        raise InputError(f"{path.name}: not a sound parquet file ({one_line(error)}); copy it again") from None


def _parquet_column(path: Path, field: pa.Field, rows: int) -> Column:
    import pyarrow.types as types

    kind_of = field.type.value_type if types.is_dictionary(field.type) else field.type
    is_list = types.is_list(kind_of) or types.is_large_list(kind_of) or types.is_fixed_size_list(kind_of)
    kind: Kind = "other"
    if is_list and (types.is_floating(kind_of.value_type) or types.is_integer(kind_of.value_type)):
        kind = "vectors"
    elif types.is_struct(kind_of) or types.is_binary(kind_of) or types.is_large_binary(kind_of):
        kind = "images" if field.name.lower() in IMAGE_WORDS else "other"
    elif field.name.lower() in LABEL_WORDS:
        kind = "labels"
    form = f"{one_line(field.type, 40)}, {rows:,} rows"
    where = f"{path.name}, {field.name}"
    read = _read_lists if kind == "vectors" else _read_values
    return Column(path.name, field.name, kind, form, lambda: read(path, field.name, where, rows))


def _batches(path: Path, name: str, where: str, rows: int) -> list[pa.Array]:
    """The cells of a parquet column, block by block.

    Raises:
        InputError: damaged, or larger than is taken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_size(where, (rows,))
    cells, size = [], 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(8_192, columns=[name], use_threads=False):
                cells.append(batch.column(0))
                size += batch.nbytes
                if size > 2 * MOST_BYTES:
                    raise InputError(f"{where}: more than {2 * MOST_BYTES:,} bytes; draw some rows")
    except (*READ_ERRORS, KeyError, pa.ArrowException) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: damaged ({one_line(error)}); copy the file again") from None
    return cells


def _read_lists(path: Path, name: str, where: str, rows: int) -> np.ndarray:
    """The lists of a parquet column as rows of a table.

    Raises:
        InputError: a row without a list, or of another length than the first.
    """
    parts, width, first = [], 0, 0
    for cells in _batches(path, name, where, rows):
        if cells.null_count:
            missing = int(np.flatnonzero(np.asarray(cells.is_null()))[0])
            raise InputError(f"{where}: row {first + missing} has no vector; leave it out of all files")
        flat = cells.flatten()
        lengths = np.array([len(cell) for cell in cells], np.int64) if not _is_fixed(cells) else None
        width = width or (cells.type.list_size if lengths is None else int(lengths[0]) if len(lengths) else 0)
        if lengths is not None and (lengths != width).any():
            wrong = first + int(np.flatnonzero(lengths != width)[0])
            raise InputError(f"{where}: row {wrong} has {lengths[wrong - first]:,} numbers; row 0 has {width:,}")
        check_size(where, (rows, width))
        numbers = flat.to_numpy(zero_copy_only=False).astype(np.float32)  # a number that is missing is NaN
        parts.append(numbers.reshape(len(cells), width))
        first += len(cells)
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _is_fixed(cells: pa.Array) -> bool:
    import pyarrow.types as types

    return types.is_fixed_size_list(cells.type)


def _read_values(path: Path, name: str, where: str, rows: int) -> np.ndarray:
    """The values of a parquet column, as whole numbers or texts.

    Raises:
        InputError: a row without a value.
    """
    values: list[object] = []
    for cells in _batches(path, name, where, rows):
        values += cells.to_pylist()
    if None in values:
        raise InputError(f"{where}: row {values.index(None)} has no value; leave it out of all files")
    if all(isinstance(value, int) for value in values):
        return np.array(values, np.int64)
    if all(isinstance(value, str) for value in values):
        return np.array(values, str)
    raise InputError(f"{where}: neither whole numbers nor texts; labels must be one of these")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def labels_of(files: Sequence[EmbeddingFile], key: str) -> list[Column]:
    """The columns of labels, at most one a file: those of a usual name, or those called so.

    Raises:
        InputError: no file has one that is called so.
    """
    if not key:
        return [columns[0] for file in files if (columns := file.of_kind("labels"))]
    named = [_named(file, key) for file in files if file.has(key)]
    if not named:
        held = "; ".join(f"{file.title} holds {file.in_words}" for file in files)
        raise InputError(f"labels: there is no file {key[:80]!r}, and no array or column; {held}")
    return named
