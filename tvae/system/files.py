"""Atomic writes, bounded reads."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tvae.errors import InputError

_PATIENCE = 1.0
"""Seconds for which a refused rename is tried again."""


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Put the content at `path`: a temporary name beside it, fsync, rename.

    A reader sees the old file or the new one, also after a kill in between.

    Args:
        durable: whether the new content outlasts a power cut. Without it the disk is not waited for, and a power cut
            may leave an empty file: for what is soon written again, and is missed by nobody.

    Raises:
        OSError: the folder can't be written, the disk is full; the old file stays.
    """
    with file_put_at(path, durable=durable) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def file_put_at(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A new file to write to, which is put at `path` when all is written; after an error the old file stays.

    Args:
        durable: as in `write_atomically`.

    Raises:
        OSError: as `write_atomically`.
    """
    temporary = _temporary(path)
    try:
        with errors_name(path, temporary), temporary.open("xb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        with errors_name(path, temporary):
            _replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    if durable:
        _fsync_folder(path.parent)


@contextlib.contextmanager
def errors_name(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Context whose OSErrors name this file where they name none, as on a full disk, or the temporary one in its place.

    Of the system's own errors only those of opening and renaming name a file.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None or (temporary is not None and Path(error.filename) == temporary):
            error.filename, error.filename2 = str(path), None
        raise


def make_writable_folder(folder: Path) -> None:
    """Make the folder, and check that it can be written: now rather than after an hour of work.

    Raises:
        OSError: it can't be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trial = _temporary(folder / "trial")
    with errors_name(folder, trial):
        trial.touch(exist_ok=False)
        trial.unlink()


def unwritable_reason(folder: Path) -> str:
    """Why nothing can be written into a folder, in the system's words; empty where it can, or could once it is made.

    Nothing stays behind: a folder that is missing is not made, and the nearest one above it is tried.
    """
    there = next(above for above in (folder, *folder.parents) if above.exists() or above == above.parent)
    trial = _temporary(there / "trial")
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a file that is at most `limit` bytes long.

    Raises:
        InputError: it is missing, no plain file, unreadable, or longer.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(f"{path}: not a file")
        if size > limit:
            raise InputError(f"{path}: {size:,} bytes; a file of this kind has at most {limit:,}")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None


def bytes_in(folder: Path) -> int:
    """Bytes of all files below a folder; a link counts for itself, and what is just being deleted for nothing."""
    total = 0
    for path in files_below(folder):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


def entries(folder: Path) -> list[Path]:
    """What lies right in a folder; nothing where it is missing, or is removed or moved at this moment."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def files_below(folder: Path) -> Iterator[Path]:
    """All files below a folder, whatever is removed or moved meanwhile; folders that are links are not entered."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def file_state(path: Path) -> str:
    """A text that names a file and its present state: it changes when the file is rewritten, also with equal length."""
    try:
        state = path.stat()
    except OSError:
        return f"{path}:missing"
    return f"{path}:{_state_text(state)}"


def file_states(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """The `file_state` of each file in a folder whose name ends so, by name; none where there is no such folder.

    In one look at the folder: a page asks for it at each cache.
    """
    states = {}
    with contextlib.suppress(OSError), os.scandir(folder) as listed:
        for entry in listed:
            if entry.name.endswith(suffixes):
                with contextlib.suppress(FileNotFoundError):  # replaced meanwhile
                    states[entry.name] = _state_text(entry.stat())
    return [f"{name}:{states[name]}" for name in sorted(states)]


def _state_text(state: os.stat_result) -> str:
    return f"{state.st_ino}:{state.st_mtime_ns}:{state.st_size}"


def _replace(temporary: Path, path: Path) -> None:
    """Rename; on Windows that is refused for the moment in which another process reads the file at `path`."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _temporary(path: Path) -> Path:
    """A name beside the path that no other process takes."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")


def _fsync_folder(folder: Path) -> None:
    """Make the rename itself outlast a power cut; where a file system can't, the file is still whole."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
