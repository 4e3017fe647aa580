"""The README's tree is the repository's: each file once, with the first line of its docstring."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def told() -> list[tuple[str, str]]:
    """The tree's Python files, each with what it says of it."""
    lines = (ROOT / "README.md").read_text().split("## What is where")[1].splitlines()
    found = [re.fullmatch(r" {4,}(\S+\.py) +(.+)", line) for line in lines]
    return sorted((match[1], match[2]) for match in found if match)


def test_the_tree_equals_the_files():
    paths = [ROOT / "streamlit_app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    paths += [path for path in (ROOT / "tvae").rglob("*.py") if len(path.relative_to(ROOT).parts) < 4]
    expected = [
        (path.name, (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()[0].rstrip("."))
        for path in paths
        if path.name != "__init__.py"
    ]
    assert told() == sorted(expected)
