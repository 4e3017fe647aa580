"""Every public data set from torchvision's data folder and from its publisher, on small files in the real layout."""

from __future__ import annotations

import bz2
import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_cli import tvae
from tests.data.small_datasets import SPLITS, SmallDataset, emnist_zip, published, small_dataset
from tests.data.stand_ins import Mirror
from tvae.data import DataUnavailable, load_dataset, load_split
from tvae.data.public_datasets import PUBLIC_DATASETS
from tvae.data.torchvision_guard import torchvision_datasets


@pytest.fixture(params=list(PUBLIC_DATASETS))
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SmallDataset:
    return install(request.param, monkeypatch)


def install(name: str, monkeypatch: pytest.MonkeyPatch) -> SmallDataset:
    """Put a small stand-in in the place of the public data set."""
    made = small_dataset(name)
    monkeypatch.setitem(PUBLIC_DATASETS, name, made.public_dataset)
    return made


def write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def assert_holds(small: SmallDataset, folder: Path) -> str:
    """Assert that both splits are read as they were made, without a download; returns their origin in words."""
    dataset = load_dataset(small.public_dataset.name, folder, download=False)
    for split in (dataset.train, dataset.test):
        expected = small.images[split.name].astype(int)
        difference = np.abs(split.images[..., 0].astype(int) - expected).max()
        assert difference <= (1 if small.public_dataset.name == "usps" else 0)  # USPS: real numbers, rounded down
        np.testing.assert_array_equal(split.labels, small.labels[split.name])
        assert split.class_names == PUBLIC_DATASETS[small.public_dataset.name].class_names
        assert load_split(small.public_dataset.name, split.name, folder).fingerprint == split.fingerprint
    return dataset.source


def spread(small: SmallDataset, folder: Path) -> None:
    """Write the files that torchvision keeps in its folder: raw files, and .gz files where it downloads such."""
    downloads = {name: content for name, content in published(small).items() if name.endswith(".gz")}
    write(folder, small.files | downloads)


@pytest.mark.parametrize("layout", ["", "{name}", "{name}/raw"])
def test_torchvisions_files_are_read_below_the_root(small: SmallDataset, layout: str, tmp_path: Path, monkeypatch):
    list_md5s(small, monkeypatch)
    where = tmp_path / layout.format(name=small.public_dataset.torchvision_class)
    spread(small, where)
    before = sorted(tmp_path.rglob("*"))
    assert str(where) in assert_holds(small, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("named", ["", "{name}", "{name}/raw"])
def test_the_folder_may_be_torchvisions_root_or_a_folder_in_it(small: SmallDataset, named: str, tmp_path: Path):
    name = small.public_dataset.torchvision_class
    write(tmp_path / name / "raw", small.files)
    assert_holds(small, tmp_path / named.format(name=name))


def list_md5s(small: SmallDataset, monkeypatch: pytest.MonkeyPatch, address: str = "http://127.0.0.1:9/") -> None:
    """Make torchvision's class list the small files: at this address, with their MD5."""
    listed = getattr(torchvision_datasets(), small.public_dataset.torchvision_class)
    sums = {name: hashlib.md5(content).hexdigest() for name, content in published(small).items()}
    if small.public_dataset.torchvision_class == "EMNIST":
        monkeypatch.setattr(listed, "url", f"{address}gzip.zip")
        monkeypatch.setattr(listed, "md5", sums["gzip.zip"])
    elif small.public_dataset.torchvision_class == "USPS":
        lines = {split: small.public_dataset.raw[split][0].name for split in SPLITS}
        monkeypatch.setattr(listed, "split_list", {s: [address + n, n, sums[n]] for s, n in lines.items()})
    elif small.public_dataset.torchvision_class == "QMNIST":
        names = {split: [f"{file.name}.gz" for file in small.public_dataset.raw[split]] for split in SPLITS}
        monkeypatch.setattr(listed, "resources", {s: [(address + n, sums[n]) for n in ns] for s, ns in names.items()})
    else:
        monkeypatch.setattr(listed, "mirrors", [address])
        monkeypatch.setattr(listed, "resources", list(sums.items()))


def serve(small: SmallDataset, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.answers |= published(small)
    list_md5s(small, monkeypatch, mirror.address)


def test_a_download_is_kept_in_one_form_and_read_again(
    small: SmallDataset, mirror: Mirror, tmp_path: Path, monkeypatch
):
    # The mirror's fixture puts another MNIST there.
    monkeypatch.setitem(PUBLIC_DATASETS, small.public_dataset.name, small.public_dataset)
    serve(small, mirror, monkeypatch)
    done = tvae("data", "fetch", small.public_dataset.name, "--dir", tmp_path / "kept")
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout and "MD5" in done.stdout
    kept = tmp_path / "kept" / small.public_dataset.name
    assert sorted(path.name for path in kept.iterdir()) == sorted(file.name for file in small.public_dataset.files)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "bin", tmp_path / "kept"]  # nothing from outside the archive
    requests = len(mirror.requests)
    assert requests == len(published(small))
    assert "local copy, 4 files" in assert_holds(small, tmp_path / "kept")
    assert len(mirror.requests) == requests


def packed_files(small: SmallDataset) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in small.files.items()}


