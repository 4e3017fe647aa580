"""Contents of two linked maps: the settings and blocks that the browser code reads, without a browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.linked_map.browser_code import CODE, CODE_VERSION
from tvae.linked_map.contents import ColourBy, MapContents, MapSide, MapState, map_contents
from tvae.linked_map.payload import neighbours_blob, rows_to_text, sprite_sheet

POSITIONS = np.array([[0, 0], [1, 2], [3, 1]], np.float32)
LABELS = np.array([0, 1, 1])
NOTHING_PICKED = MapState(np.zeros(0, np.int64), None)


def side(positions: np.ndarray, title: str = "a") -> MapSide:
    return MapSide(title=title, colour="#000000", positions=positions)


def contents(left: np.ndarray = POSITIONS, right: np.ndarray = POSITIONS, **options: Any) -> MapContents:
    arguments = {
        "labels": LABELS,
        "class_names": ["zero", "<b>one</b>"],
        "colours": ["#111111", "#222222"],
        "groups": [0, 0],
        "state": NOTHING_PICKED,
        **options,
    }
    return map_contents(side(left, "VAE"), side(right, "TVAE"), **arguments)


def test_settings_name_the_sides_the_classes_and_the_state_of_the_code() -> None:
    settings = contents().settings
    assert settings["version"] == CODE_VERSION and len(CODE_VERSION) == 12
    assert [one["title"] for one in settings["sides"]] == ["VAE", "TVAE"]
    assert settings["classes"] == [
        {"name": "zero", "colour": "#111111", "group": 0},
        {"name": "<b>one</b>", "colour": "#222222", "group": 0},  # text: the browser code never reads it as HTML
    ]
    assert settings["picked"] == {"rows": "", "focus": -1}
    assert settings["focused"] is None and "scale" not in settings


def test_every_block_is_named_by_its_content() -> None:
    table = np.array([[1], [2], [0]])
    values = ColourBy(title="change", left=np.arange(3.0), right=np.arange(3.0), unit="share", low=0.0)
    everything = contents(
        neighbours=neighbours_blob(table, table),
        sprites=sprite_sheet(np.zeros((3, 4, 4, 1), np.uint8)),
        colour_by=values,
    )
    assert everything.blobs.keys() == {"geometry", "neighbours", "values", "sprites"}
    assert everything.settings["blobs"] == {name: blob.id for name, blob in everything.blobs.items()}
    assert everything.settings["scale"]["title"] == "change" and everything.settings["scale"]["low"] == 0.0
    assert everything.blobs["geometry"].id == contents().blobs["geometry"].id
    assert everything.blobs["geometry"].id != contents(left=POSITIONS[::-1]).blobs["geometry"].id


def test_the_selection_and_the_focused_rows_neighbours_travel_with_the_settings() -> None:
    nearest = np.array([[1, 2], [0, 2], [0, 1]]), np.array([[2, 1], [2, 0], [1, 0]])
    settings = contents(state=MapState(np.array([0, 2]), 1), nearest=nearest).settings
    assert settings["picked"] == {"rows": rows_to_text(np.array([0, 2]), 3), "focus": 1}
    assert settings["focused"] == [[0, 2], [2, 0]]


def test_maps_of_other_rows_are_refused() -> None:
    with pytest.raises(InputError, match=r"right map.*same rows"):
        contents(right=np.zeros((4, 2), np.float32))
    with pytest.raises(InputError, match=r"left map.*finite"):
        contents(left=POSITIONS * np.nan)
    with pytest.raises(InputError, match="labels"):
        contents(labels=LABELS + 1)
    with pytest.raises(InputError, match="colour by x"):
        contents(colour_by=ColourBy(title="x", left=np.zeros(3), right=np.zeros(4)))


def test_one_map_to_six_stand_beside_each_other() -> None:
    arguments: dict[str, Any] = {
        "labels": LABELS, "class_names": ["a", "b"], "colours": ["#111111"] * 2, "groups": [0, 0],
        "state": NOTHING_PICKED,
    }  # fmt: skip
    for count in (1, 6):
        made = map_contents(*[side(POSITIONS, str(i)) for i in range(count)], **arguments)
        assert [one["title"] for one in made.settings["sides"]] == [str(i) for i in range(count)]
    for count in (0, 7):
        with pytest.raises(InputError, match=r"linked maps: .* from 1 to 6"):
            map_contents(*[side(POSITIONS)] * count, **arguments)
    with pytest.raises(InputError, match="fourth map"):
        map_contents(*[side(POSITIONS)] * 3, side(POSITIONS[:2]), **arguments)
    with pytest.raises(InputError, match="colour by x"):  # the third map has no numbers
        map_contents(*[side(POSITIONS)] * 3, **arguments, colour_by=ColourBy(title="x", left=LABELS, right=LABELS))


def test_rows_that_alone_are_shown_travel_as_one_bit_each() -> None:
    assert contents().settings["only"] == ""
    assert contents(only=np.array([0, 2])).settings["only"] == rows_to_text(np.array([0, 2]), 3)


def test_the_code_is_one_module_without_imports_and_offers_the_maps() -> None:
    """A notebook can run it as it is: nothing is loaded from elsewhere."""
    lines = CODE.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export "))]
    assert "const STYLE = " in CODE
