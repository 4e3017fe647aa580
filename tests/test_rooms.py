"""Each room's `__init__` lists its files with the first line of their docstrings; the README lists the rooms."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tvae"
ROOMS = sorted({path.parent for path in PACKAGE.rglob("*.py")} - {PACKAGE})


def first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0].rstrip(".")


def files_of(room: Path) -> dict[str, str]:
    """Name and first docstring line of a room's modules and of the rooms inside it."""
    modules = {path.name: path for path in room.glob("*.py") if path.name != "__init__.py"}
    rooms = {f"{path.parent.name}/": path for path in room.glob("*/__init__.py")}
    return {name: first_line(path) for name, path in {**modules, **rooms}.items()}


@pytest.mark.parametrize("room", [room for room in ROOMS if files_of(room)], ids=lambda room: room.name)
def test_a_room_lists_its_files(room):
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    listed = re.findall(r"^(?: {4})?(\S+(?:\.py|/)) +(.+)$", docstring, re.MULTILINE)
    assert dict(listed) == files_of(room)
    assert len(listed) == len(files_of(room))
