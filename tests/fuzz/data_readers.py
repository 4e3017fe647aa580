"""Readers of images, labels and triplets that a person brings."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from PIL import Image

from tests.data.own.made_sources import HUB_IMAGE, class_files, hub_table, image_array, picture_bytes, png
from tests.fuzz import sources
from tests.fuzz.changes import (
    changed_array,
    changed_bytes,
    changed_json,
    changed_npz,
    changed_png,
    changed_text,
    changed_zip,
)
from tests.fuzz.registry import Made, Read, fresh_folder, in_folder, json_like, reader, require_equal
from tvae.data import Split, load_dataset
from tvae.data.formats import bunzip2, gunzip, idx_array, idx_content
from tvae.data.own import default_choices, examples, keep, understand
from tvae.data.own.kept_file import fingerprint
from tvae.data.own.library import OwnDatasets
from tvae.data.own.loading import own_image_names
from tvae.data.own.new_pictures import Frame, new_pictures
from tvae.data.own.sources.reading import Report
from tvae.data.selections import SavedSelections
from tvae.data.triplets.answers import Answers
from tvae.data.triplets.image_names import ImageNames
from tvae.data.triplets.reading import read_triplets
from tvae.explore.upload import read_upload

IMAGES = np.stack([image_array(number, 8) for number in range(12)])
LABELS = np.arange(12) % 3


def _source(name: str) -> Read:
    """Takes in a source of labelled images, and pictures of it without labels."""

    def read(folder: Path) -> None:
        path = folder / name
        pictures = new_pictures(path)
        for _ in pictures.blocks(Frame(8, "grey", "fit", ""), Report()):
            pass
        understood = understand(path)
        examples(understood)
        keep(understood, default_choices(understood), "odd", folder / "data")
        OwnDatasets(folder / "data").get("odd")
        load_dataset("odd", folder / "data")

    return in_folder(name, read)


def _npz_like(arrays: dict[str, np.ndarray]) -> SearchStrategy[bytes]:
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore
    return changed_npz(arrays) | changed_bytes(stream.getvalue())


@reader("npz-source")
def npz_source() -> Made:
    """Images and labels in an .npz."""
    plain = {"images": IMAGES, "labels": LABELS, "writer": np.array([f"w{n % 2}" for n in range(12)])}
    split = {
        "train_images": IMAGES,
        "train_labels": LABELS[:, None],
        "test_images": IMAGES,
        "test_labels": LABELS[:, None],
    }
    return _npz_like(plain) | _npz_like(split), _source("images.npz")


@reader("parquet-source")
def parquet_source() -> Made:
    """Parquet as Hugging Face's hub keeps it."""
    pictures = [png(number, 8) for number in range(6)]

    def content(table: pa.Table, **options: Any) -> bytes:
        stream = io.BytesIO()
        pq.write_table(table, stream, **options)
        return stream.getvalue()

    table = hub_table(pictures, [0, 1, 0, 1, 0, 1], ["cat", "dog"])
    odd_columns = (
        *(pa.array([None] * 6), pa.array([1.5] * 6), pa.array([-1, 2**40, 0, 1, 0, 1]), pa.array([True, False] * 3)),
        *(pa.array(["a\nb", "", "\u202e", None, "x" * 9_000, "a"]), pa.array([[1], [], None, [2, 3], [1], [1]])),
        *(pa.array([{"a": 1}] * 6), pa.array([b"x", b"\xff", b"", None, b"y", b"z"]), pa.array(pictures, pa.binary())),
        *(pa.array([{"bytes": b"x", "path": None}] * 6, HUB_IMAGE), pa.array([None] * 6, HUB_IMAGE)),
        pa.array(["a", "b"] * 3).dictionary_encode(),
    )

    @st.composite
    def changed_table(draw: DrawFn) -> bytes:
        changed = table
        for _ in range(draw(st.integers(1, 2))):
            name = draw(st.sampled_from(("image", "label", "more", "image.bytes", "split")))
            column = draw(st.sampled_from(odd_columns))
            if name in changed.column_names:
                changed = changed.drop_columns([name])
            if draw(st.booleans()):
                changed = changed.append_column(name, column)
        metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        for key, value in metadata.items():
            if draw(st.booleans()):
                metadata[key] = draw(changed_json(json.loads(value))).decode(errors="replace")
        changed = changed.replace_schema_metadata(metadata)
        return content(changed, row_group_size=draw(st.sampled_from((1, 4, 100))))

    return st.one_of(
        changed_table(), changed_bytes(content(table)), changed_bytes(content(table, compression="none"))
    ), _source("images.parquet")


