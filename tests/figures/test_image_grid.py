"""Grids and sheets of images: position and size of each image, and the colours of an error map."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.figures.test_colours import contrast
from tvae.config import PRESETS
from tvae.figures.arm_styles import arm_styles
from tvae.figures.colours import GROUND
from tvae.figures.image_grid import LABEL, LARGEST, ROOM, TOO_DARK, GridRow, error_map, fitting_scale, grid_png
from tvae.ui.images.sprite_sheet import COLUMNS, sheet


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("count", [1, 4, 10, 20])
@pytest.mark.parametrize("size", [8, 28, 64])
def test_a_grid_fits_its_room_at_the_largest_scale_that_does(count, size):
    images = np.zeros((count, size, size, 1), np.uint8)
    scale = fitting_scale(count, size, size)

    def across(scale: float) -> float:
        row = GridRow(label="", colour="#000000", images=images)
        return opened(grid_png([row], scale=scale)).shape[1] / 2 + LABEL

    assert scale == 0.5 or (across(scale) <= ROOM + 20 and size * scale <= LARGEST + size / 2)
    assert across(scale + 0.5) > ROOM - 40 or size * (scale + 0.5) > LARGEST


def test_every_image_stands_at_its_place_in_a_grid():
    rng = np.random.default_rng(0)
    images, coloured = rng.integers(0, 255, (3, 4, 4, 1), np.uint8), rng.integers(0, 255, (3, 4, 4, 3), np.uint8)
    rows = [GridRow(label="a", colour="#c00000", images=images), GridRow(label="b", colour="#00ff00", images=coloured)]
    picture = opened(grid_png(rows, scale=1.5, ground="#ffffff"))
    pixel, gap = 3, 9  # three image pixels between images, drawn at twice one and a half
    left = picture.shape[1] - 3 * 4 * pixel - 2 * gap
    for row, content in enumerate((images, coloured)):
        for place in range(3):
            top, x = row * (4 * pixel + gap), left + place * (4 * pixel + gap)
            tile = picture[top : top + 4 * pixel : pixel, x : x + 4 * pixel : pixel, :3]
            expected = content[place] if row else np.repeat(content[place], 3, axis=2)
            np.testing.assert_array_equal(tile, expected)
    assert tuple(picture[4 * pixel + 1, left + 1]) == (255, 255, 255, 255)


def test_an_error_map_is_black_where_right_and_tells_dark_from_light():
    images = np.array([[[[100], [200], [0]]]], np.uint8)
    colours = error_map(images, np.array([[[[100], [0], [255]]]], np.uint8))[0, 0].astype(int)
    assert colours[0].tolist() == [0, 0, 0]
    assert colours[1][2] > colours[1][1] and colours[1][0] > colours[1][1]  # too dark: violet
    assert colours[2][1] > colours[2][0] and colours[2][1] > colours[2][2]  # too light: green
    half = error_map(images, np.array([[[[100], [100], [127]]]], np.uint8))[0, 0].astype(int)
    assert half[1].sum() < colours[1].sum() and half[2].sum() < colours[2].sum()


def test_an_error_map_of_colours_shows_a_wrong_hue_and_tells_dark_from_light_by_the_mean():
    images = np.array([[[[100, 100, 100]]]], np.uint8)
    same, hue, dark = (
        error_map(images, np.array([[[pixel]]], np.uint8))[0, 0, 0].astype(int)
        for pixel in ([100, 100, 100], [160, 40, 100], [40, 40, 40])
    )
    assert same.tolist() == [0, 0, 0]
    assert 0 < hue.sum() < dark.sum()
    assert dark.tolist() == np.rint(np.array(TOO_DARK) * 60 / 255).tolist()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 32, 33, 130])
def test_a_sheet_has_each_image_where_the_browser_looks_for_it(count, channels):
    images = np.random.default_rng(1).integers(0, 255, (count, 5, 3, channels), np.uint8)
    made = sheet(images)
    address = str(made["address"])
    assert address.startswith("data:image/png;base64,")
    picture = opened(base64.b64decode(address.split(",")[1]))
    picture = picture.reshape(*picture.shape[:2], channels)
    assert picture.shape[:2] == (5 * made["rows"], 3 * COLUMNS)  # type: ignore[operator]
    for place in range(count):
        row, column = divmod(place, COLUMNS)
        np.testing.assert_array_equal(picture[5 * row : 5 * row + 5, 3 * column : 3 * column + 3], images[place])


def test_words_at_the_right_stand_beside_the_images_and_not_over_them():
    images = np.full((2, 4, 4, 1), 200, np.uint8)
    plain = opened(grid_png([GridRow(label="a", colour="#c00000", images=images)]))
    row = GridRow(label="a", colour="#c00000", images=images, after="12", under=("x", "y"), under_after="change")
    picture = opened(grid_png([row]))
    assert np.array_equal(picture[: 4 * 4, : plain.shape[1]], plain[: 4 * 4])
    right = picture[:, plain.shape[1] :]
    assert right[: 4 * 4, :, 0].max() == 0xC0 and right[4 * 4 :, :, 3].any(), "a red word, and one below it"


def test_a_title_stands_above_the_rows_and_facts_in_the_text_fields():
    images = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 1), np.uint8)
    row = GridRow(label="", images=images)
    plain = opened(grid_png([row], ground="#ffffff"))
    facts = {"Title": "Samples of ä μ", "Run": "digits"}
    png = grid_png([row], ground="#ffffff", title="Samples " * 30, facts=facts)
    picture = Image.open(io.BytesIO(png))
    assert picture.info == facts
    pixels = np.asarray(picture)
    rim = 16
    assert np.array_equal(pixels[-rim - len(plain) : -rim, rim : rim + plain.shape[1]], plain)
    above = pixels[: -rim - len(plain), :, 0]
    assert (above < 100).any(axis=1).sum() > 40, "several lines of dark text"
    assert (pixels[:rim, :, :3] == 255).all() and (pixels[:, -rim:, :3] == 255).all(), "nothing is cut at the rim"


def test_words_under_images_stand_on_one_line():
    """Whether a word has tall letters or none, its letters of the same height are at the same height."""
    from PIL import Image

    images = np.zeros((2, 8, 8, 1), np.uint8)
    png = grid_png([GridRow(label="", images=images, under=["lax", "xax"])], ground="#ffffff", scale=6)
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    words = pixels[98:] < 128  # below the images
    ends = [
        np.flatnonzero(half.any(axis=1)).max()
        for half in (words[:, : words.shape[1] // 2], words[:, words.shape[1] // 2 :])
    ]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("theme", GROUND)
def test_labels_of_arms_are_readable_on_the_ground_of_their_theme(theme):
    images = np.zeros((1, 40, 40, 1), np.uint8)
    for arm, style in arm_styles(PRESETS["ladder"]).items():
        row = GridRow(label="HHH", colour=style.colour, images=images)
        picture = opened(grid_png([row], theme=theme, ground=GROUND[theme]))
        label = picture[:, : picture.shape[1] - 2 * 2 * 40, :3].reshape(-1, 3)
        colours = {"#" + "".join(f"{value:02x}" for value in pixel) for pixel in label.tolist()}
        assert max(contrast(colour, GROUND[theme]) for colour in colours) >= 4.5, arm
