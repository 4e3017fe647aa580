"""Embeddings: read and write the folder of two embeddings of the same rows."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float32, Int64, UInt8
from msgspec import Meta

from tvae.data import Split
from tvae.data.split import CLASS
from tvae.errors import InputError, require, require_schema
from tvae.model.encoding import LatentSpace, LatentSpaces
from tvae.system.array_files import checked_array, npz_arrays, npz_bytes
from tvae.system.files import errors_name, file_state, file_states, read_bounded, write_atomically
from tvae.system.strict_json import Amount, Count, Line, Sha256, checked, read_json_file

EMBEDDINGS = "embeddings.json"
"""File that marks the folder of embeddings, as config.json marks that of a run."""
NO_DECODER = "holds embeddings from elsewhere, which come with no encoder, no decoder and no training"
"""Why what needs a trained run can't be had of embeddings, after the name of their folder."""
SCHEMA = 1
MARGIN_STEP = 0.005
"""Step between two margins of the triplet curves, whose 201 margins reach to the mean distance of two rows."""
MOST_KEPT = 2_000
_VECTORS, _IMAGES = "vectors.npz", "images.npz"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TEXT_LIMIT = 16 * 2**20
_MOST_BYTES = 2**32


@dataclass(frozen=True, kw_only=True)
class GivenArm:
    """One of the two embeddings, shown as an arm."""

    title: Line
    """What people call it."""
    columns: Count
    """Numbers in a vector."""
    source: Line
    """File and array that it came from."""
    distance: Amount
    """Mean Euclidean distance of two rows of the vectors as they came: the unit of all distances that are shown."""


@dataclass(frozen=True, kw_only=True)
class EmbeddingsConfig:
    """The arms of embeddings from elsewhere: their names and scales, which is all that is known of them."""

    arms: dict[Line, GivenArm]
    """Each embedding by its id."""

    def __post_init__(self) -> None:
        require(len(self.arms) == 2, "arms", len(self.arms), "2")


@dataclass(frozen=True, kw_only=True)
class EmbeddingsRecord:
    """Facts on embeddings from elsewhere: rows, labels, images, files, time."""

    n: Count
    labelled: bool
    """Whether they came with labels; else all rows are one class."""
    class_names: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=1_000)]
    image_shape: tuple[Count, Count, Literal[1, 3]] | None
    """Height, width and channels; None where they came without images."""
    fingerprint: Sha256
    """Fingerprint of the rows: of images and labels as a split's; without images, of labels and vectors."""
    created: Line
    """UTC, ISO 8601."""
    notes: Annotated[tuple[Line, ...], Meta(max_length=100)] = ()
    """How the files were read, a sentence each."""
    owner: Line = ""
    """Hash of the token of the person who added them; empty for the command line."""


