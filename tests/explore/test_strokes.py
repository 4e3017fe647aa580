"""Strokes as a browser sends them: what is no list of coordinates is left out."""

from __future__ import annotations

import math

import pytest

from tvae.explore.strokes import strokes_from_browser


@pytest.mark.parametrize("odd", [10**400, -(10**400), math.nan, math.inf, True, None, "1", [1]])
def test_a_stroke_with_what_is_no_coordinate_is_left_out(odd):
    strokes = strokes_from_browser([[0, 0, 300.4, -5], [5, odd, 6, 7], "nan", None])
    assert [stroke.tolist() for stroke in strokes] == [[[0, 0], [255, 0]]]
