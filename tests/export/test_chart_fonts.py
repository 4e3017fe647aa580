"""Fonts of charts: an installed font draws the signs that matplotlib's own lacks, and what none has is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import FontEntry, fontManager

from tvae.export.formats import export
from tvae.export.report import fonts
from tvae.export.report.charts import chart_file, map_charts
from tvae.export.report.content import report_content
from tvae.export.report.fonts import COMMON, fonts_for, missing_signs_note

CAT, RARE = "猫", "\U00013000"
"""A sign that the made font has, and one that no font has here."""


def font_of_a_cat(path: Path) -> Path:
    """A font whose only sign is a cat, drawn as a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for place in ((900, 0), (900, 800), (100, 800)):
        pen.lineTo(place)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "cat"])
    builder.setupCharacterMap({ord(CAT): "cat"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "cat": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "cat": (1000, 100)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Cats", "styleName": "Regular", "psName": "Cats-Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def only_common(monkeypatch) -> Iterator[None]:
    """A machine that has the fonts of matplotlib alone."""
    monkeypatch.setattr(fontManager, "ttflist", [font for font in fontManager.ttflist if "DejaVu" in font.name])
    _forget()
    yield
    _forget()


@pytest.fixture
def with_cats(only_common, tmp_path, monkeypatch) -> None:
    """A machine that has a font with a cat too."""
    entry = FontEntry(fname=str(font_of_a_cat(tmp_path / "cats.ttf")), name="Cats", style="normal", weight=400)
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist, entry])
    _forget()


def _forget() -> None:
    fonts._fonts_for.cache_clear()
    fonts._codes.cache_clear()


def test_common_signs_need_no_other_font(only_common):
    assert fonts_for("μ ± 1, n = 359; Ж, é — ≤") == fonts.Fonts((COMMON,), "")


def test_signs_that_no_font_has_are_named_once(only_common):
    assert fonts_for(f"{CAT}a{CAT}").missing == CAT
    (note,) = missing_signs_note([f"{CAT}{RARE}", "a\u200b\n"])
    assert note.startswith(f"No font on this machine has {CAT} {RARE}: PNG and PDF show boxes in their place")
    assert missing_signs_note(["class 7"]) == []


def test_charts_are_drawn_in_a_font_that_has_the_sign(material, with_cats, tmp_path):
    assert fonts_for(f"class {CAT}") == fonts.Fonts((COMMON, "Cats"), "")
    run = material.run
    names = (CAT, *run.class_names[1:])
    named = replace(material, run=replace(run, provenance=replace(run.provenance, class_names=names)))
    chart = map_charts(report_content(named))[0]
    assert b"Cats" in chart_file(chart, "pdf")
    assert "Cats" in chart_file(chart, "svg").decode()
    assert export(named, "charts", tmp_path / "c") == []


def test_the_export_says_which_signs_it_could_not_draw(material, only_common, tmp_path):
    run = material.run
    names = (CAT, *run.class_names[1:])
    named = replace(material, run=replace(run, provenance=replace(run.provenance, class_names=names)))
    (note,) = export(named, "charts", tmp_path / "c")
    assert f"has {CAT}: PNG and PDF" in note
