"""encode --images: pictures of a person's own in the arms of a trained run, as CSV and as .npz."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_cli import tvae
from tests.data.own.made_sources import picture_bytes, write_files, write_zip
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

RUN = Path(__file__).parents[2] / "checkpoints" / "digits"


@pytest.fixture(scope="module")
def known():
    encoding = read_encoding(read_run(RUN), "test")
    assert encoding is not None
    return encoding


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, digits):
    """A zip of the first thirty test images, a file that is no picture, and one that is unlike any digit."""
    files = {f"{row:02}.png": picture_bytes(digits.test.images[row, ..., 0]) for row in range(30)}
    files |= {"page.png": b"<html>", '=HYPERLINK("http://x").png': picture_bytes(np.full((8, 8), 255, np.uint8))}
    return write_zip(tmp_path_factory.mktemp("new") / "new.zip", files)


def test_csv_has_codes_classes_nearest_rows_and_places(pictures, known, tmp_path):
    done = tvae("encode", RUN, "--images", pictures, "--out", tmp_path / "new.csv")
    assert done.returncode == 0
    assert "31 pictures in vae, tvae" in done.stdout and "scaled to 8 × 8 pixels in grey" in done.stdout
    assert "vote of the 15 nearest of 359 test images" in done.stdout
    worst = [[(arm.errors < arm.errors[row]).mean() > 0.99 for arm in known.arms.values()] for row in range(30)]
    assert f"{sum(map(all, worst)) + 1} of 31 pictures are unlike" in done.stderr
    assert "page.png: this is an HTML page" in done.stderr
    with (tmp_path / "new.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == [*(f"{n:02}.png" for n in range(30)), '\'=HYPERLINK("http://x").png']
    for number, row in enumerate(rows[:30]):
        for arm, encoded in known.arms.items():
            means = [float(row[f"{arm} mean {latent}"]) for latent in range(encoded.means.shape[1])]
            np.testing.assert_allclose(means, encoded.means[number], atol=1e-4)
            distances = np.sqrt(((encoded.means - encoded.means[number]) ** 2).sum(axis=1))
            nearest = np.argsort(distances, kind="stable")[:15]
            assert row[f"{arm} nearest rows"].split()[0] == str(number)
            assert {int(place) for place in row[f"{arm} nearest rows"].split()} == set(nearest.tolist())
            classes, counts = np.unique(known.labels[nearest], return_counts=True)
            assert float(row[f"{arm} votes"]) == pytest.approx(counts.max() / 15, abs=1e-6)
            assert int(row[f"{arm} class"]) in classes[counts == counts.max()]
            assert float(row[f"{arm} squared error"]) == pytest.approx(encoded.errors[number], rel=1e-3)
    assert "tvae tsne x" in rows[0]


def test_npz_has_the_same_and_a_picture_of_the_split_lies_where_it_lies(pictures, known, tmp_path):
    assert tvae("encode", RUN, "--images", pictures, "--out", tmp_path / "new.npz").returncode == 0
    with np.load(tmp_path / "new.npz", allow_pickle=False) as arrays:
        for arm, encoded in known.arms.items():
            assert arrays[arm].dtype == np.float32
            np.testing.assert_allclose(arrays[arm][:30], encoded.means[:30], atol=1e-5)
            assert arrays[f"{arm}/nearest"].shape == arrays[f"{arm}/distances"].shape == (31, 15)
            assert arrays[f"{arm}/place"].shape == (31, 2)
            np.testing.assert_array_equal(arrays[f"{arm}/nearest"][:30, 0], np.arange(30))
        assert arrays["names"][0] == "00.png" and arrays["class_names"].tolist() == [str(n) for n in range(10)]
    assert list(tmp_path.iterdir()) == [tmp_path / "new.npz"]


@pytest.mark.parametrize(
    ("files", "out", "says"),
    [
        ({"a.png": b"<html>"}, "new.csv", "no picture can be taken; a.png: this is an HTML page"),
        ({"a.png": b"<html>"}, "new.txt", "ends in neither .csv nor .npz"),
        ({}, "new.csv", "holds no file"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_no_file(files, out, says, tmp_path):
    (tmp_path / "in").mkdir()
    done = tvae("encode", RUN, "--images", write_files(tmp_path / "in", files), "--out", tmp_path / out)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and says in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "in"]


def test_names_that_are_no_text_are_written(tmp_path, digits):
    folder = tmp_path / "in"
    folder.mkdir()
    picture = picture_bytes(digits.test.images[0, ..., 0])
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.png")).write_bytes(picture)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    done = tvae("encode", RUN, "--images", folder, "--out", tmp_path / "new.csv")
    assert done.returncode == 0 and "bad\\udcff.png" in (tmp_path / "new.csv").read_text(encoding="utf-8")