@dataclass(frozen=True)
class Embeddings:
    """A folder with two embeddings of the same rows that other models made.

    What a page asks of a `Run` and embeddings have too has the same name here.
    """

    folder: Path
    config: EmbeddingsConfig
    record: EmbeddingsRecord

    @cached_property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def weights_folder(self) -> Path:
        """Folder with the vectors and curves."""
        return self.folder

    @property
    def snapshot(self) -> None:
        """None: they have no epochs."""
        return None

    @property
    def judged_by(self) -> None:
        """None: they have one column of labels, their own."""
        return None

    @property
    def as_trained(self) -> Embeddings:
        """These embeddings, which have no other labels."""
        return self

    @property
    def notion(self) -> str:
        """Name of their one notion of similarity."""
        return CLASS

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.record.class_names

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the rows: spaces with the same one can stand side by side on the maps."""
        return self.record.fingerprint

    @property
    def files_key(self) -> str:
        """A text that names the folder and the present state of its array files, for caches."""
        return "|".join([str(self.folder.absolute()), *file_states(self.folder, (".npz",))])


def is_embeddings_folder(folder: Path) -> bool:
    """Whether a folder holds embeddings from elsewhere, and no run."""
    return (folder / EMBEDDINGS).is_file()


def read_embeddings(folder: Path) -> Embeddings:
    """Read embeddings.json of a folder.

    Raises:
        InputError: missing, garbled, of another schema, or impossible.
    """
    return _read_embeddings(folder, file_state(folder / EMBEDDINGS))


@lru_cache(maxsize=MOST_KEPT)
def _read_embeddings(folder: Path, state: str) -> Embeddings:
    path = folder / EMBEDDINGS
    plain = read_json_file(path, dict[str, Any], _TEXT_LIMIT)
    require_schema(plain.pop("schema", None), SCHEMA, str(path))
    config = checked({"arms": plain.pop("arms", None)}, EmbeddingsConfig, str(path))
    return Embeddings(folder, config, checked(plain, EmbeddingsRecord, str(path)))


def read_spaces(embeddings: Embeddings) -> LatentSpaces | None:
    """The vectors in units of their mean distance, and the labels; None where their file is missing or can't be theirs.

    So one margin asks as much of one space as of the other, however wide either is; nothing else that is measured
    depends on the scale.
    """
    path, n = embeddings.folder / _VECTORS, embeddings.record.n
    try:
        arrays = npz_arrays(read_bounded(path, _MOST_BYTES), _MOST_BYTES)
        labels = checked_array(arrays, "labels", "iu", (n,), str(path)).astype(np.int64)
        if not (labels.min() >= 0 and labels.max() < len(embeddings.class_names)):
            return None
        arms = {
            arm: LatentSpace(
                in_unit(checked_array(arrays, f"{arm}/means", "f", (n, given.columns), str(path)), given.distance)
            )
            for arm, given in embeddings.config.arms.items()
        }
    except InputError:
        return None
    return LatentSpaces("test", labels, arms)


def in_unit(vectors: Float32[np.ndarray, "n d"], distance: float) -> Float32[np.ndarray, "n d"]:
    """The vectors in units of their mean distance; as they are where all are one point."""
    return (vectors / distance).astype(np.float32) if distance > 0 else vectors


def read_images(embeddings: Embeddings) -> Split | None:
    """The images with their labels, None where there are none.

    Raises:
        InputError: their file is missing or can't be theirs.
    """
    shape = embeddings.record.image_shape
    if shape is None:
        return None
    path, spaces = embeddings.folder / _IMAGES, read_spaces(embeddings)
    if spaces is None:
        raise InputError(f"{embeddings.folder / _VECTORS}: not the labels of these images")
    arrays = npz_arrays(read_bounded(path, _MOST_BYTES), _MOST_BYTES)
    images = checked_array(arrays, "images", "u", (embeddings.record.n, *shape), str(path))
    return Split("test", images, spaces.labels, embeddings.class_names)


def check_name(name: str, folder: Path, taken: Mapping[str, Path]) -> None:
    """Check that new embeddings may have this name in a folder of runs.

    Args:
        taken: the runs and embeddings that there are, by name.

    Raises:
        InputError: an impossible name, or one that is taken.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name: {name[:80]!r} is not possible; it must be 1 to 64 letters, digits, '-', '_' and '.', a letter or "
            "digit first"
        )
    if name.casefold() in {other.casefold() for other in taken} or (folder / name).exists():
        raise InputError(f"name: there is a run or a comparison {name} already; choose another name")


def write_embeddings(
    folder: Path,
    config: EmbeddingsConfig,
    record: EmbeddingsRecord,
    vectors: Mapping[str, Float32[np.ndarray, "n _"]],
    labels: Int64[np.ndarray, " n"],
    images: UInt8[np.ndarray, "n height width channels"] | None,
) -> Embeddings:
    """Write vectors as they came, labels, images and embeddings.json into a folder that is there.

    Raises:
        OSError: the disk is full, or the folder can't be written.
    """
    arrays = {f"{arm}/means": means for arm, means in vectors.items()}
    write_atomically(folder / _VECTORS, npz_bytes({"labels": labels, **arrays}))
    if images is not None:
        write_atomically(folder / _IMAGES, npz_bytes({"images": images}))
    plain = {"schema": SCHEMA, **asdict(config), **asdict(record)}
    write_atomically(folder / EMBEDDINGS, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
    return Embeddings(folder, config, record)


class NewFolder:
    """A folder that gets its name when all of it is written; left early, nothing of it stays.

    Raises:
        InputError: at its end: the name was taken meanwhile.
        OSError: the folder of runs can't be written.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self.path = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")

    def __enter__(self) -> NewFolder:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.mkdir()
        return self

    def put(self) -> Path:
        """Give the folder its name."""
        if self._place.exists():  # on Linux a rename would replace an empty folder
            raise InputError(f"name: there is a run or a comparison {self._place.name} already; choose another name")
        with errors_name(self._place, self.path):
            os.rename(self.path, self._place)  # noqa: PTH104 (in one step, refused where something is there)
        return self._place

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
