"""Keeping: names, splits, samples, progress, cancelling, full disks, two at once; what fails leaves nothing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.data.own.made_sources import class_files, image_array, png, take_in, write_files, write_zip
from tvae.data import load_dataset, load_split
from tvae.data.own import OwnDatasets, TakingInCancelled, default_choices, keep, understand
from tvae.data.own.sources.labels import number_column
from tvae.data.own.splitting import drawn_splits, stratified_sample
from tvae.errors import InputError
from tvae.system.process_lock import take_lock

ROOT = Path(__file__).parents[3]


@pytest.fixture
def source(tmp_path):
    return write_files(tmp_path / "pets", class_files())


def files_in(folder: Path) -> list[str]:
    """All files below a folder, without the locks."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".locks" not in path.parts
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", ".a", "ä", "a" * 65, "a\n", "a\\b", "con:"])
def test_impossible_names(source, tmp_path, name):
    with pytest.raises(InputError, match=r"name: .* is not possible; it must be 1 to 64 letters, digits"):
        take_in(source, tmp_path / "kept", name)
    assert files_in(tmp_path / "kept") == []


@pytest.mark.parametrize("name", ["mnist", "MNIST", "digits", "Emnist-Letters"])
def test_no_name_hides_a_public_data_set(source, tmp_path, name):
    with pytest.raises(InputError, match=f"name: {name} is the name of a public data set; choose another one"):
        take_in(source, tmp_path / "kept", name)


def test_a_name_is_given_once(source, tmp_path):
    take_in(source, tmp_path / "kept", "a.b-C_1")
    with pytest.raises(
        InputError, match=r"there is a data set A.B-c_1 already; remove it first or choose another name"
    ):
        take_in(source, tmp_path / "kept", "A.B-c_1")


def test_progress_reaches_its_end_and_cancelling_leaves_nothing(source, tmp_path):
    steps = []
    understood = understand(source, progress=lambda *step: steps.append(step))
    assert steps[0] == ("looking at the pictures", 0, 10) and steps[-1] == ("looking at the pictures", 10, 10)
    with pytest.raises(TakingInCancelled):
        understand(source, cancelled=lambda: True)
    choices = default_choices(understood)
    asked = []
    for last in range(1, 4):
        asked.clear()
        with pytest.raises(TakingInCancelled):
            keep(
                understood,
                choices,
                "mine",
                tmp_path / "kept",
                cancelled=lambda last=last: len(asked) == last or bool(asked.append(1)),
            )
        assert files_in(tmp_path / "kept") == []
        if last == 2:
            break
    steps.clear()
    keep(understood, choices, "mine", tmp_path / "kept", progress=lambda *step: steps.append(step))
    assert [what for what, _, _ in steps] == ["taking in", "writing", "writing"]
    assert files_in(tmp_path / "kept")[1:] == ["own/mine.json"]


def test_a_source_that_changed_meanwhile_is_refused(tmp_path):
    path = write_zip(tmp_path / "a.zip", class_files())
    understood = understand(path)
    write_zip(path, class_files(each=6))
    with pytest.raises(InputError, match=r"a.zip: changed since it was looked at; read it again"):
        keep(understood, default_choices(understood), "mine", tmp_path / "kept")


def test_a_disk_that_fills_in_the_middle_leaves_nothing(source, tmp_path, monkeypatch):
    """The system's own limit on the size of a file stands for the full disk: the write fails in its middle."""
    script = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
from tvae.__main__ import run
sys.argv = ["tvae", "data", "add", {str(source)!r}, "--name", "mine", "--dir", {str(tmp_path / "kept")!r}]
sys.exit(run())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert "the disk is full; free some space or name another folder with --dir" in done.stderr
    assert files_in(tmp_path / "kept") == []


def test_too_little_space_is_said_before_the_work(source, tmp_path, monkeypatch):
    usage = os.statvfs(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000})())
    with pytest.raises(InputError, match=r"the images take 0\.0 MB and 0\.0 MB are free; free some space"):
        take_in(source, tmp_path / "kept")
    assert files_in(tmp_path / "kept") == [] and usage


