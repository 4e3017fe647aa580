"""Validation split held out of the training split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tvae.data.split import Dataset, Split
from tvae.data.stratified import stratified_rows
from tvae.errors import InputError

_MOST_NAMED = 5


def with_validation(dataset: Dataset, share: float) -> Dataset:
    """The data set with this share of each class moved from the training to a validation split; with 0 as it is.

    Always the same images. A class of one image stays in the training split, as does one whose share is half an image
    or less (see `validation_note`).

    Raises:
        InputError: the data set has a validation split of its own, or no class is large enough to give an image.
    """
    if share == 0:
        return dataset
    if dataset.validation is not None:
        raise second_validation_split(dataset.name)
    train, validation = held_out(dataset.train, share)
    return replace(
        dataset,
        train=train,
        validation=validation,
        source=f"{dataset.source}; {len(validation):,} of {len(dataset.train):,} training images held out for"
        f" validation, {100 * share:g} % of each class",
    )


def second_validation_split(name: str) -> InputError:
    """The error of a share to be held out of a data set that has a validation split of its own."""
    return InputError(
        f"data.validation-share: data set {name!r} has a validation split of its own; leave the share at 0"
    )


def held_out(train: Split, share: float) -> tuple[Split, Split]:
    """The training split without, and the validation split with, this share of each class.

    Classes are those of the data set's first notion, so that runs of different notions hold out the same images.

    Raises:
        InputError: no class is large enough to give an image.
    """
    labels = train.by("").labels
    rows = stratified_rows(labels, share)
    if len(rows) == 0:
        largest = int(np.bincount(labels).max())
        raise InputError(
            f"data.validation-share: {share:g} of the largest class, which has {largest:,} images, makes none;"
            f" it must be more than {0.5 / largest:.3g}"
        )
    rest = np.setdiff1d(np.arange(len(train)), rows)
    return train.part("train", rest), train.part("validation", rows)


def validation_note(dataset: Dataset) -> str:
    """Note in one line on classes that the validation split lacks; empty where it lacks none."""
    if dataset.validation is None:
        return ""
    missing = np.setdiff1d(dataset.train.labels, dataset.validation.labels)
    if len(missing) == 0:
        return ""
    names = ", ".join(dataset.class_names[label] for label in missing[:_MOST_NAMED])
    more = f" and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
    first = next(iter(dataset.train.notions))
    reason = "these classes are too small for its share"
    if dataset.train.notion != first:
        reason = f"its share is drawn of each {first}, whatever the run's notion"
    return f"the validation split has no image of {names}{more}: {reason}"
