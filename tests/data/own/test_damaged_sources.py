"""Random damage to a source of any form ends in one line or in fewer images, never in another error."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from tests.data.own.made_sources import (
    class_files,
    hub_table,
    image_array,
    picture_bytes,
    png,
    take_in,
    write_files,
    write_idx,
    write_parquet,
    write_zip,
)
from tvae.errors import InputError

KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def zip_source(folder: Path) -> Path:
    return write_zip(folder / "a.zip", class_files())


def npz_source(folder: Path) -> Path:
    images = np.stack([image_array(n, 8) for n in range(10)])
    np.savez_compressed(
        folder / "a.npz", images=images / 255, labels=np.arange(10) % 2, writer=np.array(["x", "y"] * 5)
    )
    return folder / "a.npz"


def parquet_source(folder: Path) -> Path:
    return write_parquet(folder / "a.parquet", hub_table([png(n) for n in range(10)], [0, 1] * 5, ["cat", "dog"]))


def table_source(folder: Path) -> Path:
    write_files(folder, {f"{n}.png": png(n) for n in range(10)})
    rows = [f'{n}.png,"{("cat", "dog")[n % 2]}",train' for n in range(10)]
    (folder / "a.csv").write_text("path,label,split\n" + "\n".join(rows))
    return folder / "a.csv"


def idx_source(folder: Path) -> Path:
    write_idx(folder / "train-labels-idx1-ubyte.gz", (np.arange(10) % 2).astype(np.uint8))
    return write_idx(folder / "train-images-idx3-ubyte.gz", np.stack([image_array(n, 8) for n in range(10)]))


def pictures_source(folder: Path) -> Path:
    """A source of pictures, one of which is damaged, of each format in turn."""
    files = {f"{n % 2}/{kind}{n}": picture_bytes(image_array(n, 20, 3), kind) for n in range(2) for kind in KINDS}
    return write_files(folder / "a", files)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content with damage: cut, with a piece repeated, or with bytes changed."""
    changed = bytearray(content)
    way = chance.randrange(4)
    if way == 0:
        return content[: chance.randrange(len(content))]
    if way == 1:
        at = chance.randrange(len(content))
        return content[:at] + content[chance.randrange(len(content)) :]
    for _ in range(1 if way == 2 else 30):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize(
    "make",
    [zip_source, npz_source, parquet_source, table_source, idx_source, pictures_source],
    ids=lambda make: make.__name__,
)
@pytest.mark.parametrize("seed", range(40))
def test_damage_is_one_line_or_fewer_images(tmp_path, make, seed):
    chance = random.Random(f"{make.__name__}{seed}")
    source = make(tmp_path)
    victim = sorted(path for path in source.rglob("*") if path.is_file())[seed % 12] if source.is_dir() else source
    victim.write_bytes(damaged(victim.read_bytes(), chance))
    try:
        dataset = take_in(source, tmp_path / "kept")
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 600
        assert list((tmp_path / "kept").rglob("*.npz")) == list((tmp_path / "kept").rglob("*.json")) == []
    else:
        assert dataset.count <= 24  # a piece of a table that stands there twice names its pictures twice
