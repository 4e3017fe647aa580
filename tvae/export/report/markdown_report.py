"""Report as Markdown with PNGs, as for a paper's appendix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tvae.export.material import WRITTEN_BY, Material
from tvae.export.report.charts import chart_file, chart_notes, charts_of, map_charts, margin_charts, training_charts
from tvae.export.report.content import ReportContent, TableRow, report_content
from tvae.figures.colours import GROUND
from tvae.figures.image_grid import GridRow, grid_png

REPORT, PICTURES = "report.md", "pictures"
RECONSTRUCTIONS = "Images and their reconstructions"
_SIGN = re.compile(r"[\\`*_\[\]{}<>~$^&|]|:(?=/)")
_AT_THE_START = re.compile(r"^(?=[-+](?:\s|$)|[-+=]{2,}|#)|^(\d+)(?=[.)](?:\s|$))")


def write_markdown(material: Material, folder: Path) -> list[str]:
    """Write report.md and the PNGs that it shows."""
    content, pictures = report_content(material), folder / PICTURES
    pictures.mkdir()
    parts = [*_opening(content), *_figures(content)]
    for title, charts in (
        ("Latent spaces", map_charts(content)),
        ("Triplet accuracy by margin", margin_charts(content)),
        ("While it trained", training_charts(content)),
    ):
        parts += [f"## {title}"] if charts else []
        for chart in charts:
            (pictures / f"{chart.name}.png").write_bytes(chart_file(chart, "png"))
            parts.append(f"![{_text(chart.title)}. {_text(chart.caption)}]({PICTURES}/{chart.name}.png)")
    if material.images is not None:
        (pictures / "reconstructions.png").write_bytes(_reconstructions(content))
        caption = f"{RECONSTRUCTIONS}. {content.measured_on}."
        parts += ["## What each model keeps of an image", f"![{_text(caption)}]({PICTURES}/reconstructions.png)"]
    parts += _closing(content)
    (folder / REPORT).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return chart_notes(charts_of(content))


def _opening(content: ReportContent) -> list[str]:
    warnings = [f"**{_text(warning)}**" for warning in content.warnings]
    opening = [f"# {_text(content.title)}", f"{_text(content.material.told)}.", *warnings, _text(content.answer)]
    return [*opening, *([_text(content.use)] if content.use else [])]


def _figures(content: ReportContent) -> list[str]:
    difference = ["difference"] if len(content.compared) > 1 else []
    rows = [[row.name, *row.values, *([row.difference] if difference else [])] for row in content.table]
    parts = ["## The figures", _table(["", *content.names, *difference], rows)]
    if difference:
        less = f"{content.names[-1]} less {content.names[0]}"
        parts.append(_text(f"Differences are of the figures before rounding: {less}. {content.measured}"))
    if content.over_seeds:
        seeds = [[row.name, *row.values, *([row.difference] if difference else [])] for row in content.over_seeds]
        parts += [f"## Over {len(content.seeds)} seeds", _table(["", *content.names, *difference], seeds)]
        parts.append(_text(content.seeds_note))
    if content.given:
        head = ["share in the right order", *content.material.names.values()]
        parts += ["## The given triplets", _table(head, map(_cells, content.given)), _text(content.given_note)]
    if content.every_arm:
        parts.append(_table(["", *content.material.names.values()], map(_cells, content.every_arm)))
    return parts


def _closing(content: ReportContent) -> list[str]:
    commands = "\n".join(f"# {what}\n{command}" for what, command in content.commands("markdown", "report"))
    fence = "`" * (max([2, *map(len, re.findall(r"`+", commands))]) + 1)
    return [
        "## Settings",
        _table(["loss", *content.material.names.values()], map(_cells, content.losses)),
        _table(["of all arms", ""], content.settings.items()),
        "## How it was measured",
        "\n".join(f"- **{_text(name)}**: {_text(value)}" for name, value in content.facts.items()),
        "## What the words mean",
        "\n".join(f"- **{_text(name)}**: {_text(value)}" for name, value in content.definitions.items()),
        "## Make it again",
        f"With {_text(WRITTEN_BY)}; RUN stands for the folder of the run.",
        f"{fence}shell\n{commands}\n{fence}",
    ]


def _cells(row: TableRow) -> list[str]:
    return [row.name, *row.values]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [[_text(cell) for cell in cells] for cells in (head, *rows)]
    lines.insert(1, ["---", *["---:"] * (len(head) - 1)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _reconstructions(content: ReportContent) -> bytes:
    encoding, examples = content.material.encoding, content.examples
    rows = [GridRow(label="image", images=encoding.sample_images[examples])]
    for arm, style in content.styles.items():
        images = encoding.sample_reconstructions[arm][examples]
        rows.append(GridRow(label=style.short_name, colour=style.colour, images=images))
    scale = 2 if encoding.sample_images.shape[2] > 16 else 4
    title = f"{RECONSTRUCTIONS}. {content.measured_on}."
    return grid_png(rows, scale=scale, ground=GROUND["light"], title=title)


def _text(text: str) -> str:
    """The text in one line, with every sign that Markdown could take for its own escaped."""
    line = _SIGN.sub(r"\\\g<0>", " ".join(text.replace("\u00a0", "\0").split()).replace("\0", "\u00a0"))
    return _AT_THE_START.sub(lambda match: f"{match[1]}\\" if match[1] else "\\", line)
