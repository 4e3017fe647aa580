"""Run and Provenance: read and write a run folder's config.json."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Int64
from msgspec import Meta

from tvae.config import DataConfig, RunConfig
from tvae.data import Split
from tvae.data.split import CLASS, labels_key
from tvae.errors import InputError, require
from tvae.metrics.anchor_sample import AnchorSample
from tvae.model.layers import ImageShape
from tvae.runs.embeddings.folder import NO_DECODER, is_embeddings_folder
from tvae.runs.metrics_form import Metrics
from tvae.system.files import entries, file_state, file_states, write_atomically
from tvae.system.strict_json import Amount, Count, Line, Sha256, Whole, checked, read_json_file

CONFIG, HISTORY, METRICS, CARD = "config.json", "history.jsonl", "metrics.json", "README.md"
SNAPSHOTS = "snapshots"
_TEXT_LIMIT = 16 * 2**20
MOST_KEPT = 2_000
"""Number of runs whose config this process keeps as it last read it; each takes some kilobytes."""


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """Number, size and fingerprint of the images of one split that a run used."""

    n: Count
    height: Count
    width: Count
    fingerprint: Sha256
    channels: Literal[1, 3] = 1
    """1 for grey, 3 for colour; runs of before there was colour don't say."""

    def __post_init__(self) -> None:
        require(self.height * self.width <= 2**20, "pixels", self.height * self.width, "at most 1,048,576 an image")

    @property
    def image_shape(self) -> ImageShape:
        """Height and width in pixels, and channels."""
        return self.height, self.width, self.channels


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Facts on the training of a run beyond its config: versions, data, command, time."""

    versions: dict[Line, Line]
    """Versions of tvae, python, torch and numpy."""
    train: SplitRecord
    test: SplitRecord
    class_names: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=100_000)]
    threads: Annotated[int, Meta(ge=1, le=100_000)]
    """Threads that each arm's products ran on."""
    device: Line
    """Device, number of processes where torchrun started them, type of products; all that the run went on with."""
    started: Line
    """UTC, ISO 8601."""
    command: Annotated[str, Meta(max_length=100_000)]
    seconds: Amount
    """Time spent in training steps so far."""
    step: Whole
    """Steps taken by the saved weights."""
    finished: bool
    started_from: Line = ""
    """The run and step whose weights it began with; empty: from scratch."""
    seconds_budget: Amount | None = None
    """Training was to end after about this many seconds, if its epochs weren't over sooner."""
    half_precision: bool = False
    """Whether weights and encodings are kept as float16."""
    validation: SplitRecord | None = None
    """None where the run has no validation split."""
    notion: Line = CLASS
    """Name of the notion of similarity that `class_names` and the run's labels are of; older runs don't say."""

    def __post_init__(self) -> None:
        for name, record in (("train", self.train), ("validation", self.validation)):
            if record is not None and record.image_shape != self.test.image_shape:
                raise InputError(f"{name}: images of {record.image_shape}; the test images are {self.test.image_shape}")

    def split(self, name: str) -> SplitRecord:
        """The record of one split.

        Raises:
            InputError: the run has no such split.
        """
        record = {"train": self.train, "validation": self.validation, "test": self.test}.get(name)
        if record is None:
            raise InputError(f"split: this run has no {name} split; --data.validation-share of a new run makes one")
        return record


