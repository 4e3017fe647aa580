"""Register of readers, and what they have in common: fresh folders, changed JSON, values that come back."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz import sources
from tests.fuzz.changes import changed_bytes, changed_json
from tests.fuzz.trials import Reader
from tvae.errors import InputError
from tvae.runs.run import Run, write_config

READERS: dict[str, Callable[[], Reader]] = {}
"""Makes each reader, by name."""
_NUMBERS = itertools.count()

Read = Callable[[bytes], object]
Made = tuple[SearchStrategy[bytes], Read]


def reader(name: str, *refusals: type[Exception]) -> Callable[[Callable[[], Made]], Callable[[], Reader]]:
    """Register a reader: what makes its changed files, and reads one.

    Args:
        refusals: errors other than InputError by which it says that a file can't be read.
    """

    def register(make: Callable[[], Made]) -> Callable[[], Reader]:
        READERS[name] = cache(lambda: Reader(name, *make(), (InputError, *refusals)))
        return READERS[name]

    return register


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    """An empty folder of a new name: what is read is kept by its path and time."""
    folder = sources.folder() / f"trial{next(_NUMBERS)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def in_folder(name: str, read: Callable[[Path], object]) -> Read:
    """Reads a folder that holds a file of this name."""

    def read_content(content: bytes) -> object:
        with fresh_folder() as folder:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            return read(folder)

    return read_content


def in_run(run: Run, name: str, read: Callable[[Run], object]) -> Read:
    """Reads a run whose folder holds a file of this name beside its config."""

    def read_folder(folder: Path) -> object:
        moved = replace(run, folder=folder)
        write_config(moved)
        return read(moved)

    return in_folder(name, read_folder)


def json_like(plain: Any) -> SearchStrategy[bytes]:
    """Changed JSON of this value, most often in its structure."""
    return st.one_of(changed_json(plain), changed_json(plain), changed_bytes(json.dumps(plain).encode()))


def require_equal(one: object, other: object) -> None:
    """Check that a value comes back from its writer."""
    if json.dumps(_comparable(one)) != json.dumps(_comparable(other)):
        raise AssertionError(f"written and read again it is another: {one!r:.200} and {other!r:.200}")


def _comparable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, value.tolist()]
    if isinstance(value, Mapping):
        return {str(name): _comparable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(inner) for inner in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _comparable(getattr(value, name)) for name in value.__dataclass_fields__}
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
