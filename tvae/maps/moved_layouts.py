"""Layouts that move with a run: found where they are kept, measured anew where the run is taken in.

A layout is known by a key of all that it depends on, so those of a run are found by the key alone. On another machine
the run's means differ in their last bits, and so would the key: there each layout is measured against the new means,
and kept under their key. What it says of its own accuracy is not believed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from tvae.errors import InputError
from tvae.maps.layout_files import read_layout, write_layout
from tvae.maps.projection import cache_key, remeasured, request_behind
from tvae.model.encoding import Encoding
from tvae.system.files import entries

LAYOUTS = "layouts"
"""Folder of a run's layouts, in its own folder."""
TAKEN_LAYOUTS = "layouts/taken"
"""Folder of layouts that were taken in with the run and not yet measured."""


def kept_layouts(folders: Iterable[Path], encoding: Encoding) -> list[Path]:
    """Files of the layouts of all arms of an encoding in these folders, under any parameters, each once."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(entries(folder)):
            if path.suffix == ".npz" and path.name not in found and _is_of(path, encoding):
                found[path.name] = path
    return list(found.values())


def _is_of(path: Path, encoding: Encoding) -> bool:
    layout = read_layout(path, path.stem)
    if layout is None:
        return False
    try:
        return cache_key(request_behind(layout, encoding.means, encoding.labels)) == layout.key
    except InputError:
        return False


def keep_taken_layouts(run_folder: Path, encoding: Encoding) -> None:
    """Measure the layouts that came with a run, and keep them under the key of this encoding; drop what is not of it.

    Raises:
        OSError: the disk is full.
    """
    folder = run_folder / TAKEN_LAYOUTS
    for path in sorted(entries(folder)):
        layout = read_layout(path, path.stem)
        if layout is not None:
            with contextlib.suppress(InputError):
                request = request_behind(layout, encoding.means, encoding.labels)
                write_layout(remeasured(layout, request), run_folder / LAYOUTS)
    shutil.rmtree(folder, ignore_errors=True)
