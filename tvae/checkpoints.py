"""A run's folder: weights, config, history, metrics, and what the pages need at once. No torch: arrays are numpy's."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from jaxtyping import Float32, Int64, UInt8

from tvae.config import InputError, ModelConfig, RunConfig, read_json
from tvae.data import Split
from tvae.files import read_bounded, write_atomically
from tvae.row_files import append_row, read_rows
from tvae.triplet_curve import GapHistogram, TripletCurve

CONFIG, HISTORY, METRICS, CARD = "config.json", "history.jsonl", "metrics.json", "README.md"
SNAPSHOTS = "snapshots"
HEADER_LIMIT = 100_000
_TEXT_LIMIT = 16 * 2**20

Weights = dict[str, np.ndarray]
"""An arm's tensors by name."""


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """Which images a run saw, by number and fingerprint."""

    n: int
    height: int
    width: int
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a run's weights come from, beyond its config."""

    versions: dict[str, str]
    """Of tvae, python, torch and numpy."""
    train: SplitRecord
    test: SplitRecord
    class_names: tuple[str, ...]
    threads: int
    """Threads that each arm's products ran on."""
    device: str
    started: str
    """UTC, ISO 8601."""
    command: str
    seconds: float
    """Time spent in training steps so far."""
    step: int
    """Steps taken by the saved weights."""
    finished: bool
    started_from: str = ""
    """The run and step whose weights it began with; empty: from scratch."""
    seconds_budget: float | None = None
    """Training was to end after about this many seconds, if its epochs weren't over sooner."""
    half_precision: bool = False
    """Whether weights and encodings are kept as float16."""


@dataclass(frozen=True)
class Run:
    """A run's folder, its config and its provenance, checked; as it ended or as it was at a snapshot."""

    folder: Path
    config: RunConfig
    provenance: Provenance
    snapshot: int | None = None
    """The step whose weights and encoding are shown; None for the last."""

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def weights_folder(self) -> Path:
        """Where the shown weights, encoding and curves lie."""
        return self.folder if self.snapshot is None else self.folder / SNAPSHOTS / str(self.snapshot)

    @property
    def step(self) -> int:
        """Steps taken by the shown weights."""
        return self.provenance.step if self.snapshot is None else self.snapshot

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which as many triplets are drawn as the training split has images."""
        return self.provenance.train.n // self.config.train.batch_size

    @property
    def epoch(self) -> float:
        """Epochs seen by the shown weights."""
        return self.step / self.steps_per_epoch

    @property
    def snapshots(self) -> tuple[int, ...]:
        """Steps of the whole snapshots that the folder keeps, ascending."""
        folder = self.folder / SNAPSHOTS
        if not folder.is_dir():
            return ()
        steps = [int(path.name) for path in folder.iterdir() if path.name.isascii() and path.name.isdecimal()]
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
    def pixels(self) -> int:
        """Pixels of an image of this run."""
        return self.provenance.test.height * self.provenance.test.width


def check_split(run: Run, split: Split) -> None:
    """Have the split be the one that the run saw.

    Raises:
        InputError: it has other images, labels or order.
    """
    record = run.provenance.test if split.name == "test" else run.provenance.train
    if split.fingerprint != record.fingerprint:
        raise InputError(
            f"{run.folder}: trained on another {split.name} split of {run.config.data.name!r}:"
            f" fingerprint {record.fingerprint[:12]}, n = {record.n:,};"
            f" at hand is {split.fingerprint[:12]}, n = {len(split):,}"
        )


def weight_shapes(pixels: int, model: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor of a `tvae.models.VAE`."""
    hidden, latent = model.hidden, model.latent_dim
    return {
        "encoder.0.weight": (hidden, pixels),
        "encoder.0.bias": (hidden,),
        "encoder.2.weight": (2 * latent, hidden),
        "encoder.2.bias": (2 * latent,),
        "decoder.0.weight": (hidden, latent),
        "decoder.0.bias": (hidden,),
        "decoder.2.weight": (pixels, hidden),
        "decoder.2.bias": (pixels,),
    }


