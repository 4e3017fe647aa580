"""The bars of the map's drawer: their numbers, the chosen range, names as text."""

from __future__ import annotations

import re

import numpy as np

from tvae.figures.bars import BINS, change_histogram, class_mix


def test_the_histogram_counts_every_image_and_lights_the_chosen_range() -> None:
    change = np.array([0.0, 0.01, 0.3, 0.31, 0.32, 1.0], np.float32)
    drawn = change_histogram(change, 0.25, 0.5, "images")
    told = re.findall(
        r'<div( class="lit")? style="--share:([\d.]+)" title="change ([\d.]+) to [\d.]+: (\d+) images"', drawn
    )
    assert len(told) == BINS and sum(int(count) for *_, count in told) == 6
    shown = {start: (float(share), int(count), bool(lit)) for lit, share, start, count in told}
    assert (
        shown["0.00"] == (0.6667, 2, False) and shown["0.30"] == (1.0, 3, True) and shown["0.95"] == (0.3333, 1, False)
    )
    assert [start for start, (_, _, lit) in shown.items() if lit] == ["0.25", "0.30", "0.35", "0.40", "0.45"]
    assert 'aria-label="Histogram of the neighbourhood change of 6 images; most, 3, from 0.30 to 0.35"' in drawn


def test_the_class_mix_shows_those_there_most_first_and_names_as_text() -> None:
    drawn = class_mix(np.array([3, 0, 12]), ("<b>one</b>", "two", "three"))
    assert re.findall(r'class="name">([^<]*)<', drawn) == ["three", "&lt;b&gt;one&lt;/b&gt;"]
    assert re.findall(r'class="count">([^<]*)<', drawn) == ["12", "3"]
    assert re.findall(r"--share:([\d.]+)", drawn) == ["1.0000", "0.2500"]
