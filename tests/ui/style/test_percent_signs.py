"""Texts on screen write a space before the percent sign, as in 20 %."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
SOURCES = [
    *(
        path
        for room in ("ui", "figures", "data", "runs", "explore")
        for path in (PROJECT / "tvae" / room).rglob("*.py")
    ),
    *(PROJECT / "pages").glob("*.py"),
    PROJECT / "streamlit_app.py",
    *(PROJECT / "tvae" / "ui").rglob("*.toml"),
]
WITHOUT_SPACE = re.compile(r":\.\d%\}|\d\}?f?\}%|(?<!u00a)[0-9]% [a-z]")


def without_space(text: str) -> list[str]:
    return WITHOUT_SPACE.findall(text)


def test_no_text_has_a_percent_sign_right_after_its_number():
    found = {str(path): without_space(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: signs for path, signs in found.items() if signs} == {}


@pytest.mark.parametrize("text", ['f"{share:.0%} of each class"', 'f"{100 * share:.0f}%"', '"20% of each"'])
def test_such_a_text_is_found(text):
    assert without_space(text)
