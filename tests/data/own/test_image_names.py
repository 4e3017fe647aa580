"""Names of images: kept with an own data set, in the order of its rows; older kept files have none."""

from __future__ import annotations

import os
import unicodedata
import zipfile

import numpy as np
import pyarrow as pa

from tests.data.own.made_sources import (
    HUB_IMAGE,
    class_files,
    hub_table,
    image_array,
    png,
    take_in,
    write_files,
    write_parquet,
    write_zip,
)
from tvae.data import image_names, load_split
from tvae.data.own import OwnDatasets
from tvae.data.own.kept_file import LONGEST_NAME, fingerprint, read_names
from tvae.data.own.sources.recognition import read_source
from tvae.data.triplets.image_names import TWO_IMAGES, ImageNames


def test_each_training_image_keeps_its_name(tmp_path):
    files = class_files(each=8)
    take_in(write_zip(tmp_path / "pets.zip", files), tmp_path / "kept", "pets")
    names = image_names("pets", tmp_path / "kept")
    train = load_split("pets", "train", tmp_path / "kept")
    test = read_names(OwnDatasets(tmp_path / "kept").file(OwnDatasets(tmp_path / "kept").get("pets")), "test")
    assert names.names is not None and test is not None
    assert len(names.names) == names.count == len(train)
    assert set(names.names) | set(test) == set(files) and not set(names.names) & set(test)
    numbers = {name: number for number, name in enumerate(files)}
    for row, name in enumerate(names.names):
        assert (train.images[row, ..., 0] == image_array(numbers[name])).all()


def test_a_table_names_its_images_by_their_paths(tmp_path):
    rows = "".join(f"img/{number}.png,{'ab'[number % 2]}\n" for number in range(12))
    files = {f"img/{number}.png": png(number) for number in range(12)}
    take_in(
        write_files(tmp_path / "table", {**files, "all.csv": f"path,label\n{rows}".encode()}), tmp_path / "kept", "t"
    )
    names = image_names("t", tmp_path / "kept")
    assert names.names is not None
    assert set(names.names) < set(files) and names.row(names.names[3].removeprefix("img/")) == 3


def test_parquet_names_its_images_by_their_paths(tmp_path):
    table = hub_table([png(number) for number in range(20)], [0, 1] * 10)
    take_in(write_parquet(tmp_path / "a.parquet", table), tmp_path / "kept", "p")
    names, train = image_names("p", tmp_path / "kept"), load_split("p", "train", tmp_path / "kept")
    assert names.names is not None and len(names.names) == len(train)
    for row, name in enumerate(names.names):
        assert (train.images[row, ..., 0] == image_array(int(name.removesuffix(".png")))).all()


def test_parquet_of_which_a_cell_has_no_path_gives_no_names(tmp_path):
    cells = [{"bytes": png(number), "path": None if number == 7 else f"{number}.png"} for number in range(8)]
    table = pa.table({"image": pa.array(cells, HUB_IMAGE), "label": pa.array([0, 1] * 4)})
    assert read_source(write_parquet(tmp_path / "a.parquet", table)).image_names is None


def test_a_kept_file_of_before_names_were_kept_is_read(tmp_path):
    take_in(write_files(tmp_path / "pets", class_files(each=8)), tmp_path / "kept", "pets")
    library = OwnDatasets(tmp_path / "kept")
    dataset = library.get("pets")
    path = library.file(dataset)
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: archive.read(member) for member in archive.infolist()}
    assert members.pop("names.json")
    with zipfile.ZipFile(tmp_path / "old.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    identity = fingerprint(tmp_path / "old.npz")
    (tmp_path / "old.npz").rename(path.with_name(f"{identity}.npz"))
    description = library.folder / "pets.json"
    description.write_text(description.read_text().replace(dataset.fingerprint, identity))
    assert len(load_split("pets", "train", tmp_path / "kept")) == dataset.counts["train"]
    names = image_names("pets", tmp_path / "kept")
    assert names.names is None and names.count == dataset.counts["train"] and names.row("0.png") is None


def test_names_are_bounded_and_need_not_be_text(tmp_path):
    odd = os.fsdecode(b"caf\xe9.png")
    files = {f"a/{'x' * 200}/{'y' * 100}/{number}.png": png(number) for number in range(6)}
    files |= {f"b/{odd}": png(20), **{f"b/{number}.png": png(30 + number) for number in range(6)}}
    take_in(write_files(tmp_path / "pets", files), tmp_path / "kept", "pets")
    names = image_names("pets", tmp_path / "kept").names
    assert names is not None
    assert max(map(len, names)) == LONGEST_NAME and any(name.endswith("/0.png") for name in names)


def test_arrays_give_no_names(tmp_path):
    images = np.zeros((6, 8, 8), np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(6) % 2)
    assert read_source(tmp_path / "a.npz").image_names is None


def test_names_are_compared_composed_and_by_their_last_part():
    names = ImageNames(3, ["a/caf\u00e9.png", "a/1.png", "b/1.png"])
    assert names.row(unicodedata.normalize("NFD", "caf\u00e9.png")) == 0
    assert names.row(" a\\1.png ") == 1 and names.row("1.png") == TWO_IMAGES and names.row("2.png") is None