@dataclass(frozen=True, eq=False)
class JudgedBy:
    """Labels of a run's test images by a notion of similarity that is not the run's own."""

    notion: str
    """Name of the notion."""
    setting: str
    """Value of `data.notion` for it: its name, or an empty text for the data set's first."""
    labels: Int64[np.ndarray, " n"]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A run's folder with its checked config and provenance; as it ended or as it was at a snapshot."""

    folder: Path
    config: RunConfig
    provenance: Provenance
    snapshot: int | None = None
    """The step whose weights and encoding are shown; None for the last."""
    judged_by: JudgedBy | None = None
    """The labels that it is judged by in place of its own; None for its own."""

    @cached_property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def weights_folder(self) -> Path:
        """Folder with the weights, encoding and curves of the run, or of its chosen snapshot."""
        return self.folder if self.snapshot is None else self.folder / SNAPSHOTS / str(self.snapshot)

    @property
    def step(self) -> int:
        """Steps taken by the shown weights."""
        return self.provenance.step if self.snapshot is None else self.snapshot

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch: whole batches of triplets that fit into the number of training images."""
        return self.provenance.train.n // self.config.train.batch_size

    @property
    def epoch(self) -> float:
        """Epochs seen by the shown weights."""
        return self.step / self.steps_per_epoch

    @property
    def trained_epochs(self) -> float:
        """Epochs that the run was trained for, whichever snapshot is shown: the one number to give as a run's epochs.

        Under a time budget the config's epochs are a limit, such as 100,000, that nobody waits for.
        """
        return self.provenance.step / self.steps_per_epoch

    @property
    def planned_epochs(self) -> int | None:
        """Epochs that the run was to be trained for; None where it was given seconds."""
        return self.config.train.epochs if self.provenance.seconds_budget is None else None

    @property
    def snapshots(self) -> tuple[int, ...]:
        """Steps of the complete snapshots in the folder, ascending."""
        folder = self.folder / SNAPSHOTS
        steps = [int(path.name) for path in entries(folder) if path.name.isascii() and path.name.isdecimal()]
        # A snapshot's encoding is written last: without it a kill came in between.
        return tuple(sorted(step for step in steps if (folder / str(step) / encoding_name("test")).is_file()))

    def at(self, snapshot: int | None) -> Run:
        """The run as it was at one of its snapshots, or with None as it ended.

        Raises:
            InputError: it keeps no such snapshot.
        """
        if snapshot is not None and snapshot not in self.snapshots:
            kept = ", ".join(map(str, self.snapshots)) or "none"
            raise InputError(f"{self.folder}: no snapshot at step {snapshot!r}; it keeps {kept}")
        return replace(self, snapshot=snapshot)

    @property
    def image_shape(self) -> ImageShape:
        """Height and width in pixels, and channels."""
        return self.provenance.test.image_shape

    def judged(self, test: Split) -> Run:
        """The run judged by the labels of this test split, which may be of another notion than its own.

        Its encoding, as `read_encoding` gives it, then has these labels. Curves, gaps and metrics in its folder are of
        its own notion and have to be counted anew.

        Raises:
            InputError: the split has other images than the run's.
        """
        check_split(self, test)
        if test.notion == self.provenance.notion:
            return self.as_trained
        setting = "" if test.notion == next(iter(test.notions)) else test.notion
        return replace(self, judged_by=JudgedBy(test.notion, setting, test.labels, test.class_names))

    @property
    def as_trained(self) -> Run:
        """The run judged by its own notion."""
        return replace(self, judged_by=None)

    @property
    def notion(self) -> str:
        """Name of the notion of similarity that it is judged by: its own, or another."""
        return self.provenance.notion if self.judged_by is None else self.judged_by.notion

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes that it is judged by."""
        return self.provenance.class_names if self.judged_by is None else self.judged_by.class_names

    @property
    def data(self) -> DataConfig:
        """Its data, with the notion that it is judged by."""
        data = self.config.data
        return data if self.judged_by is None else replace(data, notion=self.judged_by.setting)

    @property
    def labels_key(self) -> str:
        """A key of the training images with the labels that it is judged by: a classifier of them is known by it."""
        return labels_key(self.provenance.train.fingerprint, self.data.notion)

    def arm_notion(self, arm: str) -> str:
        """Name of the notion that an arm's triplets came from."""
        return self.config.arms[arm].notion or self.provenance.notion

    @property
    def arms_of_own_notion(self) -> tuple[str, ...]:
        """Arms whose triplets came from another notion than the run's."""
        return tuple(arm for arm in self.config.arms if self.arm_notion(arm) != self.provenance.notion)

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the test images: spaces with the same one can stand side by side on the maps."""
        return self.provenance.test.fingerprint

    @property
    def pixels(self) -> int:
        """Values of an image of this run: its pixels, in colour three each."""
        return math.prod(self.image_shape)

    @property
    def files_key(self) -> str:
        """A text that names the folder of the shown weights and the present state of its array files.

        Caches of what is read from these files use it as their key: a run that is trained on rewrites them. It names
        the notion that the run is judged by where that is not its own.
        """
        folder = self.weights_folder
        judged_by = [] if self.judged_by is None else [f"judged by {self.judged_by.notion}"]
        return "|".join([str(folder.absolute()), *judged_by, *file_states(folder, (".npz", ".safetensors"))])


def check_split(run: Run, split: Split) -> None:
    """Check that the split is the one that the run used.

    Raises:
        InputError: it has other images, labels or order.
    """
    record = run.provenance.split(split.name)
    if (split.fingerprint, len(split), split.image_shape) != (record.fingerprint, record.n, record.image_shape):
        raise InputError(
            f"{run.folder}: trained on another {split.name} split of {run.config.data.name!r}:"
            f" fingerprint {record.fingerprint[:12]}, n = {record.n:,};"
            f" at hand is {split.fingerprint[:12]}, n = {len(split):,}"
        )


def write_config(run: Run) -> None:
    """Write the run's config.json."""
    config = {**run.config.to_json(), "provenance": asdict(run.provenance)}
    write_atomically(run.folder / CONFIG, json.dumps(config, indent=2) + "\n")


