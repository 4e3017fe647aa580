"""Sentences begin with a capital letter and change no other: paths, names and abbreviations stay as they are."""

from __future__ import annotations

import ast
from pathlib import Path

from tvae.ui.style.sentences import with_capital

ROOT = Path(__file__).parents[3]


def lower_casing_calls(source: str) -> int:
    """Number of calls that begin a text with a capital letter and lower-case the rest of it."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return sum(isinstance(called, ast.Attribute) and called.attr == "capitalize" for called in calls)


def test_only_the_first_letter_changes():
    assert with_capital("failed: /srv/Lab/Runs: Permission denied") == "Failed: /srv/Lab/Runs: Permission denied"
    assert with_capital("") == ""


def test_nothing_that_begins_with_a_capital_is_lower_cased():
    files = [*(ROOT / "tvae").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    assert [path.name for path in files if lower_casing_calls(path.read_text(encoding="utf-8"))] == []


def test_a_call_that_did_would_be_found():
    assert lower_casing_calls("st.info(reason.capitalize())") == 1
