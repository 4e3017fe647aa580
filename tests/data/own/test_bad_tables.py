"""Wrong tables of paths and parquet files are refused in one line that names file and row; wrong rows are left out."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.own.made_sources import class_files, hub_table, png, take_in, write_files, write_parquet, write_zip
from tvae.data.own import understand
from tvae.errors import InputError

PICTURES = {f"{n}.png": png(n) for n in range(4)}
GOOD = "path,label\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n"

REFUSED = {
    "duplicate header": (GOOD.replace("label", "path", 1), "a.csv, line 1: two columns are called 'path'"),
    "no path": (
        GOOD.replace("path", "where"),
        "a.csv, line 1: no column of paths among where, label; right is a first",
    ),
    "no header": (GOOD.partition("\n")[2], "a.csv, line 1: no column of paths among 0.png, a"),
    "no label": ("path,x,z\n0.png,1,2\n", "a.csv, line 1: no column 'label' among path, x, z"),
    "no row": ("path,label\n", "a.csv: names no picture"),
    "unclosed quote": (GOOD + '4.png,"a\n5.png,b\n', "a.csv, line 6: a quote is opened and never closed"),
    "unclosed quote, long": (GOOD + '4.png,"a\n' + "5.png,b\n" * 30_000, "a.csv, line 6: a quote is opened and never"),
    "text after a quote": (GOOD + '4.png,"a"b\n', "a.csv, line 6: "),
    "empty": ("", "a.csv: is empty"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_refused(tmp_path, kind, newline):
    text, message = REFUSED[kind]
    write_files(tmp_path, PICTURES | {"a.csv": text.replace("\n", newline).encode()})
    with pytest.raises(InputError) as caught:
        take_in(tmp_path / "a.csv", tmp_path / "kept")
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "kept").exists()


def test_ten_million_rows_are_refused_before_they_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"path,label\n" + b"0.png,a\n" * 10**7)
    with pytest.raises(InputError, match=r"a.csv: more than 1,000,000 rows; take a part of them"):
        understand(tmp_path / "a.csv")


def test_rows_that_are_wrong_are_left_out_and_named_with_their_line(tmp_path):
    rows = '\n\n9.png,a\n4.png\n"two\nlines.png",a\n5.png,b,c\n0.png,\n'
    write_files(tmp_path, PICTURES | {"a.csv": (GOOD + rows).encode()})
    understood = understand(tmp_path / "a.csv")
    assert understood.count() == 4
    assert understood.left_out().named == [
        ("a.csv, line 9", "has 1 cells; the header has 2"),
        ("a.csv, line 12", "has 3 cells; the header has 2"),
        ("a.csv, line 8 (9.png)", "there is no such file"),
        ("a.csv, line 10 (two lines.png)", "there is no such file"),
        ("a.csv, line 13 (0.png)", "has no label in column label"),
    ]


@pytest.mark.parametrize("path", ["../secret/s.png", "/etc/passwd", "\x00.png", "x" * 5_000])
def test_no_path_of_a_table_leads_out_of_the_folder_that_may_be_read(tmp_path, path):
    write_files(tmp_path / "secret", {"s.png": png(1)})
    folder = write_files(tmp_path / "root", PICTURES | {"a.csv": f"{GOOD}{path},a\n".encode()})
    (folder / "link.png").symlink_to(tmp_path / "secret" / "s.png")
    (folder / "a.csv").write_text((folder / "a.csv").read_text() + "link.png,b\n")
    understood = understand(folder / "a.csv", within=folder)
    assert understood.count() == 4 and understood.left_out().count == 2
    assert understand(folder).count() == 4, "a table in a folder reads that folder alone"
    packed = write_zip(
        tmp_path / "a.zip", PICTURES | {"list/a.csv": f"path,label\n../0.png,a\n../1.png,b\n{path},a\n".encode()}
    )
    assert understand(packed).count() == 2


def test_two_tables_in_a_folder_are_refused(tmp_path):
    write_files(tmp_path / "a", PICTURES | {"a.csv": GOOD.encode(), "b.csv": GOOD.encode()})
    with pytest.raises(InputError, match=r"more than one table of paths \(a.csv, b.csv\); leave one"):
        understand(tmp_path / "a")


def test_a_table_without_paths_beside_class_folders_is_no_matter(tmp_path):
    write_files(tmp_path / "a", class_files() | {"numbers.csv": b"x,y\n1,2\n"})
    assert understand(tmp_path / "a").kind == "pictures in class folders"


def test_an_unknown_split_is_said(tmp_path):
    text = "path,label,split\n0.png,a,train\n1.png,b,test\n2.png,a,extra\n3.png,b,train\n"
    write_files(tmp_path, PICTURES | {"a.csv": text.encode()})
    dataset = take_in(tmp_path / "a.csv", tmp_path / "kept")
    assert "split 'extra' is none of train, test and validation; such rows have no split" in dataset.notes
    assert dataset.choices["split"] == "stratified"
    with pytest.raises(InputError, match="doesn't give each image a split"):
        take_in(tmp_path / "a.csv", tmp_path / "kept", "other", split="given")


def hub(**changes):
    return hub_table(**{"contents": [png(n) for n in range(10)], "labels": [0, 1] * 5, **changes})


PARQUET_REFUSED = {
    "another schema": (
        pa.table({"a": [1, 2], "b": ["x", "y"]}),
        "has the columns a: int64, b: string; right is a column",
    ),
    "no label": (hub().select(["image"]), "no column of labels among image: struct<bytes"),
    "fractions": (pa.table({"image": hub()["image"], "label": [0.5] * 10}), "no column of labels"),
    "lists": (pa.table({"image": hub()["image"], "label": [[1]] * 10}), "no column of labels"),
    "text for pictures": (pa.table({"image": ["x.png"] * 2, "label": [1, 2]}), "has the columns image: string"),
    "no row": (hub().slice(0, 0), "0 rows; 1 to 1,000,000 are taken"),
}


@pytest.mark.parametrize("kind", PARQUET_REFUSED)
def test_parquet_of_another_schema_is_refused(tmp_path, kind):
    table, message = PARQUET_REFUSED[kind]
    write_parquet(tmp_path / "a.parquet", table)
    with pytest.raises(InputError) as caught:
        take_in(tmp_path / "a.parquet", tmp_path / "kept")
    assert (
        message in str(caught.value) and str(caught.value).startswith("a.parquet: ") and "\n" not in str(caught.value)
    )


def test_parquet_with_nulls_leaves_those_rows_out(tmp_path):
    contents = [None, b"", *(png(n) for n in range(8))]
    labels = [0, 1, 0, 1, 0, None, 0, 1, 0, 1]
    write_parquet(tmp_path / "a.parquet", hub(contents=contents, labels=labels))
    understood = understand(tmp_path / "a.parquet")
    assert understood.count() == 7
    assert [name for name, _ in understood.left_out().named] == [f"a.parquet, row {n}" for n in (0, 1, 5)]
    reasons = [reason for _, reason in understood.left_out().named]
    assert reasons[0] == reasons[1] == "holds no bytes of its picture; write the data set with its pictures in it"
    assert reasons[2] == "has no label in column label"
    texts = hub(labels=["a", None, "b", "a", "", "b", "a", "b", "a", "b"])
    write_parquet(tmp_path / "b.parquet", texts)
    assert understand(tmp_path / "b.parquet").count() == 8


def test_shards_of_different_schemas_are_refused(tmp_path):
    write_parquet(tmp_path / "a" / "train-0.parquet", hub())
    write_parquet(tmp_path / "a" / "train-1.parquet", hub(labels=["x"] * 10))
    with pytest.raises(InputError, match=r"train-1.parquet: has other columns than train-0.parquet"):
        understand(tmp_path / "a")


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_a_cut_parquet_file_is_refused(tmp_path, keep):
    path = write_parquet(tmp_path / "a.parquet", hub())
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(InputError, match=r"a.parquet: not a sound parquet file"):
        understand(path)


def test_damaged_pages_of_parquet_are_refused(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", hub())
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a.parquet.*(not a sound|cut|fewer than two)"):
        take_in(path, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_metadata_that_is_no_description_is_passed_over(tmp_path):
    for number, metadata in enumerate((b"not json", b"[]", json.dumps({"info": {"features": {"label": 3}}}).encode())):
        table = hub().replace_schema_metadata({"huggingface": metadata})
        pq.write_table(table, tmp_path / f"{number}.parquet")
        assert [c.name for c in understand(tmp_path / f"{number}.parquet").classes()] == ["0", "1"]


def test_whole_numbers_beyond_64_bits_signed_are_labels_too(tmp_path):
    write_parquet(tmp_path / "a.parquet", hub(labels=pa.array([2**63, 2**63 + 5] * 5, pa.uint64())))
    assert [c.name for c in understand(tmp_path / "a.parquet").classes()] == [str(2**63), str(2**63 + 5)]
    np.savez(tmp_path / "a.npz", images=np.zeros((2, 4, 4)), labels=np.array([2**63, 7], np.uint64))
    assert [c.name for c in understand(tmp_path / "a.npz").classes()] == ["7", str(2**63)]
