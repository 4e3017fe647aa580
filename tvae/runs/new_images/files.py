"""New images in all arms of a run, written as CSV or .npz."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tvae.errors import InputError
from tvae.runs.new_images.tables import NewImageTable, Surroundings
from tvae.system.array_files import npz_bytes
from tvae.system.csv_table import further_rows_csv, rows_csv
from tvae.system.files import file_put_at, write_atomically

SUFFIXES = (".csv", ".npz")


def check_suffix(path: Path) -> None:
    """Check that a file can be written as its suffix says.

    Raises:
        InputError: neither .csv nor .npz.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"out: {path.name!r} ends in neither .csv nor .npz; its ending says what is written")


def write_new_images(path: Path, surroundings: Surroundings, tables: Iterable[NewImageTable]) -> int:
    """Write new images as the file's suffix says, whole or not at all; returns how many.

    CSV is written table by table, so that memory holds one of them; an .npz is held until it is whole, without images.

    Raises:
        InputError: another suffix, or no image at all.
        OSError: the folder can't be written, the disk is full.
    """
    check_suffix(path)
    write = _write_csv if path.suffix.lower() == ".csv" else _write_npz
    return write(path, surroundings, tables)


def csv_columns(surroundings: Surroundings, table: NewImageTable) -> dict[str, Any]:
    """The columns of the CSV: a row a picture, and of each arm its class, votes, nearest rows, place and mean.

    Nearest rows are row numbers of the test split, nearest first; the votes are the winner's share of them.
    """
    columns: dict[str, Any] = {"picture": list(table.names)}
    for arm, placed in table.arms.items():
        new, votes = placed.images, placed.images.votes
        columns |= {
            f"{arm} class": [surroundings.class_names[winner] for winner in votes.winners],
            f"{arm} votes": votes.sureness,
            f"{arm} nearest rows": [" ".join(map(str, rows)) for rows in votes.nearest.rows.tolist()],
            f"{arm} nearest distance": votes.nearest.distances[:, 0],
            f"{arm} squared error": new.errors,
            f"{arm} {surroundings.method} x": placed.positions[:, 0],
            f"{arm} {surroundings.method} y": placed.positions[:, 1],
        }
        columns |= {f"{arm} mean {latent}": new.means[:, latent] for latent in range(new.means.shape[1])}
    return columns


def _write_csv(path: Path, surroundings: Surroundings, tables: Iterable[NewImageTable]) -> int:
    count = 0
    with file_put_at(path) as file:
        for table in tables:
            columns = csv_columns(surroundings, table)
            file.write((further_rows_csv if count else rows_csv)(columns).encode())
            count += len(table.names)
        _check_any(count)
    return count


def _write_npz(path: Path, surroundings: Surroundings, tables: Iterable[NewImageTable]) -> int:
    names: list[str] = []
    parts: dict[str, list[np.ndarray]] = {}
    for table in tables:
        names += table.names
        for arm, placed in table.arms.items():
            new, votes = placed.images, placed.images.votes
            for name, values in {
                arm: new.means,
                f"{arm}/class": votes.winners,
                f"{arm}/votes": votes.sureness,
                f"{arm}/nearest": votes.nearest.rows,
                f"{arm}/distances": votes.nearest.distances,
                f"{arm}/error": new.errors,
                f"{arm}/place": placed.positions,
            }.items():
                parts.setdefault(name, []).append(values)
    _check_any(len(names))
    arrays = {name: np.concatenate(values) for name, values in parts.items()}
    texts = {"names": _text(names), "class_names": _text(surroundings.class_names), "map": _text(surroundings.method)}
    write_atomically(path, npz_bytes({**arrays, **texts}))
    return len(names)


def _check_any(count: int) -> None:
    if not count:
        raise InputError("images: every picture turned out to be broken; nothing was written")


def _text(value: str | Sequence[str]) -> np.ndarray:
    return np.array(value, np.str_)