def test_a_full_disk_while_the_description_is_written_leaves_no_description(source, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tvae.data.own.library.write_atomically", full)
    with pytest.raises(InputError, match="the disk is full"):
        take_in(source, tmp_path / "kept")
    assert OwnDatasets(tmp_path / "kept").names() == []


def test_a_folder_that_cannot_be_written(source, tmp_path):
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(InputError, match=r"kept/own: can't be written \(.+\); name another with --dir or TVAE_DATA"):
        take_in(source, tmp_path / "kept")


def test_two_adds_of_one_name_at_once_give_one_data_set(source, tmp_path):
    understood = understand(source)
    choices = default_choices(understood)
    inside, go_on = threading.Event(), threading.Event()

    def wait(*_):
        inside.set()
        assert go_on.wait(30)

    first = threading.Thread(
        target=keep, args=(understood, choices, "mine", tmp_path / "kept"), kwargs={"progress": wait}
    )
    first.start()
    assert inside.wait(30)
    with pytest.raises(InputError, match="Mine is being added at this moment by somebody else; choose another one"):
        take_in(source, tmp_path / "kept", "Mine")
    take_in(source, tmp_path / "kept", "other")
    go_on.set()
    first.join()
    assert OwnDatasets(tmp_path / "kept").names() == ["mine", "other"]
    assert len(load_split("mine", "train", tmp_path / "kept")) == 8


ADD = """
import sys
from tvae.__main__ import run
sys.argv = ["tvae", "data", "add", sys.argv[1], "--name", "mine", "--dir", sys.argv[2]]
sys.exit(run())
"""


def test_two_processes_that_add_one_name_at_once(source, tmp_path):
    command = [sys.executable, "-c", ADD, str(source), str(tmp_path / "kept")]
    workers = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) for _ in "ab"
    ]
    ends = sorted((worker.wait(), worker.stderr.read()) for worker in workers if worker.stderr)
    for worker in workers:
        assert worker.stderr is not None
        worker.stderr.close()
    assert [status for status, _ in ends] == [0, 2], ends
    assert ends[1][1].count("\n") == 1 and "mine" in ends[1][1]
    assert len(load_dataset("mine", tmp_path / "kept").train) == 8


def test_a_killed_add_leaves_nothing_after_the_next_one(source, tmp_path):
    dying = "import os, tvae.data.own.keeping as keeping\nkeeping.write_kept_file = lambda path, *_: die(path)\n"
    dying += "def die(path):\n    path.write_bytes(b'half')\n    os.kill(os.getpid(), 9)\n"
    script = ADD.replace("sys.exit", dying + "sys.exit")
    assert (
        subprocess.run([sys.executable, "-c", script, str(source), str(tmp_path / "kept")], cwd=ROOT).returncode == -9
    )
    assert files_in(tmp_path / "kept") == ["own/.files/.mine.part"]
    take_in(source, tmp_path / "kept", "other")
    assert [name for name in files_in(tmp_path / "kept") if "part" in name or "mine" in name] == []


def test_the_same_seed_draws_the_same_and_another_seed_another(source, tmp_path):
    prints = [take_in(source, tmp_path / "kept", f"n{n}", seed=seed).fingerprint for n, seed in enumerate((1, 1, 2))]
    assert prints[0] == prints[1] != prints[2]


def test_drawn_splits_take_the_share_of_each_class():
    codes = np.repeat([0, 1, 2, 3], [100, 10, 2, 1]).astype(np.int32)
    splits = drawn_splits(codes, 0.2, 0)
    assert [int((splits[codes == code] == 1).sum()) for code in range(4)] == [20, 2, 0, 0]
    assert drawn_splits(np.zeros(2, np.int32), 0.2, 0).tolist().count(1) == 1


@pytest.mark.parametrize("most", [9, 10, 37, 112, 113, 500])
def test_a_sample_takes_the_same_share_of_each_class_and_at_least_one(most):
    codes = np.repeat([0, 1, 2], [100, 10, 3]).astype(np.int32)
    splits = np.tile(np.array([0, 0, 1], np.int8), 38)[:113]
    rows = stratified_sample(splits, codes, most, 0)
    assert len(rows) == min(most, 113) and (np.diff(rows) > 0).all()
    for split in (0, 1):
        for code in range(3):
            group = (splits == split) & (codes == code)
            # with few to draw, the classes that get their one image leave less for the others
            assert abs(group[rows].sum() - group.sum() * min(most, 113) / 113) < (3 if most < 20 else 1.5)
            assert group[rows].any()


def test_a_sample_smaller_than_the_classes_is_refused(source, tmp_path):
    with pytest.raises(
        InputError, match="most: 3 is fewer than the 4 classes of all splits; it must be at least one each"
    ):
        take_in(source, tmp_path / "kept", most=3)
    dataset = take_in(source, tmp_path / "kept", most=6)
    assert dataset.count == 6 and "6 of 10 images, of each class the same share, seed 0" in dataset.notes


def test_a_cap_keeps_the_given_splits(tmp_path):
    arrays = {}
    for split, count in (("train", 40), ("val", 20), ("test", 20)):
        arrays[f"{split}_images"] = np.stack([image_array(n) for n in range(count)])
        arrays[f"{split}_labels"] = np.arange(count) % 2
    np.savez(tmp_path / "a.npz", **arrays)
    assert take_in(tmp_path / "a.npz", tmp_path / "kept", most=40).counts == {"train": 20, "test": 10, "validation": 10}


