"""Write data-set files into their folder, with a clear error where that fails."""

from __future__ import annotations

from pathlib import Path

from tvae.data.sources import DataUnavailable
from tvae.system.files import make_writable_folder, write_atomically


def shown(path: Path) -> str:
    """The path as a person would write it."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # not below the home folder, or nobody's home is known
        return str(path)


def make_folder(folder: Path) -> None:
    """Have the folder there and writable.

    Raises:
        DataUnavailable: it can't be made, or nothing can be written to it.
    """
    try:
        make_writable_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None


def put_in_place(path: Path, content: bytes) -> None:
    """Write the file so that nobody, after a power cut either, ever sees a part of it; replaces what is there.

    Raises:
        DataUnavailable: the folder can't be written, or is full.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        raise _unwritable(path.parent, error) from None


def _unwritable(folder: Path, error: OSError) -> DataUnavailable:
    return DataUnavailable(
        f"data folder {shown(folder)} cannot be written ({error.strerror}); name another with --dir or TVAE_DATA"
    )
