"""Preparation of digits: the images of the data sets themselves must come out unchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.preparation import Placement, measured_placement, prepared_drawing, prepared_image, stroke_width

MNIST = Placement(height=28, width=28, box_height=20, box_width=20, by_mass=True, stroke=2.2)


def like_mnist(random: np.random.Generator) -> np.ndarray:
    """A random blot in a 20x20 box, its centre of mass at the middle of 28x28, by plain loops."""
    height, width = (20, int(random.integers(4, 21))) if random.random() < 0.8 else (int(random.integers(8, 21)), 20)
    blot = random.integers(0, 255, (height, width)) * (random.random((height, width)) < 0.4)
    blot[0, random.integers(width)] = blot[-1, random.integers(width)] = 255
    blot[random.integers(height), 0] = blot[random.integers(height), -1] = 255
    total, down, right = 0.0, 0.0, 0.0
    for i in range(height):
        for j in range(width):
            total, down, right = total + blot[i, j], down + i * blot[i, j], right + j * blot[i, j]
    image = np.zeros((28, 28), np.uint8)
    top, left = round(14 - down / total), round(14 - right / total)
    image[top : top + height, left : left + width] = blot
    return image


@pytest.fixture
def blots() -> np.ndarray:
    random = np.random.default_rng(0)
    return np.stack([like_mnist(random) for _ in range(200)])


def test_the_placement_of_mnist_is_measured_from_images_placed_so(blots):
    measured = measured_placement(blots)
    assert replace(measured, stroke=MNIST.stroke) == MNIST


def test_the_placement_of_scikit_learns_digits(digits):
    expected = Placement(height=8, width=8, box_height=8, box_width=7, by_mass=False, stroke=1.5)
    for split in (digits.test, digits.train):
        measured = measured_placement(split.images[..., 0])
        assert replace(measured, stroke=1.5) == expected and measured.stroke == pytest.approx(1.5, abs=0.05)


def test_images_that_fill_their_frame_and_empty_ones():
    full = Placement(height=6, width=9, box_height=6, box_width=9, by_mass=False, stroke=1.0)
    heavy_above = np.full((5, 6, 9), 20, np.uint8)
    heavy_above[:, :2] = 200
    assert replace(measured_placement(heavy_above), stroke=1.0) == full
    assert measured_placement(np.zeros((5, 6, 9), np.uint8)) == full


@pytest.mark.parametrize("scale", [1, 3, 10])
def test_an_image_of_the_data_set_comes_out_as_itself_at_any_size(blots, scale):
    for image in blots[:50]:
        large = np.kron(image, np.ones((scale, scale))) / 255
        np.testing.assert_array_equal(prepared_image(np.pad(large, 17), MNIST), image)


def test_digits_come_out_as_themselves_but_for_a_shift_of_a_pixel(digits):
    placement = measured_placement(digits.test.images[..., 0])
    for image in digits.test.images[:100, ..., 0]:
        prepared = prepared_image(np.kron(image, np.ones((5, 5))) / 255, placement).astype(int)
        # The brightest pixel becomes white: 255 over what it was.
        expected = np.rint(image / image.max() * 255).astype(int)
        assert min(np.abs(np.roll(expected, by, axis=1) - prepared).max() for by in (-1, 0, 1)) <= 1


def test_the_centre_of_mass_lands_within_half_a_pixel_of_the_middle():
    random = np.random.default_rng(1)
    for _ in range(50):
        ink = np.zeros((random.integers(30, 200), random.integers(30, 200)))
        for _ in range(4):
            top, left = random.integers(0, ink.shape[0] - 10), random.integers(0, ink.shape[1] - 10)
            ink[top : top + random.integers(2, 10), left : left + random.integers(2, 10)] = random.random()
        image = prepared_image(ink, MNIST).astype(float)
        assert image.max() == 255
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 == 20
        centre = [sum(i * image.take(i, axis=axis).sum() for i in range(28)) / image.sum() for axis in (0, 1)]
        for at, extent, lit in zip(centre, image.shape, (rows, columns), strict=True):
            assert abs(at - 14) <= 0.51 or lit[0] == 0 or lit[-1] == extent - 1


def test_aspect_is_kept_and_a_thin_stroke_stays():
    ink = np.zeros((300, 300))
    ink[10:290, 150:152] = 1
    image = prepared_image(ink, MNIST)
    assert image.any(axis=1).sum() == 20 and image.any(axis=0).sum() == 1 and image.max() == 255


def test_one_lit_pixel_fills_the_box():
    ink = np.zeros((50, 50))
    ink[20, 20] = 1
    assert prepared_image(ink, MNIST).astype(bool).sum() == 400


def test_no_ink_is_refused():
    with pytest.raises(InputError, match="no ink"):
        prepared_image(np.zeros((9, 9)), MNIST)


@pytest.mark.parametrize("width", [1, 2, 5, 12])
def test_the_width_of_a_long_bar_is_measured(width):
    bar = np.zeros((400, 60), np.uint8)
    bar[20:380, 20 : 20 + width] = 255
    assert stroke_width(bar) == pytest.approx(width, rel=0.04)


@pytest.mark.parametrize("size", [0.3, 0.6, 0.9])
def test_strokes_are_drawn_as_wide_as_the_data_sets_however_large_the_drawing_is(digits, size):
    slash = np.rint(np.array([[90, 30], [60, 150], [200, 150], [140, 90], [130, 225]]) * size).astype(np.uint8)
    for placement in (MNIST, measured_placement(digits.test.images[..., 0])):
        image = prepared_drawing([slash[:3], slash[3:]], placement)
        assert stroke_width(image) == pytest.approx(placement.stroke, rel=0.08)
