"""Own data sets belong to a person: who sees, shares, removes and restores them, and the disk that they use."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.data.own.made_sources import class_files, write_files
from tvae.data import DATASETS, load_dataset
from tvae.data.own import OwnDatasets, default_choices, keep, understand
from tvae.data.own.kept_file import KeptColumn, KeptSplit, read_columns, read_kept_file, write_kept_file
from tvae.data.own.library import UNDO_SECONDS
from tvae.errors import InputError
from tvae.system.moment import now
from tvae.system.owner import new_owner

ME, YOU = new_owner(), new_owner()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def add(tmp_path, folder):
    """Adds a data set of so many images a class."""

    def added(name, owner, each=5, shared=False):
        understood = understand(write_files(tmp_path / f"{each}", class_files(each=each)))
        return keep(understood, default_choices(understood), name, folder, owner=owner, shared=shared)

    return added


def names(datasets) -> list[str]:
    return [dataset.name for dataset in datasets]


def test_each_person_sees_their_own_and_the_shared_ones(add, folder):
    add("mine", ME)
    add("yours", YOU)
    add("ours", YOU, shared=True)
    add("line", None)
    library = OwnDatasets(folder)
    assert names(library.visible(ME)) == ["mine", "ours"]
    assert names(library.visible(YOU)) == ["ours", "yours"]
    assert names(library.visible(None)) == ["line", "mine", "ours", "yours"], "the command line sees all"
    assert ME not in (folder / "own" / "mine.json").read_text(), "the token itself is kept nowhere"
    library.share("mine", True, ME)
    library.share("ours", False, YOU)
    assert names(library.visible(ME)) == ["mine"] and names(library.visible(YOU)) == ["mine", "ours", "yours"]


def test_only_its_owner_changes_a_data_set(add, folder):
    add("mine", ME)
    add("shared", ME, shared=True)
    library = OwnDatasets(folder)
    for change in (lambda name: library.remove(name, YOU), lambda name: library.share(name, True, YOU)):
        with pytest.raises(InputError, match="data set 'mine': there is none of this name among yours"):
            change("mine")
        with pytest.raises(InputError, match="belongs to who added it; others can use it and not change it"):
            change("shared")
    library.remove("mine", ME)
    with pytest.raises(InputError, match="none of this name was removed within a day"):
        library.restore("mine", YOU)
    assert names(library.removed(YOU)) == [] and names(library.removed(ME)) == ["mine"]


def test_the_command_line_may_do_all(add, folder):
    add("mine", ME)
    OwnDatasets(folder).remove("mine", None)
    OwnDatasets(folder).restore("mine", None)
    assert names(OwnDatasets(folder).visible(ME)) == ["mine"]


def test_a_removed_data_set_comes_back_as_it_was(add, folder):
    dataset = add("mine", ME)
    before = load_dataset("mine", folder).train.fingerprint
    library = OwnDatasets(folder)
    library.remove("mine", ME)
    assert library.names() == [] and not library.has("mine")
    with pytest.raises(InputError, match="mine was removed\n`python -m tvae data restore mine` brings it back"):
        load_dataset("mine", folder)
    assert library.restore("mine", ME) == dataset
    assert load_dataset("mine", folder).train.fingerprint == before


def test_a_name_can_be_taken_again_and_both_be_removed(add, folder):
    first, library = add("mine", ME), OwnDatasets(folder)
    library.remove("mine", ME)
    second = add("mine", ME, each=6)
    with pytest.raises(InputError, match="there is a data set mine already"):
        library.restore("mine", ME)
    time.sleep(0.02)
    library.remove("mine", ME)
    assert [dataset.count for dataset in library.removed(ME)] == [12, 10]
    assert library.restore("mine", ME).fingerprint == second.fingerprint != first.fingerprint


def test_after_a_day_a_removed_data_set_and_its_file_are_gone(add, folder):
    add("mine", ME)
    library = OwnDatasets(folder)
    file = library.file(library.get("mine"))
    library.remove("mine", ME)
    library.clear_leftovers()
    assert file.exists()
    for path in [*(folder / "own" / ".trash").iterdir(), file]:
        old = time.time() - UNDO_SECONDS - 100
        if path.suffix == ".removed":  # by which the day is counted, whatever the clock says
            here = now()
            path.write_text(replace(here, since_boot=here.since_boot - UNDO_SECONDS - 100, clock=old).to_text())
        os.utime(path, (old, old))
    library.clear_leftovers()
    assert list((folder / "own" / ".trash").iterdir()) == []
    assert not file.exists() and names(library.removed(ME)) == []
    with pytest.raises(InputError, match="none of this name was removed"):
        library.restore("mine", ME)


def test_a_removed_data_set_can_be_restored_for_a_day_however_the_clock_is_set(add, folder, monkeypatch):
    add("mine", ME)
    library, real = OwnDatasets(folder), time.time
    library.remove("mine", ME)
    monkeypatch.setattr(time, "time", lambda: real() + 3 * UNDO_SECONDS)
    library.clear_leftovers()
    library.restore("mine", ME)
    assert len(load_dataset("mine", folder).train) == 8
    assert list((folder / "own" / ".trash").iterdir()) == []


def test_a_data_set_that_another_process_removes_or_restores_first_is_said_to_be_gone(add, folder, monkeypatch):
    add("mine", ME)
    library, replace_file, rename_file = OwnDatasets(folder), Path.replace, Path.rename

    def elsewhere_first(move):
        def moved(path: Path, target: Path) -> Path:
            move(path, target)
            return move(path, target)

        return moved

    monkeypatch.setattr(Path, "replace", elsewhere_first(replace_file))
    with pytest.raises(InputError, match="there is none of this name"):
        library.remove("mine", ME)
    monkeypatch.setattr(Path, "replace", replace_file)
    monkeypatch.setattr(Path, "rename", elsewhere_first(rename_file))
    with pytest.raises(InputError, match="none of this name was removed"):
        library.restore("mine", ME)


def test_a_file_stays_as_long_as_one_name_needs_it(add, folder):
    add("a", ME)
    add("b", YOU)
    library = OwnDatasets(folder)
    assert library.file(library.get("a")) == library.file(library.get("b"))
    library.remove("a", ME)
    for path in [*(folder / "own" / ".trash").iterdir(), library.file(library.get("b"))]:
        os.utime(path, (1, 1))
    library.clear_leftovers()
    assert len(load_dataset("b", folder).train) == 8


def test_the_disk_used_counts_each_file_once_and_what_is_in_the_trash(add, folder):
    library = OwnDatasets(folder)
    assert library.disk_used(ME) == 0
    size = add("a", ME).size
    add("b", ME)
    assert library.disk_used(ME) == size and library.disk_used(YOU) == 0
    more = add("c", ME, each=6).size
    library.remove("c", ME)
    assert library.disk_used(ME) == size + more == library.disk_used(None)


@pytest.mark.parametrize("name", ["../own/mine", "/etc/passwd", "", ".", "mine.json", "m*"])
def test_a_text_that_is_no_name_finds_nothing(add, folder, name):
    add("mine", ME)
    with pytest.raises(InputError):
        load_dataset(name, folder)
    assert not OwnDatasets(folder).has(name)


def test_an_unknown_name_is_told_what_there_is(folder):
    with pytest.raises(InputError, match=f"known are {', '.join(DATASETS)}\n`python -m tvae data list` names your own"):
        load_dataset("nothing", folder)


@pytest.mark.parametrize("counts", [{}, {"train": 8}, {"test": 2}, {"train": 8, "test": 2, "more": 1}])
def test_a_description_without_both_splits_is_refused(add, folder, counts):
    add("pets", None)
    path = folder / "own" / "pets.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "counts": counts}))
    with pytest.raises(InputError, match=r"pets\.json: counts: .* is not possible"):
        load_dataset("pets", folder)
    assert OwnDatasets(folder).visible(None) == []


def test_a_description_under_another_name_is_refused(add, folder):
    add("pets", None)
    (folder / "own" / "pets.json").rename(folder / "own" / "cars.json")
    with pytest.raises(InputError, match=r"cars\.json: name: 'pets' is not possible; it must be that of the file"):
        load_dataset("cars", folder)


def put_in_place(folder: Path, fingerprint: str, splits: dict[str, KeptSplit], columns: list[KeptColumn]) -> None:
    """Put a file of these splits and columns in the place of the data set pets' own, which has this fingerprint."""
    identity = write_kept_file(folder / "changed.npz", splits, columns)
    (folder / "changed.npz").rename(folder / "own" / ".files" / f"{identity}.npz")
    description = folder / "own" / "pets.json"
    description.write_text(description.read_text().replace(fingerprint, identity))


def test_labels_that_are_no_numbers_are_refused(add, folder):
    add("pets", None)
    library = OwnDatasets(folder)
    dataset = library.get("pets")
    splits = read_kept_file(library.file(dataset), dataset.fingerprint, ["train", "test"])
    texts = {name: replace(split, labels=split.labels.astype("S4")) for name, split in splits.items()}
    put_in_place(folder, dataset.fingerprint, texts, read_columns(library.file(dataset)))
    with pytest.raises(InputError, match="labels are not of the columns that it names"):
        load_dataset("pets", folder)


def test_labels_of_other_columns_than_the_file_names_are_refused(add, folder):
    add("pets", None)
    library = OwnDatasets(folder)
    dataset = library.get("pets")
    splits = read_kept_file(library.file(dataset), dataset.fingerprint, ["train", "test"])
    columns = [KeptColumn("class", ("cat", "dog")), KeptColumn("more", ("a",))]
    put_in_place(folder, dataset.fingerprint, splits, columns)
    with pytest.raises(InputError, match="labels are not of the columns that it names"):
        load_dataset("pets", folder)
