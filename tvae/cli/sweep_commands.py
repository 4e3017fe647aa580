"""Commands on sweeps: start, work, show, search, collect."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.table import Table as TextTable
from rich.text import Text

from tvae.cli.commands import NotDone, run_config
from tvae.cli.output import print_error, print_table
from tvae.cli.sweep_options import CollectSweep, SearchSweep, ShowSweep, StartSweep, WorkOnSweep
from tvae.config import PRESETS
from tvae.errors import InputError, require_int
from tvae.jobs.jobs import Jobs

if TYPE_CHECKING:  # Optuna is imported by the commands that need it
    from tvae.sweeps.study import GroupState
    from tvae.sweeps.table import Table
    from tvae.sweeps.work import Ended, Worker


def sweep_start(options: StartSweep, command: str) -> None:
    from tvae.sweeps.layout import MOST_UNASKED, Grid, checked_sweep_name, plan_of, size_in_words
    from tvae.sweeps.study import Sweep

    name = checked_sweep_name(options.name)
    if options.arm_settings:
        raise InputError("arms.NAME.SETTING: the arms of a sweep are its cells; --loss.notion is the notion of all")
    preset = PRESETS[options.preset]
    if options.train.seed != preset.train.seed:
        raise InputError("train.seed: a sweep has seeds; give them as --seeds")
    for setting in ("margin", "triplet_weight"):
        if getattr(options.loss, setting) != getattr(list(preset.arms.values())[-1], setting):
            option = {"margin": "margins", "triplet_weight": "weights"}[setting]
            raise InputError(f"loss.{setting.replace('_', '-')}: a sweep has many; give them as --{option}")
    grid = Grid(margins=options.margins, weights=options.weights, seeds=options.seeds, cells_a_run=options.cells_a_run)
    trainings = len(options.margins) * len(options.weights) * len(options.seeds)
    if trainings > MOST_UNASKED and not options.yes:
        _ask(
            f"{trainings:,} trainings of an arm are many: {len(options.margins):,} margins, {len(options.weights):,}"
            f" weights, {len(options.seeds):,} seeds"
        )
    plan = plan_of(run_config(options), grid, half=options.half, heartbeat=options.heartbeat, data_folder=options.dir)
    sweep, is_new = Sweep.start(name, plan, options.storage, Jobs().folder)
    print(f"{name}: {'laid out' if is_new else 'was laid out already'}; {size_in_words(sweep.plan)}")
    share = plan.config.data.validation_share
    if is_new and share:
        print(f"  {share:.0%} of the training images are held out to choose on (--data.validation-share)")


def sweep_work(options: WorkOnSweep, command: str) -> None:
    _finish(options, lambda worker: worker.work())


def sweep_search(options: SearchSweep, command: str) -> None:
    require_int("trials", options.trials, 1, 10_000)

    def search_on(worker: Worker) -> Ended:
        from tvae.sweeps.search import search

        return search(worker, options.trials, _say)

    _finish(options, search_on)


def sweep_show(options: ShowSweep, command: str) -> None:
    from tvae.sweeps.study import COUNTS, Sweep
    from tvae.sweeps.table import checked_margins, table_of

    margins = checked_margins(options.margins)
    sweep = Sweep.open(options.name, options.storage, Jobs().folder)
    states = sweep.states()
    table = table_of(sweep.cells, states)
    shown = {
        "sweep": sweep.name,
        "code": sweep.plan.code,
        "dataset": sweep.plan.config.data.name,
        "seeds": list(sweep.plan.seeds),
        "split": "test",
        "chosen_on": table.choosing,
        "images": sweep.study.user_attrs.get(COUNTS, {}),
        "runs": _counts(states),
        "cells": table.to_json(margins),
        "failed": [
            {"cells": list(state.group.config.arms)[1:], "seed": state.group.seed, "reason": state.reason}
            for state in states
            if state.state == "failed"
        ],
    }
    if options.json:
        print(json.dumps(shown))
    else:
        _print_table(table, shown, margins)


def sweep_collect(options: CollectSweep, command: str) -> None:
    from tvae.sweeps.collecting import collect, gather_seeds
    from tvae.sweeps.results import Results
    from tvae.sweeps.study import Sweep

    jobs = Jobs()
    sweep = Sweep.open(options.name, options.storage, jobs.folder)
    count = collect(sweep, jobs, Results(options.results, sweep.name), say=_say)
    with_seeds = gather_seeds(sweep.states(), jobs)
    print(f"{count:,} brought into {jobs.folder}; {with_seeds:,} runs there have the figures of all seeds")


def _finish(options: WorkOnSweep, train: Callable[[Worker], Ended]) -> None:
    """Work on a sweep, and put the figures of all seeds beside the runs that were trained here."""
    from tvae.sweeps.collecting import gather_seeds
    from tvae.sweeps.results import Results
    from tvae.sweeps.study import Sweep
    from tvae.sweeps.work import Worker, ends_at_signals

    jobs = Jobs()
    sweep = Sweep.open(options.name, options.storage, jobs.folder, to_work=True)
    results = None if options.results is None else Results(options.results, sweep.name)
    worker = Worker(sweep, jobs, data_folder=options.dir, results=results, say=_say)
    with ends_at_signals(worker):
        end = train(worker)
    gather_seeds(end.states, jobs)
    counts = _counts(end.states)
    line = f"{sweep.name}: {counts['done']:,} of {sum(counts.values()):,} runs are done"
    if end.told_to_end:
        raise NotDone(f"{line}; stopped, and what was saved is kept: `sweep work` goes on")
    if end.failed:
        raise NotDone(f"{line}, {len(end.failed):,} failed; the first: {end.failed[0].reason}")
    print(line)


def _ask(line: str) -> None:
    """Ask at a terminal whether this is meant.

    Raises:
        InputError: it is not, or nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise InputError(f"cells: {line}; --yes lays them out")
    print(f"{line}. Lay them out? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("cells: not laid out")


def _say(line: str) -> None:
    print(line, flush=True)


def _counts(states: list[GroupState]) -> dict[str, int]:
    words = {"done": 0, "running": 0, "waiting": 0, "failed": 0}
    for state in states:
        words["waiting" if state.state == "lost" else state.state] += 1
    return words


def _print_table(table: Table, shown: dict[str, Any], margins: list[float]) -> None:
    """Print a row for each cell, and what the figures are of."""
    of_test = f", n = {shown['images']['test']:,}" if "test" in shown["images"] else ""
    title = f"{shown['sweep']}: {shown['dataset']}, test split{of_test}, mean ± sd over seeds"
    titles = [f"% in order, m = {margin:g}" for margin in margins]
    text = TextTable("margin", "weight", "seeds", *titles, "error", "KL", "Pareto", title=Text(title))
    text.title_justify = "left"
    for row, cell in zip(table.rows, shown["cells"], strict=True):
        accuracies = [_spread_text(cell["triplet_accuracy"][f"{margin:g}"], 100) for margin in margins]
        text.add_row(
            "VAE" if row.cell is None else f"{row.cell.margin:g}",
            "" if row.cell is None else f"{row.cell.weight:g}",
            f"{len(row.by_seed)} of {len(shown['seeds'])}",
            *accuracies,
            _spread_text(cell["reconstruction"]),
            _spread_text(cell["kl"]),
            "yes" if cell["pareto"] else "",
        )
    print_table(text)
    runs = ", ".join(f"{count:,} {word}" for word, count in shown["runs"].items() if count)
    print(f"runs: {runs}; the Pareto set is chosen on the {table.choosing} split, at m = {margins[0]:g}")
    for failure in shown["failed"]:
        print_error(f"seed {failure['seed']}, {', '.join(failure['cells'])}: {failure['reason']}")


def _spread_text(spread: dict[str, Any], times: float = 1) -> str:
    if spread["mean"] is None:
        return ""
    return f"{times * spread['mean']:.2f}" + ("" if spread["sd"] is None else f" ± {times * spread['sd']:.2f}")
