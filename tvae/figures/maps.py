"""Class mix and change histogram (Plotly)."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tvae.figures.colours import class_colours

BINS = 20
LIT, DIM = "#6f7a8b", "rgba(128, 136, 148, 0.38)"
"""Colours of bins inside and outside the chosen range."""


def change_histogram(change: Float[np.ndarray, " n"], low: float, high: float) -> go.Figure:
    """Histogram of neighbourhood change from 0 to 1; bins between `low` and `high` are highlighted."""
    counts, edges = np.histogram(change, bins=BINS, range=(0, 1))
    middles = (edges[:-1] + edges[1:]) / 2
    lit = [LIT if low - 1e-9 <= middle <= high + 1e-9 else DIM for middle in middles]
    ranges = [f"{a:.2f} to {b:.2f}" for a, b in itertools.pairwise(edges)]
    bars = {
        "type": "bar",
        "x": middles,
        "y": counts,
        "width": 0.9 / BINS,
        "marker": {"color": lit},
        "customdata": ranges,
        "hovertemplate": "change %{customdata}<br>%{y:,} images<extra></extra>",
    }
    layout = {
        "height": 220,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "xaxis": {"title": "neighbourhood change", "range": [0, 1], "fixedrange": True},
        "yaxis": {"title": "images", "fixedrange": True},
    }
    return go.Figure(data=[bars], layout=layout)


def class_mix(counts: Int[np.ndarray, " classes"], names: Sequence[str]) -> go.Figure:
    """Number of rows of each class as bars in the classes' colours; classes without a row are left out."""
    present = np.flatnonzero(counts)
    present = present[np.argsort(counts[present], kind="stable")]  # the most frequent on top
    colours = class_colours(len(names))
    class_names = [html.escape(str(names[c])[:24]) for c in present]
    bars = {
        "type": "bar",
        "x": counts[present],
        "y": [f"{name}\u200b" for name in class_names],  # so that the axis takes a digit as a name, not as a number
        "orientation": "h",
        "width": 0.72,
        "marker": {"color": [colours[c] for c in present]},
        "text": [f"{count:,}" for count in counts[present]],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "class %{y}: %{x:,} images<extra></extra>",
    }
    layout = {
        "height": 48 + 24 * len(present),
        "margin": {"l": 8, "r": 44, "t": 0, "b": 32},
        "showlegend": False,
        "xaxis": {
            "title": {"text": "images of each class", "standoff": 4},
            "fixedrange": True,
            "rangemode": "tozero",
            "showticklabels": False,
            "showgrid": False,
        },
        "yaxis": {"type": "category", "fixedrange": True, "ticksuffix": " "},
    }
    return go.Figure(data=[bars], layout=layout)
