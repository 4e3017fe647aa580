"""numba's njit with the settings that all kernels share."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
from numba import njit

from tvae.system.user_folders import machine_code_folders

KEPT_DAYS = 30
"""Days after which compiled code that was not used is deleted."""
NAMED = "tvae-"
"""Beginning of the folders' names: a person may keep other programs' machine code beside them."""

_numba: Any = numba
_changing_folder = threading.Lock()


@contextlib.contextmanager
def machine_code_kept_in(folder: Path) -> Iterator[None]:
    """Context in which numba keeps the machine code of decorated functions in this folder, whatever its setting says.

    Raises:
        OSError: the folder can't be made.
    """
    if not folder.is_dir():
        _remove_unused_machine_code(folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        os.utime(folder)  # it is in use
    with _changing_folder:
        before, _numba.config.CACHE_DIR = _numba.config.CACHE_DIR, str(folder)
        try:
            yield
        finally:
            _numba.config.CACHE_DIR = before


def compiled(**settings: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile on first call, without the interpreter's lock, and keep the machine code on disk for the next process.

    Where no cache folder can be written, as in a read-only container, every process compiles.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            with machine_code_kept_in(machine_code_folder(Path(function.__code__.co_filename))):
                return njit(function, nogil=True, cache=True, **settings)
        except (OSError, RuntimeError):  # no folder that we, or numba, may write
            return njit(function, nogil=True, **settings)

    return decorate


def machine_code_folder(source: Path) -> Path:
    """Folder for the machine code of the kernels in this source file: one for each state of their sources.

    numba compares the file of a compiled function with its cache, not the files of the functions that are compiled
    into it. So kernels call compiled functions of their own folder alone, and a change in one of them counts for all.
    """
    return machine_code_folders() / f"{NAMED}kernels-{_hash_of_sources(source.parent)}"


def is_compiled(source: Path) -> bool:
    """Whether machine code of the kernels in this source file's folder, as they are now, is on the disk."""
    return any(machine_code_folder(source).rglob("*.nbi"))


@cache
def _hash_of_sources(folder: Path) -> str:
    """Hash of all sources in this folder, of this file and of the compiler's versions."""
    content = hashlib.sha256(f"{version('numba')} {version('llvmlite')}".encode())
    for source in (Path(__file__), *sorted(folder.glob("*.py"))):
        content.update(source.read_bytes())
    return content.hexdigest()[:16]


def _remove_unused_machine_code(folder: Path) -> None:
    """Remove machine code that no process has used for `KEPT_DAYS` days: that of sources which have changed."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for unused in folder.glob(f"{NAMED}*"):
        with contextlib.suppress(OSError):  # another process has removed it
            if unused.stat().st_mtime < oldest:
                shutil.rmtree(unused, ignore_errors=True)