def test_a_further_label_that_some_images_lack_has_a_value_for_that(tmp_path):
    write_files(tmp_path, {f"{n}.png": png(n) for n in range(8)})
    rows = [f"{n}.png,{n % 2},{('x', '', 'y', '')[n % 4]}" for n in range(8)]
    (tmp_path / "a.csv").write_text("path,label,writer\n" + "\n".join(rows))
    dataset = take_in(tmp_path / "a.csv", tmp_path / "kept")
    library = OwnDatasets(tmp_path / "kept")
    assert library.values(dataset) == {"label": ("0", "1"), "writer": ("(none)", "x", "y")}
    by_writer = take_in(tmp_path / "a.csv", tmp_path / "kept", "w", label="writer")
    assert by_writer.label_columns == ("writer", "label")


def test_values_that_no_image_has_are_dropped():
    assert number_column("class", np.array([1]), ["a", "b"]).values == ("a", "b")


def test_colour_is_kept_and_said_where_it_cannot_be_trained_on(tmp_path):
    files = {f"{n % 2}/{n}.png": png(n, 40, 3) for n in range(6)}
    dataset = take_in(write_files(tmp_path / "a", files), tmp_path / "kept")
    assert dataset.image_shape == (32, 32, 3)
    arrays = np.load(OwnDatasets(tmp_path / "kept").file(dataset))
    assert arrays["train_images"].shape == (4, 32, 32, 3)


def test_the_kept_file_is_one_that_numpy_opens_and_that_can_be_added_again(source, tmp_path):
    dataset = take_in(source, tmp_path / "kept")
    file = OwnDatasets(tmp_path / "kept").file(dataset)
    assert file.stem == dataset.fingerprint and file.stat().st_size == dataset.size
    with np.load(file) as arrays:
        assert arrays["train_images"].shape == (8, 28, 28, 1) and arrays["test_labels"].shape == (2, 1)
    copy = tmp_path / "copy.npz"
    copy.write_bytes(file.read_bytes())
    again = take_in(copy, tmp_path / "kept", "again")
    assert again.counts == dataset.counts
    before, after = (load_dataset(name, tmp_path / "kept").train.images for name in ("mine", "again"))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_kept_file_that_changed_is_refused(source, tmp_path, damage):
    file = OwnDatasets(tmp_path / "kept").file(take_in(source, tmp_path / "kept"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content if damage == "changed" else content[:-100])
    with pytest.raises(InputError, match=r"changed since it was kept|can't be read"):
        load_dataset("mine", tmp_path / "kept")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "Expected object, got array"),
        ('{"schema": 2}', "schema version 2 is that of a newer version of this program"),
    ],
)
def test_a_description_that_cannot_be_read(source, tmp_path, text, message):
    take_in(source, tmp_path / "kept", "good")
    take_in(source, tmp_path / "kept", "bad")
    (tmp_path / "kept" / "own" / "bad.json").write_text(text)
    with pytest.raises(InputError, match=message):
        load_dataset("bad", tmp_path / "kept")
    assert [d.name for d in OwnDatasets(tmp_path / "kept").visible(None)] == ["good"]


def test_a_field_that_is_missing_in_a_description_is_named(source, tmp_path):
    take_in(source, tmp_path / "kept")
    path = tmp_path / "kept" / "own" / "mine.json"
    plain = json.loads(path.read_text())
    del plain["owner"]
    path.write_text(json.dumps(plain))
    with pytest.raises(InputError, match="Object missing required field owner; add the data set again"):
        load_dataset("mine", tmp_path / "kept")


def test_memory_is_what_is_kept_and_a_block(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6_000, 64, 64), dtype=np.uint8)  # 24.6 MB
    np.savez_compressed(tmp_path / "a.npz", images=images, labels=np.arange(6_000) % 10)
    size = images.nbytes
    del images
    tracemalloc.start()
    try:
        take_in(tmp_path / "a.npz", tmp_path / "kept", size=64)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size + 8 * 2**20, f"{peak / 2**20:.0f} MB for {size / 2**20:.0f} MB kept"


def test_a_name_that_is_taken_just_before_its_lock_is_had(source, tmp_path, monkeypatch):
    def taken_meanwhile(path):
        monkeypatch.undo()
        take_in(source, tmp_path / "kept", size=32)
        return take_lock(path)

    monkeypatch.setattr("tvae.data.own.library.take_lock", taken_meanwhile)
    with pytest.raises(InputError, match="there is a data set mine already"):
        take_in(source, tmp_path / "kept", size=64)
    assert load_dataset("mine", tmp_path / "kept").train.images.shape[1] == 32
