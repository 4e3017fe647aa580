"""Charts of a report as still pictures (matplotlib)."""

from __future__ import annotations

import contextlib
import io
import logging
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from tvae.config import reconstruction_name
from tvae.export.material import WRITTEN_BY
from tvae.export.report.content import ReportContent
from tvae.export.report.fonts import fonts_for, missing_signs_note
from tvae.figures.arm_styles import ArmStyle
from tvae.figures.colours import FAINT, GROUND, INK, class_colours
from tvae.figures.still_map import SIDE, name_places
from tvae.system.csv_table import Columns

FileKind = Literal["svg", "pdf", "png"]

CURVE_SIZE, MAP_SIZE = (3.8, 2.8), (4.6, 4.6)
"""Inches of a chart."""
DOTS = 220
"""Dots an inch of a PNG, and of a map's points, which are pixels in SVG and PDF too: as thousands of shapes they would
take megabytes."""
MOST_NAMES = 64
"""Class names on a map at most."""
LONGEST_NAME = 22
"""Signs of a class name on a map at most."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,  # so that it can be selected and searched
    "svg.hashsalt": "tvae",  # the same chart gives the same file
    "text.parse_math": False,  # names are other people's text: a dollar sign is a dollar sign
    "font.size": 9,
    "text.color": INK["light"],
    "axes.edgecolor": FAINT["light"],
    "axes.labelcolor": INK["light"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT["light"],
    "grid.alpha": 0.25,
    "xtick.color": INK["light"],
    "ytick.color": INK["light"],
    "legend.frameon": False,
}


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart with its data."""

    name: str
    """Name of its files."""
    title: str
    caption: str
    """What its data are: split, n, seed, run."""
    columns: Columns
    """Columns of the table with the chart's data, by their headings."""
    draw: Callable[[Axes], None]
    legend: Sequence[ArmStyle] = ()
    """Arms whose colours the legend names."""
    size: tuple[float, float] = CURVE_SIZE


def charts_of(content: ReportContent) -> list[Chart]:
    """Every chart of a report that its run has the data for."""
    return [*training_charts(content), *margin_charts(content), *map_charts(content)]


def training_charts(content: ReportContent) -> list[Chart]:
    """Each term of the loss against the epoch, a line an arm; none of a run without a history."""
    if not content.history:
        return []
    losses = [content.material.run.config.arms[arm] for arm in content.material.arms]
    titles = {"reconstruction": reconstruction_name(losses), "kl": "KL, nats", "triplet": "triplet hinge"}
    epochs = [row["epoch"] for row in content.history]
    charts = []
    for term, title in titles.items():
        values = {arm: [row["arms"][arm][term] for row in content.history] for arm in content.material.arms}
        charts.append(
            Chart(
                name=f"training-{term}",
                title=f"While training: {title}",
                caption=f"Without its weight in the loss. {content.trained_on}.",
                columns={"epoch": epochs, "step": [row["step"] for row in content.history], **values},
                draw=_lines(epochs, values, content.styles, "epoch", title),
                legend=list(content.styles.values()),
            )
        )
    return charts


def margin_charts(content: ReportContent) -> list[Chart]:
    """Triplet accuracy against the margin, a line an arm; none where the labels allow no triplet."""
    if not content.curves:
        return []
    margins = next(iter(content.curves.values())).margins
    values = {arm: 100 * curve.accuracy for arm, curve in content.curves.items()}
    return [
        Chart(
            name="accuracy-by-margin",
            title="Triplet accuracy by margin",
            caption=f"Share of triplets with zero loss at each margin. {content.measured_on}.",
            columns={"margin": margins, **{f"{arm}, %": shares for arm, shares in values.items()}},
            draw=_lines(margins, values, content.styles, "margin m", "triplet accuracy, %"),
            legend=[content.styles[arm] for arm in content.curves],
        )
    ]


def map_charts(content: ReportContent) -> list[Chart]:
    """The map of each compared arm, a point an image; none of too few images."""
    if content.layout is None:
        return []
    material = content.material
    labels, names = material.encoding.labels, [" ".join(name.split()) for name in material.run.class_names]
    charts = []
    for arm in content.compared:
        positions = content.layout.positions[arm]
        x, y = positions.T
        charts.append(
            Chart(
                name=f"map-{arm}",
                title=f"Latent space of {material.names[arm]}",
                caption=f"{content.map_note} {content.measured_on}.",
                columns={"row": np.arange(len(labels)), "class": material.class_names, "x": x, "y": y},
                draw=_map(positions, labels, names),
                size=MAP_SIZE,
            )
        )
    return charts


