"""Saved selections: valid and refused names, a file that is never half written, a file for each person."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tvae.data.selections import LONGEST_NAME, MOST_SELECTIONS, SavedSelections, Selection, tags
from tvae.errors import InputError

ROWS = np.array([5, 2, 2, 9])


@pytest.fixture
def store(tmp_path, monkeypatch) -> SavedSelections:
    monkeypatch.setattr("tvae.data.selections.selections_folder", lambda: tmp_path)
    return SavedSelections("f" * 64, 10, "a-person")


def names(store: SavedSelections) -> list[str]:
    return [selection.name for selection in store.all()]


def test_a_selection_is_saved_renamed_and_deleted_in_its_order(store):
    store.save(" open 4s ", ROWS)
    store.save("ünï", np.array([0]))
    assert names(store) == ["open 4s", "ünï"]
    assert store.all()[0].rows.tolist() == [2, 5, 9]
    store.rename("open 4s", "Open 4s")
    assert names(store) == ["Open 4s", "ünï"]
    store.delete("Open 4s")
    assert names(store) == ["ünï"]
    assert [path.name for path in store.path.parent.iterdir()] == [store.path.name], "nothing half written is left"


def test_another_person_and_other_images_have_their_own(store):
    store.save("mine", ROWS)
    assert SavedSelections("f" * 64, 10, "someone-else").all() == ()
    assert SavedSelections("e" * 64, 10, "a-person").all() == ()
    assert len(SavedSelections("f" * 64, 10, "a-person").all()) == 1
    assert "a-person" not in str(store.path)


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a;b", "x" * (LONGEST_NAME + 1), "tab\there", "MINE"])
def test_an_impossible_or_a_taken_name_is_refused_in_one_line(store, name):
    store.save("mine", ROWS)
    for refused in (lambda: store.save(name, ROWS), lambda: (store.save("b", ROWS), store.rename("b", name))):
        with pytest.raises(InputError, match=r"^name: ") as error:
            refused()
        assert "\n" not in str(error.value)
    assert names(store) == ["mine", "b"]


def test_no_rows_too_many_and_an_unknown_one_are_refused(store):
    with pytest.raises(InputError, match="at least one image"):
        store.save("none", np.zeros(0, np.int64))
    for action in (lambda: store.delete("what"), lambda: store.rename("what", "else")):
        with pytest.raises(InputError, match="the name of a saved one"):
            action()
    for i in range(MOST_SELECTIONS):
        store.save(str(i), ROWS)
    with pytest.raises(InputError, match=f"below {MOST_SELECTIONS}"):
        store.save("one more", ROWS)


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '[{"name": "a"}]', '[{"name": "a", "rows": [10]}]', '[{"name": "a", "rows": [-1]}]',
                '[{"name": "a", "rows": []}]', '[{"name": "a", "rows": [[1], [2]]}]', '[{"name": "a", "rows": ["x"]}]']
)  # fmt: skip
def test_a_file_that_is_not_as_it_was_written_is_named_and_left_alone(store, content):
    store.path.parent.mkdir(parents=True)
    store.path.write_text(content)
    with pytest.raises(InputError):
        store.save("new", ROWS)
    assert store.path.read_text() == content


def test_the_largest_file_that_can_be_written_can_be_read(store):
    for i in range(MOST_SELECTIONS):
        store.save(f"{i:02}" + "ü" * (LONGEST_NAME // 2 - 1), np.arange(10))
    assert len(store.all()) == MOST_SELECTIONS
    assert json.loads(store.path.read_text())[0]["rows"] == list(range(10))


def test_tags_name_all_selections_of_a_row():
    a, b = Selection("a", np.array([1, 2])), Selection("b c", np.array([2, 7]))
    assert tags(np.array([2, 0, 1]), (a, b)) == ["a; b c", "", "a"]