def write_config(run: Run) -> None:
    """Write the run's config.json."""
    plain = {**run.config.to_json(), "provenance": asdict(run.provenance)}
    write_atomically(run.folder / CONFIG, json.dumps(plain, indent=2) + "\n")


def read_run(folder: Path) -> Run:
    """The run of this folder.

    Raises:
        InputError: no such folder, or its config.json is missing, garbled, of another schema, or impossible.
    """
    path = folder / CONFIG
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder of a run, such as checkpoints/mnist")
    if not path.exists():
        raise InputError(f"{folder}: holds no {CONFIG}; it is not the folder of a run")
    plain = _json_of(path)
    if not isinstance(plain, dict):
        raise InputError(f"{path}: expected an object, found {type(plain).__name__}")
    record = plain.pop("provenance", None)
    try:
        config = RunConfig.from_json(plain)
        provenance = _provenance(record)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Run(folder, config, provenance)


def _provenance(plain: Any) -> Provenance:
    try:
        splits = {}
        for name in ("train", "test"):
            split = SplitRecord(**plain[name])
            sizes = (split.n, split.height, split.width)
            if not all(type(size) is int and 1 <= size <= 10**8 for size in sizes):
                raise InputError(f"provenance.{name}: sizes {sizes} are not possible; each must be at least 1")
            if split.height * split.width > 2**20:
                raise InputError(f"provenance.{name}: {split.height} x {split.width} pixels are more than 1,048,576")
            splits[name] = split
        names = tuple(str(name) for name in plain["class_names"])
        return Provenance(**{**plain, **splits, "class_names": names})
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"provenance: not as this program writes it ({error})") from None


def write_weights(folder: Path, arms: Mapping[str, Weights], step: int, *, half: bool = False) -> None:
    """Write every arm's <arm>.safetensors, as float32 or as float16."""
    for arm, weights in arms.items():
        metadata = {"format": "pt", "arm": arm, "step": str(step)}
        kept = {name: tensor.astype(np.float16) for name, tensor in weights.items()} if half else weights
        write_atomically(folder / f"{arm}.safetensors", safetensors.numpy.save(kept, metadata))


def read_weights(run: Run, arm: str) -> Weights:
    """An arm's tensors as float32, checked against the run's config.

    Raises:
        InputError: no such arm; a file that is missing, cut, garbled, foreign, of other names or shapes, or holds a
            value that is not finite.
    """
    if arm not in run.config.arms:
        raise InputError(f"{run.folder}: no arm {arm!r}; it has {', '.join(run.config.arms)}")
    return read_arm(run.weights_folder / f"{arm}.safetensors", run.pixels, run.config.model)


def read_arm(path: Path, pixels: int, model: ModelConfig) -> Weights:
    """The tensors of a file that `write_weights` wrote, checked; see `read_weights`."""
    shapes = weight_shapes(pixels, model)
    values = sum(math.prod(shape) for shape in shapes.values())
    return parse_weights(read_bounded(path, 8 + HEADER_LIMIT + 4 * values), shapes, str(path))


