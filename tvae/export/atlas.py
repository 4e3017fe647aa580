"""Parquet for Embedding Atlas and Hugging Face datasets: a row an image, with its place on every map."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tvae.export.material import WRITTEN_BY, Material
from tvae.maps.parameters import METHOD_NAMES


def write_atlas(material: Material, path: Path) -> list[str]:
    """Write the table; returns notes on what a reader must know, a sentence each.

    Columns: row, class, image (bytes of a PNG and its name), and for each arm its squared error, latent means, place on
    each map (`<arm>_<method>_x` and `_y`) and nearest images in its latent space (`<arm>_neighbors`: ids and distances,
    as Embedding Atlas reads them).
    """
    n = len(material.encoding.labels)
    columns: dict[str, pa.Array] = {"row": pa.array(range(n), pa.int32()), "class": pa.array(material.class_names)}
    if material.images is not None:
        pictures = [
            {"bytes": _png(image), "path": f"{material.encoding.split}-{row}.png"}
            for row, image in enumerate(material.images)
        ]
        columns["image"] = pa.array(pictures, pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    for arm, encoded in material.encoded.items():
        columns[f"{arm}_error"] = pa.array(encoded.errors)
        columns[f"{arm}_latent"] = _lists(encoded.means)
        for method in material.layouts:
            for axis, values in zip("xy", material.positions(method, arm).T, strict=True):
                columns[f"{arm}_{method}_{axis}"] = pa.array(np.ascontiguousarray(values))
        nearest = material.neighbours(arm)
        # An image is its own nearest, as in the tables that Embedding Atlas makes itself.
        ids = np.concatenate([np.arange(n, dtype=np.int32)[:, None], nearest.rows], axis=1)
        distances = np.concatenate([np.zeros((n, 1), np.float32), nearest.distances], axis=1)
        columns[f"{arm}_neighbors"] = pa.StructArray.from_arrays([_lists(ids), _lists(distances)], ["ids", "distances"])
    table = pa.table(columns).replace_schema_metadata({"written_by": WRITTEN_BY, "about": material.told})
    pq.write_table(table, path, compression="zstd")
    missing = [METHOD_NAMES[method] for method in METHOD_NAMES if method not in material.layouts]
    if not missing:
        return []
    also = " and ".join(missing)
    return [f"No layout by {also} is kept of these images; `python -m tvae layouts RUN` makes those of the test split."]


def _lists(values: np.ndarray) -> pa.Array:
    """Rows of an array as lists."""
    offsets = pa.array(np.arange(len(values) + 1, dtype=np.int32) * values.shape[1])
    return pa.ListArray.from_arrays(offsets, pa.array(values.ravel()))


def _png(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(content, "PNG")
    return content.getvalue()
