"""numba's njit with the settings that all kernels share, and which machine code is here already.

Importing this file does not import numba: the app's server asks it what is still to be compiled.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tvae.system.process_lock import lock_is_held, take_lock
from tvae.system.user_folders import machine_code_folders

KEPT_DAYS = 30
"""Days after which compiled code that was not used is deleted."""
NAMED = "tvae-"
"""Beginning of the folders' names: a person may keep other programs' machine code beside them."""

_LOOK_EVERY = 0.05
"""Seconds between two looks at what other processes compile."""
_PAUSE = 0.1
"""Seconds after a part in which a process that waits for its turn can take it."""
_changing_folder = threading.Lock()


@dataclass(frozen=True)
class Part:
    """Part of the machine code: that of the kernels which one call reaches, such as those of one kind of step."""

    name: str
    source: Path
    """A source file in the folder of its kernels."""
    compile: Callable[[], object] = field(compare=False)
    """Calls the kernels, with arguments of the types that they are used with."""


def lacking(parts: Sequence[Part]) -> list[Part]:
    """Those of these parts whose machine code is not on the disk, for this processor and of the present sources."""
    return [part for part in parts if not _mark(part).exists()]


def is_compiled_now(parts: Sequence[Part]) -> bool:
    """Whether a process is compiling one of these parts."""
    return any(lock_is_held(_lock(part)) for part in lacking(parts))


def compile_parts(parts: Sequence[Part], go_on: Callable[[], bool] = lambda: True) -> None:
    """Compile what is lacking of these parts, in their order, and return when all are there.

    One process at a time compiles kernels of one folder: no work is done twice, and numba's list of what a folder holds
    is not written by two at once. Where another process compiles there, those of other folders are compiled meanwhile.
    A process that is killed leaves no mark, and the next one compiles what that one had not kept.

    Args:
        go_on: asked before each part; False has it return early.
    """
    here: set[Part] = set()
    while (rest := [part for part in lacking(parts) if part not in here]) and go_on():
        compiled_part = next((part for part in rest if _compile_alone(part)), None)
        if compiled_part is not None:
            here.add(compiled_part)  # where it can't be kept, it is compiled in this process all the same
        time.sleep(_LOOK_EVERY if compiled_part is None else _PAUSE)


def _compile_alone(part: Part) -> bool:
    """Compile a part if no other process compiles kernels of its folder; False where one does."""
    with contextlib.ExitStack() as around:
        with contextlib.suppress(OSError):  # no folder that we may write: no other process's work can be used
            _lock(part).parent.mkdir(parents=True, exist_ok=True)
            lock = None if lock_is_held(_lock(part)) else take_lock(_lock(part))
            if lock is None:
                return False
            around.enter_context(lock)
        if lacking([part]):  # else another process has just done it
            part.compile()
            with contextlib.suppress(OSError):
                _mark(part).touch()
    return True


def _lock(part: Part) -> Path:
    return machine_code_folder(part.source) / "lock"


def _mark(part: Part) -> Path:
    """File that is there once the part's machine code is: beside it, so that both are removed together."""
    return machine_code_folder(part.source) / f"{part.name.replace(' ', '-')}-{_processor_hash()}"


@cache
def _processor_hash() -> str:
    """Hash of Python's version and of this processor: a folder may be shared by several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
        told = sorted({line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))})
    except OSError:
        told = [platform.machine(), platform.processor()]
    return hashlib.sha256("\n".join([str(sys.implementation.cache_tag), *told]).encode()).hexdigest()[:16]


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
    from numba.core import config as module

    config: Any = module
    with _changing_folder:
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
        try:
            yield
        finally:
            config.CACHE_DIR = before


def compiled(**settings: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile on first call, without the interpreter's lock, and keep the machine code on disk for the next process.

    Where no cache folder can be written, as in a read-only container, every process compiles.
    """

    from numba import njit

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
