"""Read parquet as Hugging Face's hub has it: one file, or shards in a folder or zip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int64

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.arrays import READ_ERRORS
from tvae.data.own.sources.labels import (
    NO_LABEL,
    LabelColumn,
    merged_labels_note,
    number_column,
    refused_notion,
    text_column,
)
from tvae.data.own.sources.pictures import EncodedPictures
from tvae.data.own.sources.reading import NO_SPLIT, SPLIT_CODES, SPLIT_WORDS, Flaw, Reading
from tvae.data.own.sources.source_files import MOST_BYTES, TOO_LARGE, Files
from tvae.errors import InputError
from tvae.system.limits import limits
from tvae.system.strict_json import checked, read_json

if TYPE_CHECKING:  # its import takes a third of a second
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_AT_ONCE = 64
NAMES_AT_ONCE = 8_192
LABEL_WORDS = ("label", "labels", "class", "target", "fine_label", "category", "y")
RIGHT = "right is a column image of struct<bytes, path> and a column label, as Hugging Face's hub has them"
_NO_BYTES = "holds no bytes of its picture; write the data set with its pictures in it"


@dataclass(frozen=True, eq=False)
class Shard:
    """One parquet file of a folder or zip."""

    files: Files
    path: str
    """Path of the file in the folder or zip."""
    metadata: pq.FileMetaData
    schema: pa.Schema

    @property
    def name(self) -> str:
        """Name of the file in messages."""
        return PurePosixPath(self.path).name

    def __len__(self) -> int:
        return self.metadata.num_rows

    def batches(
        self, columns: Sequence[str], rows_at_once: int, groups: Sequence[int] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The cells of these columns, in order.

        Args:
            groups: numbers of the row groups that are read; None for all.

        Raises:
            InputError: damaged.
        """
        with _damage_named(self.name), _opened(self.files, self.path, self.metadata) as file:
            yield from file.iter_batches(rows_at_once, groups, columns=list(columns), use_threads=False)


class ParquetContents:
    """Pictures in the cells of parquet files (see `Contents`)."""

    def __init__(self, shards: Sequence[Shard], column: str) -> None:
        self._shards, self._column = shards, column

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    def contents(self, rows: Int64[np.ndarray, " m"] | range) -> Iterator[bytes | Flaw]:
        rows, first = np.asarray(rows), 0
        for shard in self._shards:
            wanted = rows[(rows >= first) & (rows < first + len(shard))] - first
            first += len(shard)
            if len(wanted):
                yield from self._contents_of(shard, wanted)

    def _contents_of(self, shard: Shard, rows: Int64[np.ndarray, " m"]) -> Iterator[bytes | Flaw]:
        sizes = [shard.metadata.row_group(group).num_rows for group in range(shard.metadata.num_row_groups)]
        first_group = int(np.searchsorted(np.cumsum(sizes), rows[0], side="right"))
        start = sum(sizes[:first_group])
        for batch in shard.batches([self._column], ROWS_AT_ONCE, range(first_group, len(sizes))):
            low, high = np.searchsorted(rows, (start, start + len(batch)))
            if high > low:
                cells = _bytes_of(batch.column(0))
                for row in rows[low:high] - start:
                    yield _checked_cell(cells[int(row)].as_py())
            start += len(batch)
            if high == len(rows):
                return
        raise InputError(f"{shard.name}: has fewer rows than its end says; copy the file again")


def read_parquet(files: Files, paths: Sequence[str], labelled: bool = True) -> Reading:
    """Read parquet files of one schema; a shard's name or folder tells its split.

    In a zip, too, they are read in place and in blocks; a packed one is unpacked anew for each time it is read.

    Args:
        paths: those of the files that are parquet.
        labelled: whether labels are needed; else none are read.

    Raises:
        InputError: damaged, shards of different schemas, or none that has pictures and labels.
    """
    shards = [_shard(files, path) for path in paths]
    for shard in shards:
        if not shard.schema.equals(shards[0].schema):
            raise InputError(f"{shard.name}: has other columns than {shards[0].name}; all shards must have the same")
    title = files.title if len(shards) > 1 else shards[0].name
    if not 0 < (count := sum(map(len, shards))) <= limits().images:
        raise InputError(f"{title}: {count:,} rows; 1 to {limits().images:,} are taken")
    image = _image_column(shards[0].schema, title)
    notes: list[str] = []
    columns = _label_columns(shards, image, title, notes) if labelled else {}
    names = [f"{shard.name}, row {row}" for shard in shards for row in range(len(shard))]
    splits = np.concatenate([np.full(len(shard), _split_of(shard.path), np.int8) for shard in shards])
    pictures = EncodedPictures(ParquetContents(shards, image))
    return Reading(
        "parquet of pictures and labels",
        names,
        columns,
        splits,
        pictures,
        files.left_out.copy(),
        notes,
        image_names=_image_names(shards, image),
    )


def _image_names(shards: Sequence[Shard], image: str) -> list[str] | None:
    """The path in each picture's cell; None where one of them has none, as in data sets made from arrays."""
    import pyarrow.types as types

    kind = shards[0].schema.field(image).type
    if not types.is_struct(kind) or kind.get_field_index("path") < 0 or not types.is_string(kind.field("path").type):
        return None
    names: list[str] = []
    for shard in shards:
        for batch in shard.batches([f"{image}.path"], NAMES_AT_ONCE):
            paths = [cell and cell["path"] for cell in batch.column(0).to_pylist()]
            if not all(paths):
                return None
            names += paths
    return names


def _shard(files: Files, path: str) -> Shard:
    name = PurePosixPath(path).name
    with _damage_named(name), _opened(files, path) as file:
        str(file.schema_arrow)  # decodes its names, which may be no text
        return Shard(files, path, file.metadata, file.schema_arrow)


