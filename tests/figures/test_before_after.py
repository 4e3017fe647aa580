"""Cells of pictures before and after resizing: their places, and small pictures whose pixels stay whole."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.figures.before_after import SIDE, cells

GROUND = "#102030"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_small_picture_is_enlarged_by_a_whole_number(channels):
    image = np.random.default_rng(0).integers(0, 256, (28, 28, channels), dtype=np.uint8)
    (cell,) = cells([image], GROUND)
    assert cell.shape == (SIDE, SIDE, 3)
    scale = SIDE // 28
    edge = (SIDE - 28 * scale) // 2
    inside = cell[edge : edge + 28 * scale, edge : edge + 28 * scale]
    assert (inside == np.broadcast_to(image, (28, 28, 3)).repeat(scale, 0).repeat(scale, 1)).all()
    assert (cell[0] == (0x10, 0x20, 0x30)).all()


def test_a_large_picture_is_reduced_and_lies_in_the_middle():
    image = np.full((100, 200, 3), 200, np.uint8)
    (cell,) = cells([image], GROUND)
    inside = (cell == 200).all(axis=2)
    assert inside.any(axis=1).sum() == SIDE // 2 and inside.any(axis=0).all()
    assert inside[SIDE // 4 : SIDE // 4 + SIDE // 2].all()


def test_pictures_of_several_sizes_stand_in_one_grid():
    images = [np.zeros((height, width, 1), np.uint8) for height, width in ((1, 1), (3, 500), (64, 64), (256, 30))]
    assert cells(images, GROUND).shape == (4, SIDE, SIDE, 3)
