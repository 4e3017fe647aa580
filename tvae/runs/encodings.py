"""Encoded splits, triplet curves and gap histograms of a run, as .npz files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from tvae.errors import InputError
from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run, encoding_name
from tvae.system.array_files import checked_array, npz_arrays, npz_bytes
from tvae.system.files import read_bounded, write_atomically


def write_encoding(folder: Path, encoding: Encoding, *, half: bool = False) -> None:
    """Write encoding-<split>.npz, means as float32 or float16, so that pages that only read need no torch.

    Grey images are written without their channel, as they were before there was colour.
    """
    precision = np.float16 if half else np.float32
    arrays: dict[str, np.ndarray] = {
        "labels": encoding.labels,
        "sample_rows": encoding.sample_rows,
        "sample_images": _without_grey_channel(encoding.sample_images),
    }
    for name, arm in encoding.arms.items():
        arrays |= {
            f"{name}/means": arm.means.astype(precision),
            f"{name}/errors": arm.errors,
            f"{name}/kl": arm.kl,
            f"{name}/reconstructions": _without_grey_channel(encoding.sample_reconstructions[name]),
        }
    write_atomically(folder / encoding_name(encoding.split), npz_bytes(arrays))


def read_encoding(run: Run, split: str) -> Encoding | None:
    """The encoding that `write_encoding` wrote for this run, or None if there is none or it can't be this run's.

    Of a run that is judged by another notion, the test split has the labels of that one.
    """
    try:
        return _read_encoding(run, split)
    except InputError:
        return None


def _read_encoding(run: Run, split: str) -> Encoding:
    path = run.weights_folder / encoding_name(split)
    arrays = npz_arrays(read_bounded(path, 2**30))
    n, latents = run.provenance.split(split).n, run.config.model.latent_dim
    height, width, channels = run.image_shape
    image_shape = (height, width) if channels == 1 else (height, width, channels)

    def array(name: str, kinds: str, *shape: int | None) -> np.ndarray:
        return checked_array(arrays, name, kinds, shape, str(path))

    arms = {
        arm: EncodedArm(
            means=array(f"{arm}/means", "f", n, latents).astype(np.float32),
            errors=array(f"{arm}/errors", "f", n).astype(np.float32),
            kl=array(f"{arm}/kl", "f", latents).astype(np.float32),
        )
        for arm in run.config.arms
    }
    labels, rows = array("labels", "iu", n), array("sample_rows", "iu", None)
    if not (labels.min() >= 0 and labels.max() < len(run.provenance.class_names)):
        raise InputError(f"{path}: labels of classes that the run has not")
    if len(rows) and not (rows.min() >= 0 and rows.max() < n):
        raise InputError(f"{path}: samples of images that the split has not")
    return Encoding(
        split,
        labels if run.judged_by is None or split != "test" else run.judged_by.labels,
        arms,
        rows,
        _with_channel(array("sample_images", "u", len(rows), *image_shape)),
        {arm: _with_channel(array(f"{arm}/reconstructions", "u", len(rows), *image_shape)) for arm in run.config.arms},
    )


def _without_grey_channel(images: UInt8[np.ndarray, "k height width channels"]) -> UInt8[np.ndarray, "k ..."]:
    return images[..., 0] if images.shape[3] == 1 else images


def _with_channel(images: UInt8[np.ndarray, "k ..."]) -> UInt8[np.ndarray, "k height width channels"]:
    return images[..., None] if images.ndim == 3 else images


def write_curves(folder: Path, split: str, curves: Mapping[str, TripletCurve]) -> None:
    """Write curves-<split>.npz."""
    _write_by_arm(folder / f"curves-{split}.npz", {arm: curve.to_arrays() for arm, curve in curves.items()})


def read_curves(run: Shown, split: str) -> dict[str, TripletCurve] | None:
    """Each arm's curve, or None if the file is not there, can't be this run's, or is of another notion."""
    if run.judged_by is not None:
        return None
    try:
        arms = _read_by_arm(run, f"curves-{split}.npz")
        return {arm: TripletCurve.from_arrays(arrays) for arm, arrays in arms.items()}
    except InputError:
        return None


def write_gaps(folder: Path, split: str, gaps: Mapping[str, GapHistogram]) -> None:
    """Write gaps-<split>.npz."""
    _write_by_arm(folder / f"gaps-{split}.npz", {arm: histogram.to_arrays() for arm, histogram in gaps.items()})


def read_gaps(run: Shown, split: str) -> dict[str, GapHistogram] | None:
    """The distribution of each arm's gaps, or None as for `read_curves`."""
    if run.judged_by is not None:
        return None
    try:
        arms = _read_by_arm(run, f"gaps-{split}.npz")
        return {arm: GapHistogram.from_arrays(arrays) for arm, arrays in arms.items()}
    except InputError:
        return None


def _write_by_arm(path: Path, arms: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    arrays = {f"{arm}/{name}": array for arm, by_name in arms.items() for name, array in by_name.items()}
    write_atomically(path, npz_bytes(arrays))


def _read_by_arm(run: Shown, name: str) -> dict[str, dict[str, np.ndarray]]:
    """Arrays that `_write_by_arm` wrote, for each arm of the run; InputError where it is no such file."""
    arrays = npz_arrays(read_bounded(run.weights_folder / name, 2**30))
    return {
        arm: {key.removeprefix(f"{arm}/"): array for key, array in arrays.items() if key.startswith(f"{arm}/")}
        for arm in run.config.arms
    }
