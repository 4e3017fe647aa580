"""Splits: validation, pixel values, fingerprints."""

import hashlib

import numpy as np
import pytest

from tvae.data import Split
from tvae.errors import InputError

NAMES = ("a", "b", "c")


def some_split(seed: int = 0) -> Split:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (7, 3, 5, 1), dtype=np.uint8)
    return Split("train", images, np.array([0, 1, 2, 0, 1, 2, 0]), NAMES)


def test_pixels_are_the_grey_values_over_255_row_by_row():
    split = some_split()
    rows = np.array([4, 0, 4])
    pixels = split.pixels(rows)
    assert pixels.dtype == np.float32 and pixels.shape == (3, 15)
    for i, row in enumerate(rows):
        for y in range(3):
            for x in range(5):
                assert pixels[i, 5 * y + x] == np.float32(split.images[row, y, x, 0]) / np.float32(255)
    assert np.array_equal(split.pixels()[rows], pixels)
    assert np.array_equal(split.pixels(slice(2, 4)), split.pixels()[2:4])


def test_black_is_0_and_white_is_1():
    split = Split("test", np.array([[[[0], [255]]]], np.uint8), np.array([0]), NAMES)
    assert split.pixels().tolist() == [[0.0, 1.0]]


def test_length_and_image_shape():
    assert len(some_split()) == 7
    assert some_split().image_shape == (3, 5, 1)


def test_labels_of_any_whole_number_type_become_int64():
    split = Split("train", np.zeros((2, 2, 2, 1), np.uint8), np.array([2, 0], np.uint8), NAMES)
    assert split.labels.dtype == np.int64 and split.labels.tolist() == [2, 0]


def test_arrays_are_read_only_but_the_callers_stay_as_they_were():
    images, labels = np.zeros((2, 2, 2, 1), np.uint8), np.array([0, 1])
    split = Split("train", images, labels, NAMES)
    with pytest.raises(ValueError, match="read-only"):
        split.images[0, 0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        split.labels[0] = 1
    assert images.flags.writeable and labels.flags.writeable


def test_pixels_may_be_written():
    split = some_split()
    split.pixels()[:] = 0
    assert split.pixels().any()


def test_fingerprint_is_equal_for_equal_splits_only():
    split = some_split()
    assert split.fingerprint == some_split().fingerprint
    assert len(split.fingerprint) == 64

    one_pixel = split.images.copy()
    one_pixel[6, 2, 4, 0] ^= 1
    one_label = split.labels.copy()
    one_label[6] = 1
    others = [
        Split("train", one_pixel, split.labels, NAMES),
        Split("train", split.images, one_label, NAMES),
        Split("train", split.images.reshape(7, 5, 3, 1), split.labels, NAMES),
        Split("train", split.images[::-1], split.labels[::-1], NAMES),
    ]
    assert len({split.fingerprint, *(other.fingerprint for other in others)}) == 5


def test_fingerprint_does_not_depend_on_memory_layout():
    split = some_split()
    turned = np.asfortranarray(split.images)
    assert Split("train", turned, split.labels.astype(np.uint8), NAMES).fingerprint == split.fingerprint


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 3, 3, 1), np.float32), np.array([0, 1]), "images are float32 of shape (2, 3, 3, 1)"),
        (np.zeros((2, 3, 3), np.uint8), np.array([0, 1]), "with 1 or 3 channels; give images[..., None]"),
        (np.zeros((2, 3, 3, 2), np.uint8), np.array([0, 1]), "images are uint8 of shape (2, 3, 3, 2); right is"),
        (np.zeros((2, 9), np.uint8), np.array([0, 1]), "images are uint8 of shape (2, 9)"),
        (np.zeros((0, 3, 3, 1), np.uint8), np.array([], np.int64), "hold no pixel"),
        (np.zeros((2, 0, 3, 3), np.uint8), np.array([0, 1]), "hold no pixel"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([0.0, 1.0]), "labels are float64 of shape (2,)"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([True, False]), "labels are bool"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([[0, 1]]), "labels are int64 of shape (1, 2)"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([0, 1, 2]), "2 images but 3 labels"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([0, 3]), "labels run from 0 to 3; with 3 class names"),
        (np.zeros((2, 3, 3, 1), np.uint8), np.array([-1, 0]), "labels run from -1 to 0"),
    ],
)
def test_impossible_splits_are_refused_in_one_line(images: np.ndarray, labels: np.ndarray, message: str):
    with pytest.raises(InputError) as refused:
        Split("train", images, labels, NAMES)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_a_split_is_train_validation_or_test():
    with pytest.raises(InputError, match="must be one of train, validation, test"):
        Split("valid", np.zeros((1, 1, 1, 1), np.uint8), np.array([0]), NAMES)  # type: ignore[arg-type]
    assert Split("validation", np.zeros((1, 1, 1, 1), np.uint8), np.array([0]), NAMES).name == "validation"


def test_an_image_in_colour_is_three_values_a_pixel():
    images = np.random.default_rng(5).integers(0, 256, (4, 2, 3, 3), dtype=np.uint8)
    split = Split("train", images, np.zeros(4, np.int64), NAMES)
    assert split.image_shape == (2, 3, 3)
    pixels = split.pixels()
    assert pixels.shape == (4, 18)
    for channel in range(3):
        assert pixels[3, 3 * (1 * 3 + 2) + channel] == np.float32(images[3, 1, 2, channel]) / np.float32(255)


def test_grey_images_keep_the_fingerprint_of_before_there_were_channels():
    split = some_split()
    digest = hashlib.sha256(b"(7, 3, 5)" + split.images.tobytes() + split.labels.astype("<i8").tobytes())
    assert split.fingerprint == digest.hexdigest()
    grey, colour = np.zeros((3, 2, 2, 1), np.uint8), np.zeros((1, 2, 2, 3), np.uint8)
    fingerprints = {Split("train", images, np.zeros(len(images), int), NAMES).fingerprint for images in (grey, colour)}
    assert len(fingerprints) == 2
