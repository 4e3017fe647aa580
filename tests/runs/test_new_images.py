"""New images written block by block equal those written at once; an error in the middle leaves the old file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.runs.new_images.files import csv_columns, write_new_images
from tvae.runs.new_images.tables import NewImageTable, joined, surroundings
from tvae.runs.run import read_run
from tvae.system.csv_table import rows_csv

KNOWN = surroundings(read_run(Path(__file__).parents[2] / "checkpoints" / "digits"))
NAMES = [f"{row}.png" for row in range(7)]


@pytest.fixture
def tables(digits) -> list[NewImageTable]:
    """Seven images in three blocks."""
    images = digits.test.images
    return [KNOWN.table(NAMES[start:stop], images[start:stop]) for start, stop in ((0, 3), (3, 6), (6, 7))]


def test_blocks_one_below_the_other_are_the_table_of_all(tables, digits, tmp_path):
    whole, together = KNOWN.table(NAMES, digits.test.images[:7]), joined(tables)
    assert list(together.names) == NAMES
    np.testing.assert_array_equal(together.images, whole.images)
    np.testing.assert_array_equal(together.unlike, whole.unlike)
    for arm, placed in together.arms.items():  # products of three rows and of seven may round differently
        at_once = whole.arms[arm]
        np.testing.assert_allclose(placed.images.means, at_once.images.means, atol=1e-5)
        np.testing.assert_allclose(placed.positions, at_once.positions, atol=1e-2)
        np.testing.assert_array_equal(placed.images.votes.nearest.rows, at_once.images.votes.nearest.rows)
    assert write_new_images(tmp_path / "a.csv", KNOWN, tables) == 7
    assert (tmp_path / "a.csv").read_bytes().decode() == rows_csv(csv_columns(KNOWN, together))
    for path, parts in ((tmp_path / "a.npz", tables), (tmp_path / "b.npz", [together])):
        assert write_new_images(path, KNOWN, parts) == 7
    with np.load(tmp_path / "a.npz") as first, np.load(tmp_path / "b.npz") as second:
        assert first.files == second.files
        for name in first.files:
            np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize("name", ["a.csv", "a.npz"])
def test_an_error_in_the_middle_leaves_the_old_file(name, tables, tmp_path):
    (tmp_path / name).write_text("old")

    def broken() -> Iterator[NewImageTable]:
        yield tables[0]
        raise InputError("the source can't be read any more")

    for source in (broken(), iter(())):
        with pytest.raises(InputError):
            write_new_images(tmp_path / name, KNOWN, source)
        assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "old"
