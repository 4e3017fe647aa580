"""Write data-set files into their folder, with a clear error where that fails."""

from __future__ import annotations

from pathlib import Path

from tvae.data.fetch_errors import DataUnavailable
from tvae.system.files import make_writable_folder, write_atomically


def short_path(path: Path) -> str:
    """The path with `~` for the home folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # not below the home folder, or nobody's home is known
        return str(path)


def make_folder(folder: Path) -> None:
    """Make the folder, and check that it can be written.

    Raises:
        DataUnavailable: it can't be made, or nothing can be written to it.
    """
    try:
        make_writable_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None


def put_in_place(path: Path, content: bytes) -> None:
    """Write or replace a file at once: no reader, after a power cut either, sees a part of it.

    Raises:
        DataUnavailable: the folder can't be written, or is full.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        raise _unwritable(path.parent, error) from None


def _unwritable(folder: Path, error: OSError) -> DataUnavailable:
    return DataUnavailable(
        f"data folder {short_path(folder)} cannot be written ({error.strerror}); name another with --dir or TVAE_DATA"
    )
