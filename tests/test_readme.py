"""The README's tree names every room of the package, once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tree_names_the_rooms():
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("## How the code is laid out")[1].split("\n## ")[0]
    named = re.findall(r"^ {6}(\S+)  +\S", tree, re.MULTILINE)
    rooms = {f"{path.parent.name}/" for path in (ROOT / "tvae").glob("*/__init__.py")}
    files = {"errors.py", "config.py"}
    assert sorted(named) == sorted(rooms | files)
