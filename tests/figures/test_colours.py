"""Class colours: all different, one hue in each group, and visible on light and on dark."""

from __future__ import annotations

import colorsys
import itertools

import pytest

from tvae.figures.colours import GROUND, TEN_COLOURS, class_colours, class_groups


def parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("count", [1, 2, 9, 10])
def test_ten_classes_have_colours_of_their_own(count):
    assert class_colours(count) == TEN_COLOURS[:count]
    assert class_groups(count) == list(range(count))


@pytest.mark.parametrize("count", [11, 26, 47, 62, 100])
def test_more_classes_are_ten_groups_of_neighbours_in_shades_of_one_hue(count):
    groups, colours = class_groups(count), class_colours(count)
    assert len(set(colours)) == count
    assert groups == sorted(groups) and set(groups) == set(range(10))
    sizes = [groups.count(group) for group in range(10)]
    assert max(sizes) - min(sizes) <= 1
    hues = [colorsys.rgb_to_hls(*parts(colour))[0] for colour in colours]
    for (first, hue), (second, other) in itertools.pairwise(zip(groups, hues, strict=True)):
        if first == second:
            assert hue == pytest.approx(other, abs=0.04)
    for colour in colours:
        assert all(contrast(colour, ground) > 1.7 for ground in GROUND.values()), colour


def test_a_thousand_classes_have_colours_too():
    assert len(class_colours(1_000)) == len(class_groups(1_000)) == 1_000
