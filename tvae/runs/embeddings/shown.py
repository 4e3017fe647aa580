"""Shown: what pages show, a trained run or embeddings from elsewhere."""

from __future__ import annotations

from pathlib import Path

from tvae.errors import InputError
from tvae.runs.embeddings.folder import Embeddings, is_embeddings_folder, read_embeddings
from tvae.runs.run import Run, read_run

Shown = Run | Embeddings


def read_shown(folder: Path) -> Shown:
    """The run or the embeddings of a folder.

    Raises:
        InputError: as `read_run` or `read_embeddings`.
    """
    return read_embeddings(folder) if is_embeddings_folder(folder) else read_run(folder)


def trained(shown: Shown) -> Run:
    """The run that is shown.

    Raises:
        InputError: it is no run but embeddings from elsewhere.
    """
    if isinstance(shown, Run):
        return shown
    raise InputError(f"{shown.name}: embeddings from elsewhere, which come with no decoder and no training")
