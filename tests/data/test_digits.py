"""scikit-learn's digits, split."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tvae.data import load_dataset, load_split
from tvae.data.stratified import stratified_rows


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def sorted_rows(images: np.ndarray, labels: np.ndarray) -> list[tuple[int, ...]]:
    return sorted(tuple(row) for row in np.c_[images, labels].astype(int).tolist())


def test_every_bundled_image_is_in_one_split(digits):
    bundled: Any = load_digits()
    assert len(digits.train) + len(digits.test) == len(bundled.images) == 1797
    ours = np.concatenate([digits.train.images, digits.test.images]).reshape(1797, 64)
    labels = np.concatenate([digits.train.labels, digits.test.labels])
    theirs = np.floor(bundled.images.reshape(1797, 64) * 255 / 16 + 0.5)
    assert sorted_rows(ours, labels) == sorted_rows(theirs, bundled.target)


def test_grey_values_use_the_whole_range(digits):
    assert digits.train.images.min() == 0 and digits.train.images.max() == 255
    assert len(np.unique(digits.train.images)) == 17


def test_a_fifth_of_each_class_is_tested(digits):
    for label in range(10):
        tested, trained = (int((split.labels == label).sum()) for split in (digits.test, digits.train))
        assert abs(tested - 0.2 * (tested + trained)) <= 0.5


def test_the_split_is_the_same_everywhere(digits):
    """A changed fingerprint would mean that figures measured before can't be compared with those after."""
    assert digits.test.fingerprint == "4d7025aaec0fadc148d8dddd601389203a278a3d4b6e078da8c16ede39532362"
    assert load_split("digits", "test").fingerprint == digits.test.fingerprint
    assert load_split("digits", "train").fingerprint == digits.train.fingerprint


def test_source_tells_the_sizes(digits):
    assert digits.source.startswith("bundled with scikit-learn ")
    assert f"{len(digits.train):,} training and {len(digits.test):,} test images" in digits.source


def test_stratified_rows_are_ascending_and_of_each_class():
    labels = np.array([0] * 10 + [1] * 5 + [2])
    rows = stratified_rows(labels, 0.2)
    assert np.all(np.diff(rows) > 0)
    assert np.bincount(labels[rows], minlength=3).tolist() == [2, 1, 0]
