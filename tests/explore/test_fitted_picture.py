"""An own picture in colour in the frame of a data set: its middle, whole areas averaged."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.explore.fitted_picture import fitted_picture


@pytest.mark.parametrize("scale", [1, 3, 10])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (6, 9)])
def test_an_image_of_the_data_set_comes_out_as_itself_at_any_size(height, width, scale):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    large = image.repeat(scale, axis=0).repeat(scale, axis=1) / 255
    np.testing.assert_array_equal(fitted_picture(large, height, width), image)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_middle_part_of_the_frame_s_aspect_is_taken(axis):
    middle = np.random.default_rng(1).random((16, 16, 3))
    wider = np.pad(middle, [(20, 20) if side == axis else (0, 0) for side in range(3)], constant_values=1)
    ours, whole = (fitted_picture(picture, 8, 8).astype(int) for picture in (wider, middle))
    assert np.abs(ours - whole).max() <= 1  # Pillow rounds after each axis


def test_areas_are_averaged_and_a_small_picture_is_scaled_up():
    stripes = np.zeros((16, 16, 3))
    stripes[::2] = (1, 0.5, 0)
    assert np.abs(fitted_picture(stripes, 8, 8).astype(int) - np.array([128, 64, 0])).max() <= 1
    assert fitted_picture(np.full((2, 3, 3), 0.2), 8, 8).tolist() == np.full((8, 8, 3), 51).tolist()
