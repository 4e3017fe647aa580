"""Every form of labelled images is recognised by its content and comes out as it went in."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

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
from tvae.data import load_dataset, load_split, train_size
from tvae.data.own import OwnDatasets, default_choices, examples, previews, understand
from tvae.data.own.sources.pictures import EncodedPictures
from tvae.errors import InputError

TEN = np.stack([image_array(number) for number in range(10)])  # (10, 28, 28)
LABELS = np.array([0, 1] * 5)


@pytest.fixture
def folder(tmp_path):
    """Folder of the data sets."""
    return tmp_path / "kept"


def images_of(name, folder, split):
    images = load_split(name, split, folder).images
    return images.reshape(len(images), *images.shape[1:3])


def test_a_zip_of_class_folders_with_train_test_and_val_above(tmp_path, folder):
    files = {}
    for split, first in (("train", 0), ("test", 10), ("val", 20)):
        for number in range(10):
            files[f"pets/{split}/{('cat', 'dog')[number % 2]}/{number}.png"] = png(first + number)
    files |= {"pets/.DS_Store": b"x", "__MACOSX/pets/train/cat/._0.png": b"x", "pets/train/cat/Thumbs.db": b"x"}
    dataset = take_in(write_zip(tmp_path / "no-suffix", files), folder)
    assert dataset.kind == "pictures in class folders" and dataset.left_out == 0
    assert dataset.counts == {"train": 10, "test": 10, "validation": 10}
    loaded = load_dataset("mine", folder)
    assert loaded.class_names == ("cat", "dog")
    order = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]  # by folder
    assert loaded.train.labels.tolist() == [0] * 5 + [1] * 5
    np.testing.assert_array_equal(images_of("mine", folder, "train"), TEN[order])
    np.testing.assert_array_equal(images_of("mine", folder, "test")[0], image_array(10))
    assert train_size("mine", folder) == 10
    assert "own images mine" in loaded.source and "SHA-256" in loaded.source


def test_a_folder_of_classes_without_splits_is_split_by_class(tmp_path, folder):
    files = class_files(("class10", "class2"), each=10) | {"README.md": b"hello", "class2/notes.txt": b"hello"}
    understood = understand(write_files(tmp_path / "pets", files))
    assert [(c.name, c.count, c.example_name) for c in understood.classes()] == [
        ("class2", 10, "class2/0.png"),
        ("class10", 10, "class10/0.png"),
    ]
    assert understood.sizes() == [(28, 28, 20)] and understood.colour_count == 0 and understood.splits() == {}
    assert understood.left_out().named == [
        ("README.md", "lies in no folder that names its class"),
        (
            "class2/notes.txt",
            "this is no picture that can be read; a PNG, JPEG, WebP, GIF, BMP or TIFF picture is right",
        ),
    ]
    dataset = take_in(tmp_path / "pets", folder)
    assert dataset.counts == {"train": 16, "test": 4}
    assert dataset.class_counts == {"class2": {"train": 8, "test": 2}, "class10": {"train": 8, "test": 2}}


def test_deeper_folders_belong_to_their_class_and_folders_around_are_passed_over(tmp_path):
    files = class_files(prefix="a/b/", each=2) | {"a/b/cat/deep/er/9.png": png(9), "a/b/cover.png": png(8)}
    understood = understand(write_files(tmp_path / "pets", files))
    assert [(c.name, c.count) for c in understood.classes()] == [("cat", 3), ("dog", 2)]
    assert understood.left_out().named == [("a/b/cover.png", "lies in no folder that names its class")]


@pytest.mark.parametrize("side", [28, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_medmnist_keeps_its_validation_part_apart(tmp_path, folder, side, channels):
    images = {part: np.stack([image_array(first + n, side, channels) for n in range(6)]) for part, first in PARTS}
    labels = {f"{part}_labels": np.array([[7], [2], [7], [2], [7], [2]], np.uint8) for part, _ in PARTS}
    np.savez(tmp_path / "med.npz", **{f"{part}_images": a for part, a in images.items()}, **labels)  # type: ignore[arg-type]
    understood = understand(tmp_path / "med.npz")
    assert understood.splits() == {"train": 6, "test": 6, "validation": 6}
    assert understood.sizes() == [(side, side, 18)] and understood.colour_count == (18 if channels == 3 else 0)
    choices = default_choices(understood)
    assert (choices.size, choices.split) == (side, "given")
    assert choices.colours == ("colour" if channels == 3 else "grey")
    dataset = take_in(tmp_path / "med.npz", folder, colours="grey")
    assert dataset.counts == {"train": 6, "test": 6, "validation": 6}
    loaded = load_dataset("mine", folder)
    assert loaded.class_names == ("2", "7") and loaded.train.labels.tolist() == [1, 0] * 3
    if channels == 1:
        np.testing.assert_array_equal(images_of("mine", folder, "test"), images["test"])


PARTS = (("train", 0), ("val", 10), ("test", 20))


def test_several_labels_an_image_are_all_kept_and_any_can_be_the_class(tmp_path, folder):
    labels = np.array([[0, 1, 0], [0, 0, 0], [1, 1, 0], [1, 0, 1]] * 3)
    images = np.stack([image_array(n) for n in range(12)])
    np.savez(tmp_path / "chest.npz", images=images, labels=labels, patient=np.arange(12) // 4)
    understood = understand(tmp_path / "chest.npz")
    assert list(understood.columns) == ["label-0", "label-1", "label-2", "patient"]
    dataset = take_in(tmp_path / "chest.npz", folder, label="label-1")
    assert dataset.label_columns == ("label-1", "label-0", "label-2", "patient")
    library = OwnDatasets(folder)
    assert library.values(dataset)["patient"] == ("0", "1", "2")
    by_patient = load_dataset("mine", folder, notion="patient")
    assert by_patient.class_names == ("0", "1", "2")
    lone = take_in(tmp_path / "chest.npz", folder, "lone", label="label-1", further_labels=False)
    assert lone.label_columns == ("label-1",)


def test_one_hot_labels_are_one_class_each(tmp_path):
    np.savez(tmp_path / "a.npz", images=TEN, labels=np.eye(3)[[0, 2, 1, 0, 2, 1, 0, 2, 1, 1]])
    understood = understand(tmp_path / "a.npz")
    assert [(c.name, c.count) for c in understood.classes()] == [("0", 3), ("1", 4), ("2", 3)]
    assert "one-hot" in understood.notes[0]


@pytest.mark.parametrize("names", [("images", "labels"), ("x_train", "y_train"), ("X", "Y")])
def test_plain_npz_with_text_labels(tmp_path, names, folder):
    np.savez_compressed(tmp_path / "a.npz", **{names[0]: TEN, names[1]: np.array(["b", "a"] * 5)})  # type: ignore[arg-type]
    dataset = take_in(tmp_path / "a.npz", folder)
    assert dataset.counts == {"train": 8, "test": 2} and list(dataset.class_counts) == ["a", "b"]


@pytest.mark.parametrize(
    ("made", "note"),
    [
        (lambda: TEN / 255, "values in [0, 1], taken as shares of white"),
        (lambda: (TEN / 255).astype(np.float32), "values in [0, 1], taken as shares of white"),
        (lambda: TEN.astype(np.float64), "values in [0, 255], of which 255 is white"),
        (lambda: np.asfortranarray(TEN), None),
        (lambda: TEN[..., None], None),
        (lambda: TEN.reshape(10, -1), "rows of 784 values, taken as 28 × 28 pixels"),
        (lambda: TEN.astype(np.int64), None),
        (lambda: TEN.astype(np.uint16) * 257, "values up to 65,535; 65,535 is taken as white"),
        (lambda: TEN[:, None].repeat(3, axis=1), None),
    ],
    ids=[
        "shares",
        "float32",
        "float bytes",
        "column order",
        "one channel",
        "flat",
        "int64",
        "16 bits",
        "channels first",
    ],
)
def test_the_same_images_in_other_types_and_shapes(tmp_path, folder, made, note):
    np.savez(tmp_path / "a.npz", images=made(), labels=LABELS)
    understood = understand(tmp_path / "a.npz")
    assert list(understood.notes) == ([note] if note else [])
    take_in(tmp_path / "a.npz", folder, colours="grey")
    kept = np.concatenate([images_of("mine", folder, split) for split in ("train", "test")])
    assert sorted(image.tobytes() for image in kept) == sorted(image.tobytes() for image in TEN)


def test_values_of_twelve_bits_are_scaled_by_twelve_bits(tmp_path, folder):
    np.savez(tmp_path / "a.npz", images=TEN.astype(np.uint16) * 16, labels=LABELS)
    assert understand(tmp_path / "a.npz").notes == ("values up to 4,080; 4,095 is taken as white",)


def test_parquet_shards_of_the_hub_with_class_names(tmp_path, folder):
    names = ["zebra", "ant", "absent"]
    for shard in range(2):
        table = hub_table([png(10 * shard + n) for n in range(10)], [0, 1] * 5, names)
        write_parquet(tmp_path / "hub" / "data" / f"train-0000{shard}-of-00002.parquet", table)
    test = hub_table([png(20 + n) for n in range(4)], [0, 1, -1, 1], names)
    write_parquet(tmp_path / "hub" / "data" / "test-00000-of-00001.parquet", test)
    understood = understand(tmp_path / "hub")
    assert understood.splits() == {"train": 20, "test": 3}
    assert understood.left_out().named == [("test-00000-of-00001.parquet, row 2", "has no label in column label")]
    dataset = take_in(tmp_path / "hub", folder)
    loaded = load_dataset("mine", folder)
    assert loaded.class_names == ("zebra", "ant"), "in the order of the metadata, without the one that no image has"
    np.testing.assert_array_equal(images_of("mine", folder, "train")[11], image_array(11))
    assert dataset.counts == {"train": 20, "test": 3}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_parquet_shards_in_a_zip(tmp_path, folder, compression):
    """In small row groups, as the hub has them: what is read a second time begins at the group of its first row."""
    for number, split in enumerate(("train", "train", "test")):
        rows = range(30 * number, 30 * number + 30)
        table = hub_table([png(n) for n in rows], [n % 2 for n in rows], ["ant", "bee"])
        path = tmp_path / "hub" / f"{split}-0000{number}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path, row_group_size=7)
    with zipfile.ZipFile(tmp_path / "hub.zip", "w", compression) as archive:
        for path in sorted((tmp_path / "hub").iterdir()):
            archive.write(path, f"hub/data/{path.name}")
    understood = understand(tmp_path / "hub.zip")
    assert understood.kind == "parquet of pictures and labels" and understood.splits() == {"train": 60, "test": 30}
    picked = np.array([3, 40, 41, 58, 89])
    pictures = understood.reading.pictures
    assert isinstance(pictures, EncodedPictures)
    pictures._first = []  # as where they are too many to be held since the first look
    for row, picture in zip(picked, pictures.decoded(picked, 28), strict=True):
        np.testing.assert_array_equal(np.asarray(picture), image_array((row + 60) % 90))  # the test shard is first
    in_zip = take_in(tmp_path / "hub.zip", folder)
    assert in_zip.fingerprint == take_in(tmp_path / "hub", folder, "unpacked").fingerprint
    assert in_zip.class_counts == {"ant": {"train": 30, "test": 15}, "bee": {"train": 30, "test": 15}}


def test_a_damaged_parquet_in_a_zip_is_refused_in_one_line(tmp_path):
    write_parquet(tmp_path / "a.parquet", hub_table([png(n) for n in range(10)], [0, 1] * 5))
    content = (tmp_path / "a.parquet").read_bytes()
    write_zip(tmp_path / "cut.zip", {"a.parquet": content[:-9]})
    with pytest.raises(InputError, match=r"^a\.parquet: not a sound parquet file \(.+\); copy it again$"):
        understand(tmp_path / "cut.zip")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.parquet", content)
    damaged = bytearray((tmp_path / "bad.zip").read_bytes())
    damaged[200:240] = bytes(40)
    (tmp_path / "bad.zip").write_bytes(damaged)
    with pytest.raises(InputError, match=r"^a\.parquet: not a sound parquet file \(.+\); copy it again$"):
        understand(tmp_path / "bad.zip")


def test_pictures_beside_parquet_are_named_as_left_out(tmp_path):
    write_parquet(tmp_path / "hub" / "a.parquet", hub_table([png(n) for n in range(10)], [0, 1] * 5))
    write_files(tmp_path / "hub", {"README.md": b"x", "cat/1.png": png(1)})
    left_out = understand(tmp_path / "hub").left_out()
    assert left_out.named == [
        ("cat/1.png", "lies beside parquet of pictures and labels; bring in the pictures without those files")
    ]


def test_an_npz_beside_pictures_in_a_zip_is_named_as_left_out_and_alone_it_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", images=TEN, labels=LABELS)
    content = (tmp_path / "a.npz").read_bytes()
    understood = understand(write_zip(tmp_path / "a.zip", class_files() | {"cat/a.npz": content}))
    assert understood.count() == 10 and understood.left_out().named[0][0] == "cat/a.npz"
    with pytest.raises(InputError, match=r"b.zip: holds a.npz, a zip or .npz; bring in that file itself"):
        understand(write_zip(tmp_path / "b.zip", {"a.npz": content}))


def test_one_parquet_file_with_further_labels_and_dictionary_encoded_cells(tmp_path, folder):
    writer = pa.array(["ann", "bob"] * 5).dictionary_encode()
    caption = pa.array([f"number {n}" for n in range(10)])
    rows = [{"bytes": png(n), "path": None} for n in range(10)]
    image = pa.array(rows, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    table = pa.table({"image": image, "label": pa.array(["b", "a"] * 5).dictionary_encode(), "writer": writer})
    write_parquet(tmp_path / "a.parquet", table.append_column("caption", caption))
    understood = understand(tmp_path / "a.parquet")
    assert list(understood.columns) == ["label", "writer"]
    assert understood.notes == ("column caption is not kept: 10 different values make no classes",)
    dataset = take_in(tmp_path / "a.parquet", folder)
    assert dataset.label_columns == ("label", "writer")


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("by", ["folder", "file", "zip"])
def test_idx_files(tmp_path, folder, packed, by):
    source = tmp_path / "idx"
    source.mkdir()
    write_idx(source / f"train-images-idx3-ubyte{packed}", TEN)
    write_idx(source / f"train-labels-idx1-ubyte{packed}", (LABELS + 3).astype(np.uint8))
    if by != "file":
        write_idx(source / f"t10k-images-idx3-ubyte{packed}", TEN[:4])
        write_idx(source / f"t10k-labels-idx1-ubyte{packed}", LABELS[:4].astype(np.uint8) + 3)
    if by == "zip":
        source = write_zip(tmp_path / "idx.zip", {path.name: path.read_bytes() for path in source.iterdir()})
    if by == "file":
        source = source / f"train-images-idx3-ubyte{packed}"
    dataset = take_in(source, folder)
    assert dataset.kind == "idx files" and list(dataset.class_counts) == ["3", "4"]
    assert dataset.counts == ({"train": 8, "test": 2} if by == "file" else {"train": 10, "test": 4})
    if by != "file":
        np.testing.assert_array_equal(images_of("mine", folder, "train"), TEN)


def test_a_csv_of_paths_with_a_split_and_a_further_label(tmp_path, folder):
    write_files(tmp_path / "data", {f"pictures/{n}.png": png(n) for n in range(8)})
    lines = ["path,label,split,writer,x_1"]
    lines += [
        f"pictures/{n}.png,{('cat', 'dog')[n % 2]},{'train' if n < 4 else 'validation'},w{n // 4},{n}" for n in range(8)
    ]
    (tmp_path / "data" / "list.csv").write_text("\n".join(lines))
    dataset = take_in(tmp_path / "data" / "list.csv", folder)
    assert dataset.counts == {"train": 4, "test": 4} and dataset.label_columns == ("label", "writer")
    assert "there is no test split, so the validation split is taken for it" in dataset.notes
    assert "column x_1 is not kept: 8 different values make no classes" in dataset.notes
    np.testing.assert_array_equal(images_of("mine", folder, "train"), TEN[:4])
    whole = take_in(tmp_path / "data", folder, "whole")
    assert whole.kind == "a table of paths and labels" and whole.counts == dataset.counts
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "data")
    assert take_in(tmp_path / "packed.zip", folder, "packed").fingerprint == whole.fingerprint == dataset.fingerprint
    assert len(list((folder / "own" / ".files").glob("*.npz"))) == 1, "the same images and labels are kept once"


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_tables_as_spreadsheets_write_them(tmp_path, delimiter, encoding):
    write_files(tmp_path, {f"{n}.png": png(n) for n in range(4)})
    lines = [
        ('"filename"', '"class"'),
        ("0.png", "Käfer"),
        ("1.png", '"a, b"'),
        ("2.png", "Käfer"),
        ("3.png", '"a, b"'),
    ]
    text = "\r\n".join(delimiter.join(cells) for cells in lines)
    (tmp_path / "a.tsv").write_bytes(text.encode(encoding))
    understood = understand(tmp_path / "a.tsv")
    assert [c.name for c in understood.classes()] == ["a, b", "Käfer"]
    assert ("the table is not UTF-8; it is read as Latin-1" in understood.notes) == (encoding == "latin-1")


def test_before_and_after_are_shown_and_one_example_a_class(tmp_path):
    files = {
        f"{name}/{n}.png": picture_bytes(Image.new("RGB", (90, 30), colour)) for n in range(3) for name, colour in RG
    }
    understood = understand(write_files(tmp_path / "a", files))
    choices = default_choices(understood)
    assert (choices.size, choices.colours, choices.split) == (32, "colour", "stratified")
    (red, green) = [p for p in previews(understood, choices, 2)]
    assert {red.class_name, green.class_name} == {"red", "green"}
    assert red.before.shape == (30, 90, 3) and red.after.shape == (32, 32, 3)
    assert {name: pixels[0, 0].tolist() for name, pixels in examples(understood).items()} == {
        "red": [255, 0, 0],
        "green": [0, 128, 0],
    }
    assert len(previews(understood, choices, 50)) == 6


RG = (("red", "red"), ("green", "green"))


def test_grey_pictures_saved_in_colour_are_kept_grey_by_default(tmp_path):
    grey = {f"{n % 2}/{n}.jpg": picture_bytes(Image.fromarray(image_array(n)).convert("RGB"), "JPEG") for n in range(4)}
    understood = understand(write_files(tmp_path / "a", grey))
    assert understood.colour_count == 4 and default_choices(understood).colours == "grey"


def test_real_digits_written_as_class_folders_come_back_as_they_were(tmp_path, folder, digits):
    """scikit-learn's, in their own splits, enlarged to 28 × 28 by whole pixels."""
    files, expected = {}, {}
    for split in (digits.train, digits.test):
        pixels = split.images.reshape(len(split), 8, 8).repeat(7, axis=1).repeat(7, axis=2)[:, ::2, ::2]  # (n, 28, 28)
        for row in range(0, len(split), 3):
            files[f"{split.name}/{split.labels[row]}/{row}.png"] = picture_bytes(pixels[row])
        order = np.argsort(split.labels[::3], kind="stable")
        expected[split.name] = pixels[::3][order], split.labels[::3][order]
    dataset = take_in(write_files(tmp_path / "digits", files), folder)
    assert dataset.counts == {"train": 480, "test": 120}
    for split, (pixels, labels) in expected.items():
        np.testing.assert_array_equal(images_of("mine", folder, split), pixels)
        assert load_split("mine", split, folder).labels.tolist() == labels.tolist()
