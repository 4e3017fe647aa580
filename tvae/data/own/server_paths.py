"""Paths on a server that its visitors may take data from."""

from __future__ import annotations

import os
from pathlib import Path

from tvae.errors import InputError

SETTING = "TVAE_SOURCES"
"""Environment variable that names the one folder that visitors may take data from; without it there is none."""


def sources_folder() -> Path | None:
    """The folder that visitors may take data from; None where the server allows none."""
    setting = os.environ.get(SETTING)
    return Path(setting).expanduser().resolve() if setting else None


def server_source(text: str) -> tuple[Path, Path]:
    """The path that a visitor gave, from that folder, and the folder: the two arguments of `understand`.

    Links are followed before the path is compared with the folder, so none leads out of it.

    Raises:
        InputError: the server allows no folder, or the path leads out of it or to nothing.
    """
    root = sources_folder()
    if root is None:
        raise InputError(f"path: this server lets nobody read its folders; who runs it can name one with {SETTING}")
    try:
        path = (root / text.strip()).resolve()
        is_inside, exists = path.is_relative_to(root), path.exists()
    except (OSError, ValueError):
        is_inside, exists = True, False
    if not is_inside:
        raise InputError(f"path: {text[:120]!r} lies outside the folder that may be read; name one below it")
    if not exists:
        raise InputError(f"path: there is no {text[:120]!r} in the folder that may be read")
    return path, root