def read_run(folder: Path) -> Run:
    """The run of this folder. Its config.json is read once for each state that the file has been in.

    Raises:
        InputError: no such folder, or its config.json is missing, garbled, of another schema, or impossible.
    """
    path = folder / CONFIG
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder of a run, such as checkpoints/mnist")
    if is_embeddings_folder(folder):
        raise InputError(f"{folder}: {NO_DECODER}; the app shows them on its pages Latent map and Triplets")
    if not path.exists():
        raise InputError(f"{folder}: holds no {CONFIG}; it is not the folder of a run")
    return _read_run(folder, file_state(path))


@lru_cache(maxsize=MOST_KEPT)
def _read_run(folder: Path, state: str) -> Run:
    """The run of a folder whose config.json is in this state: a page that lists all runs looks at each every time."""
    path = folder / CONFIG
    plain = read_json_file(path, dict[str, Any], _TEXT_LIMIT)
    record = plain.pop("provenance", None)
    try:
        config = RunConfig.from_json(plain)
        provenance = checked(record, Provenance, "provenance")
        batch, images = config.train.batch_size, provenance.train.n
        require(batch <= images, "train.batch-size", batch, f"at most {images:,}, the number of training images")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Run(folder, config, provenance)


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write the run's metrics.json."""
    write_atomically(folder / METRICS, json.dumps(metrics, indent=2) + "\n")


def read_metrics(folder: Path) -> dict[str, Any] | None:
    """The run's metrics.json as `evaluate` gave it when the run ended, or None if it was never evaluated.

    Raises:
        InputError: the file is garbled, or of other arms than the run's.
    """
    path = folder / METRICS
    if not path.exists():
        return None
    metrics = read_json_file(path, Metrics, _TEXT_LIMIT)
    arms, by_arm = read_run(folder).config.arms, metrics["arms"]
    if by_arm.keys() != arms.keys() or any("0" not in figures["triplet_accuracy"] for figures in by_arm.values()):
        raise InputError(f"{path}: not the metrics of this run, whose arms are {', '.join(arms)}")
    return dict(metrics)


def anchor_sample_of(arm: Mapping[str, Any]) -> AnchorSample | None:
    """The sample of anchors that an arm's metrics are of; None where all were counted, as in older ones."""
    sample = arm.get("anchor_sample")
    return None if sample is None else AnchorSample(**sample)


def encoding_name(split: str) -> str:
    """The file that holds the encoding of a split."""
    return f"encoding-{split}.npz"


def runs_in(folder: Path) -> list[Path]:
    """Folders of runs right below this one, by name."""
    return sorted(path.parent for path in _configs(entries(folder)))


def _configs(folders: Iterable[Path]) -> Iterable[Path]:
    return (path / CONFIG for path in folders if (path / CONFIG).is_file())


def epochs_text(epochs: float) -> str:
    """Text of a number of epochs: three significant figures, or one decimal place from 100 on."""
    return f"{epochs:,.1f}".removesuffix(".0") if epochs >= 100 else f"{epochs:.3g}"
