"""Classifier, samples and their quality."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Int64, UInt8

from tvae.data import Split
from tvae.errors import InputError
from tvae.explore.classifier.classifier import Classifier, classifier_path, read_classifier
from tvae.explore.generation import (
    ClassGaussian,
    RealRows,
    class_gaussian,
    feature_manifold,
    generated_images,
    real_rows,
    training_gaussian,
)
from tvae.metrics.precision_recall import Manifold, SampleQuality, sample_quality
from tvae.runs.available import CLASSIFIERS
from tvae.runs.run import Run
from tvae.system.user_folders import default_classifiers_folder
from tvae.ui.cached.keys import KEY_OF
from tvae.ui.cached.runs import encoding, network


def classifier(run: Run) -> Classifier | None:
    """The classifier of the run's data set, None where nobody has trained one.

    Raises:
        InputError: its file is not a classifier.
    """
    labels_key, classes = run.labels_key, len(run.class_names)
    for folder in (CLASSIFIERS, default_classifiers_folder()):
        path = classifier_path(folder, labels_key)
        if path.is_file():
            return _classifier(path, labels_key, run.pixels, classes)
    return None


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEY_OF)
def _classifier(path: Path, labels_key: str, pixels: int, classes: int) -> Classifier | None:
    return read_classifier(labels_key, pixels, classes, (path.parent,))


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=KEY_OF)
def gaussian(run: Run, arm: str, label: int, train: Split | None) -> ClassGaussian:
    """The Gaussian of the arm's means of a class's training images.

    Args:
        train: the run's training split; where it is not at hand, None takes the test images as the run encoded them.

    Raises:
        InputError: no image of this class, or the run's folder holds no encoding.
    """
    if train is not None:
        return training_gaussian(network(run, arm), train, label)
    encoded = encoding(run)
    if encoded is None:
        raise InputError(f"run {run.name}: holds no readable encoding of its test split; evaluate it again")
    return class_gaussian(encoded.arms[arm].means, encoded.labels, label)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEY_OF)
def samples(
    run: Run, arm: str, label: int | None, train: Split | None, *, count: int, temperature: float, seed: int
) -> UInt8[np.ndarray, "count height width channels"]:
    """Images that the arm decodes from random codes of a class (see `gaussian`), or of the prior.

    Raises:
        InputError: as `gaussian`.
    """
    of_class = None if label is None else gaussian(run, arm, label, train)
    return generated_images(network(run, arm), of_class, count=count, temperature=temperature, seed=seed)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=KEY_OF)
def real_reference(
    images: Split, label: int | None, most: int, space: Classifier | None
) -> tuple[RealRows, Manifold, SampleQuality]:
    """Real images of a class or of all, the manifold that they span, and the quality of other real images.

    Args:
        space: the classifier whose features are compared; None compares pixels.
    """
    rows = real_rows(images.labels, label, most, seed=0)
    covered = feature_manifold(images.images[rows.reference], space)
    return rows, covered, sample_quality(covered, feature_manifold(images.images[rows.others], space))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def quality(
    run: Run,
    arm: str,
    images: Split,
    label: int | None,
    train: Split | None,
    *,
    most: int,
    temperature: float,
    seed: int,
    space: Classifier | None,
) -> SampleQuality:
    """Precision and recall of an arm's samples against real images; arguments as of `samples` and `real_reference`."""
    rows, covered, _ = real_reference(images, label, most, space)
    imagined_images = samples(run, arm, label, train, count=len(rows.reference), temperature=temperature, seed=seed)
    return sample_quality(covered, feature_manifold(imagined_images, space))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def classified(space: Classifier, images: UInt8[np.ndarray, "n height width channels"]) -> Int64[np.ndarray, " n"]:
    """The class that the classifier names for each image."""
    return space.classes(space.features(images))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def share_classified_right(space: Classifier, images: Split) -> float:
    """Share of a split's images that the classifier names rightly."""
    return float((space.classes(space.features(images.images)) == images.labels).mean())
