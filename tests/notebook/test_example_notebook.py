"""docs/notebook.ipynb: every cell runs, and it is kept without outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs/notebook.ipynb"


def code_cells(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_it_is_kept_without_outputs():
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code_cells(NOTEBOOK))


def test_every_cell_runs(tmp_path):
    """By nbclient's own command, in a process of its own: the kernel is one too."""
    run = tmp_path / "run.ipynb"
    own = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython")}
    execute = f"from nbclient.cli import main; main(['--timeout=120', '--output', {str(run)!r}, {str(NOTEBOOK)!r}])"
    done = subprocess.run([sys.executable, "-c", execute], env={**os.environ, **own}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    shown, selected, shares, compared = (cell["outputs"] for cell in code_cells(run))
    for outputs in (shown, compared):
        assert "application/vnd.jupyter.widget-view+json" in outputs[-1]["data"]
    assert "71 of 359 images are selected" in "".join(selected[0]["text"])
    assert [line.split(":")[0] for line in "".join(shares[0]["text"]).splitlines()] == ["vae", "tvae"]
