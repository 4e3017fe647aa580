"""The binary blocks that Python packs for the linked maps, unpacked again."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.linked_map.payload import (
    geometry_blob,
    neighbours_blob,
    neighbours_that_fit,
    rows_to_text,
    sprite_sheet,
    text_to_rows,
    values_blob,
)


def header_and_payload(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:4], "little")
    return data[4 : 4 + size], data[4 + size :]


def test_geometry_comes_back_within_a_step() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(50, 2)).astype(np.float32), 9 * rng.normal(size=(50, 2)).astype(np.float32)
    labels = rng.integers(0, 10, 50)
    header, payload = header_and_payload(geometry_blob((left, right), labels).data)
    assert (len(header) + 4) % 8 == 0
    for side, layout in enumerate((left, right)):
        steps = np.frombuffer(payload, "<u2", 100, side * 200).reshape(50, 2)
        span = (layout.max(axis=0) - layout.min(axis=0)).max()
        np.testing.assert_allclose(layout.min(axis=0) + steps * span / 65535, layout, atol=span / 65535)
    np.testing.assert_array_equal(np.frombuffer(payload, np.uint8, 50, 400), labels)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_layouts_and_values_of_any_number_of_maps_stand_one_after_the_other(count: int) -> None:
    rng = np.random.default_rng(count)
    layouts, labels = rng.normal(size=(count, 40, 2)).astype(np.float32), rng.integers(0, 10, 40)
    header, payload = header_and_payload(geometry_blob(list(layouts), labels).data)
    assert len(json.loads(header)["sides"]) == count
    for side, layout in enumerate(layouts):
        steps = np.frombuffer(payload, "<u2", 80, side * 160).reshape(40, 2)
        span = np.ptp(layout, axis=0).max()
        np.testing.assert_allclose(layout.min(axis=0) + steps * span / 65535, layout, atol=span / 65535)
    np.testing.assert_array_equal(np.frombuffer(payload, np.uint8, 40, count * 160), labels)

    header, payload = header_and_payload(values_blob(*layouts[:, :, 0]).data)
    scale = json.loads(header)
    assert scale["sides"] == count
    parts = np.frombuffer(payload, np.uint8).reshape(-1, 40, 3).astype(int)
    read = [pair for a, b, c in parts.transpose(0, 2, 1) for pair in (a | (b & 15) << 8, b >> 4 | c << 4)][:count]
    values = scale["low"] + np.stack(read) * scale["step"]
    np.testing.assert_allclose(values, layouts[:, :, 0], atol=scale["step"])


@pytest.mark.parametrize("rows", [2, 300, 70_000])
def test_neighbours_are_packed_bit_by_bit(rows: int) -> None:
    table = np.random.default_rng(1).integers(0, rows, (rows, 12))
    kept = neighbours_that_fit(rows)
    payload = header_and_payload(neighbours_blob(table, None).data)[1]
    bits = max(1, (rows - 1).bit_length())
    text = "".join(f"{byte:08b}" for byte in payload[: (30 * kept * bits) // 8 + 4])
    for row in range(min(rows, 30)):
        for place in range(kept):
            at = (row * kept + place) * bits
            assert int(text[at : at + bits], 2) == table[row, place]


@pytest.mark.parametrize("rows", [10_000, 70_000])
def test_at_most_24_bytes_a_point_and_map(rows: int) -> None:
    rng = np.random.default_rng(2)
    layout, labels = rng.normal(size=(rows, 2)).astype(np.float32), rng.integers(0, 10, rows)
    table = rng.integers(0, rows, (rows, 10))
    blobs = [geometry_blob((layout, layout), labels), neighbours_blob(table, table), values_blob(*layout.T)]
    assert sum(len(blob.data) for blob in blobs) <= 24 * 2 * rows
    assert neighbours_that_fit(rows) >= 8


def test_equal_content_has_an_equal_name_and_other_content_another() -> None:
    values = np.linspace(0, 1, 9)
    assert values_blob(values, values).id == values_blob(values.copy(), values).id
    other = values.copy()
    other[4] += 0.01
    assert values_blob(other, values).id != values_blob(values, values).id


def test_sprite_sheet_holds_each_image_and_refuses_other_arrays() -> None:
    for channels in (1, 3):
        images = np.random.default_rng(3).integers(0, 256, (9, 8, 8, channels), dtype=np.uint8)
        sheet = zlib.decompress(header_and_payload(sprite_sheet(images).data)[1])
        np.testing.assert_array_equal(np.frombuffer(sheet, np.uint8).reshape(images.shape), images)
    large = np.zeros((2, 100, 60, 3), np.uint8)
    assert b'"height": 33, ' in header_and_payload(sprite_sheet(large).data)[0]
    for wrong in (images.astype(np.float32), images[..., 0], images[..., :2]):
        with pytest.raises(InputError, match="thumbnails"):
            sprite_sheet(wrong)


def test_strokes_on_black_have_sixteen_shades_near_their_own() -> None:
    strokes = np.zeros((20, 16, 16, 1), np.uint8)
    strokes[:, :, :7] = np.random.default_rng(4).integers(0, 256, (20, 16, 7, 1), dtype=np.uint8)
    sheet = np.frombuffer(zlib.decompress(header_and_payload(sprite_sheet(strokes).data)[1]), np.uint8)
    assert len(np.unique(sheet)) == 16
    assert {0, 255} <= set(sheet.tolist())
    assert np.abs(sheet.reshape(strokes.shape).astype(int) - strokes).max() <= 8


def test_strokes_on_black_are_drawn_in_their_class_s_colour_and_colours_as_they_are() -> None:
    dark = np.zeros((4, 8, 8, 1), np.uint8)
    dark[:, 3] = 200
    assert b'"strokes": true' in sprite_sheet(dark).data[:200]
    assert b'"strokes": false' in sprite_sheet(np.repeat(dark, 3, axis=3)).data[:200]
    assert b'"strokes": false' in sprite_sheet(dark + 9).data[:200]


def test_rows_as_text_come_back_and_rubbish_has_none() -> None:
    rows = np.array([0, 7, 8, 130])
    np.testing.assert_array_equal(text_to_rows(rows_to_text(rows, 131), 131), rows)
    for rubbish in (None, 3, "", "!!", "AAAA", rows_to_text(rows, 300)):
        assert len(text_to_rows(rubbish, 131)) == 0
