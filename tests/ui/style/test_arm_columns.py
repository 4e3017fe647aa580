"""Columns of arms: never more than three beside each other, in even rows."""

from __future__ import annotations

import pytest

from tvae.ui.style.arm_columns import across, image_room


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (7, 3), (12, 3)])
def test_three_columns_at_most_then_rows_as_even_as_possible(count, columns):
    assert across(count) == columns


def test_an_arm_has_room_for_its_images_however_many_arms_there_are():
    assert min(image_room(count) for count in range(1, 30)) >= 300
    assert min(image_room(count, 2) for count in range(1, 30)) >= 500
