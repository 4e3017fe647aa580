"""Products with the ink of images, against products with all pixels."""

import numpy as np
import pytest
import torch

from tvae.training.steps.cpu import as_array
from tvae.training.steps.sparse_kernels import (
    MOST_INK,
    gather_ink,
    multiply_rows,
    room_for_rows,
    transpose_rows,
    worthwhile_ink,
)


@pytest.fixture
def images():
    """40 images of 70,000 pixels, more than 16 bits count; some of their rows and most of their columns are empty."""
    generator = np.random.default_rng(3)
    images = np.zeros((40, 70_000), np.uint8)
    images[:, -300:] = generator.integers(1, 256, (40, 300)) * (generator.random((40, 300)) < 0.2)
    images[[0, 7, 39]] = 0
    return images


@pytest.mark.parametrize("of", [torch.float32, torch.bfloat16])
def test_products_with_ink_are_those_with_all_pixels(images, of):
    generator = np.random.default_rng(4)
    rows = np.array([5, 0, 39, 5, 12, 38, 7])  # one twice
    by_image, by_pixel = room_for_rows(len(rows), 5_000), room_for_rows(images.shape[1], 5_000)
    gather_ink(worthwhile_ink(images), rows, by_image)
    transpose_rows(by_image, by_pixel)
    shares = images[rows].astype(np.float32) / np.float32(255)

    def drawn(count):
        return torch.from_numpy(generator.standard_normal((count, 37), np.float32)).to(of)

    weights, hidden = drawn(images.shape[1]), np.full((len(rows), 37), np.nan, np.float32)
    multiply_rows(by_image, as_array(weights), hidden)
    np.testing.assert_allclose(hidden, shares @ weights.float().numpy(), rtol=1e-5, atol=1e-5)

    by_hidden, by_weights = drawn(len(rows)), np.full((images.shape[1], 37), np.nan, np.float32)
    multiply_rows(by_pixel, as_array(by_hidden), by_weights)
    np.testing.assert_allclose(by_weights, shares.T @ by_hidden.float().numpy(), rtol=1e-5, atol=1e-6)


def test_a_transpose_lists_each_columns_rows_in_their_order(images):
    rows = np.arange(len(images))
    by_image, by_pixel = room_for_rows(len(rows), 5_000), room_for_rows(images.shape[1], 5_000)
    gather_ink(worthwhile_ink(images), rows, by_image)
    transpose_rows(by_image, by_pixel)
    for pixel in (0, *range(images.shape[1] - 300, images.shape[1])):
        where = slice(by_pixel.starts[pixel], by_pixel.starts[pixel + 1])
        expected = np.flatnonzero(images[:, pixel])
        np.testing.assert_array_equal(by_pixel.places[where], expected)
        np.testing.assert_array_equal(
            by_pixel.shares[where], images[expected, pixel].astype(np.float32) / np.float32(255)
        )


def test_ink_is_worthwhile_where_there_is_little(images):
    assert len(worthwhile_ink(images).values) == np.count_nonzero(images)
    full = np.zeros((10, 100), np.uint8)
    full[:, : int(100 * MOST_INK)] = 9
    assert len(worthwhile_ink(full).values) == full.astype(bool).sum()
    full[0] = 9
    assert len(worthwhile_ink(full).values) == 0
