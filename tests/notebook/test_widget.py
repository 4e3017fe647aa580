"""The widget without a browser: what it sends, and the selection that both sides set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tvae
from tvae.errors import InputError
from tvae.linked_map.payload import rows_to_text

N = 12


@pytest.fixture
def maps() -> Any:
    """Maps of two made-up embeddings of two columns."""
    rng = np.random.default_rng(0)
    return tvae.show(rng.normal(size=(N, 2)), rng.normal(size=(N, 2)), labels=np.arange(N) % 3)


def selected(maps: Any) -> list[int]:
    return maps.selection.tolist()


def from_browser(maps: Any, **changed: Any) -> None:
    """What the browser sends after a gesture."""
    maps.set_state({"_picked": {**maps.get_state()["_picked"], **changed}})


def test_it_sends_what_the_browser_code_reads(maps: Any) -> None:
    state = maps.get_state()
    settings = state["_settings"]
    assert settings["blobs"].keys() == state["_blocks"].keys() == {"geometry", "neighbours"}
    for name, block in state["_blocks"].items():
        assert settings["blobs"][name].encode() in block[:200]  # the header names the block
    assert [one["name"] for one in settings["classes"]] == ["0", "1", "2"]
    assert "export default { initialize, render }" in state["_esm"]
    assert "offer(" in state["_esm"]


def test_a_selection_from_python_is_sent(maps: Any) -> None:
    assert selected(maps) == []
    maps.selection = [7, 2, 2]
    assert selected(maps) == [2, 7]
    assert maps.get_state()["_picked"] == {"rows": rows_to_text(np.array([2, 7]), N), "focus": -1, "gesture": 0}
    maps.selection = np.arange(N) % 3 == 1  # a mask
    assert selected(maps) == [1, 4, 7, 10]
    maps.selection = ()
    assert maps.get_state()["_picked"]["rows"] == ""


def test_a_gesture_in_the_browser_sets_the_selection_and_calls_who_observes_it(maps: Any) -> None:
    seen: list[list[int]] = []
    maps.observe(lambda change: seen.append(change["new"].tolist()), "selection")
    from_browser(maps, rows=rows_to_text(np.array([3, 5]), N), focus=5, gesture=1_700_000_000_000)
    assert selected(maps) == [3, 5]
    assert maps.get_state()["_picked"]["focus"] == 5  # not sent back as another selection
    maps.selection = [0]
    assert maps.get_state()["_picked"]["gesture"] == 1_700_000_000_000  # else the browser would ignore it
    assert seen == [[3, 5], [0]]


def test_nonsense_from_the_browser_selects_nothing(maps: Any) -> None:
    maps.selection = [1]
    from_browser(maps, rows="nonsense", gesture=1)
    assert selected(maps) == []
    maps.set_state({"_picked": {}})
    assert selected(maps) == []


def test_a_selection_that_can_t_be_is_refused_in_one_line(maps: Any) -> None:
    for wrong, message in (
        ([12], r"there is no row 12; rows run from 0 to 11"),
        ([-1, 3], "there is no row -1"),
        ([0.5], "float64"),
        ([[1, 2]], r"shape \(1, 2\)"),
        ([True, False], "bool of shape"),
    ):
        with pytest.raises(InputError, match=message):
            maps.selection = wrong
    assert selected(maps) == []


def test_a_selection_can_t_be_changed_in_place(maps: Any) -> None:
    maps.selection = [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        maps.selection[0] = 5
