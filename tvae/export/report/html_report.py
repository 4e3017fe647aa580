"""Report as one HTML file, which loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from jaxtyping import UInt8
from markupsafe import Markup
from PIL import Image

from tvae.export.material import WRITTEN_BY, Material
from tvae.export.report.charts import Chart, chart_file, chart_notes, map_charts, margin_charts, training_charts
from tvae.export.report.content import ReportContent, report_content
from tvae.export.report.inline_svg import inline_svg
from tvae.export.report.map_data import MOST_POINTS, class_counts, data_uri, map_data, shown_rows, sprite
from tvae.figures.colours import FAINT, GROUND, INK, text_colour
from tvae.figures.pillow_image import pillow_image

_FILES = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FILES),
    autoescape=True,  # whatever a person named is text
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_html(material: Material, path: Path) -> list[str]:
    """Write the report; returns notes on what was left out, a sentence each."""
    content = report_content(material)
    thumbnails = None if material.images is None else sprite(material.images[shown_rows(content)])
    path.write_text(_html(content, thumbnails), encoding="utf-8")
    notes = chart_notes(map_charts(content))  # the other charts keep their text, which a browser draws in its own fonts
    if material.images is not None and thumbnails is None:
        notes.append("The maps have no thumbnails: those of so many images would make the file too large.")
    return notes


def _html(content: ReportContent, thumbnails: tuple[bytes, tuple[int, int]] | None) -> str:
    script = (_FILES / "report.js").read_text(encoding="utf-8")
    arms = [
        {
            "id": arm,
            "place": place,
            "name": style.name,
            "colour": style.colour,
            **{theme: text_colour(style.colour, theme) for theme in ("light", "dark")},
        }
        for place, (arm, style) in enumerate(content.styles.items())
    ]
    by_id = {arm["id"]: arm for arm in arms}
    has_maps = content.layout is not None
    return _TEMPLATES.get_template("report.html.jinja").render(
        content=content,
        written_by=WRITTEN_BY,
        arms=arms,
        compared_arms=[by_id[arm] for arm in content.compared],
        css=Markup((_FILES / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=Markup(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()),
        ground=GROUND,
        ink=INK,
        faint=FAINT,
        maps=map_data(content, thumbnails and thumbnails[1]) if has_maps else None,
        still_maps=[_still_map(chart) for chart in map_charts(content)],
        map_scope=_map_scope(content),
        classes=class_counts(content) if has_maps else [],
        sprite=thumbnails and data_uri(thumbnails[0], "webp"),
        examples=_examples(content),
        example_classes=_example_classes(content),
        charts=[
            {"title": chart.title, "caption": chart.caption, "svg": _svg(chart)}
            for chart in (*margin_charts(content), *training_charts(content))
        ],
    )


def _svg(chart: Chart) -> Markup:
    return Markup(inline_svg(chart_file(chart, "svg", words=False), f"{chart.name}-", chart.title))


def _still_map(chart: Chart) -> str:
    """A map for paper, and for a page whose script does not run."""
    content = io.BytesIO()
    with Image.open(io.BytesIO(chart_file(chart, "png", words=False))) as picture:
        picture.convert("RGB").save(content, "WEBP", quality=80)
    return data_uri(content.getvalue(), "webp")


def _map_scope(content: ReportContent) -> str:
    """Sentence on the images that the maps show."""
    n = len(content.material.encoding.labels)
    drawn = f"{MOST_POINTS:,} of them are shown, drawn at random with seed 0. " if n > MOST_POINTS else ""
    return f"{drawn}{content.measured_on}."


def _example_classes(content: ReportContent) -> list[str]:
    names, rows = content.material.class_names, content.material.encoding.sample_rows
    return [names[rows[place]] for place in content.examples]


def _examples(content: ReportContent) -> list[dict[str, Any]]:
    """A row of pictures of the images, and one of each arm's reconstructions; none where no images are to be told."""
    if content.material.images is None:
        return []
    encoding, examples = content.material.encoding, content.examples
    rows: list[dict[str, Any]] = [{"name": "image", "place": None, "pictures": encoding.sample_images[examples]}]
    for place, (arm, style) in enumerate(content.styles.items()):
        pictures = encoding.sample_reconstructions[arm][examples]
        rows.append({"name": style.short_name, "place": place, "pictures": pictures})
    return [{**row, "pictures": [_picture(image) for image in row["pictures"]]} for row in rows]


def _picture(image: UInt8[np.ndarray, "height width channels"]) -> str:
    content = io.BytesIO()
    pillow_image(image).save(content, "PNG", optimize=True)
    return data_uri(content.getvalue(), "png")
