"""main: reads the command and its options, runs it, turns errors into one line and an exit status."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import tyro

from tvae.cli import commands, data_commands, embeddings_commands, sweep_commands
from tvae.cli.arm_settings import without_arm_settings
from tvae.cli.options import (
    AddData,
    AddEmbeddings,
    App,
    Doctor,
    Encode,
    Evaluate,
    Export,
    Fetch,
    Layouts,
    ListData,
    ListEmbeddings,
    ListJobs,
    Push,
    RemoveData,
    RemoveEmbeddings,
    RestoreData,
    RestoreEmbeddings,
    ResumeJob,
    RunOptions,
    Seeds,
    ShareData,
    ShowData,
    StartJob,
    StopJob,
    Train,
    TrainClassifier,
    Warm,
    WatchJob,
)
from tvae.cli.output import print_error
from tvae.cli.sweep_options import CollectSweep, SearchSweep, ShowSweep, StartSweep, WorkOnSweep
from tvae.config import PRESETS
from tvae.errors import InputError
from tvae.sweeps.plan import VALIDATION_SHARE
from tvae.training.rank import rank_of_process

COMMANDS: dict[str, tuple[type, Callable[[Any, str], None]]] = {
    "data fetch": (Fetch, commands.data_fetch),
    "data add": (AddData, data_commands.data_add),
    "data list": (ListData, data_commands.data_list),
    "data show": (ShowData, data_commands.data_show),
    "data remove": (RemoveData, data_commands.data_remove),
    "data restore": (RestoreData, data_commands.data_restore),
    "data share": (ShareData, data_commands.data_share),
    "embeddings add": (AddEmbeddings, embeddings_commands.embeddings_add),
    "embeddings list": (ListEmbeddings, embeddings_commands.embeddings_list),
    "embeddings remove": (RemoveEmbeddings, embeddings_commands.embeddings_remove),
    "embeddings restore": (RestoreEmbeddings, embeddings_commands.embeddings_restore),
    "train": (Train, commands.train),
    "jobs start": (StartJob, commands.jobs_start),
    "jobs list": (ListJobs, commands.jobs_list),
    "jobs watch": (WatchJob, commands.jobs_watch),
    "jobs stop": (StopJob, commands.jobs_stop),
    "jobs resume": (ResumeJob, commands.jobs_resume),
    "sweep start": (StartSweep, sweep_commands.sweep_start),
    "sweep work": (WorkOnSweep, sweep_commands.sweep_work),
    "sweep show": (ShowSweep, sweep_commands.sweep_show),
    "sweep search": (SearchSweep, sweep_commands.sweep_search),
    "sweep collect": (CollectSweep, sweep_commands.sweep_collect),
    "evaluate": (Evaluate, commands.evaluate),
    "encode": (Encode, commands.encode),
    "export": (Export, commands.export),
    "push": (Push, commands.push),
    "seeds": (Seeds, commands.seeds),
    "layouts": (Layouts, commands.layouts),
    "classifier": (TrainClassifier, commands.classifier),
    "warm": (Warm, commands.warm),
    "doctor": (Doctor, commands.doctor),
    "app": (App, commands.app),
}
"""Each command's options and the function that runs it."""
ALIASES = {"judge": "classifier"}
"""Former names of commands; they work and are not listed."""


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit status: 0 on success, 2 for wrong input, 1 for a run that failed or a machine on which something is
        wrong, 130 after Ctrl-C. Each but 0 comes with one line on standard error.
    """
    try:
        return _dispatch(list(arguments))
    except InputError as error:
        print_error("; ".join([str(error), *getattr(error, "__notes__", ())]))
        return 2
    except OSError as error:
        print_error(f"{error.filename or 'file system'}: {error.strerror or error}")
        return 2
    except (ArithmeticError, commands.NotDone) as error:
        print_error(str(error))
        return 1
    except KeyboardInterrupt as stop:
        print_error(str(stop) or "stopped; what was saved is kept")
        return 130


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        _print_commands()
        return 0
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    words = 2 if arguments[0] in groups else 1
    name = " ".join(arguments[:words])
    name = ALIASES.get(name, name)
    if name not in COMMANDS:
        raise InputError(f"unknown command {name!r}; the commands are {', '.join(COMMANDS)}")
    if name != "train" and rank_of_process() is not None:
        raise InputError(f"{name}: torchrun starts processes for train alone; start this command without torchrun")
    options, run = COMMANDS[name]
    option_words = arguments[words:]
    if options is App and not {"-h", "--help"} & set(option_words):
        option_words = ["--", *option_words]  # Streamlit's own options, which our parser doesn't know
    parsed = parse(options, name, option_words)
    if parsed is not None:
        run(parsed, f"{commands.PROGRAM} {shlex.join(arguments)}")
    return 0


def _print_commands() -> None:
    program = commands.PROGRAM
    print(f"usage: {program} COMMAND [options]   ({program} COMMAND --help lists a command's options)\n")
    for name, (options, _) in COMMANDS.items():
        print(f"  {name:<12} {(options.__doc__ or '').splitlines()[0]}")


def parse(options: type, name: str, arguments: list[str]) -> Any:
    """The options of a command as an instance of the dataclass `options`, or None where its help was asked for.

    Raises:
        InputError: wrong options; the message is the parser's own text without the frame that it draws around it.
    """
    default, of_arms = None, {}
    if issubclass(options, RunOptions):
        of_arms, arguments = without_arm_settings(arguments)
        default = _preset_defaults(options, arguments)
    message = io.StringIO()
    try:
        with contextlib.redirect_stderr(message):
            parsed = tyro.cli(options, prog=f"{commands.PROGRAM} {name}", args=arguments, default=default)
    except SystemExit as end:
        if end.code in (0, None):
            return None
        raise InputError(_one_line(message.getvalue())) from None
    return replace(parsed, arm_settings=of_arms) if of_arms else parsed


def _one_line(framed: str) -> str:
    """The first paragraph of a framed message, and the option it names where it suggests one.

    The frame is a title, then paragraphs with a rule between; it is drawn with lines or, where a terminal has none,
    with dashes and no sides.
    """
    paragraphs: list[list[str]] = [[]]
    for line in framed.splitlines()[1:]:
        words = line.strip("│ ")
        if set(words) <= set("─-╰╯"):
            paragraphs.append([])
        else:
            paragraphs[-1].append(words)
    message, *hints = [paragraph for paragraph in paragraphs if paragraph]
    line = re.sub(r"^Error parsing [\w.]+: (?=[\w.-]+: )", "", " ".join(message))  # our messages name the option too
    options = [hint[1] for hint in hints if hint[0] in ("Perhaps you meant:", "Argument helptext:") and len(hint) > 1]
    return f"{line}; expected {options[0]}" if options else line


def _preset_defaults(options: type[RunOptions], arguments: list[str]) -> Any:
    """Defaults of a run's options: those of the preset named in the arguments; the parser refuses an unknown one."""
    names = [value for word, value in itertools.pairwise(arguments) if word == "--preset"]
    names += [word.removeprefix("--preset=") for word in arguments if word.startswith("--preset=")]
    preset = PRESETS.get(names[-1] if names else "paper")
    if preset is None:
        return None
    loss = list(preset.arms.values())[-1]
    required = {Train: {"out": tyro.MISSING}, StartSweep: {"name": tyro.MISSING}}.get(options, {})
    data = replace(preset.data, validation_share=VALIDATION_SHARE) if options is StartSweep else preset.data
    return options(**required, data=data, model=preset.model, loss=loss, train=preset.train)
