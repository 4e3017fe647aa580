"""Ink of pictures as people send them: photographs in uneven light, marks beside, ink on the edge."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.photographs import photograph
from tvae.errors import InputError
from tvae.explore.ink import detected_ink
from tvae.explore.preparation import Placement, prepared_image
from tvae.explore.upload import read_upload

MNIST = Placement(height=28, width=28, box_height=20, box_width=20, by_mass=True, stroke=2.2)


def drawn(*lines: tuple[int, ...], size: int = 200, width: int = 14) -> np.ndarray:
    """Ink in [0, 1] of strokes, each a list of coordinates x, y, x, y and so on."""
    picture = Image.new("L", (size, size))
    for line in lines:
        ImageDraw.Draw(picture).line(line, fill=255, width=width, joint="curve")
    return np.asarray(picture) / 255


SEVEN = (60, 50, 140, 50, 90, 150)


@pytest.fixture
def seven() -> np.ndarray:
    """A seven as in MNIST."""
    return prepared_image(drawn(SEVEN), MNIST)


@pytest.mark.parametrize("dark", [True, False])
def test_a_photograph_of_it_comes_out_nearly_the_same(dark):
    """Uneven light, grain and ink that is not black change little."""
    random = np.random.default_rng(2)
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:15] = 255
    image[4:7, 8:20] = 255
    image = prepared_image(image / 255.0, MNIST)
    ink = np.pad(np.kron(image / 255, np.ones((12, 12))), 60)
    light = np.linspace(0.75, 0.95, ink.shape[1])
    photo = light * (1 - 0.7 * ink) + random.normal(0, 0.02, ink.shape)
    from_photo = prepared_image(detected_ink(photo if dark else 1 - photo).ink, MNIST)
    assert ((from_photo / 255.0 - image / 255.0) ** 2).sum() < 0.05 * (image / 255.0).sum()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("light", ["linear", "radial", "both", "shadow"])
def test_sixty_levels_of_shading_are_not_taken_for_ink(seven, light, seed):
    """On 160 pixels of shaded paper with grain, turned, as a JPEG: the ink is the seven and nothing else."""
    photo = read_upload(photograph(seven, light, np.random.default_rng(seed)))
    image = prepared_image(detected_ink(photo.grey).ink, MNIST)
    # The turn by up to 8 degrees and the other resolution move edges; shade taken for ink fills a quarter of the frame.
    overlap = np.minimum(image, seven).sum() / np.maximum(image, seven).sum()
    assert overlap > 0.4
    assert image.sum() < 1.5 * seven.sum()


def test_an_even_background_gives_the_same_ink_whatever_its_grey():
    ink = drawn(SEVEN)
    for ground, pen in ((1.0, 0.0), (0.6, 0.1), (0.2, 0.9), (0.0, 1.0)):
        detected = detected_ink(ground + ink * (pen - ground))
        np.testing.assert_allclose(detected.ink, detected_ink(1 - ink).ink, atol=5e-3)
        assert (detected.at_border, detected.parts, detected.left_out) == (False, 1, 0)


def test_dark_on_light_and_light_on_dark_are_the_same_ink():
    page = np.ones((60, 60))
    page[20:40, 28:32] = 0.1
    dark, light = detected_ink(page).ink, detected_ink(1 - page).ink
    np.testing.assert_allclose(dark, light, atol=1e-6)
    assert dark[30, 30] == 1 and dark[0, 0] == 0


def test_a_filled_shape_is_ink_and_not_background():
    page = np.ones((120, 120))
    page[20:100, 25:95] = 0.4
    assert detected_ink(page).ink[60, 60] == 1


def test_the_dot_of_an_i_belongs_to_it_and_the_next_letter_does_not():
    i = drawn((100, 90, 100, 160), (100, 62, 100, 70))
    detected = detected_ink(1 - i)
    assert (detected.parts, detected.left_out) == (2, 0)
    np.testing.assert_allclose(
        detected.ink > 0.5, detected_ink(1 - drawn((100, 90, 100, 160), (100, 62, 100, 70))).ink > 0.5
    )
    assert detected.ink[:60].max() > 0.9, "the dot is kept"
    beside = detected_ink(1 - np.maximum(drawn(SEVEN), drawn((180, 50, 180, 150))))
    assert (beside.parts, beside.left_out) == (1, 1)
    assert beside.ink[:, 132:].max() == 0


def test_what_lies_in_the_corner_is_left_out():
    page = 1 - drawn(SEVEN)
    page[:45, :30] = 0.1  # a finger, darker than the rest and larger than the digit
    page[170:, :] = 0.3  # the table below the paper
    detected = detected_ink(page)
    assert not detected.at_border and detected.left_out == 1  # the table is wide enough to be background
    np.testing.assert_allclose(
        prepared_image(detected.ink, MNIST), prepared_image(detected_ink(1 - drawn(SEVEN)).ink, MNIST), atol=40
    )


def test_ink_on_the_edge_is_told():
    assert detected_ink(1 - drawn((0, 50, 140, 50, 90, 150))).at_border
    assert not detected_ink(1 - drawn(SEVEN)).at_border


@pytest.mark.parametrize("page", [np.zeros((9, 9)), np.ones((40, 3)), np.full((1, 1), 0.5)])
def test_one_colour_is_refused(page):
    with pytest.raises(InputError, match="one colour"):
        detected_ink(page)
