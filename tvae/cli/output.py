"""Output of the commands: results, tables, progress bars, errors."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tvae.metrics.anchor_sample import counted_triplets
from tvae.metrics.measurable import number_text, percent_text
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.run import anchor_sample_of
from tvae.runs.triplets.words import GIVEN_PARTS, given_text, share_text
from tvae.training.rank import prints

if TYPE_CHECKING:  # torch is imported by the commands that need it, when they need it
    from tvae.jobs.doctor import Finding
    from tvae.training.loop import Report


def print_error(line: str) -> None:
    """Print one line on standard error; of several processes that train one run, the first alone does."""
    if not prints():
        return
    sys.stderr.write("tvae: " + " ".join(line.split()) + "\n")


def print_table(table: Table) -> None:
    """Print a table on standard output, as wide as the terminal."""
    Console().print(table)


def progress_bar(*columns: ProgressColumn) -> Progress:
    """A progress bar on standard error, drawn only at a terminal: standard output holds only the result."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not (console.is_terminal and prints()))


@contextlib.contextmanager
def download_progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A function that shows the bytes of each download; nothing is drawn before its first call."""
    bar = progress_bar(TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    tasks: dict[str, TaskID] = {}

    def show(description: str, done: int, total: int | None) -> None:
        if not tasks:
            bar.start()
        if description not in tasks:
            tasks[description] = bar.add_task(description)
        bar.update(tasks[description], completed=done, total=total)

    try:
        yield show
    finally:
        if tasks:
            bar.stop()


class TrainingProgress:
    """A progress bar for each of the two phases of a run, where a person watches."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[at]}"),
        )
        self._bar = progress_bar(*columns)
        self._training = self._bar.add_task("training, 1 of 2", total=None, at="")
        self._measuring: TaskID | None = None

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, report: Report) -> None:
        """Show the progress of training."""
        losses = "  ".join(
            f"{name}: rec {arm.reconstruction:.1f} kl {arm.kl:.1f} triplet {arm.triplet:.3f}"
            for name, arm in list(report.arms.items())[:2]
        )
        at = f"epoch {report.epoch:.1f}  {losses}"
        self._bar.update(self._training, completed=report.step, total=report.steps, at=at)

    def show_measured(self, share: float) -> None:
        """Show how much of the measuring is done, from 0 to 1."""
        if self._measuring is None:
            self._measuring = self._bar.add_task("measuring, 2 of 2", total=1.0, at="")
        self._bar.update(self._measuring, completed=share)


VERDICT_MARKS = {"right": "ok", "better": "could be better", "wrong": "WRONG"}
"""The doctor's verdicts as its lines begin."""


def print_findings(found: Sequence[Finding]) -> None:
    """Print a line for each finding of the doctor, with what to do below it."""
    for finding in found:
        print(f"{VERDICT_MARKS[finding.verdict]}: {finding.subject}: {finding.text}")
        if finding.advice:
            print(f"    {finding.advice}")


METRIC_NAMES = {
    "reconstruction": "squared error an image",
    "kl": "KL, nats",
    "active_units": "active units",
    "knn_accuracy": "1-NN accuracy",
    "knn_accuracy_5": "5-NN accuracy",
    "map_at_r": "MAP@R",
    "silhouette": "silhouette",
}
"""Rows of the table of metrics below triplet accuracy."""


def print_metrics(metrics: dict[str, Any], as_json: bool) -> None:
    """Print what `tvae.runs.evaluation.evaluate` measured, as one JSON object or as a table with a column an arm."""
    if as_json:
        print(json.dumps(metrics))
        return
    arms = metrics["arms"]
    title = f"{metrics['dataset']}, {metrics['split']} split, n = {metrics['n']:,}, seed {metrics['seed']}"
    if "notion" in metrics:  # metrics kept by older versions lack it
        title += f", judged by {metrics['notion']}"
    table = Table("", *arms, title=Text(title), title_justify="left")
    margins = list(next(iter(arms.values()))["triplet_accuracy"])
    for margin in margins:
        shares = [percent_text(arm["triplet_accuracy"][margin]) for arm in arms.values()]
        table.add_row(f"triplet accuracy, margin {margin}", *shares)
    if any("own_notion" in arm for arm in arms.values()):
        own = [arm.get("own_notion") for arm in arms.values()]
        shares = ["" if o is None else f"{percent_text(o['triplet_accuracy'][margins[0]])} {o['notion']}" for o in own]
        table.add_row(f"by its own notion, margin {margins[0]}", *map(Text, shares))
    if all("balanced_triplet_accuracy" in arm for arm in arms.values()):  # metrics kept by older versions lack it
        balanced = [percent_text(arm["balanced_triplet_accuracy"][margins[0]]) for arm in arms.values()]
        table.add_row(f"mean over classes, margin {margins[0]}", *balanced)
    for key, name in METRIC_NAMES.items():
        table.add_row(name, *[number_text(arm[key]) for arm in arms.values()])
    for part, name in GIVEN_PARTS.items() if "given_triplets" in metrics else ():
        for margin in next(iter(arms.values()))["given_triplets"][part]["accuracy"]:
            cells = [share_text(arm["given_triplets"][part], margin) for arm in arms.values()]
            table.add_row(f"given triplets, {name}, m = {margin}", *cells)
    print_table(table)
    if "given_triplets" in metrics:
        print(given_text(metrics["given_triplets"]))
    first = next(iter(arms.values()))
    sample = anchor_sample_of(first)
    if sample is not None:
        error = 100 * max(max(arm["triplet_accuracy_error"].values()) for arm in arms.values())
        counted = counted_triplets(first["triplets"], sample)
        print(f"triplet accuracy: counted over {counted}; standard errors are at most {error:.2g} points")
    for warning in collapse_warnings(metrics, {arm: arm.upper() for arm in arms}).values():
        print(warning)