@contextmanager
def _opened(files: Files, path: str, metadata: pq.FileMetaData | None = None) -> Iterator[pq.ParquetFile]:
    """A parquet file, open; with its metadata at hand its end is not read again."""
    import pyarrow.parquet as pq

    with files.open(path) as stream, pq.ParquetFile(stream, metadata=metadata, pre_buffer=False) as file:
        yield file


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    """Turn an error of pyarrow, or of the zip around the file, into one line that says what is damaged."""
    import pyarrow as pa

    try:
        yield
    except (*READ_ERRORS, KeyError, pa.ArrowException) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: not a sound parquet file ({one_line(error)}); copy it again") from None


def _split_of(path: str) -> int:
    """A shard's split by its name, such as train-00000-of-00002.parquet, or by its folder's."""
    for part in (PurePosixPath(path).stem, PurePosixPath(path).parent.name):
        word = re.split(r"[-_.]", part.lower())[0]
        if word in SPLIT_WORDS:
            return SPLIT_CODES[SPLIT_WORDS[word]]
    return NO_SPLIT


def _features(schema: pa.Schema) -> dict[str, Any]:
    """Hugging Face's description of each column, from the schema's metadata; empty where there is none."""
    try:
        plain = read_json((schema.metadata or {}).get(b"huggingface", b"{}"), "huggingface")
        return checked(plain["info"]["features"], dict[str, Any], "features")
    except (KeyError, TypeError, InputError):
        return {}


def _image_column(schema: pa.Schema, title: str) -> str:
    """The name of the column with the pictures."""
    import pyarrow.types as types

    features = _features(schema)
    fitting = [field.name for field in schema if _holds_bytes(field.type)]
    described = [name for name in fitting if isinstance(features.get(name), dict) and _kind(features, name) == "Image"]
    structs = [name for name in fitting if types.is_struct(schema.field(name).type)]
    named = [name for name in fitting if name.lower() in ("image", "img", "picture", "png", "jpg")]
    for candidates in (described, structs, named):
        if candidates:
            return candidates[0]
    columns = ", ".join(f"{field.name}: {one_line(field.type, 60)}" for field in list(schema)[:12])
    raise InputError(f"{title}: has the columns {columns}; {RIGHT}")


def _kind(features: dict[str, Any], name: str) -> str:
    feature = features.get(name)
    return str(feature.get("_type", "")) if isinstance(feature, dict) else ""


def _holds_bytes(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _holds_bytes(kind.field("bytes").type)
    return types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)


def _bytes_of(cells: pa.Array) -> pa.Array:
    """The pictures' bytes from a column of bytes or of struct<bytes, path>, plain or dictionary-encoded."""
    import pyarrow.compute as pc
    import pyarrow.types as types

    if types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if types.is_struct(cells.type):
        cells = pc.call_function("struct_field", [cells], pc.StructFieldOptions(["bytes"]))
    return cells.dictionary_decode() if types.is_dictionary(cells.type) else cells


def _checked_cell(content: bytes | None) -> bytes | Flaw:
    if not content:
        return Flaw(_NO_BYTES)
    return Flaw(TOO_LARGE) if len(content) > MOST_BYTES else content


def _label_columns(shards: Sequence[Shard], image: str, title: str, notes: list[str]) -> dict[str, LabelColumn]:
    """The default label column, and all others of whole numbers or text that have few values."""
    schema = shards[0].schema
    names = [field.name for field in schema if field.name != image and _holds_labels(field.type)]
    features = _features(schema)
    lower = {name.lower(): name for name in reversed(names)}
    classes = [name for name in names if _kind(features, name) == "ClassLabel"]
    default = next((lower[word] for word in LABEL_WORDS if word in lower), None)
    if default is None or (classes and default not in classes):
        default = classes[0] if classes else names[0] if len(names) == 1 else default
    if default is None:
        columns = ", ".join(f"{field.name}: {one_line(field.type, 60)}" for field in list(schema)[:12])
        raise InputError(f"{title}: no column of labels among {columns}; {RIGHT}")
    columns = {}
    for name, values in _values(shards, [default, *(name for name in names if name != default)]).items():
        refusal = None if name == default else refused_notion(name, len({*values} - {None}), len(values))
        if refusal:
            notes.append(refusal)
            continue
        class_names = features[name].get("names") if _kind(features, name) == "ClassLabel" else None
        columns[name] = _label_column(name, values, class_names, notes)
    return columns


def _holds_labels(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _holds_labels(kind.value_type)
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return is_text or types.is_integer(kind) or types.is_boolean(kind)


def _values(shards: Sequence[Shard], names: Sequence[str]) -> Mapping[str, list[Any]]:
    """The cells of these columns over all files."""
    values: dict[str, list[Any]] = {name: [] for name in names}
    for shard in shards:
        for batch in shard.batches(names, 65_536):
            for name in names:
                values[name] += batch.column(name).to_pylist()
    return values


def _label_column(name: str, values: Sequence[Any], class_names: object, notes: list[str]) -> LabelColumn:
    """A column of text or of whole numbers, which `class_names` may name; a cell without value is no label."""
    has_text = any(isinstance(value, str) for value in values)
    if has_text or any(value is not None and value >= 2**63 for value in values):
        texts = [None if value is None else str(value) for value in values]
        if note := merged_labels_note(name, texts):
            notes.append(note)
        return text_column(name, texts)
    is_null = np.array([value is None for value in values], bool)
    numbers = np.array([0 if value is None else int(value) for value in values], np.int64)
    are_names = isinstance(class_names, list) and all(isinstance(text, str) for text in class_names)
    column = number_column(name, numbers, class_names if are_names else None)  # type: ignore[arg-type]
    column.codes[is_null] = NO_LABEL
    return column
