"""The validation split: held out of the training split, always the same, with a note where classes are too small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tvae.data import Dataset, Split, load_dataset, load_split, train_size, validation_note, with_validation
from tvae.errors import InputError

NAMES = ("many", "few", "two", "one")


def numbered(counts: list[int]) -> Dataset:
    """A data set whose training images are all different: image i shows the number i."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype=np.uint8).repeat(4).reshape(-1, 2, 2, 1)
    train = Split("train", images, labels, NAMES)
    return Dataset("numbers", train, replace(train, name="test"), NAMES, "made up")


def rows_of(split: Split) -> list[int]:
    return split.images[:, 0, 0, 0].tolist()


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_each_class_gives_its_share_and_no_image_is_in_both(share):
    counts = [40, 10, 2, 1]
    dataset = numbered(counts)
    held = with_validation(dataset, share)
    assert held.validation is not None and held.validation.name == "validation"
    assert sorted(rows_of(held.train) + rows_of(held.validation)) == list(range(53))
    given = np.bincount(held.validation.labels, minlength=4)
    for label, count in enumerate(counts):
        assert given[label] == round(share * count)
    assert given[3] == 0, "a class of one image stays in the training split"
    for split in (held.train, held.validation):
        whole = dict(zip(rows_of(dataset.train), dataset.train.labels.tolist(), strict=True))
        assert [whole[row] for row in rows_of(split)] == split.labels.tolist()
        assert rows_of(split) == sorted(rows_of(split))
    assert held.test is dataset.test
    assert f"{len(held.validation):,} of 53 training images held out" in held.source


def test_the_same_images_are_held_out_every_time():
    first, second = (with_validation(numbered([40, 10, 2, 1]), 0.25) for _ in range(2))
    assert first.validation is not None and second.validation is not None
    assert first.validation.fingerprint == second.validation.fingerprint
    assert first.train.fingerprint == second.train.fingerprint


def test_without_a_share_the_data_set_is_as_it_was():
    dataset = numbered([5, 5])
    assert with_validation(dataset, 0.0) is dataset
    assert validation_note(dataset) == ""


def test_classes_too_small_for_the_share_are_named():
    assert validation_note(with_validation(numbered([40, 10, 2, 1]), 0.1)) == (
        "the validation split has no image of two, one: these classes are too small for its share"
    )
    assert validation_note(with_validation(numbered([40, 10]), 0.1)) == ""


def test_a_share_that_makes_no_image_and_a_second_validation_split_are_refused():
    with pytest.raises(InputError, match=r"0\.1 of the largest class, which has 4 images, makes none; it must be more"):
        with_validation(numbered([4, 4]), 0.1)
    with pytest.raises(InputError, match="has a validation split of its own; leave the share at 0"):
        with_validation(with_validation(numbered([40]), 0.1), 0.1)


def test_a_split_is_loaded_as_the_data_set_holds_it_out():
    held = load_dataset("digits", validation_share=0.2)
    assert held.validation is not None
    for split in (held.train, held.validation, held.test):
        assert load_split("digits", split.name, validation_share=0.2).fingerprint == split.fingerprint
    assert load_split("digits", "test").fingerprint == held.test.fingerprint
    assert abs(train_size("digits", validation_share=0.2) - len(held.train)) <= 5
    assert train_size("digits") == len(held.train) + len(held.validation)
