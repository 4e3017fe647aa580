"""docs/library.md: an example for each room that a person uses from Python, and every example runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.+?)^```", TEXT, re.MULTILINE | re.DOTALL)
NOT_FROM_PYTHON = {"cli", "ui", "system", "linked_map"}
"""Rooms without an example: a person doesn't import them, or uses them by commands and pages."""


def test_every_room_has_an_example():
    sections = {heading.lower() for heading in re.findall(r"^## (\w+):", TEXT, re.MULTILINE)}
    rooms = {path.parent.name for path in (ROOT / "tvae").glob("*/__init__.py")} - NOT_FROM_PYTHON
    assert sections == rooms and len(EXAMPLES) == len(rooms)


def test_the_examples_run_from_top_to_bottom(tmp_path):
    """All examples are one script, run by a new Python in an empty folder."""
    script = tmp_path / "library.py"
    script.write_text("\n".join(EXAMPLES), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TVAE_RUNS": str(tmp_path / "runs")}
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "10 nearest images are others" in done.stdout
