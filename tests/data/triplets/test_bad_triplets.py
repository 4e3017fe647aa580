"""Wrong triplet files: one line that names the file, the row and what would be right; nothing is taken."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.data.triplets import GivenTriplets, ImageNames, WrongTriplets, read_triplets
from tvae.errors import InputError

NAMED = ImageNames(4, ["cat/1.png", "dog/1.png", "dog/2.png", "dog/3.png"])
BARE = ImageNames(4)
HEADER = "anchor,positive,negative\n"


@pytest.mark.parametrize(
    ("images", "content", "line"),
    [
        (BARE, HEADER + "0,1,2\n0,1,4\n", "line 3: row 4 is out of range; the 4 training images are 0 to 3"),
        (BARE, "0 1 2\n\n1 1 2\n", "line 3: names the same image twice; right are three different ones"),
        (BARE, "0 1 2\n1 2 1\n", "line 2: names the same image twice; right are three different ones"),
        (BARE, "0,1,2\n0,1\n", "line 2: 2 cells; right are 3, anchor, positive and negative"),
        (BARE, HEADER + "0,1,2,3\n", "line 2: 4 cells; right are 3, as the header has"),
        (BARE, "0,1,2\n0,1.0,2\n", "line 2: '1.0' is no row; right is a whole number from 0 to 3"),
        (BARE, "0,1,2\n0,-1,2\n", "line 2: '-1' is no row; right is a whole number from 0 to 3"),
        (BARE, "0,1,2\n0,1_0,2\n", "line 2: '1_0' is no row; right is a whole number from 0 to 3"),
        (BARE, "0,1,2\n0,٣,2\n", "line 2: '٣' is no row; right is a whole number from 0 to 3"),
        (BARE, "0,1,2\n0,,2\n", "line 2: an empty cell; right is a training image"),
        (BARE, f"0,1,2\n0,1,{10**30}\n", f"line 2: '{10**30}' is no row; right is a whole number from 0 to 3"),
        (BARE, f"0,1,2\n0,1,{10**17}\n", f"line 2: row {10**17} is out of range; the 4 training images are 0 to 3"),
        (
            BARE,
            "a.png,b.png,c.png\n",
            "line 1: 'a.png' is no row, and this data set keeps no names; right is a number from 0 to 3",
        ),
        (NAMED, "2.png,3.png,bird.png\n", "line 1: no training image is called 'bird.png'; names are like 'cat/1.png'"),
        (
            NAMED,
            "2.png,3.png,1.png\n",
            "line 1: several training images are called '1.png'; write the folder before the name",
        ),
        (NAMED, "2.png,dog/2.png,3.png\n", "line 1: names the same image twice; right are three different ones"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path, images, content, line):
    path = tmp_path / "given.csv"
    path.write_text(content)
    with pytest.raises(WrongTriplets) as refusal:
        read_triplets(path, images)
    assert str(refusal.value) == f"given.csv: {line}"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "is empty; right are three images a line: anchor, positive and negative"),
        (b"\n \n", "is empty; right are three images a line: anchor, positive and negative"),
        (HEADER.encode(), "has a header and no triplet; right is a first line anchor,positive,negative, or none"),
        (b'0,1,2\n0,"1,2\n0,1,2\n', "line 2: a quote is opened and never closed"),
        (b'0,1,2\n0,"1"x,2\n', "line 2: ',' expected after '\"'; write quotes inside a cell twice"),
        (b"anchor,anchor,positive,negative\n0,1,2,3\n", "line 1: two columns are called 'anchor'"),
        (b"PK\x03\x04 and more", "a zip or .npz; right is text or .npy"),
        (b"0,1\x002\n", "holds bytes that are no text; right is text or .npy"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, line):
    path = tmp_path / "given.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_triplets(path, BARE)
    message = str(refusal.value)
    assert message.startswith("given.csv") and line in message and "\n" not in message


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (np.zeros((4, 3)), "float64 of shape (4, 3); right is whole numbers of shape (n, 3): anchor, positive and"),
        (np.zeros((4, 2), int), "int64 of shape (4, 2); right is whole numbers of shape (n, 3)"),
        (np.zeros(3, int), "int64 of shape (3,); right is whole numbers of shape (n, 3)"),
        (np.zeros((0, 3), int), "holds no triplet"),
        (np.array([["a", "b", "c"]]), "<U1 of shape (1, 3); right is whole numbers"),
        (np.array([[0, 1, 2], [0, 1, 4]]), "row 1: row 4 is out of range; the 4 training images are 0 to 3"),
        (np.array([[0, 1, -2]]), "row 0: row -2 is out of range"),
        (np.array([[0, 2, 2]]), "row 0: names the same image twice"),
        (np.array([[0, 1, 2**64 - 1]], np.uint64), f"row 0: row {2**64 - 1} is out of range"),
    ],
)
def test_a_wrong_array_is_refused(tmp_path, array, line):
    np.save(tmp_path / "given.npy", array)
    with pytest.raises(InputError) as refusal:
        read_triplets(tmp_path / "given.npy", BARE)
    assert str(refusal.value).startswith(f"given.npy: {line}")


def test_floats_are_told_how_to_be_saved(tmp_path):
    np.save(tmp_path / "given.npy", np.zeros((4, 3)))
    with pytest.raises(InputError, match=r"; save triplets.astype\(int\)$"):
        read_triplets(tmp_path / "given.npy", BARE)


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "given.npy", np.array([[0, 1, 2]], object), allow_pickle=True)
    with pytest.raises(InputError, match=r"given.npy: an array of Python objects, which may run code and is not op"):
        read_triplets(tmp_path / "given.npy", BARE)


def test_a_cut_array_is_refused(tmp_path):
    np.save(tmp_path / "given.npy", np.array([[0, 1, 2]] * 10))
    content = (tmp_path / "given.npy").read_bytes()
    (tmp_path / "given.npy").write_bytes(content[:-5])
    with pytest.raises(InputError, match=r"given.npy: cut short in row 9 of 10; copy the file again"):
        read_triplets(tmp_path / "given.npy", BARE)


def test_the_first_twenty_wrong_rows_are_named_and_the_rest_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.data.triplets.reading.ROWS_AT_ONCE", 10)
    path = tmp_path / "given.csv"
    path.write_text(HEADER + "0,1,9\n0,1\nx,1,2\n0,0,1\n" * 10)
    with pytest.raises(WrongTriplets) as refusal:
        read_triplets(path, BARE)
    assert str(refusal.value).startswith("given.csv: 40 rows can't be taken: line 2: row 9 is out of range")
    assert [sentence.split(":")[0] for sentence in refusal.value.sentences] == [
        *(f"line {number}" for number in range(2, 22)),
        "and 20 more",
    ]


def test_too_many_rows_are_refused_before_they_are_all_read(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.data.triplets.reading.MOST_TRIPLETS", 100)
    monkeypatch.setattr("tvae.data.triplets.reading.ROWS_AT_ONCE", 10)
    path = tmp_path / "given.csv"
    path.write_text("0,1,2\n" * 101)
    with pytest.raises(InputError, match=r"given.csv: more than 100 rows; take a part of them"):
        read_triplets(path, BARE)
    path.write_text("a,b,odd\n" + "0,1,2\n" * 51)
    with pytest.raises(InputError, match=r"given.csv: more than 50 rows; take a part of them"):
        read_triplets(path, BARE)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"given.csv: can't be read \(No such file or directory\); name a file of"):
        read_triplets(tmp_path / "given.csv", BARE)
    with pytest.raises(InputError, match=r"can't be read \(Is a directory\)"):
        read_triplets(tmp_path, BARE)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (np.zeros((1, 2), int), "right is whole numbers of shape"),
        (np.zeros((0, 3), int), "0 of them"),
        (np.array([[0, 1, -1]]), "rows are counted from 0"),
        (np.array([[0, 1, 1]]), "one names the same image twice"),
        (np.array([[0.0, 1, 2]]), "right is whole numbers"),
    ],
)
def test_impossible_triplets(rows, line):
    with pytest.raises(InputError, match=line):
        GivenTriplets(rows)
