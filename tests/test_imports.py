"""Imports go strictly downward, room by room; the check itself is shown to fail on planted violations."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tvae"

FLOORS = (
    ("tvae.errors", "tvae.version", "tvae.glossary"),
    ("tvae.config", "tvae.system"),
    ("tvae.data", "tvae.metrics", "tvae.model"),
    ("tvae.training", "tvae.maps", "tvae.explore"),
    ("tvae.runs",),
    ("tvae.jobs", "tvae.figures", "tvae.linked_map"),
    ("tvae.sweeps", "tvae.notebook"),
    ("tvae", "tvae.export"),
    ("tvae.cli", "tvae.ui"),
    ("tvae.__main__",),
)
"""The rooms, from the ground up. `tvae` is the package's public face; no room imports it."""

UI_FLOORS = (
    ("tvae.ui.style", "tvae.ui.address", "tvae.ui.unexpected_errors"),
    ("tvae.ui.session",),
    ("tvae.ui.requests",),
    ("tvae.ui.images", "tvae.ui.own_files"),
    ("tvae.ui.components",),
    ("tvae.ui.cached",),
    (
        "tvae.ui.run_images",
        "tvae.ui.page_links",
        "tvae.ui.measured",
        "tvae.ui.sign_in",
        "tvae.ui.page_after_sign_in",
        "tvae.ui.take_away",
    ),
    ("tvae.ui.judging",),
    ("tvae.ui.choices", "tvae.ui.maps"),
    ("tvae.ui.training",),
    (
        "tvae.ui.overview",
        "tvae.ui.triplets",
        "tvae.ui.which_weight",
        "tvae.ui.reconstructions",
        "tvae.ui.interpolation",
        "tvae.ui.generation",
        "tvae.ui.own_digit",
        "tvae.ui.your_data",
        "tvae.ui.embeddings",
        "tvae.ui.sweep",
    ),
    ("tvae.ui.lesson",),
    ("tvae.ui.page", "tvae.ui.server"),
)
"""The rooms inside `tvae.ui`, from the ground up."""

ALLOWED = {
    "streamlit": ("tvae.ui",),
    "plotly": ("tvae.ui", "tvae.figures"),
    "torchvision": ("tvae.data",),
    "torch": (
        "tvae.data",
        "tvae.model",
        "tvae.training",
        "tvae.explore",
        "tvae.runs",
        "tvae.jobs",
        "tvae.export",
        "tvae.cli",
    ),
}
"""The rooms that may import a library; all other libraries are free."""


class Package:
    """The modules of a package folder and what each imports.

    Attributes:
        modules: every module by its dotted name.
        imports: for each module, the dotted names that it imports anywhere, in functions too. `from PACKAGE import
            NAME` counts as PACKAGE.NAME where that is a module.
        private: for each module, names with a leading underscore that it takes from another module.
    """

    def __init__(self, root: Path) -> None:
        self.modules = {module_name(path, root): path for path in sorted(root.rglob("*.py"))}
        self.imports: dict[str, set[str]] = {}
        self.private: dict[str, set[str]] = {}
        for module, path in self.modules.items():
            self.imports[module], self.private[module] = self._imports_of(module, path)

    def _imports_of(self, module: str, path: Path) -> tuple[set[str], set[str]]:
        imported, private = set(), set()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        aliases = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module, f"{module}: relative import"
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    imported.add(full if full in self.modules else node.module)
                    if full in self.modules:
                        aliases[alias.asname or alias.name] = full
                    if alias.name.startswith("_") and node.module.split(".")[0] == "tvae":
                        private.add(full)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.startswith("_"):
                owner = aliases.get(node.value.id)
                if owner is not None and not node.attr.startswith("__"):
                    private.add(f"{owner}.{node.attr}")
        return imported, private


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def room_of(module: str, floors: tuple[tuple[str, ...], ...]) -> tuple[str, int] | None:
    """The room that holds a module, and its floor. `tvae` is a room of one module."""
    for floor, rooms in enumerate(floors):
        for room in rooms:
            if module == room or (room != "tvae" and module.startswith(room + ".")):
                return room, floor
    return None


def violations(root: Path) -> list[str]:
    """Each import that breaks a rule, as one line."""
    package = Package(root)
    lines = []
    for module, imported in package.imports.items():
        if room_of(module, FLOORS) is None:
            lines.append(f"{module} is in no room")
            continue
        for name in sorted(imported):
            head = name.split(".")[0]
            if head in ALLOWED and not any(module == r or module.startswith(r + ".") for r in ALLOWED[head]):
                lines.append(f"{module} imports {head}")
            if head in ("pages", "streamlit_app"):
                lines.append(f"{module} imports the page {name}")
            if head == "tvae":
                lines += upward(module, name, FLOORS)
                if module.startswith("tvae.ui.") and name.startswith("tvae.ui."):
                    lines += upward(module, name, UI_FLOORS)
        lines += [f"{module} imports the private name {name}" for name in sorted(package.private[module])]
    return lines + cycles(package.imports)