def chart_file(chart: Chart, kind: FileKind, *, words: bool = True) -> bytes:
    """The chart as a file.

    Args:
        words: draw its title, caption and legend on it.
    """
    with _quiet(), mpl.rc_context({**_STYLE, "font.family": list(fonts_for("".join(_texts(chart))).families)}):
        width, height = chart.size
        lines = textwrap.wrap(chart.caption, round(19 * width)) if words else []
        named = len(chart.legend) if words else 0
        rows = -(-named // 3)
        above = (0.3 + 0.2 * rows) if words else 0
        below = 0.14 * len(lines) + 0.08 if words else 0
        whole = height + above + below
        engine = ConstrainedLayoutEngine(rect=(0, below / whole, 1, height / whole))
        figure = Figure(figsize=(width, whole), layout=engine, facecolor=GROUND["light"])
        axes = figure.subplots()
        chart.draw(axes)
        if words:
            figure.text(0.02, 1 - 0.08 / whole, chart.title, va="top", weight="bold", size=10)
            figure.text(0.02, 0.05 / whole, "\n".join(lines), va="bottom", size=6.5, linespacing=1.35)
            handles = [Line2D([], [], color=style.colour, linewidth=2) for style in chart.legend]
            if handles:
                texts = [style.short_name for style in chart.legend]
                place = (0.01, 1 - 0.26 / whole)
                figure.legend(handles, texts, loc="upper left", bbox_to_anchor=place, ncols=3, borderaxespad=0.1)
        content = io.BytesIO()
        figure.savefig(content, format=kind, dpi=DOTS, metadata=_metadata(chart, kind))
    return content.getvalue()


def chart_notes(charts: Sequence[Chart]) -> list[str]:
    """What a reader of these charts must know: signs of their texts that can't be drawn."""
    return missing_signs_note(text for chart in charts for text in _texts(chart))


def _texts(chart: Chart) -> Iterator[str]:
    """Texts that are drawn on a chart: the words around it, and the names of its classes."""
    yield from (chart.title, chart.caption, *(style.short_name for style in chart.legend))
    yield from sorted({str(name) for name in chart.columns.get("class", ())})


def _metadata(chart: Chart, kind: FileKind) -> dict[str, Any]:
    """Title, writer and description, by the names that this kind of file has for them, and no date."""
    if kind == "pdf":
        return {"Title": chart.title, "Creator": WRITTEN_BY, "Subject": chart.caption, "CreationDate": None}
    if kind == "png":
        return {"Title": chart.title, "Software": WRITTEN_BY, "Description": chart.caption}
    return {"Title": chart.title, "Creator": [WRITTEN_BY], "Description": chart.caption, "Date": None}


def _lines(
    xs: Sequence[float] | np.ndarray,
    values: Mapping[str, Sequence[float] | np.ndarray],
    styles: Mapping[str, ArmStyle],
    across: str,
    upwards: str,
) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        for arm, ys in values.items():
            axes.plot(xs, ys, color=styles[arm].colour, linewidth=1.8)
        axes.set_xlabel(across)
        axes.set_ylabel(upwards)
        axes.locator_params(axis="x", steps=[1, 2, 5, 10])
        axes.margins(x=0.02)
        axes.set_ylim(bottom=0)

    return draw


def _map(positions: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Callable[[Axes], None]:
    """Function that draws a map: points in their classes' colours, each class's name near the middle of its points."""

    def draw(axes: Axes) -> None:
        at = square(positions) * SIDE
        colours = np.array(class_colours(len(names)))
        order = np.random.default_rng(0).permutation(len(at))  # so that no class covers the others
        size = max(0.5, min(14.0, 14.0 * (400 / len(at)) ** 0.7))
        axes.scatter(*at[order].T, s=size, c=colours[labels[order]], alpha=0.75, linewidths=0, rasterized=True)
        for text, place in class_names_at(at, labels, names):
            box = {"facecolor": GROUND["light"], "alpha": 0.8, "linewidth": 0, "boxstyle": "round,pad=0.15"}
            axes.text(*place, text, ha="center", va="center", size=8, weight="bold", bbox=box)
        axes.set(xlim=(0, SIDE), ylim=(SIDE, 0), aspect="equal", xticks=[], yticks=[])
        axes.grid(False)
        axes.spines[:].set_visible(False)

    return draw


def square(positions: np.ndarray) -> np.ndarray:
    """The positions in a square from 0 to 1 with a rim, the second coordinate downwards as on a screen."""
    low, high = positions.min(axis=0).astype(np.float64), positions.max(axis=0).astype(np.float64)
    scale = 0.92 / (float((high - low).max()) or 1.0)
    return 0.5 + (positions - (low + high) / 2) * scale * (1, -1)


def class_names_at(at: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> list[tuple[str, tuple[float, float]]]:
    """Names of the classes with the most images, where they cover no other name, in pixels of a map of `SIDE`."""
    present, counts = np.unique(labels, return_counts=True)
    common = present[np.argsort(-counts, kind="stable")][:MOST_NAMES]
    texts = [_shortened(names[int(label)]) for label in common]
    middles = np.array([np.median(at[labels == label], axis=0) for label in common])
    places = name_places(middles, [15.0 * len(text) + 8 for text in texts])
    return [(text, place) for text, place in zip(texts, places, strict=True) if place is not None]


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Context in which matplotlib warns of no sign that a font lacks, as `chart_notes` names them, nor of a weight."""
    fonts = logging.getLogger("matplotlib.font_manager")
    level = fonts.level
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        fonts.setLevel(logging.ERROR)
        try:
            yield
        finally:
            fonts.setLevel(level)