@reader("idx-source")
def idx_source() -> Made:
    """Idx images and labels, raw or packed; the one that is changed lies beside a sound one."""
    images, labels = idx_content(IMAGES), idx_content(LABELS.astype(np.uint8))

    def read(pair: bytes) -> None:
        with fresh_folder() as folder:
            (folder / "train-images-idx3-ubyte").write_bytes(pair)
            (folder / "train-labels-idx1-ubyte").write_bytes(labels)
            understood = understand(folder / "train-images-idx3-ubyte")
            keep(understood, default_choices(understood), "odd", folder / "data")

    contents = [changed_bytes(images), changed_bytes(gzip.compress(images)), changed_bytes(images).map(gzip.compress)]
    return st.one_of(*contents), read


@reader("zip-source")
def zip_source() -> Made:
    """A zip of pictures in class folders."""

    def inside(name: str, content: bytes) -> SearchStrategy[bytes]:
        return changed_png(content) if name.endswith(".png") else changed_bytes(content)

    files = class_files(("cat", "dog"), 3)
    table = {
        **{f"{row}.png": png(row, 8) for row in range(4)},
        "labels.csv": b"path,label\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n",
    }
    return changed_zip(files, inside) | changed_zip(table, inside), _source("pictures.zip")


@reader("table-source")
def table_source() -> Made:
    """A table of paths and labels, beside the pictures."""
    text = "path,label,writer,split\n" + "".join(f"{row}.png,{'ab'[row % 2]},w{row % 3},train\n" for row in range(6))
    pictures = {f"{row}.png": png(row, 8) for row in range(6)}

    def read(content: bytes) -> None:
        with fresh_folder() as folder:
            for name, picture in pictures.items():
                (folder / name).write_bytes(picture)
            (folder / "table.csv").write_bytes(content)
            understood = understand(folder / "table.csv", within=folder)
            keep(understood, default_choices(understood), "odd", folder / "data")

    return changed_text(text) | changed_bytes(text.encode()), read


