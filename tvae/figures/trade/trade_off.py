"""Triplet accuracy against its cost, one point an arm, with the spread of seeds (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float

from tvae.figures.arm_styles import ArmStyle
from tvae.figures.colours import GREY
from tvae.figures.layout import CLICKABLE, NOT_FADED, figure_of

MARKS: dict[str, tuple[str, float, float]] = {
    "advice": ("circle-open", 26, 3),
    "knee": ("triangle-up-open", 26, 1.5),
    "our preset": ("diamond-open", 21, 1.5),
    "Eq. 2 as written": ("square-open", 19, 1.5),
    "shown on every page": ("circle-open-dot", 17, 1),
}
"""Marks around points: symbol, size in pixels, width of its line."""
SIZE = 10
"""Size of a point, in pixels."""
PLOTS = ((600.0, 290.0), (250.0, 250.0))
"""Width and height in pixels of the plot on a wide page and on a phone."""
POSITIONS = (
    "top left", "bottom right", "middle right", "middle left",
    "top center", "bottom center", "top right", "bottom left",
)  # fmt: skip
"""Positions of a label beside its point, as Plotly names them, in the order in which they are tried."""
LETTER, LINE = 6.0, 17.0
"""Width of a letter and height of a line of a label, in pixels."""
ILLEGIBLE = 4
"""How much worse it is for a label to be cut off or to cross another than to cover a point or to stand near one."""
MOST_ROUNDS = 10
"""Rounds of moving labels at most: few move after the third."""


@dataclass(frozen=True, kw_only=True)
class TradePoint:
    """An arm in the chart: a value for each seed."""

    arm: str
    """Id of the arm, which a click returns."""
    style: ArmStyle
    accuracy: Sequence[float]
    """Percent."""
    cost: Sequence[float]
    """Cost for each seed, in the chart's unit."""


