"""Images along the axis between two groups' means: histograms, and images at their places (Plotly)."""

from __future__ import annotations

import base64
import html
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int, UInt8

from tvae.figures.colours import GREY
from tvae.figures.layout import CLICKABLE, NOT_FADED, figure_of, vertical_line
from tvae.figures.pillow_image import pillow_image

BINS = 48
EXAMPLES = 16
"""Images drawn along the axis: of each stretch the one nearest to its middle."""
_HEIGHT = 210


@dataclass(frozen=True, eq=False)
class AxisGroup:
    """Images that one histogram of the axis shows."""

    name: str
    colour: str
    """Colour of the histogram, as #rrggbb."""
    rows: Int[np.ndarray, " m"]


def stretches(low: float, high: float) -> Float[np.ndarray, " bins+1"]:
    """Ends of the stretches in which images are counted, from the lowest coordinate to the highest."""
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def rows_in_stretch(
    places: Float[np.ndarray, " n"], rows: Int[np.ndarray, " m"], low: float, high: float
) -> Int[np.ndarray, " k"]:
    """The rows whose place lies between `low` and `high`, both included."""
    return rows[(places[rows] >= low) & (places[rows] <= high)]


def axis_chart(
    places: Float[np.ndarray, " n"],
    groups: Sequence[AxisGroup],
    ends: tuple[float, float],
    images: UInt8[np.ndarray, "n height width channels"] | None,
) -> go.Figure:
    """Histogram of each group along the axis, and images at their places below it.

    A bar's `customdata` holds the number of its group, and the ends of its stretch.

    Args:
        places: coordinate of each image: 0 at the first group's mean, 1 at the second's.
        groups: the two groups and the other images, drawn one over the other.
        ends: of the axis that is shown; charts of several arms share them.
        images: of all rows; None for none.
    """
    edges = stretches(*ends)
    middles, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    traces = []
    for number, group in enumerate(groups):
        counts, _ = np.histogram(places[group.rows], edges)
        traces.append(
            {
                "type": "bar",
                "name": html.escape(group.name[:32]),
                "x": middles,
                "y": counts / max(1, len(group.rows)),
                "width": width,
                "marker": {"color": group.colour, "opacity": 0.6, "line": {"width": 0}},
                "customdata": [[number, edges[i], edges[i + 1], int(counts[i])] for i in range(BINS)],
                "hovertemplate": "from %{customdata[1]:.2f} to %{customdata[2]:.2f}: %{customdata[3]:,} images",
                **NOT_FADED,
            }
        )
    top = max(max(trace["y"]) for trace in traces) or 1.0
    layout = {
        "barmode": "overlay",
        "shapes": [{**vertical_line(end), "line": {"color": GREY, "width": 1, "dash": "dot"}} for end in (0, 1)],
        "xaxis": {"range": list(ends), "fixedrange": True, "zeroline": False, "title": {"text": _TITLE}},
        "yaxis": {
            "range": [-0.26 * top if images is not None else 0, 1.05 * top],
            "fixedrange": True,
            "zeroline": False,
            "showgrid": False,
            "showticklabels": False,
            "title": {"text": "share of group"},
        },
        **CLICKABLE,
    }
    if images is not None:
        layout["images"] = _images_along(places, ends, images, top)
    return figure_of(traces, _HEIGHT, **layout)


_TITLE = "0 = mean of the first group, 1 = mean of the second"


def _images_along(
    places: Float[np.ndarray, " n"],
    ends: tuple[float, float],
    images: UInt8[np.ndarray, "n height width channels"],
    top: float,
) -> list[dict[str, object]]:
    """Images at their places, one a stretch of the axis; a stretch without images stays empty."""
    edges = np.linspace(*ends, EXAMPLES + 1)
    width = edges[1] - edges[0]
    drawn = []
    for low, high in itertools.pairwise(edges):
        row = int(np.abs(places - (low + high) / 2).argmin())
        if low <= places[row] <= high:
            buffer = io.BytesIO()
            pillow_image(images[row]).save(buffer, "PNG")
            source = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
            drawn.append(
                {
                    "source": source, "xref": "x", "yref": "y", "x": (low + high) / 2, "y": -0.03 * top,
                    "sizex": 0.92 * width, "sizey": 0.22 * top, "xanchor": "center", "yanchor": "top", "layer": "above",
                }
            )  # fmt: skip
    return drawn
