"""Still maps: a new image is drawn at its position, and on the edge where that lies outside."""

import io

import numpy as np
import pytest
from PIL import Image

from tvae.figures.still_map import SIDE, map_ground, map_png, name_places, outside

AT = np.array([[0, 0], [10, 0], [0, 5], [10, 5]], np.float32)
LABELS = np.array([0, 1, 2, 3])
NOBODY = np.zeros(0, np.int64)


def drawn(spot, near=NOBODY) -> np.ndarray:
    ground = map_ground(AT, LABELS, ("a", "b", "c", "d"), "light")
    return np.asarray(Image.open(io.BytesIO(map_png(ground, AT, spot, near, "#ff00ff", "light"))))


def middle_of(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero((image == (255, 0, 255, 255)).all(axis=2))
    return float(columns.mean()), float(rows.mean())


def test_a_place_is_drawn_where_its_row_is():
    bare = drawn(None)
    assert bare.shape == (SIDE, SIDE, 4) and not (bare == (255, 0, 255, 255)).all(axis=2).any()
    (left, low), (right, high) = middle_of(drawn(AT[0])), middle_of(drawn(AT[3]))
    assert right - left == pytest.approx(2 * (low - high), abs=2), "one scale for both directions"
    assert left < SIDE / 2 < right and high < SIDE / 2 < low, "up is up"


def test_lines_lead_to_the_nearest():
    alone, joined = ((drawn(AT[0], near) == (255, 0, 255, 255)).all(axis=2).sum() for near in (NOBODY, np.array([1])))
    assert joined > alone + 500


def test_a_position_outside_the_image_is_reported_and_drawn_on_its_edge():
    assert not outside(AT[1], AT)
    assert outside(np.array([30.0, 2.0]), AT)
    x, _ = middle_of(drawn(np.array([30.0, 2.5])))
    assert SIDE - 30 < x < SIDE


def test_one_row_alone_and_many_classes():
    ground = map_ground(AT[:1], LABELS[:1], ("a",), "dark")
    assert np.asarray(ground).any()
    many = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    assert np.asarray(map_ground(many, np.arange(100), [str(i) for i in range(100)], "dark")).any()


def test_names_do_not_cover_each_other_and_stay_inside():
    random = np.random.default_rng(3)
    middles = np.concatenate([random.uniform(250, 450, (12, 2)), [[2, 2], [SIDE, 300], [500, SIDE]]])
    widths = [130.0] * len(middles)
    places = name_places(middles, widths)
    boxes = [(x - 65, y - 13, x + 65, y + 13) for x, y in filter(None, places)]
    assert len(boxes) >= 11, "names find a place beside their class's middle"
    for place, box in enumerate(boxes):
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= SIDE and box[3] <= SIDE
        for other in boxes[:place]:
            assert box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
    assert places[0] == tuple(middles[0]), "the first stands in its class's middle"
