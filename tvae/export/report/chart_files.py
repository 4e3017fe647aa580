"""Folder with each chart of a report as SVG and PDF, and its data as CSV."""

from __future__ import annotations

from pathlib import Path

from tvae.export.material import Material
from tvae.export.report.charts import chart_file, chart_notes, charts_of
from tvae.export.report.content import report_content
from tvae.system.csv_table import rows_csv


def write_charts(material: Material, folder: Path) -> list[str]:
    """Write `<chart>.svg`, `<chart>.pdf` and `<chart>.csv` of every chart."""
    charts = charts_of(report_content(material))
    for chart in charts:
        (folder / f"{chart.name}.svg").write_bytes(chart_file(chart, "svg"))
        (folder / f"{chart.name}.pdf").write_bytes(chart_file(chart, "pdf"))
        (folder / f"{chart.name}.csv").write_bytes(rows_csv(chart.columns).encode())
    return chart_notes(charts)
