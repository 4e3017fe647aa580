"""A colour means one thing: the arms' blue and orange are written in one place, and nothing else looks like them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from tests.figures.test_colours import contrast
from tvae.figures.arm_styles import oklab
from tvae.figures.colours import GROUND, MARK, TEN_COLOURS, TERM_COLOURS, TVAE_ORANGE, VAE_BLUE

ROOT = Path(__file__).parents[2]
OWNER = ROOT / "tvae" / "figures" / "colours.py"
SOURCES = sorted(
    path
    for path in [ROOT / "streamlit_app.py", *(ROOT / "pages").iterdir(), *(ROOT / "tvae").rglob("*")]
    if path.suffix in (".py", ".js", ".css", ".html") and path != OWNER
)
HEX = re.compile(r"#([0-9a-fA-F]{6})\b")
TRIPLE = re.compile(r"\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*[,)]")
LEAST = 0.1
"""Least distance in OKLab between two colours of classes, and between one and an arm's colour."""


def apart(first: str, second: str) -> float:
    return float(np.linalg.norm(oklab(first) - oklab(second)))


def written_colours(text: str) -> set[str]:
    """Each colour that a source writes, as #rrggbb: by its hexadecimal digits, or as red, green and blue to 255."""
    triples = ([int(part) for part in match] for match in TRIPLE.findall(text))
    return {f"#{digits.lower()}" for digits in HEX.findall(text)} | {
        "#" + "".join(f"{part:02x}" for part in parts) for parts in triples if max(parts) < 256
    }


def likeness(colour: str) -> str:
    """The arm whose colour this one resembles; "" for none."""
    return next((name for name, arm in (("VAE", VAE_BLUE), ("TVAE", TVAE_ORANGE)) if apart(colour, arm) < 0.06), "")


def test_no_file_but_their_owner_writes_a_colour_like_an_arm_s():
    assert len(SOURCES) > 100
    like = {
        f"{path.relative_to(ROOT)}: {colour} looks like {likeness(colour)}"
        for path in SOURCES
        for colour in written_colours(path.read_text(encoding="utf-8"))
        if likeness(colour)
    }
    assert like == set()


def test_the_theme_has_them_for_arms_alone():
    theme = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    others = [line for line in theme.splitlines() if not line.startswith("chartCategoricalColors")]
    assert [colour for colour in written_colours("\n".join(others)) if likeness(colour)] == []
    assert written_colours(theme) >= {VAE_BLUE, TVAE_ORANGE}


@pytest.mark.parametrize(
    "text", ["color: #2F6FB4;", "rgba(217, 114, 46, 0.3)", "np.array((217, 114, 46))", "'#2e6eb2'"]
)
def test_a_planted_colour_is_noticed(text):
    (colour,) = written_colours(text)
    assert likeness(colour)


def test_classes_terms_and_marks_are_no_arm_s_colour():
    for colour, arm in itertools.product((*TEN_COLOURS, *TERM_COLOURS.values(), MARK), (VAE_BLUE, TVAE_ORANGE)):
        assert apart(colour, arm) >= LEAST, (colour, arm)
    for first, second in itertools.combinations(TEN_COLOURS, 2):
        assert apart(first, second) >= LEAST, (first, second)


def test_terms_of_the_loss_are_told_apart_and_are_no_class_s_colour():
    for first, second in itertools.combinations((*TERM_COLOURS.values(), MARK), 2):
        assert apart(first, second) >= 0.08, (first, second)
    for term, of_class in itertools.product(TERM_COLOURS.values(), TEN_COLOURS):
        assert apart(term, of_class) >= 0.08, (term, of_class)
    for term, ground in itertools.product(TERM_COLOURS.values(), GROUND.values()):
        assert contrast(term, ground) >= 3, term  # WCAG 1.4.11: of what is not text