def parse_weights(
    content: bytes, shapes: Mapping[str, tuple[int, ...]], where: str, header_limit: int = HEADER_LIMIT
) -> Weights:
    """The tensors in the bytes of a safetensors file, half precision widened to float32.

    The header is judged before any tensor is made: the library itself takes doubled keys and giant empty shapes.

    Raises:
        InputError: as `read_weights`, naming `where` and the difference.
    """
    header = safetensors_header(content, where, header_limit)
    header.pop("__metadata__", None)
    if missing := shapes.keys() - header.keys():
        raise InputError(f"{where}: tensor {min(missing)!r} is missing")
    if unknown := header.keys() - shapes.keys():
        raise InputError(f"{where}: unknown tensor {min(unknown)!r}")
    for name, shape in shapes.items():
        entry = header[name]
        found = entry.get("shape") if isinstance(entry, dict) else None
        if found != list(shape):
            raise InputError(f"{where}: tensor {name!r} has shape {found}; the config asks for {list(shape)}")
        if entry.get("dtype") not in ("F32", "F16"):
            raise InputError(f"{where}: tensor {name!r} is {entry.get('dtype')!r}; it must be F32 or F16")
    try:
        tensors = safetensors.numpy.load(content)
    except Exception as error:  # the library's own error types are several, and not documented
        raise InputError(f"{where}: not a whole safetensors file ({error})") from None
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InputError(f"{where}: tensor {name!r} holds a value that is not finite")
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def safetensors_header(content: bytes, where: str, limit: int = HEADER_LIMIT) -> dict[str, Any]:
    """What a safetensors file says of its tensors, of at most `limit` bytes.

    Raises:
        InputError: cut, garbled, larger, or with a name twice.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(limit, len(content) - 8):
        raise InputError(f"{where}: cut short or not a safetensors file")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise InputError(f"{where}: its header names a tensor twice")
        return dict(pairs)

    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise InputError(f"{where}: its header is not JSON; it is not a safetensors file") from None
    if not isinstance(header, dict):
        raise InputError(f"{where}: its header is no object; it is not a safetensors file")
    return header


def append_history(folder: Path, row: Mapping[str, Any]) -> None:
    """Add a line to the run's history."""
    append_row(folder / HISTORY, row)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The run's history so far; a last line that a kill has torn is passed over.

    Raises:
        InputError: any other line is not JSON.
    """
    return read_rows(folder / HISTORY)


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write the run's metrics.json."""
    write_atomically(folder / METRICS, json.dumps(metrics, indent=2) + "\n")


def read_metrics(folder: Path) -> dict[str, Any] | None:
    """What `evaluate` gave when the run ended, or None if it was never evaluated.

    Raises:
        InputError: the file is garbled.
    """
    path = folder / METRICS
    if not path.exists():
        return None
    metrics = _json_of(path)
    if not isinstance(metrics, dict) or not isinstance(metrics.get("arms"), dict):
        raise InputError(f"{path}: not the metrics of a run")
    return metrics


def _json_of(path: Path) -> Any:
    content = read_bounded(path, _TEXT_LIMIT)
    try:
        return read_json(content.decode(), str(path))
    except UnicodeDecodeError:
        raise InputError(f"{path}: not text") from None


@dataclass(frozen=True)
class EncodedArm:
    """One arm's view of a split."""

    means: Float32[np.ndarray, "n latent"]
    """Posterior means."""
    errors: Float32[np.ndarray, " n"]
    """Squared L2 distance of each image to the reconstruction from its mean."""
    kl: Float32[np.ndarray, " latent"]
    """KL of the posterior to the prior by latent, in nats, averaged over the images."""


@dataclass(frozen=True)
class Encoding:
    """A split as all arms of a run see it, with a few reconstructions to show at once."""

    split: str
    labels: Int64[np.ndarray, " n"]
    arms: dict[str, EncodedArm]
    sample_rows: Int64[np.ndarray, " k"]
    """Rows of the first two images of each class, at most 40."""
    sample_images: UInt8[np.ndarray, "k height width"]
    sample_reconstructions: dict[str, UInt8[np.ndarray, "k height width"]]
    """Of the sample rows, from their means."""

    @property
    def means(self) -> dict[str, Float32[np.ndarray, "n latent"]]:
        """Posterior means by arm."""
        return {name: arm.means for name, arm in self.arms.items()}


def encoding_name(split: str) -> str:
    """The file that holds the encoding of a split."""
    return f"encoding-{split}.npz"


