"""What each command does."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tvae.cli.app import run_app
from tvae.config import PRESETS, DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.errors import InputError
from tvae.jobs.job import Job
from tvae.jobs.jobs import Jobs
from tvae.runs.encodings import read_encoding
from tvae.runs.run import Run, check_split, read_metrics, read_run
from tvae.system.array_files import npz_bytes
from tvae.system.files import write_atomically

if TYPE_CHECKING:  # torch is imported by the commands that need it, when they need it
    from tvae.data import Dataset, Split
    from tvae.data.split import SplitName
    from tvae.training.loop import Report

PROGRAM = "python -m tvae"
WATCH_SECONDS = 0.1
"""Between two looks at a run in the background."""


class NotDone(Exception):
    """A run that was watched has ended before its last step."""


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Make a data set ready and print where it came from."""

    name: tyro.conf.Positional[str]
    """mnist, fashion-mnist, kmnist or digits."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class _RunOptions:
    """What a run is to be."""

    preset: Literal["paper", "best", "ladder"] = "paper"
    """Settings to start from, which the options below change. paper: the paper's two arms; best: higher
    accuracy at a lower error, for about three times the work; ladder: twelve arms from weak to strong."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    half: bool = False
    """Keep weights and encodings in half precision: half the disk, accuracies within 0.1 points."""


@dataclass(frozen=True, kw_only=True)
class Train(_RunOptions):
    """Train a VAE and a TVAE side by side and keep the run in a folder.

    Both start from the same weights and see the same triplets and noise; the VAE's triplet weight is 0.
    """

    out: Path
    """New folder for the run."""
    json: bool = False
    """Print the metrics as one JSON object when the run ends, and no progress bar."""


@dataclass(frozen=True, kw_only=True)
class StartJob(_RunOptions):
    """Start a run in the background, or queue it, and print its id; its folder is $TVAE_RUNS/ID.

    TVAE_RUNS names the folder of runs (default: the user's data folder). One run trains at a time, or as many as
    TVAE_RUNS_AT_ONCE says; the rest wait in order.
    """

    name: str = ""
    """What to call it."""
    seconds: float | None = None
    """Train for about this long, if its epochs aren't over sooner."""
    start_from: Path | None = None
    """Folder of a run whose weights to begin with (default: from scratch)."""


@dataclass(frozen=True, kw_only=True)
class ListJobs:
    """List the runs in the background, newest first."""

    json: bool = False
    """Print one JSON array: id, state, reason, step and steps of each."""


@dataclass(frozen=True, kw_only=True)
class WatchJob:
    """Watch a run until it ends; leaving (Ctrl-C) leaves it running.

    The exit status is 0 if the run is then done, else 1.
    """

    id: tyro.conf.Positional[str]
    """As `jobs list` shows it."""


@dataclass(frozen=True, kw_only=True)
class StopJob:
    """Stop a run, keep what it has, and wait until it has ended."""

    id: tyro.conf.Positional[str]
    """As `jobs list` shows it."""


@dataclass(frozen=True, kw_only=True)
class ResumeJob:
    """Have a run go on that is paused, or was stopped, interrupted or failed: to the same result as without a break."""

    id: tyro.conf.Positional[str]
    """As `jobs list` shows it."""


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Measure a run's arms: exact triplet accuracy over all triplets, reconstruction, KL, nearest neighbours."""

    run: tyro.conf.Positional[Path]
    """Folder of the run, such as checkpoints/mnist."""
    margins: tuple[float, ...] = (0.0, 0.1, 0.2, 0.5, 1.0)
    """Margins at which triplet accuracy is counted."""
    split: Literal["train", "test"] = "test"
    """Which images."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    json: bool = False
    """Print one JSON object instead of a table."""


@dataclass(frozen=True, kw_only=True)
class Encode:
    """Write the posterior means of a split: an .npz with one array (n, latent) an arm, and the labels."""

    run: tyro.conf.Positional[Path]
    """Folder of the run."""
    out: Path
    """The .npz file to write."""
    split: Literal["train", "test"] = "test"
    """Which images."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class Layouts:
    """Compute the PCA, t-SNE and UMAP layouts that the app shows first, and keep them in the run's folder."""

    run: tyro.conf.Positional[Path]
    """Folder of the run."""


