"""Imports go strictly downward; the test itself is shown to fail on a planted violation."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tvae"

FLOORS = (
    (
        "tvae",
        "tvae.config",
        "tvae.files",
        "tvae.row_files",
        "tvae.runs_folder",
        "tvae.process_lock",
        "tvae.child_process",
        "tvae.time_budget",
    ),
    (
        "tvae.data",
        "tvae.triplets",
        "tvae.models",
        "tvae.losses",
        "tvae.compiled",
        "tvae.arms",
        "tvae.step_kernels",
        "tvae.plain_step",
        "tvae.sparse_kernels",
        "tvae.compiled_gradients",
        "tvae.fast_step",
        "tvae.float32_step",
        "tvae.bfloat16_step",
        "tvae.stacked_step",
        "tvae.metrics",
        "tvae.grouped_means",
        "tvae.triplet_kernels",
        "tvae.triplet_accuracy",
        "tvae.triplet_curve",
        "tvae.triplet_search",
        "tvae.projections",
        "tvae.alignment",
        "tvae.fidelity",
        "tvae.layout_files",
        "tvae.layout_kernels",
        "tvae.tsne",
        "tvae.umap",
        "tvae.neighbours",
        "tvae.paths",
        "tvae.placing",
        "tvae.votes",
        "tvae.uploads",
        "tvae.strokes",
        "tvae.ink_text",
        "tvae.arm_maps",
        "tvae.digit_preparation",
        "tvae.generation",
        "tvae.sample_quality",
        "tvae.traversals",
        "tvae.decode_anywhere",
        "tvae.confusable",
        "tvae.example_rows",
        "tvae.changes",
        "tvae.groups",
        "tvae.selection",
        "tvae.train_command",
        "tvae.run_changes",
        "tvae.run_zip",
    ),
    (
        "tvae.checkpoints",
        "tvae.decoding",
        "tvae.judges",
        "tvae.interpolation",
        "tvae.new_image",
        "tvae.imagining",
        "tvae.reconstruction_errors",
        "tvae.training",
        "tvae.evaluation",
        "tvae.model_cards",
        "tvae.reweighing",
        "tvae.resume_file",
        "tvae.warm_start",
        "tvae.live_accuracy",
        "tvae.lessons",
        "tvae.run_intake",
    ),
    (
        "tvae.job_files",
        "tvae.idle_workers",
        "tvae.job_queue",
        "tvae.job_teller",
        "tvae.jobs",
        "tvae.worker",
        "tvae.recording",
        "tvae.cli",
        "tvae.__main__",
        "tvae.projector",
        "tvae.projector_process",
        "tvae.judge_training",
    ),
    ("tvae.ui",),
)
"""The floors, from the ground up; a folder stands for all that is in it."""


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(path: Path) -> set[str]:
    """Modules that a file imports anywhere, in functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


def floor_of(module: str) -> int | None:
    """The floor that a module stands on; the package itself, which holds but the version, is under all."""
    for floor, members in enumerate(FLOORS):
        for member in members:
            if module == member or (member != "tvae" and module.startswith(member + ".")):
                return floor
    return None


def violations(root: Path) -> list[str]:
    """What a package of this layout does against its rules."""
    found = []
    for path in sorted(root.rglob("*.py")):
        module = module_name(path, root)
        floor = floor_of(module)
        if floor is None:
            found.append(f"{module} stands on no floor")
            continue
        for name in imported(path):
            head = name.split(".")[0]
            if head in ("streamlit", "plotly") and floor < len(FLOORS) - 1:
                found.append(f"{module} imports {name}")
            if head in ("pages", "streamlit_app"):
                found.append(f"{module} imports the page {name}")
            if head == "torchvision" and not module.startswith("tvae.data."):
                found.append(f"{module} imports torchvision")
            if head == "tvae" and (target := floor_of(name)) is not None and target > floor:
                found.append(f"{module} (floor {floor}) imports {name} (floor {target})")
    return found


def test_imports_go_downward():
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("metrics.py", "import streamlit", "tvae.metrics imports streamlit"),
        ("training.py", "def f():\n    from plotly import express", "tvae.training imports plotly"),
        ("losses.py", "from tvae.training import train", "tvae.losses (floor 1) imports tvae.training (floor 2)"),
        ("ui/frame.py", "import streamlit_app", "tvae.ui.frame imports the page streamlit_app"),
        ("models.py", "import torchvision", "tvae.models imports torchvision"),
        ("helpers.py", "", "tvae.helpers stands on no floor"),
    ],
)
def test_a_planted_violation_is_found(tmp_path, file, line, said):
    target = tmp_path / "tvae" / file
    target.parent.mkdir(parents=True)
    target.write_text(line)
    assert violations(tmp_path / "tvae") == [said]


@pytest.mark.parametrize("module", ["tvae.ui.cached", "tvae.cli", "tvae.checkpoints", "tvae.projections"])
def test_what_the_first_page_needs_imports_no_heavy_library(module):
    heavy = {"torch", "sklearn", "umap", "numba", "torchvision"}
    script = f"import sys, {module}; print(*({heavy!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
