"""The list of runs on a phone: a run's name and its accuracy are in sight without scrolling sideways."""

from tvae.ui.training.run_table import COLUMNS

ROOM = 390 - 2 * 16 - 36
"""Pixels that the columns have on a phone, without the page's edges and the boxes to tick."""


def test_the_accuracy_is_in_sight_on_a_phone():
    names = list(COLUMNS)
    widths = [COLUMNS[name].get("width") for name in names[: names.index("Triplet accuracy") + 1]]
    assert all(isinstance(width, int) for width in widths)
    assert sum(width for width in widths if isinstance(width, int)) <= ROOM
    assert COLUMNS[names[0]].get("pinned")