@dataclass(frozen=True, kw_only=True)
class TrainJudge:
    """Train the classifier that says which class the app's samples show, on the run's training images."""

    run: tyro.conf.Positional[Path]
    """Folder of a run on these images; its arms play no part."""
    out: Path | None = None
    """Folder to keep it in (default: the user's data folder, where the app looks)."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class App:
    """Start the app and open it in the browser; further options go to Streamlit, as in `app --server.port 8600`."""

    streamlit_options: tyro.conf.Positional[tuple[str, ...]] = ()
    """As `streamlit run --help` lists them."""


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit status: 0, or 2 for wrong input, with one line on standard error."""
    try:
        return _dispatch(list(arguments))
    except InputError as error:
        _complain(str(error))
        return 2
    except OSError as error:
        _complain(f"{error.filename or 'file system'}: {error.strerror or error}")
        return 2
    except (ArithmeticError, NotDone) as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        _complain("stopped; what was saved stands")
        return 130


def _complain(line: str) -> None:
    sys.stderr.write("tvae: " + " ".join(line.split()) + "\n")


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(f"usage: {PROGRAM} COMMAND [options]   ({PROGRAM} COMMAND --help tells a command's options)\n")
        for name, (options, _) in COMMANDS.items():
            print(f"  {name:<12} {(options.__doc__ or '').splitlines()[0]}")
        return 0
    words = 2 if arguments[0] in ("data", "jobs") else 1
    name = " ".join(arguments[:words])
    if name not in COMMANDS:
        raise InputError(f"unknown command {name!r}; known are {', '.join(COMMANDS)}")
    options, action = COMMANDS[name]
    rest = arguments[words:]
    if options is App and not {"-h", "--help"} & set(rest):
        rest = ["--", *rest]  # Streamlit's own options, which our parser doesn't know
    parsed = parse(options, name, rest)
    if parsed is not None:
        action(parsed, arguments)
    return 0


def parse(options: type, name: str, arguments: list[str]) -> Any:
    """The command's options, or None where its help was asked for.

    Raises:
        InputError: with the parser's own words, out of the frame that it draws around them.
    """
    default = _preset_defaults(options, arguments) if issubclass(options, _RunOptions) else None
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(options, prog=f"{PROGRAM} {name}", args=arguments, default=default)
    except SystemExit as end:
        if end.code in (0, None):
            return None
        raise InputError(_one_line(complaint.getvalue())) from None


def _one_line(frame: str) -> str:
    """The first paragraph of a framed message, and the option it names where it suggests one.

    The frame is a title, then paragraphs with a rule between; it is drawn with lines or, where a terminal has none,
    with dashes and no sides.
    """
    paragraphs: list[list[str]] = [[]]
    for line in frame.splitlines()[1:]:
        words = line.strip("│ ")
        if set(words) <= set("─-╰╯"):
            paragraphs.append([])
        else:
            paragraphs[-1].append(words)
    said, *hints = [paragraph for paragraph in paragraphs if paragraph]
    line = re.sub(r"^Error parsing [\w.]+: (?=[\w.-]+: )", "", " ".join(said))  # our messages name the field themselves
    options = [hint[1] for hint in hints if hint[0] in ("Perhaps you meant:", "Argument helptext:") and len(hint) > 1]
    return f"{line}; expected {options[0]}" if options else line


def _preset_defaults(options: type[_RunOptions], arguments: list[str]) -> Any:
    """A run starts from the preset that its arguments name; the parser itself refuses an unknown one."""
    named = [after for word, after in itertools.pairwise(arguments) if word == "--preset"]
    named += [word.removeprefix("--preset=") for word in arguments if word.startswith("--preset=")]
    preset = PRESETS.get(named[-1] if named else "paper")
    if preset is None:
        return None
    loss = list(preset.arms.values())[-1]
    where = {"out": tyro.MISSING} if options is Train else {}
    return options(**where, data=preset.data, model=preset.model, loss=loss, train=preset.train)


def _fetch(options: Fetch, arguments: Sequence[str]) -> None:
    print(_dataset(options.name, options.dir).source)


def _train(options: Train, arguments: Sequence[str]) -> None:
    config = run_config(options)
    from tvae.runs.recording import claim_folder, record
    from tvae.training.loop import resolve_device

    resolve_device(config.train.device)  # what can't be trained leaves no folder behind
    claim_folder(options.out)
    dataset = _dataset(config.data.name, options.dir)
    reports = record(config, dataset, options.out, f"{PROGRAM} {shlex.join(arguments)}", half=options.half)
    warned: set[str] = set()
    for report in reports if options.json else _watched(reports):
        for warning in report.warnings:
            arm = warning.split(":")[0]
            if arm not in warned:  # once an arm: it seldom comes back, and each step would say so
                warned.add(arm)
                _complain(f"step {report.step}: {warning}")
    metrics = read_metrics(options.out)
    if metrics is not None:
        _show_metrics(metrics, options.json)


