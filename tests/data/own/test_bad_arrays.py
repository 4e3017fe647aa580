"""Wrong array files are refused in one line that names file, array and row."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest

from tests.data.own.made_sources import image_array, take_in, write_files, write_idx, write_zip
from tvae.data.own import understand
from tvae.data.own.sources.arrays import npy_array
from tvae.errors import InputError

IMAGES = np.stack([image_array(n) for n in range(6)])
LABELS = np.arange(6) % 2


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


NOT_FINITE = IMAGES / 255
NOT_FINITE[4, 3, 3] = np.nan

REFUSED = {
    "objects": ({"images": IMAGES, "labels": np.array([Evil()] * 6)}, "a.npz, labels: an array of Python objects"),
    "object images": (
        {"images": np.array([1, "a"] * 3, object), "labels": LABELS},
        "a.npz, images: an array of Python",
    ),
    "missing labels": (
        {"train_images": IMAGES},
        "a.npz: array 'train_labels' is missing; it holds train_images; right",
    ),
    "missing images": ({"train_labels": LABELS}, "a.npz: array 'train_images' is missing"),
    "other names": ({"a": IMAGES, "b": LABELS}, "a.npz: holds a, b; right are train_images"),
    "too few labels": (
        {"images": IMAGES, "labels": LABELS[:4]},
        "images has 6 rows and labels 4; there must be one each",
    ),
    "text images": ({"images": np.array(["a"] * 6), "labels": LABELS}, "a.npz, images: <U1 of shape (6,); images are"),
    "5 axes": ({"images": IMAGES[..., None, None], "labels": LABELS}, "(6, 28, 28, 1, 1); images are numbers of shape"),
    "5 channels": ({"images": np.zeros((6, 9, 9, 5)), "labels": LABELS}, "(6, 9, 9, 5); images are numbers of shape"),
    "thin": ({"images": np.zeros((6, 1, 9)), "labels": LABELS}, "images of 9 × 1 pixels; at least 2 × 2"),
    "large": ({"images": np.zeros((1, 4100, 4100), bool), "labels": [0]}, "more than 16 million pixels"),
    "not finite": ({"images": NOT_FINITE, "labels": LABELS}, "a.npz, images, row 4: holds a value that is not finite"),
    "negative": ({"images": IMAGES / 127.5 - 1, "labels": LABELS}, "values from -1 to 1; right is [0, 1] or [0, 255]"),
    "large values": ({"images": IMAGES * 2.0, "labels": LABELS}, "values from 0 to 510; right is [0, 1] or [0, 255]"),
    "huge values": ({"images": IMAGES.astype(np.int64) * 2**20, "labels": LABELS}, "right is 0 to 65,535"),
    "dates beside numbers": (
        {
            "train_images": IMAGES,
            "train_labels": LABELS,
            "test_images": IMAGES,
            "test_labels": LABELS.astype("datetime64[s]"),
        },
        "labels of the splits have different types; right is whole numbers or text",
    ),
    "fractions": (
        {"images": IMAGES, "labels": LABELS + 0.5},
        "labels, row 0: label 0.5 is no whole number; labels are",
    ),
    "nan label": ({"images": IMAGES, "labels": [0, 1, np.nan, 1, 0, 1]}, "labels, row 2: label nan is no whole number"),
    "complex": ({"images": IMAGES, "labels": LABELS + 0j}, "labels are complex128; right are whole numbers or text"),
    "nothing": ({"images": IMAGES[:0], "labels": LABELS[:0]}, "a.npz: holds no image"),
    "scalar": ({"images": np.array(3), "labels": LABELS[:0]}, "a.npz"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_npz_refused(tmp_path, kind):
    arrays, message = REFUSED[kind]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError) as caught:
        take_in(tmp_path / "a.npz", tmp_path / "kept")
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "kept").exists()


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy(IMAGES)[:-100], "a.npz, images: cut short in row 5 of 6; copy the file again"),
        (npy(IMAGES) + b"x", "a.npz, images: longer than its header says; save it again"),
        (npy(IMAGES).replace(b"(6, 28, 28)", b"(6, 28,10**9)"), "a.npz, images: not a numpy array"),
        (pickle.dumps(Evil()), "a.npz, images: not a numpy array"),
        (b"", "a.npz, images: not a numpy array"),
    ],
    ids=["cut", "longer", "expression", "pickle", "empty"],
)
def test_a_member_that_is_not_what_its_header_says(tmp_path, content, message):
    write_zip(tmp_path / "a.npz", {"images.npy": content, "labels.npy": npy(LABELS)})
    with pytest.raises(InputError) as caught:
        understand(tmp_path / "a.npz")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_damaged_member_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", npy(IMAGES))
        archive.writestr("labels.npy", npy(LABELS))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[1_000] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"a.npz, images: damaged \(Bad CRC-32"):
        take_in(tmp_path / "a.npz", tmp_path / "kept")
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file() and path.suffix != ".lock"] == []


@pytest.mark.parametrize("packed", ["", ".gz"])
def test_idx_refused(tmp_path, packed):
    images = write_idx(tmp_path / f"train-images-idx3-ubyte{packed}", IMAGES)
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.*: no file of its labels; right are two files"):
        understand(images)
    labels = write_idx(tmp_path / f"train-labels-idx1-ubyte{packed}", LABELS[:4].astype(np.uint8))
    with pytest.raises(
        InputError, match=r"has 6 images and train-labels-idx1-ubyte.* 4 labels; there must be one each"
    ):
        understand(images)
    write_idx(labels, LABELS.astype(np.uint8))
    assert understand(tmp_path).count() == 6
    content = images.read_bytes()
    content = gzip.compress(gzip.decompress(content)[:-1_000]) if packed else content[:-1_000]
    images.write_bytes(content)
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.*: cut short in row 4 of 6; copy the file again"):
        understand(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("content", [{"data": IMAGES, b"labels": [0, 1] * 3}, IMAGES, [1, 2], Evil()])
def test_a_pickle_is_never_opened(tmp_path, content, protocol, packed):
    data = pickle.dumps(content, protocol)
    write_files(tmp_path / "batches", {"data_batch_1": gzip.compress(data) if packed else data})
    line = "a pickle of Python, which may run code and is never opened; save its arrays with np.savez"
    with pytest.raises(InputError, match=f"^data_batch_1: {line}$"):
        understand(tmp_path / "batches" / "data_batch_1")
    with pytest.raises(InputError, match=f"^batches: holds data_batch_1, {line}$"):
        understand(tmp_path / "batches")


def test_a_cut_gzip_is_refused(tmp_path):
    images = write_idx(tmp_path / "train-images-idx3-ubyte.gz", IMAGES)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", LABELS.astype(np.uint8))
    images.write_bytes(images.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.gz: damaged \(Compressed file ended"):
        understand(tmp_path)
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"hello" * 100))
    with pytest.raises(InputError, match=r"b.gz: a gzip file, and what it holds is no idx file"):
        understand(tmp_path / "b.gz")


def header(dtype: str, shape: object, rest: int = 100, column_major: bool = False) -> bytes:
    text = f"{{'descr': {dtype!r}, 'fortran_order': {column_major}, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + b"\xff" * rest


CLAIMS = {
    "36 TiB": {"images": header("|u1", (10**9, 200, 200)), "labels": header("<i8", (10**9,))},
    "36 TiB of labels": {"labels": header("<i8", (5 * 10**12,))},
    "36 TiB in column order": {"images": header("|u1", (10**6, 6000, 6000), column_major=True)},
    "a label of 40 MB": {"labels": header("<U9999999", (6,))},
    "more than any number": {"images": header("|u1", (6, 10**30, 8))},
    "fewer than none": {"images": header("|u1", (-6, 8, 8))},
    "nothing times more than any number": {"labels": header("<i4", (0, 10**20), 0)},
    "axes without end": {"labels": header("<i4", (6, *[1] * 70), 24)},
    "truth as a length": {"labels": header("<i4", "(True,)")},
    "no size": {"labels": header("|S0", (6,))},
    "arrays in cells": {"labels": header("(3,)i4", (6,), 72)},
    "dates": {"labels": header("<M8[s]", (6,), 48)},
    "characters that are none": {"labels": header("<U1", (6,), 24)},
    "an unfinished header": {"labels": b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 117 + b"\n"},
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_what_a_header_claims_is_not_believed(tmp_path, kind):
    arrays = {"images": npy(IMAGES), "labels": npy(LABELS)} | CLAIMS[kind]
    write_zip(tmp_path / "a.npz", {f"{name}.npy": content for name, content in arrays.items()})
    with pytest.raises(InputError, match=r"^a\.npz") as caught:
        understand(tmp_path / "a.npz")
    assert "\n" not in str(caught.value)


def test_an_array_of_nothing_in_column_order_is_read():
    content = header("<i4", (0, 3), 0, column_major=True)
    array = npy_array("triplets", lambda: io.BytesIO(content)).read()
    assert array.shape == (0, 3)


def test_axes_without_end_are_refused():
    content = header("|V0", [1] * 70, 0).replace(b"[", b"(").replace(b"]", b")")
    with pytest.raises(InputError, match=r"^triplets: not a numpy array"):
        npy_array("triplets", lambda: io.BytesIO(content))
