"""The README: its tree names every room once, its example runs, its commands and numbers are the program's."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from tvae.cli.parsing import COMMANDS
from tvae.runs.run import read_metrics

ROOT = Path(__file__).parents[1]
FRAMES = ("show_page", "show_page_of_all", "show_page_of_spaces", "show_encoded_page", "show_page_without_run")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tree_names_the_rooms():
    tree = README.split("## How the code is laid out")[1].split("\n## ")[0]
    named = re.findall(r"^ {6}(\S+)  +\S", tree, re.MULTILINE)
    rooms = {f"{path.parent.name}/" for path in (ROOT / "tvae").glob("*/__init__.py")}
    files = {"errors.py", "config.py"}
    assert sorted(named) == sorted(rooms | files)


def test_the_table_of_pages_has_each_page_s_own_question():
    rows = []
    for path in sorted((ROOT / "pages").glob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        (opening,) = [call for call in calls if ast.unparse(call.func) in FRAMES]
        title, question = [ast.literal_eval(argument) for argument in opening.args[:2]]
        rows.append(f"| {title} | {question.format(images='images', an_image='an image')} |")
    table = README.split("## What you can ask")[1].split("\n## ")[0].strip().splitlines()
    assert table[2:] == rows


def shipped_arms(name: str) -> dict[str, Any]:
    metrics = read_metrics(ROOT / "checkpoints" / name)
    assert metrics is not None
    return metrics["arms"]


def test_the_python_example_runs(monkeypatch, capsys):
    """From the clone's top level, as the README is read; its numbers are those of the shipped run."""
    monkeypatch.chdir(ROOT)
    example, in_jupyter = re.findall(r"^```python\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    *accuracies, shape = capsys.readouterr().out.splitlines()
    arms = shipped_arms("digits")
    for arm, line in zip(arms, accuracies, strict=True):
        measured = arms[arm]["triplet_accuracy"]
        assert line == f"{arm}: {measured['0']:.2%} at m = 0, {measured['0.1']:.2%} at m = 0.1"
    assert shape == "(359, 2)"
    exec(compile(in_jupyter, "README.md", "exec"), {})


def test_the_command_line_block_names_every_command():
    """`jobs start` stands for its fellows, which the comment beside it names."""
    text = README.split("## From the command line")[1].split("\n## ")[0]
    for name in COMMANDS:
        assert name.split(" ")[-1] in text, name


def test_the_result_is_the_shipped_run_s():
    arms = shipped_arms("mnist")
    for arm, numbers in arms.items():
        cells = [f"{100 * numbers['triplet_accuracy'][m]:.2f} %" for m in ("0", "0.1", "0.5")]
        row = " | ".join([arm.upper(), *cells, f"{numbers['reconstruction']:.2f}", f"{numbers['kl']:.2f}"])
        assert f"| {row} |" in README