def _start_job(options: StartJob, arguments: Sequence[str]) -> None:
    run_id = Jobs().start(
        run_config(options),
        None,
        name=options.name,
        seconds=options.seconds,
        start_from=None if options.start_from is None else read_run(options.start_from),
        half=options.half,
        data_folder=options.dir,
        command=f"{PROGRAM} {shlex.join(arguments)}",
    )
    print(run_id)


def _list_jobs(options: ListJobs, arguments: Sequence[str]) -> None:
    jobs = Jobs()
    found = jobs.runs()
    if options.json:
        told = [
            {"id": job.id, "state": job.state, "reason": job.reason, "step": job.step, "steps": job.steps}
            for job in found
        ]
        print(json.dumps(told))
        return
    if not found:
        print(f"no runs in {jobs.folder}; `{PROGRAM} jobs start` starts one")
        return
    table = Table("id", "name", "state", "done", "trained", "")
    for job in found:
        state = f"{job.state}, place {job.place}" if job.place else job.state
        table.add_row(job.id, Text(job.name), state, f"{job.share:.0%}", f"{job.seconds:,.0f} s", Text(job.reason))
    Console().print(table)


def _watch_job(options: WatchJob, arguments: Sequence[str]) -> None:
    jobs = Jobs()
    job = jobs.run(options.id)
    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, **_SHOWN) as bar:
        task = bar.add_task("", total=1.0)
        while not job.over:
            waits = f"place {job.place} in the queue" if job.place else job.phase
            bar.update(task, completed=job.share, description=f"{waits}, epoch {job.epoch:.1f}")
            time.sleep(WATCH_SECONDS)
            job = jobs.run(options.id)
    print(_ended(job))
    metrics = read_metrics(job.folder)
    if job.state != "done" or metrics is None:
        raise NotDone(job.reason or job.state)
    _show_metrics(metrics, as_json=False)


def _stop_job(options: StopJob, arguments: Sequence[str]) -> None:
    jobs = Jobs()
    jobs.stop(options.id, None)
    while not (job := jobs.run(options.id)).over:
        time.sleep(WATCH_SECONDS)
    print(_ended(job))


def _resume_job(options: ResumeJob, arguments: Sequence[str]) -> None:
    jobs = Jobs()
    jobs.resume(options.id, None)
    print(f"{options.id}: {jobs.run(options.id).state}")


def _ended(job: Job) -> str:
    why = f" ({job.reason})" if job.reason else ""
    return f"{job.id}: {job.state}{why} at step {job.step:,} of {job.steps:,}"


def run_config(options: _RunOptions) -> RunConfig:
    """The run of these options: two arms, or the arms of a preset that has more.

    Raises:
        InputError: a loss is given to a preset that sets the losses of its arms itself.
    """
    preset = PRESETS[options.preset]
    arms = vae_and_tvae(options.loss)
    if preset.arms.keys() != arms.keys():
        if options.loss != list(preset.arms.values())[-1]:
            raise InputError(f"--loss: preset {options.preset!r} sets the losses of its {len(preset.arms)} arms itself")
        arms = preset.arms
    return RunConfig(data=options.data, model=options.model, train=options.train, arms=arms)


def _evaluate(options: Evaluate, arguments: Sequence[str]) -> None:
    from tvae.runs.evaluation import encode_split, evaluate

    run = read_run(options.run)
    split = _split(run, options.split, options.dir)
    _show_metrics(evaluate(run, encode_split(run, split), options.margins), options.json)


def _encode(options: Encode, arguments: Sequence[str]) -> None:
    from tvae.runs.evaluation import encode_split

    run = read_run(options.run)
    encoding = encode_split(run, _split(run, options.split, options.dir))
    write_atomically(options.out, npz_bytes({**encoding.means, "labels": encoding.labels}))
    print(f"{options.out}: means of {len(encoding.labels):,} {options.split} images from {', '.join(encoding.arms)}")


def _layouts(options: Layouts, arguments: Sequence[str]) -> None:
    from tvae.maps.layout_files import write_layout
    from tvae.maps.parameters import METHODS
    from tvae.maps.projection import ProjectionRequest, layout

    run = read_run(options.run)
    encoding = read_encoding(run, "test")
    if encoding is None:
        raise InputError(f"{options.run}: holds no encoding of the test split; a run writes it when it ends")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, **_SHOWN) as bar:
        for name in METHODS:
            task = bar.add_task(name, total=1.0)
            request = ProjectionRequest(means=encoding.means, parameters=METHODS[name](), labels=encoding.labels)
            made = layout(request, lambda share, phase, task=task: bar.update(task, completed=share))
            path = write_layout(made, run.folder / "layouts")
            bar.update(task, completed=1.0)
            told = ", ".join(f"{arm} {measure.trustworthiness:.3f}" for arm, measure in made.fidelity.items())
            print(f"{path}: {name}, trustworthiness {told}")