def write_encoding(folder: Path, encoding: Encoding, *, half: bool = False) -> None:
    """Write encoding-<split>.npz, means as float32 or float16, so that pages which only look need no torch."""
    precision = np.float16 if half else np.float32
    arrays: dict[str, np.ndarray] = {
        "labels": encoding.labels,
        "sample_rows": encoding.sample_rows,
        "sample_images": encoding.sample_images,
    }
    for name, arm in encoding.arms.items():
        arrays |= {
            f"{name}/means": arm.means.astype(precision),
            f"{name}/errors": arm.errors,
            f"{name}/kl": arm.kl,
            f"{name}/reconstructions": encoding.sample_reconstructions[name],
        }
    write_atomically(folder / encoding_name(encoding.split), npz_bytes(arrays))


def read_encoding(run: Run, split: str) -> Encoding | None:
    """What `write_encoding` wrote for this run, or None if it is not there or can't be this run's."""
    try:
        arrays = npz_arrays(read_bounded(run.weights_folder / encoding_name(split), 2**30))
        record = run.provenance.test if split == "test" else run.provenance.train
        arms = {
            name: EncodedArm(*(arrays[f"{name}/{part}"].astype(np.float32) for part in ("means", "errors", "kl")))
            for name in run.config.arms
        }
        encoding = Encoding(
            split,
            arrays["labels"],
            arms,
            arrays["sample_rows"],
            arrays["sample_images"],
            {name: arrays[f"{name}/reconstructions"] for name in run.config.arms},
        )
    except (InputError, KeyError):
        return None
    shape = (record.n, run.config.model.latent_dim)
    fits = encoding.labels.shape == (record.n,) and all(
        arm.means.shape == shape and arm.errors.shape == shape[:1] and arm.kl.shape == shape[1:]
        for arm in arms.values()
    )
    return encoding if fits else None


def write_curves(folder: Path, split: str, curves: Mapping[str, TripletCurve]) -> None:
    """Write curves-<split>.npz."""
    _write_by_arm(folder / f"curves-{split}.npz", {arm: curve.to_arrays() for arm, curve in curves.items()})


def read_curves(run: Run, split: str) -> dict[str, TripletCurve] | None:
    """Each arm's curve, or None if the file is not there or can't be this run's."""
    try:
        found = _read_by_arm(run, f"curves-{split}.npz")
        return {arm: TripletCurve.from_arrays(arrays) for arm, arrays in found.items()}
    except InputError:
        return None


def write_gaps(folder: Path, split: str, gaps: Mapping[str, GapHistogram]) -> None:
    """Write gaps-<split>.npz."""
    _write_by_arm(folder / f"gaps-{split}.npz", {arm: found.to_arrays() for arm, found in gaps.items()})


def read_gaps(run: Run, split: str) -> dict[str, GapHistogram] | None:
    """The distribution of each arm's gaps, or None if the file is not there or can't be this run's."""
    try:
        found = _read_by_arm(run, f"gaps-{split}.npz")
        return {arm: GapHistogram.from_arrays(arrays) for arm, arrays in found.items()}
    except InputError:
        return None


def _write_by_arm(path: Path, found: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    arrays = {f"{arm}/{name}": array for arm, named in found.items() for name, array in named.items()}
    write_atomically(path, npz_bytes(arrays))


def _read_by_arm(run: Run, name: str) -> dict[str, dict[str, np.ndarray]]:
    """What `_write_by_arm` wrote, for each arm of the run; InputError where it is no such file."""
    arrays = npz_arrays(read_bounded(run.weights_folder / name, 2**30))
    return {
        arm: {key.removeprefix(f"{arm}/"): array for key, array in arrays.items() if key.startswith(f"{arm}/")}
        for arm in run.config.arms
    }


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The arrays as an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def npz_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an .npz file; never unpickles.

    Raises:
        InputError: it is not such a file.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"not an .npz file of plain arrays ({error})") from None


def runs_in(folder: Path) -> list[Path]:
    """Folders of runs right below this one, by name."""
    if not folder.is_dir():
        return []
    return sorted(path.parent for path in _configs(folder.iterdir()))


def _configs(folders: Iterable[Path]) -> Iterable[Path]:
    return (path / CONFIG for path in folders if (path / CONFIG).is_file())
