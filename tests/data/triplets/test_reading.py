"""Forms of triplet files: each is recognised by its content and read, with a note on its form."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.data.triplets import GivenTriplets, ImageNames, WrongTriplets, read_triplets
from tvae.errors import InputError

IMAGES = ImageNames(6, ["cat/1.png", "cat/2.png", "dog/1.png", "dog/3.png", "4", "5"])
ROWS = [[0, 1, 3], [3, 2, 0]]


def read(tmp_path, content, *, images=IMAGES, **options):
    path = tmp_path / "given.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_triplets(path, images, **options)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("anchor,positive,negative\n0,1,3\n3,2,0\n", "commas between cells, columns anchor, positive, negative"),
        ("head,b,c\n0,1,3\n3,2,0\n", "commas between cells, columns head, b, c"),
        ("head,winner,loser\r\n0,1,3\r\n3,2,0", "columns head, winner, loser"),
        ("worker,loser,winner,head\nx,3,1,0\nx,0,2,3\n", "1 further columns are not used"),
        ("0,1,3\n3,2,0\n", "no header"),
        ("0;1;3\n3;2;0\n", "semicolons"),
        ("0\t1\t3\n3\t2\t0\n", "tabs"),
        ("  0 1   3\n\n3 2 0  \n\n", "white space"),
        ("\ufeffAnchor, Positive ,NEGATIVE\n0, 1, 3\n3,2,0\n", "columns anchor, positive, negative"),
        ('"anchor","positive","negative"\n"0","1","3"\n3,2,0\n', "columns anchor, positive, negative"),
        ("anchor,positive,negative\ncat/1.png,cat/2.png,3.png\ndog/3.png,dog/1.png,cat/1.png\n", "images by name"),
        ("cat/1.png 2.png dog/3.png\n3.png dog/1.png cat/1.png\n", "images by name"),
    ],
)
def test_a_form_is_recognised_by_its_content(tmp_path, text, note):
    file = read(tmp_path, text)
    assert file.triplets.rows.tolist() == ROWS
    assert note in "; ".join(file.notes)


def test_utf_16_and_latin_1_are_read_and_told(tmp_path):
    assert read(tmp_path, "0,1,3\n3,2,0\n".encode("utf-16")).triplets.rows.tolist() == ROWS
    names = ImageNames(3, ["für.png", "b.png", "c.png"])
    file = read(tmp_path, "für.png,b.png,c.png\n".encode("latin-1"), images=names)
    assert file.triplets.rows.tolist() == [[0, 1, 2]] and "not UTF-8; read as Latin-1" in file.notes


@pytest.mark.parametrize("text", ["a,b,odd\n0,1,3\n", "odd,a,b\n3,0,1\n", "first second odd_one_out\n0 1 3\n"])
def test_an_odd_one_out_answer_is_two_triplets(tmp_path, text):
    file = read(tmp_path, text)
    assert file.triplets.rows.tolist() == [[0, 1, 3], [1, 0, 3]]
    assert "odd-one-out answers" in file.notes[0]


def test_rows_without_a_header_are_odd_one_out_where_that_is_said(tmp_path):
    assert read(tmp_path, "0 1 3\n", odd_one_out=True).triplets.rows.tolist() == [[0, 1, 3], [1, 0, 3]]
    np.save(tmp_path / "rows.npy", np.array([[0, 1, 3]]))
    file = read_triplets(tmp_path / "rows.npy", IMAGES, odd_one_out=True)
    assert file.triplets.rows.tolist() == [[0, 1, 3], [1, 0, 3]]
    header = read(tmp_path, "anchor,positive,negative\n0,1,3\n", odd_one_out=True)
    assert header.triplets.rows.tolist() == [[0, 1, 3]]  # the header says otherwise, and wins


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, ">i8", np.uint64])
def test_an_array(tmp_path, dtype):
    np.save(tmp_path / "given.npy", np.array(ROWS, dtype))
    assert read_triplets(tmp_path / "given.npy", IMAGES).triplets.rows.tolist() == ROWS
    np.save(tmp_path / "columns.npy", np.asfortranarray(np.array(ROWS, dtype)))
    assert read_triplets(tmp_path / "columns.npy", IMAGES).triplets.rows.tolist() == ROWS


def test_numbers_are_names_where_the_images_are_called_so(tmp_path):
    names = ImageNames(12, [str(11 - row) for row in range(12)])
    assert read(tmp_path, "0,1,3\n", images=names).triplets.rows.tolist() == [[11, 10, 8]]
    assert read(tmp_path, "0,1,3\n", images=ImageNames(12)).triplets.rows.tolist() == [[0, 1, 3]]


def test_the_file_of_triplets_is_read_again(tmp_path):
    given = GivenTriplets(np.array(ROWS))
    (tmp_path / "triplets.npy").write_bytes(given.content)
    again = read_triplets(tmp_path / "triplets.npy", IMAGES).triplets
    assert again.fingerprint == given.fingerprint and again.rows.tolist() == ROWS
    assert GivenTriplets.from_content(given.content, given.fingerprint, "x").rows.tolist() == ROWS
    with pytest.raises(InputError, match=r"x: SHA-256 is \w{12}… and not 000000000000…; these are other triplets"):
        GivenTriplets.from_content(given.content, "0" * 64, "x")


def test_rows_across_blocks_keep_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.data.triplets.reading.ROWS_AT_ONCE", 7)
    rows = np.stack([np.arange(50), np.arange(50) + 1, np.arange(50) + 2], axis=1)
    text = "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    assert (read(tmp_path, text, images=ImageNames(52)).triplets.rows == rows).all()


ODD_LINES = ("\n7{mark}8{mark}9\n", " 7{mark} 8{mark} 9 \r\n", None)
QUOTED = '"7"{mark}8{mark}9\n'


@pytest.mark.parametrize(
    ("mark", "odd_line"),
    [(mark, line) for mark in (",", ";", "\t", " ", "  ") for line in ODD_LINES] + [(mark, QUOTED) for mark in ",;\t"],
)
def test_plain_lines_read_at_once_and_the_others_give_the_same(tmp_path, monkeypatch, mark, odd_line):
    monkeypatch.setattr("tvae.data.triplets.table_text.BLOCK_BYTES", 60)
    rows = np.stack([np.arange(50), np.arange(50) + 1, np.arange(50) + 2], axis=1)
    lines = [f"{a}{mark}{b}{mark}{c}\n" for a, b, c in rows]
    if odd_line:
        lines[7] = odd_line.format(mark=mark)
    text = "anchor,positive,negative\n".replace(",", mark) + "".join(lines)
    assert (read(tmp_path, text, images=ImageNames(52)).triplets.rows == rows).all()


def test_lines_are_counted_through_plain_and_other_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.data.triplets.table_text.BLOCK_BYTES", 60)
    lines = ["0,1,2\n"] * 100
    lines[30], lines[60], lines[61], lines[99] = "0,1,9\n", '"0",1,2\n', "0,0,1\n", "0,1,1"
    with pytest.raises(WrongTriplets) as refusal:
        read(tmp_path, "".join(lines), images=ImageNames(3))
    assert [sentence.split(":")[0] for sentence in refusal.value.sentences] == ["line 31", "line 62", "line 100"]
