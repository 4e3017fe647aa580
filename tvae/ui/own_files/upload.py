"""Uploaded files on the disk, each in a folder of its own."""

from __future__ import annotations

import re
from pathlib import Path

from tvae.system.names import cut_to_bytes
from tvae.system.scratch_folders import new_scratch_folder, remove_scratch_folder

_LONGEST_NAME, _LONGEST_SUFFIX = 120, 16
"""Bytes, so that every file system takes the name."""


def stored_upload(name: str, content: bytes) -> Path:
    """The path of an uploaded file in a new folder of its own, which the caller removes (`remove_folder`).

    Raises:
        OSError: there is no room for it.
    """
    scratch = new_scratch_folder("upload")
    path = scratch / file_name(name)
    try:
        path.write_bytes(content)
    except OSError:
        remove_folder(scratch)
        raise
    return path


def remove_folder(scratch: Path | None) -> None:
    """Remove the folder of an uploaded file, if there is one."""
    if scratch is not None:
        remove_scratch_folder(scratch)


def file_name(name: str) -> str:
    """The name of an uploaded file without any folder, fit to be a file's."""
    plain = "".join(sign for sign in re.split(r"[/\\]", name)[-1] if sign.isprintable())
    stem, dot, suffix = plain.rpartition(".")
    if stem:
        return f"{cut_to_bytes(stem, _LONGEST_NAME)}{dot}{cut_to_bytes(suffix, _LONGEST_SUFFIX)}"
    return cut_to_bytes(plain, _LONGEST_NAME) or "file"