def upward(module: str, name: str, floors: tuple[tuple[str, ...], ...]) -> list[str]:
    """The import as a violation where it goes to another room that is not on a lower floor."""
    source, target = room_of(module, floors), room_of(name, floors)
    if source is None:
        return [f"{module} is in no room"]
    if target is None or source[0] == target[0] or target[1] < source[1]:
        return []
    return [f"{module} (floor {source[1]}) imports {name} (floor {target[1]})"]


def cycles(imports: Mapping[str, set[str]]) -> list[str]:
    """The first cycle among modules, as one line."""
    inside = {module: {name for name in names if name in imports} - {module} for module, names in imports.items()}
    try:
        graphlib.TopologicalSorter(inside).prepare()
    except graphlib.CycleError as error:
        return ["cycle: " + " -> ".join(error.args[1])]
    return []


def test_imports_go_downward():
    assert violations(PACKAGE) == []


def test_no_room_is_crowded():
    for folder in {path.parent for path in PACKAGE.rglob("*.py")}:
        assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 20, folder


def test_nobody_outside_the_package_imports_a_private_name():
    """Pages, tests and benchmarks use what the modules offer."""
    package = Package(PACKAGE)
    for folder in ("pages", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module in package.modules:
                    assert [a.name for a in node.names if a.name.startswith("_")] == [], path


@pytest.mark.parametrize(
    ("file", "line", "violation"),
    [
        ("metrics/scores.py", "import streamlit", "tvae.metrics.scores imports streamlit"),
        ("training/loop.py", "def f():\n    from plotly import express", "tvae.training.loop imports plotly"),
        ("figures/bars.py", "import streamlit", "tvae.figures.bars imports streamlit"),
        ("metrics/scores.py", "import torch", "tvae.metrics.scores imports torch"),
        ("model/vae.py", "import torchvision", "tvae.model.vae imports torchvision"),
        ("ui/page.py", "import streamlit_app", "tvae.ui.page imports the page streamlit_app"),
        ("helpers.py", "", "tvae.helpers is in no room"),
        ("ui/helpers.py", "from tvae.ui.style import colours", "tvae.ui.helpers is in no room"),
        (
            "model/losses.py",
            "from tvae.training.loop import train",
            "tvae.model.losses (floor 2) imports tvae.training.loop (floor 3)",
        ),
        (
            "metrics/neighbours.py",
            "from tvae.maps.umap import curve",
            "tvae.metrics.neighbours (floor 2) imports tvae.maps.umap (floor 3)",
        ),
        (
            "data/split.py",
            "from tvae.metrics.triplet_search import worst_triplets",
            "tvae.data.split (floor 2) imports tvae.metrics.triplet_search (floor 2)",
        ),
        ("model/losses.py", "from tvae import ui", "tvae.model.losses (floor 2) imports tvae.ui (floor 8)"),
        (
            "ui/style/captions.py",
            "from tvae.ui import cached",
            "tvae.ui.style.captions (floor 0) imports tvae.ui.cached (floor 5)",
        ),
        (
            "jobs/jobs.py",
            "from tvae.config import _require_real",
            "tvae.jobs.jobs imports the private name tvae.config._require_real",
        ),
        (
            "jobs/jobs.py",
            "from tvae.runs import run\nrun._json_of(0)",
            "tvae.jobs.jobs imports the private name tvae.runs.run._json_of",
        ),
    ],
)
def test_a_planted_violation_is_found(tmp_path, file, line, violation):
    root = tmp_path / "tvae"
    for name in ("__init__.py", "ui/__init__.py", "ui/cached.py", "ui/style/__init__.py", "runs/run.py", file):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / file).write_text(line)
    assert violations(root) == [violation]


def test_a_planted_cycle_inside_a_room_is_found(tmp_path):
    root = tmp_path / "tvae" / "maps"
    root.mkdir(parents=True)
    (root / "pca.py").write_text("from tvae.maps.tsne import fit")
    (root / "tsne.py").write_text("def f():\n    from tvae.maps import pca")
    (found,) = violations(tmp_path / "tvae")
    assert found.startswith("cycle: ") and "tvae.maps.pca" in found


@pytest.mark.parametrize(
    "module",
    ["tvae", "tvae.ui.cached", "tvae.cli.parsing", "tvae.runs.run", "tvae.runs.history", "tvae.maps.projection"],
)
def test_what_the_first_page_needs_imports_no_heavy_library(module):
    heavy = {"torch", "sklearn", "umap", "numba", "torchvision"}
    script = f"import sys, {module}; print(*({heavy!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