BAD_ZIPS = {
    "a member missing": (lambda files: emnist_zip(dict(list(files.items())[1:])), "There is no item named"),
    "a member of another size": (
        lambda files: emnist_zip(files | {next(iter(files)): gzip.compress(bytes(500_000))}),
        "unpacks to more than",
    ),
    "no gzip": (lambda files: emnist_zip(files | {next(iter(files)): b"<html>"}), "not a sound gzip file"),
    "no zip": (lambda files: b"<html>", "not a sound zip file"),
    "another array": (
        lambda files: emnist_zip(files | {next(iter(files)): gzip.compress(b"\0\0\x08\x03" + bytes(12))}),
        "torchvision cannot read it",
    ),
    "cut": (lambda files: emnist_zip(files)[:-30], "not a sound zip file"),
}


@pytest.mark.parametrize("fault", BAD_ZIPS)
def test_a_bad_zip_is_refused_and_leaves_nothing(fault: str, mirror: Mirror, tmp_path: Path, monkeypatch):
    small = install("emnist-letters", monkeypatch)
    make, message = BAD_ZIPS[fault]
    content = make(packed_files(small))
    mirror.answers["gzip.zip"] = content
    list_md5s(small, monkeypatch, mirror.address)
    monkeypatch.setattr(torchvision_datasets().EMNIST, "md5", hashlib.md5(content).hexdigest())
    with pytest.raises(DataUnavailable) as refused:
        load_dataset("emnist-letters", tmp_path / "kept")
    assert message in str(refused.value) and "\n" not in str(refused.value)
    assert list((tmp_path / "kept" / "emnist-letters").iterdir()) == []


def test_a_zip_with_another_md5_is_not_opened(mirror: Mirror, tmp_path: Path, monkeypatch):
    small = install("emnist-digits", monkeypatch)
    serve(small, mirror, monkeypatch)
    monkeypatch.setattr(torchvision_datasets().EMNIST, "md5", "0" * 32)
    with pytest.raises(DataUnavailable, match="its MD5 is "):
        load_dataset("emnist-digits", tmp_path / "kept")


def line(label: str, values: int = 256) -> str:
    return f"{label} " + " ".join(f"{i}:0.5" for i in range(1, values + 1)) + "\n"


WRONG_FILES = [
    ("emnist-letters", lambda c: c[:8] + bytes([27]) + c[9:], "labels run from 1 to 27; right is 1 to 26"),
    ("emnist-letters", lambda c: c[:8] + bytes([0]) + c[9:], "labels run from 0 to 26; right is 1 to 26"),
    ("emnist-balanced", lambda c: c[:-3], "torchvision cannot read it"),
    ("qmnist", lambda c: c[:12] + b"\0\0\1\0" + c[16:], "labels run from 0 to 256; right is 0 to 9"),
    ("qmnist", lambda c: b"\0\0\x0c\1" + c[4:], "torchvision cannot read it"),
    ("usps", lambda c: bz2.compress(line("1", 255).encode()), "torchvision cannot read it"),
    ("usps", lambda c: bz2.compress(line("one").encode()), "torchvision cannot read it"),
    ("usps", lambda c: bz2.compress((line("11") * 20).encode()), "labels run from 1"),
    ("usps", lambda c: bz2.compress(line("1").encode()), "bytes instead of"),
    ("usps", lambda c: bz2.compress(bytes(2**26 + 1)), "unpacks to more than"),
    ("usps", lambda c: c[:-5], "cut off"),
    ("usps", lambda c: b"<html>", "not a sound bzip2 file"),
]


@pytest.mark.parametrize(("name", "damage", "message"), WRONG_FILES)
def test_a_wrong_file_in_torchvisions_folder_is_passed_over(name, damage, message, tmp_path, monkeypatch):
    small = install(name, monkeypatch)
    file = small.public_dataset.raw["test"][-1].name  # the labels, or all of USPS
    write(tmp_path, small.files | {file: damage(small.files[file])})
    assert load_split(name, "train", tmp_path).labels.tolist() == small.labels["train"].tolist()
    with pytest.raises(DataUnavailable) as refused:
        load_split(name, "test", tmp_path)
    assert message in str(refused.value) and file in str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_of_mnists_names_in_an_unnamed_folder_are_not_taken_for_kmnist(tmp_path, monkeypatch):
    """Names and shapes are the same in three data sets, so only the published .gz or a folder's name tell."""
    small = install("kmnist", monkeypatch)
    write(tmp_path / "data", small.files)
    with pytest.raises(DataUnavailable):
        load_dataset("kmnist", tmp_path / "data", download=False)


@pytest.mark.parametrize("name", ["emnist-balanced", "usps"])
def test_a_run_on_other_classes_and_sizes_is_trained_evaluated_and_encoded(name, tmp_path, monkeypatch):
    small = install(name, monkeypatch)
    size, classes = small.public_dataset.train[0].shape[1], len(small.public_dataset.class_names)
    write(tmp_path / "data", small.files)
    run = tmp_path / "run"
    options = ["--data.name", name, "--dir", tmp_path / "data", "--model.hidden", "8", "--model.latent-dim", "2"]
    done = tvae("train", "--out", run, *options, "--train.epochs", "2", "--train.batch-size", "8")
    assert done.returncode == 0, done.stderr
    assert f"of {size}x{size} pixels" in " ".join((run / "README.md").read_text().split()).replace(
        "pixels and", "pixels"
    )
    done = tvae("evaluate", run, "--dir", tmp_path / "data", "--json")
    assert done.returncode == 0, done.stderr
    assert f'"n": {2 * classes}' in done.stdout
    done = tvae("encode", run, "--dir", tmp_path / "data", "--out", tmp_path / "means.npz")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "means.npz") as arrays:
        assert sorted(set(arrays["labels"].tolist())) == list(range(classes))