def trade_off(
    points: Sequence[TradePoint],
    *,
    frontier: Sequence[str],
    marks: Mapping[str, Sequence[str]],
    most_cost: float,
    least_accuracy: float,
    titles: tuple[str, str],
    cost_unit: Literal["%", "nats"] = "%",
    ink: str,
) -> go.Figure:
    """Mean accuracy against mean cost, one labelled point an arm; whiskers from the lowest to the highest seed.

    Args:
        frontier: arms that a line joins, from cheap to dear.
        marks: arms by the name of their mark, one of `MARKS`.
        most_cost, least_accuracy: bounds; what lies beyond them is shaded.
        titles: of the axes of cost and of accuracy.
    """
    x = np.array([np.mean(point.cost) for point in points])
    y = np.array([np.mean(point.accuracy) for point in points])
    place = {point.arm: i for i, point in enumerate(points)}
    along = [place[arm] for arm in frontier]
    traces: list[dict[str, Any]] = [
        {
            "x": x[along],
            "y": y[along],
            "mode": "lines",
            "line": {"color": GREY, "width": 1.5},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]
    traces += [_mark(name, x[rows], y[rows], ink) for name, arms in marks.items() if (rows := [place[a] for a in arms])]
    sizes = [_size(point.arm, marks) for point in points]
    traces.append(
        {
            "x": x,
            "y": y,
            "mode": "markers+text",
            "text": [html.escape(point.style.short_name) for point in points],
            "textposition": label_places(x, y, [point.style.short_name for point in points], sizes),
            "textfont": {"size": 11},
            "marker": {"size": sizes, "opacity": 0},  # keeps labels clear of the marks around their points
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    traces.append(
        {
            "x": x,
            "y": y,
            "error_x": _whiskers([point.cost for point in points]),
            "error_y": _whiskers([point.accuracy for point in points]),
            "mode": "markers",
            "marker": {"color": [point.style.colour for point in points], "size": SIZE},
            "customdata": [point.arm for point in points],
            "hovertext": [_hover(point, cost_unit) for point in points],
            "hovertemplate": "%{hovertext}<extra></extra>",
            **NOT_FADED,
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    across, up = _with_room(x), _with_room(y)
    suffix = " %" if cost_unit == "%" else ""
    return figure_of(
        [{"type": "scatter", **trace} for trace in traces],
        400,
        xaxis={"title": {"text": html.escape(titles[0])}, "zeroline": False, "range": across, "ticksuffix": suffix},
        yaxis={"title": {"text": html.escape(titles[1])}, "zeroline": False, "range": up, "ticksuffix": " %"},
        shapes=_shades(across, up, most_cost, least_accuracy),
        **CLICKABLE,
    )


def _mark(name: str, x: Float[np.ndarray, " k"], y: Float[np.ndarray, " k"], ink: str) -> dict[str, Any]:
    symbol, size, width = MARKS[name]
    return {
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": {"color": ink, "size": size, "symbol": symbol, "line": {"width": width, "color": ink}},
        "name": name,
        "hoverinfo": "skip",
    }


def _size(arm: str, marks: Mapping[str, Sequence[str]]) -> float:
    """Size in pixels of an arm's point with the marks around it."""
    return max([SIZE, *(MARKS[name][1] for name, arms in marks.items() if arm in arms)])


def _whiskers(values: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Lines from the lowest to the highest seed."""
    means = np.array([np.mean(of_arm) for of_arm in values])
    return {
        "type": "data",
        "symmetric": False,
        "array": np.array([max(of_arm) for of_arm in values]) - means,
        "arrayminus": means - np.array([min(of_arm) for of_arm in values]),
        "color": GREY,
        "thickness": 1.2,
        "width": 3,
        "visible": any(len(of_arm) > 1 for of_arm in values),
    }


def _hover(point: TradePoint, cost_unit: str) -> str:
    """Name, accuracy and cost, with the lowest and the highest seed."""
    values = (
        f"{np.mean(of_axis):.2f} {unit}" + (f" ({min(of_axis):.2f} to {max(of_axis):.2f})" if len(of_axis) > 1 else "")
        for of_axis, unit in ((point.accuracy, "%"), (point.cost, cost_unit))
    )
    return f"<b>{html.escape(point.style.name)}</b><br>{'<br>at a cost of '.join(values)}"


def _shades(across: list[float], up: list[float], most_cost: float, least_accuracy: float) -> list[dict[str, Any]]:
    """Shades over the regions of too high a cost and of too low an accuracy."""
    shade = {"type": "rect", "fillcolor": GREY, "opacity": 0.13, "line": {"width": 0}, "layer": "below"}
    right = max(across[0], min(most_cost, across[1]))
    low = max(up[0], min(least_accuracy, up[1]))
    return [
        {**shade, "x0": right, "x1": across[1], "y0": up[0], "y1": up[1]},
        {**shade, "x0": across[0], "x1": right, "y0": up[0], "y1": low},
    ]


def label_places(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], names: Sequence[str], sizes: Sequence[float]
) -> list[str]:
    """Plotly's text position of each point's label: clear of points, other labels and the plot's edges if possible.

    If possible it also stands nearer to its own point than to any other.

    The browser gives the plot a size that Python does not know, so a position is judged on a wide plot and on that of a
    phone. In turn each label takes the one of eight positions with the least in its way, until none moves.

    Args:
        sizes: of the points with the marks around them, in pixels.
    """
    radii = np.array(sizes) / 2
    boxes = np.stack([_label_boxes(x, y, names, radii, plot) for plot in PLOTS])  # plot, point, position, side
    points = np.stack([_point_boxes(x, y, radii, plot) for plot in PLOTS])  # plot, point, side
    at_edges = sum(
        (boxes[i] < 0).any(-1) | (boxes[i][..., 1] > width) | (boxes[i][..., 3] > height)
        for i, (width, height) in enumerate(PLOTS)
    )
    middles, places = (boxes_of.reshape(*boxes_of.shape[:-1], 2, 2).mean(-1) for boxes_of in (boxes, points))
    apart = np.linalg.norm(middles[:, :, :, None] - places[:, None, None], axis=-1)  # plot, label, position, point
    own = np.einsum("kipi->kip", apart)
    nearer_another = (apart < own[..., None]).any(-1).sum(0)
    in_way = ILLEGIBLE * at_edges + nearer_another + _overlaps(boxes[:, :, :, None], points[:, None, None]).sum((0, 3))
    chosen = np.zeros(len(names), int)
    for _ in range(MOST_ROUNDS):
        before = chosen.copy()
        for i in range(len(names)):
            others = np.delete(np.arange(len(names)), i)
            labels = boxes[:, others, chosen[others]]
            crossed = _overlaps(boxes[:, i, :, None], labels[:, None]).sum((0, 2))
            chosen[i] = int((in_way[i] + ILLEGIBLE * crossed).argmin())
        if (chosen == before).all():
            break
    return [POSITIONS[place] for place in chosen]


def _in_pixels(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], plot: tuple[float, float]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Points in pixels from the left and from the bottom of a plot."""
    (left, right), (low, high) = _with_room(x), _with_room(y)
    return plot[0] * (x - left) / (right - left), plot[1] * (y - low) / (high - low)


def _point_boxes(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], radii: Float[np.ndarray, " n"], plot: tuple[float, float]
) -> Float[np.ndarray, "n 4"]:
    """Left, right, low and high side of each point with its marks, in pixels."""
    across, up = _in_pixels(x, y, plot)
    return np.stack([across - radii, across + radii, up - radii, up + radii], axis=-1)


def _label_boxes(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    names: Sequence[str],
    radii: Float[np.ndarray, " n"],
    plot: tuple[float, float],
) -> Float[np.ndarray, "n p 4"]:
    """Left, right, low and high side of each label at each of `POSITIONS`, in pixels."""
    across, up = _in_pixels(x, y, plot)
    shifts = {"left": -1, "center": 0, "right": 1, "bottom": -1, "middle": 0, "top": 1}
    vertical, sideways = np.array([[shifts[word] for word in place.split()] for place in POSITIONS]).T
    half = np.array([LETTER * len(name) / 2 for name in names])[:, None]
    apart = radii[:, None] / 0.8 + 1  # as Plotly has it
    middle = across[:, None] + sideways * (apart + half)
    height = up[:, None] + vertical * (apart + LINE / 2)
    return np.stack([middle - half, middle + half, height - LINE / 2, height + LINE / 2], axis=-1)


def _overlaps(
    first: Float[np.ndarray, "*#boxes 4"], second: Float[np.ndarray, "*#boxes 4"]
) -> Bool[np.ndarray, "*boxes"]:
    """Whether boxes (left, right, low, high) have a point in common."""
    return (
        (first[..., 0] < second[..., 1])
        & (second[..., 0] < first[..., 1])
        & (first[..., 2] < second[..., 3])
        & (second[..., 2] < first[..., 3])
    )


def _with_room(values: Float[np.ndarray, " n"]) -> list[float]:
    """An axis range with room for labels around the values."""
    room = 0.15 * float(np.ptp(values)) or 1.0
    return [float(values.min()) - room, float(values.max()) + room]
