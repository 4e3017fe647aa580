"""Every table that leaves the app as CSV is written by `rows_csv`, so that no cell is run as a formula."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tvae.data import Split
from tvae.data.triplets import Answers

ROOT = Path(__file__).parents[2]
WRITER = ROOT / "tvae" / "system" / "csv_table.py"
LIBRARY = sorted((ROOT / "tvae").rglob("*.py"))
PAGES = sorted((*(ROOT / "tvae" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"))
SAFE = {"rows_csv", "selected_rows_csv"}
NUMBERS_ALONE = "answers.content"
"""The one download that no cell of text is in."""
OTHER_WRITERS = re.compile(r"\bcsv\.(?:writer|DictWriter)\b|\.to_csv\(|\bsavetxt\(|\bto_excel\(")


def csv_downloads(source: str) -> list[tuple[str, bool]]:
    """The data of each CSV download of a page as code, and whether a safe function makes it.

    A name stands for what the same file gives it: a function, or an entry of a list that a loop goes over.
    """
    tree = ast.parse(source)
    named = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "download_button":
            arguments = [*node.args, *(each.value for each in node.keywords)]
            if not any(isinstance(each, ast.Constant) and each.value == "text/csv" for each in arguments):
                continue
            data = next((each.value for each in node.keywords if each.arg == "data"), None) or node.args[1]
            loops = [
                loop.iter
                for loop in ast.walk(tree)
                if isinstance(loop, ast.For) and isinstance(data, ast.Name) and data.id in ast.unparse(loop.target)
            ]
            parts = list(loops[0].elts) if loops and isinstance(loops[0], ast.Tuple | ast.List) else [data]
            found += [(ast.unparse(part), is_safe(part, named)) for part in parts]
    return found


def is_safe(data: ast.expr, named: dict[str, ast.FunctionDef]) -> bool:
    called = {node.id for node in ast.walk(data) if isinstance(node, ast.Name)}
    return bool(called & SAFE) or any(
        {node.id for node in ast.walk(named[name]) if isinstance(node, ast.Name)} & SAFE for name in called & set(named)
    )


def test_all_csv_downloads_are_made_safe():
    downloads = [each for path in PAGES for each in csv_downloads(path.read_text(encoding="utf-8"))]
    assert len(downloads) > 15
    assert [data for data, safe in downloads if not safe] == [NUMBERS_ALONE]


@pytest.mark.parametrize(
    "planted",
    [
        "st.download_button('CSV', table.to_csv(), 'a.csv', 'text/csv')",
        "st.download_button('CSV', data=lambda: lines(table), file_name='a.csv', mime='text/csv')",
        "def made():\n    return lines(table)\nst.download_button('CSV', made, 'a.csv', 'text/csv')",
        "for data, n in ((lines(a), 1), (rows_csv(b), 2)):\n    st.download_button(n, data, n, 'text/csv')",
    ],
)
def test_a_planted_download_is_found(planted):
    assert [safe for _, safe in csv_downloads(planted)].count(False) == 1


def test_nothing_else_in_the_library_writes_csv():
    others = [path for path in LIBRARY if path != WRITER and OTHER_WRITERS.search(path.read_text(encoding="utf-8"))]
    assert others == []
    assert OTHER_WRITERS.search(WRITER.read_text(encoding="utf-8"))


def test_tables_have_no_button_of_streamlit_s_own_that_saves_formulas_as_they_are():
    assert tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["client"]["disableDataExport"] is True


def test_answers_are_numbers_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    images = np.zeros((5, 4, 4, 1), np.uint8)
    answers = Answers("digits", Split("train", images, np.arange(5) % 2, ("=a", "=b")), "me")
    answers.add((0, 2, 1))
    header, *rows = answers.content().decode().splitlines()
    assert header.isascii() and rows == ["0,2,1"]
