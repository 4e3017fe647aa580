"""Sources of labelled images as the real tools write them; parquet in the schema of Hugging Face's hub."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tvae.data.formats import idx_content
from tvae.data.own import OwnDataset, default_choices, keep, understand


def image_array(number: int, side: int = 28, channels: int = 1) -> np.ndarray:
    """A different picture for each number, (side, side) or (side, side, 3)."""
    generator = np.random.default_rng(number)
    pixels = generator.integers(0, 256, (side, side, channels), dtype=np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def picture_bytes(picture: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """Bytes of a picture's file, as Pillow writes it."""
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(number: int, side: int = 28, channels: int = 1) -> bytes:
    return picture_bytes(image_array(number, side, channels))


def class_files(classes: Sequence[str] = ("cat", "dog"), each: int = 5, prefix: str = "") -> dict[str, bytes]:
    """PNG files by their names below a folder of each class."""
    names = [f"{prefix}{name}/{number}.png" for name in classes for number in range(each)]
    return {name: png(row) for row, name in enumerate(names)}


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_idx(path: Path, array: np.ndarray) -> Path:
    content = idx_content(array)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


HUB_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def hub_table(
    contents: Sequence[bytes | None],
    labels: Sequence[Any],
    class_names: Sequence[str] | None = None,
    **further: pa.Array,
) -> pa.Table:
    """A table in the hub's schema, with its metadata."""
    rows = [None if content is None else {"bytes": content, "path": f"{n}.png"} for n, content in enumerate(contents)]
    columns = {"image": pa.array(rows, HUB_IMAGE), "label": pa.array(labels), **further}
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    if class_names is not None:
        features["label"] = {"names": list(class_names), "_type": "ClassLabel"}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.table(columns).replace_schema_metadata(metadata)


def write_parquet(path: Path, table: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=7)
    return path


def take_in(source: Path, folder: Path, name: str = "mine", **choices: Any) -> OwnDataset:
    """Understand a source and keep it with the default choices, changed by these."""
    understood = understand(source)
    defaults = default_choices(understood, choices.get("label"))
    return keep(understood, type(defaults)(**{**vars(defaults), **choices}), name, folder)