def _judge(options: TrainJudge, arguments: Sequence[str]) -> None:
    from tvae.explore.classifier import classifier_path, write_classifier
    from tvae.explore.classifier_training import trained_classifier
    from tvae.system.user_folders import default_classifiers_folder

    run = read_run(options.run)
    splits = {name: _split(run, name, options.dir) for name in ("train", "test")}
    classifier = trained_classifier(splits["train"])
    path = classifier_path(options.out or default_classifiers_folder(), splits["train"].fingerprint)
    write_classifier(path, classifier)
    test = splits["test"]
    right = (classifier.classes(classifier.features(test.images)) == test.labels).mean()
    print(f"{path}: right on {100 * right:.2f} % of {len(test):,} test images")


def _app(options: App, arguments: Sequence[str]) -> None:
    run_app(options.streamlit_options)


def _dataset(name: str, folder: Path | None) -> Dataset:
    """The data set, with a bar while it is fetched."""
    from tvae.data import load_dataset

    with _fetch_progress() as show:
        return load_dataset(name, folder, progress=show)


def _split(run: Run, name: SplitName, folder: Path | None) -> Split:
    """A split of the run's own data.

    Raises:
        InputError: the data at hand are not those that the run was trained on.
    """
    from tvae.data import load_split

    with _fetch_progress() as show:
        split = load_split(run.config.data.name, name, folder, download=True, progress=show)
    check_split(run, split)
    return split


@contextlib.contextmanager
def _fetch_progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """Something to tell of bytes fetched; draws nothing until it is told of some."""
    bar = Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), **_SHOWN)
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int | None) -> None:
        if not tasks:
            bar.start()
        if what not in tasks:
            tasks[what] = bar.add_task(what)
        bar.update(tasks[what], completed=done, total=total)

    try:
        yield show
    finally:
        if tasks:
            bar.stop()


def _watched(reports: Iterator[Report]) -> Iterator[Report]:
    """The reports as they come, with a bar where a person watches."""
    columns = (BarColumn(), TextColumn("epoch {task.fields[epoch]:.1f}  {task.fields[losses]}"), TimeRemainingColumn())
    with Progress(*columns, **_SHOWN) as bar:
        task = bar.add_task("", total=None, epoch=0.0, losses="")
        for report in reports:
            losses = "  ".join(
                f"{name}: rec {arm.reconstruction:.1f} kl {arm.kl:.1f} triplet {arm.triplet:.3f}"
                for name, arm in list(report.arms.items())[:2]
            )
            bar.update(task, completed=report.step, total=report.steps, epoch=report.epoch, losses=losses)
            yield report


_ASIDE = Console(stderr=True)
_SHOWN: Any = {"console": _ASIDE, "transient": True, "disable": not _ASIDE.is_terminal}
"""Progress goes to standard error, where a person watches: standard output holds the result alone."""


def _show_metrics(metrics: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(metrics))
        return
    arms = metrics["arms"]
    about = f"{metrics['dataset']}, {metrics['split']} split, n = {metrics['n']:,}, seed {metrics['seed']}"
    table = Table("", *arms, title=about, title_justify="left")
    for margin in next(iter(arms.values()))["triplet_accuracy"]:
        shares = [f"{100 * arm['triplet_accuracy'][margin]:.2f} %" for arm in arms.values()]
        table.add_row(f"triplet accuracy, margin {margin}", *shares)
    for key, words in SHOWN_METRICS.items():
        table.add_row(words, *[f"{arm[key]:,.4f}" for arm in arms.values()])
    Console().print(table)


SHOWN_METRICS = {
    "reconstruction": "squared error an image",
    "kl": "KL, nats",
    "active_units": "active units",
    "knn_accuracy": "1-NN accuracy",
    "knn_accuracy_5": "5-NN accuracy",
    "map_at_r": "MAP@R",
    "silhouette": "silhouette",
}
"""Rows of the table, beside triplet accuracy."""

COMMANDS: dict[str, tuple[type, Callable[[Any, Sequence[str]], None]]] = {
    "data fetch": (Fetch, _fetch),
    "train": (Train, _train),
    "jobs start": (StartJob, _start_job),
    "jobs list": (ListJobs, _list_jobs),
    "jobs watch": (WatchJob, _watch_job),
    "jobs stop": (StopJob, _stop_job),
    "jobs resume": (ResumeJob, _resume_job),
    "evaluate": (Evaluate, _evaluate),
    "encode": (Encode, _encode),
    "layouts": (Layouts, _layouts),
    "judge": (TrainJudge, _judge),
    "app": (App, _app),
}
"""Each command's options, and what it does."""