@reader("image")
def image() -> Made:
    """A picture that a person sends to a page."""
    drawn = Image.fromarray(image_array(1, 20, 3))
    contents = [changed_png(picture_bytes(drawn)), changed_png(picture_bytes(drawn.convert("P"), transparency=3))]
    contents += [changed_png(picture_bytes(Image.fromarray(image_array(2, 16).astype(np.uint16) * 200)))]
    contents += [changed_bytes(picture_bytes(drawn, kind)) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP")]
    contents += [changed_bytes(picture_bytes(drawn, "GIF", save_all=True, append_images=[drawn.rotate(90)]))]

    def read(content: bytes) -> None:
        for channels in (1, 3):
            upload = read_upload(content, channels)
            assert upload.values.shape[2] == channels and np.isfinite(upload.values).all()
            assert upload.values.size and upload.values.min() >= 0 and upload.values.max() <= 1.0001

    return st.one_of(*contents), read


@reader("idx")
def idx() -> Made:
    """Idx files of public data sets."""
    content = idx_content(IMAGES)

    def read(content: bytes) -> None:
        array = idx_array(content, "images")
        require_equal(idx_array(idx_content(array), "images"), array)

    return changed_bytes(content), read


@reader("gz")
def packed() -> Made:
    """Packed files of public data sets."""
    content = idx_content(IMAGES)

    def read(content: bytes) -> None:
        unpack = bunzip2 if content.startswith(b"BZ") else gunzip
        assert len(unpack(content, 10_000, "images")) <= 10_000

    bombs = st.sampled_from((gzip.compress(bytes(10**7)), bz2.compress(bytes(10**7))))
    return st.one_of(changed_bytes(gzip.compress(content)), changed_bytes(bz2.compress(content)), bombs), read


NAMES = tuple(f"class {row % 3}/{row}.png" for row in range(30))


@reader("triplets")
def triplets() -> Made:
    """Triplets that a person gives, as text or an array."""
    rows = np.array([[row, (row + 1) % 30, (row + 7) % 30] for row in range(20)])
    numbers = "anchor,positive,negative\n" + "".join(f"{a},{p},{n}\n" for a, p, n in rows)
    names = "head\twinner\tloser\n" + "".join("\t".join(NAMES[row] for row in triplet) + "\n" for triplet in rows)
    bare = "".join(f"{a} {p} {n}\n" for a, p, n in rows)

    def read(folder: Path) -> None:
        for odd_one_out in (False, True):
            file = read_triplets(folder / "triplets", ImageNames(30, NAMES), odd_one_out=odd_one_out)
            assert file.triplets.rows.max() < 30 and file.triplets.distinct.size
            _ = file.triplets.parts

    texts = [changed_text(text) for text in (numbers, names, bare)]
    return st.one_of(*texts, changed_array(rows), changed_bytes(numbers.encode())), in_folder("triplets", read)


@reader("answers")
def answers() -> Made:
    """Triplets that a person made in the app."""
    text = "anchor,positive,negative\n" + "".join(f"{row},{row + 1},{row + 2}\n" for row in range(10))
    train = load_dataset("digits").train

    def read(content: bytes) -> None:
        with fresh_folder() as folder, mock.patch.dict(os.environ, {"XDG_DATA_HOME": str(folder)}):
            answers = Answers("digits", train, None)
            answers.path.parent.mkdir(parents=True)
            answers.path.write_bytes(content)
            rows = answers.rows()
            answers.triplets()
            answers.add((0, 1, 2))
            require_equal(answers.rows(), [*rows, (0, 1, 2)])

    return changed_text(text) | changed_bytes(text.encode()), read


@reader("selections")
def selections() -> Made:
    """Selections that a person saved."""
    plain = [{"name": "odd ones", "rows": [1, 2, 3]}, {"name": "👩‍👩‍👧‍👦", "rows": [7]}]

    def read(content: bytes) -> None:
        with fresh_folder() as folder, mock.patch.dict(os.environ, {"XDG_DATA_HOME": str(folder)}):
            saved = SavedSelections("0" * 64, 100, None)
            saved.path.parent.mkdir(parents=True)
            saved.path.write_bytes(content)
            before = saved.all()
            if len(before) < 50:
                saved.save("another one", np.array([5]))
                require_equal(saved.all()[:-1], before)

    return json_like(plain), read


@functools.cache
def _own() -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
    """Description of a kept data set, and its file by its name."""
    folder = sources.folder() / "own"
    folder.mkdir()
    np.savez(folder / "images.npz", images=IMAGES, labels=LABELS)
    understood = understand(folder / "images.npz")
    keep(understood, default_choices(understood), "odd", folder)
    files = {path.name: path.read_bytes() for path in (folder / "own" / ".files").iterdir()}
    return sources.json_in(folder / "own" / "odd.json"), files


@reader("kept-images")
def kept_images() -> Made:
    """The file of a person's data set, as if its description named it."""
    description, files = _own()
    [content] = files.values()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def inside(name: str, content: bytes) -> SearchStrategy[bytes]:
        if name.endswith(".json"):
            return changed_json(json.loads(content))
        return changed_array(np.load(io.BytesIO(content)))

    def read(folder: Path) -> None:
        named = fingerprint(folder / "own" / ".files" / "odd.npz")
        (folder / "own" / ".files" / "odd.npz").rename(folder / "own" / ".files" / f"{named}.npz")
        (folder / "own" / "odd.json").write_text(json.dumps({**description, "fingerprint": named}))
        loaded = load_dataset("odd", folder)
        assert isinstance(loaded.test, Split)
        own_image_names("odd", folder)

    return changed_zip(members, inside) | changed_bytes(content), in_folder("own/.files/odd.npz", read)


@reader("own-data-set")
def own_data_set() -> Made:
    """The description of a person's data set."""
    plain, files = _own()

    def read(folder: Path) -> None:
        (folder / "own" / ".files").mkdir()
        for name, content in files.items():
            (folder / "own" / ".files" / name).write_bytes(content)
        library = OwnDatasets(folder)
        for owner in (None, "somebody"):
            _ = library.visible(owner), library.disk_used(owner), library.removed(owner)
        library.clear_leftovers()
        dataset = library.get("odd")
        _ = dataset.count, library.values(dataset), library.file(dataset)
        loaded = load_dataset("odd", folder)
        assert isinstance(loaded.train, Split)
        library.share("odd", True, None)
        require_equal(library.get("odd"), replace(dataset, shared=True))

    return json_like(plain), in_folder("own/odd.json", read)
