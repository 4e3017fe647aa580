"""Place of an export: a new folder or file, whole or not there at all, and never over what is there."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from tvae.errors import InputError
from tvae.system.files import errors_name


def check_free(path: Path) -> None:
    """Check that nothing is at this path but perhaps an empty folder.

    Raises:
        InputError: something is.
    """
    if path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir()))):
        raise InputError(f"out: {path} is there already; name another path, or remove it first")


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Context with a folder to fill, which is at `path` when all is written; after an error nothing is.

    Raises:
        InputError: something is at `path` already.
        OSError: the disk is full, or the folder above can't be written.
    """
    check_free(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with errors_name(path, unfinished):
            unfinished.mkdir(parents=True)
            yield unfinished
            check_free(path)  # what came there meanwhile stays
            if path.exists():
                path.rmdir()
            unfinished.rename(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
