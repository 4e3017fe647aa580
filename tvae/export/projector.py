"""TensorBoard: latent means with metadata and thumbnails for its Projector, and curves of the losses."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from tensorboardX import SummaryWriter

from tvae.export.material import WRITTEN_BY, Material
from tvae.runs.history import read_history
from tvae.system.csv_table import text_cell

MOST_SIDE = 8_192
"""Pixels of a sprite's side at most: what browsers take as a texture."""
METADATA, SPRITE, CONFIG = "metadata.tsv", "sprite.png", "projector_config.pbtxt"


def write_projector(material: Material, folder: Path) -> list[str]:
    """Fill a folder that `tensorboard --logdir` shows; returns notes on what was left out or reduced, a sentence each.

    Vectors and metadata are TSV, a row an image; the sprite has the images row by row.
    """
    notes, thumbnail = [], None
    if material.images is not None:
        sprite, thumbnail = _sprite(material.images)
        sprite.save(folder / SPRITE)
        height, width = material.images.shape[1:3]
        if thumbnail != (width, height):
            notes.append(
                f"Thumbnails have {thumbnail[0]} x {thumbnail[1]} pixels in place of {width} x {height}: a sprite of"
                f" {len(material.images):,} images has at most {MOST_SIDE:,} pixels a side."
            )
    for arm, encoded in material.encoded.items():
        lines = ("\t".join(f"{value:.7g}" for value in row) for row in encoded.means.tolist())
        (folder / f"{arm}.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / METADATA).write_text(_metadata(material), encoding="utf-8")
    (folder / CONFIG).write_text(_config(material, thumbnail), encoding="utf-8")
    _write_curves(material, folder)
    return notes


def _sprite(images: UInt8[np.ndarray, "n height width channels"]) -> tuple[Image.Image, tuple[int, int]]:
    """The images row by row in a square of as many each way, and the pixels of one; they are reduced where need be."""
    n, height, width, channels = images.shape
    across = math.ceil(math.sqrt(n))
    share = min(1.0, MOST_SIDE / (across * max(height, width)))
    size = max(1, int(width * share)), max(1, int(height * share))
    sprite = Image.new("L" if channels == 1 else "RGB", (across * size[0], across * size[1]))
    for row, image in enumerate(images):
        picture = Image.fromarray(image[..., 0] if channels == 1 else image)
        if size != (width, height):
            picture = picture.resize(size, Image.Resampling.BOX)
        sprite.paste(picture, (row % across * size[0], row // across * size[1]))
    return sprite, size


def _metadata(material: Material) -> str:
    """A header and a line an image: its class, its row, and its squared error in each arm."""
    errors = {f"squared error, {name}": material.encoded[arm].errors for arm, name in material.names.items()}
    lines = ["\t".join(["class", "row", *errors])]
    for row, name in enumerate(material.class_names):
        lines.append("\t".join([text_cell(name), str(row), *(f"{values[row]:.6g}" for values in errors.values())]))
    return "\n".join(lines) + "\n"


def _config(material: Material, thumbnail: tuple[int, int] | None) -> str:
    """The Projector's settings as protobuf text, whose strings are those of JSON."""
    sprite = ""
    if thumbnail is not None:
        sides = "\n".join(f"    single_image_dim: {side}" for side in thumbnail)
        sprite = f'  sprite {{\n    image_path: "{SPRITE}"\n{sides}\n  }}\n'
    return f"# {material.told}\n" + "".join(
        f"embeddings {{\n  tensor_name: {json.dumps(name)}\n  tensor_path: {json.dumps(f'{arm}.tsv')}\n"
        f'  metadata_path: "{METADATA}"\n{sprite}}}\n'
        for arm, name in material.names.items()
    )


def _write_curves(material: Material, folder: Path) -> None:
    """Write each arm's losses as event files, in a folder of its own: TensorBoard draws these in one chart."""
    rows = read_history(material.run.folder)
    for arm in material.arms:
        with SummaryWriter(str(folder / arm), filename_suffix=f".{WRITTEN_BY.replace(' ', '-')}") as writer:
            for row in rows:
                for term, value in row["arms"][arm].items():
                    writer.add_scalar(f"loss/{term}", value, row["step"])
