"""Implementation of each command."""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from tvae.cli.app import run_app
from tvae.cli.arm_settings import values_by_arm
from tvae.cli.options import (
    App,
    Doctor,
    Encode,
    Evaluate,
    Export,
    Fetch,
    Layouts,
    ListJobs,
    Push,
    ResumeJob,
    RunOptions,
    Seeds,
    StartJob,
    StopJob,
    Train,
    TrainClassifier,
    Warm,
    WatchJob,
)
from tvae.cli.output import (
    TrainingProgress,
    download_progress,
    print_error,
    print_findings,
    print_metrics,
    print_table,
    progress_bar,
)
from tvae.config import PRESETS, DataConfig, RunConfig, vae_and_tvae
from tvae.errors import InputError
from tvae.jobs.allowance import check_settings
from tvae.jobs.foreground import held_in_foreground
from tvae.jobs.job import Job
from tvae.jobs.jobs import Jobs
from tvae.metrics.measurable import measurability_note
from tvae.runs.encodings import read_encoding
from tvae.runs.run import Run, check_split, read_metrics, read_run
from tvae.runs.triplets import TRIPLETS, read_triplets_of, with_given_triplets
from tvae.system.array_files import npz_bytes
from tvae.system.files import write_atomically
from tvae.system.user_folders import default_folder, machine_code_folders
from tvae.training.rank import Rank, rank_of_process

if TYPE_CHECKING:  # torch is imported by the commands that need it, when they need it
    from tvae.data import Dataset, Split
    from tvae.data.split import SplitName
    from tvae.data.triplets import GivenTriplets
    from tvae.runs.new_images.tables import NewImageTable
    from tvae.runs.recording import Recording
    from tvae.training.loop import Report, Training

PROGRAM = "python -m tvae"
WATCH_SECONDS = 0.1
"""Seconds between two looks at a run in the background."""


class NotDone(Exception):
    """Raised where a watched run has ended before its last step, or something is wrong with this machine."""


# Each function takes the command's options and the whole command as one line for a shell.


def data_fetch(options: Fetch, command: str) -> None:
    print(_dataset(DataConfig(name=options.name), options.dir).source)


def train(options: Train, command: str) -> None:
    config = run_config(options)
    check_settings(config)
    from tvae.export.trackers.names import check_trackers
    from tvae.export.trackers.opening import opened_trackers
    from tvae.export.trackers.tracking import Tracking, tracked
    from tvae.runs.recording import Recording, claimed_folder
    from tvae.training.loop import resolve_device

    resolve_device(config.train.device)  # what can't be trained leaves no folder behind
    check_trackers(options.log)
    rank = rank_of_process()
    if rank is not None:
        if options.log:
            raise InputError("log: torchrun's processes write no logs; leave it out, or train in one process")
        _train_among_ranks(rank, config, options, command)
        return
    # Where the data can't be had, or the labels can't be trained on, no empty folder is left.
    with claimed_folder(options.out), held_in_foreground(options.out), contextlib.ExitStack() as bar:
        dataset = _dataset_with_notes(config.data, options.dir)
        config, triplets = _with_triplets(config, options)
        progress = bar.enter_context(TrainingProgress())  # after a download, which has a bar of its own
        own_command = _without_triplet_file(command)
        recording = Recording(config, dataset, options.out, own_command, half=options.half, triplets=triplets)
        reports = recording.reports(progress.show_measured)
        if options.log:
            trackers = opened_trackers(options.log, recording.run.config, options.out, print_error)
            tracking = Tracking(trackers, recording.training.steps_per_epoch, print_error)
            reports = tracked(reports, recording, dataset.by(config.data.notion).test, tracking, print_error)
        _show(reports, progress)
    _print_metrics_of(options)


def _train_among_ranks(rank: Rank, config: RunConfig, options: Train, command: str) -> None:
    """Train a run together with the other processes that torchrun started; rank 0 keeps it and prints."""
    from tvae.jobs.ranks import recording_of_ranks, reports_of_ranks
    from tvae.training.loop import Training, resolve_device
    from tvae.training.rank_lost import RankLost
    from tvae.training.ranks import joined
    from tvae.training.steps.data_parallel import check_data_parallel

    check_data_parallel(config, rank.count)
    held = contextlib.ExitStack()

    def prepared() -> Recording | Training:
        dataset = _dataset_with_notes(config.data, options.dir)
        named, triplets = _with_triplets(config, options)
        if rank.number:
            return Training(named, dataset.by(config.data.notion).train, triplets)
        own_command = _without_triplet_file(command)
        return held.enter_context(
            recording_of_ranks(named, dataset, options.out, own_command, half=options.half, triplets=triplets)
        )

    try:
        with held:
            ranks = held.enter_context(joined(rank, resolve_device(config.train.device)))
            trained = ranks.agreed(prepared)
            progress = held.enter_context(TrainingProgress())
            _show(reports_of_ranks(ranks, trained, progress.show_measured), progress)
    except RankLost as error:  # around `held`, as `joined` raises it while it is left
        raise NotDone(f"interrupted: {error}; the same command goes on from what was saved") from error
    if rank.number == 0:
        _print_metrics_of(options)


def _dataset_with_notes(data: DataConfig, folder: Path | None) -> Dataset:
    """The data set to train on; what to know about its splits is printed."""
    from tvae.data import validation_note

    dataset = _dataset(data, folder)
    for note in (measurability_note(dataset.test.labels), validation_note(dataset)):
        if note:
            print_error(note)
    return dataset


def _show(reports: Iterable[Report], progress: TrainingProgress) -> None:
    """Train to the end, with progress, and with each arm's first warning."""
    warned_arms: set[str] = set()
    for report in reports:
        progress.show(report)
        for arm, warning in report.warnings.items():
            if arm not in warned_arms:  # once an arm: it seldom comes back, and each step would say so
                warned_arms.add(arm)
                print_error(f"step {report.step}: arm {arm}: {warning}")


def _print_metrics_of(options: Train) -> None:
    metrics = read_metrics(options.out)
    if metrics is not None:
        print_metrics(metrics, options.json)


def jobs_start(options: StartJob, command: str) -> None:
    config, triplets = _with_triplets(run_config(options), options)
    run_id = Jobs().starter.start(
        config,
        None,
        name=options.name,
        seconds=options.seconds,
        start_from=None if options.start_from is None else read_run(options.start_from),
        triplets=triplets,
        half=options.half,
        data_folder=options.dir,
        command=_without_triplet_file(command),
    )
    print(run_id)


def jobs_list(options: ListJobs, command: str) -> None:
    jobs = Jobs()
    runs = jobs.runs()
    if options.json:
        rows = [
            {"id": job.id, "state": job.state, "reason": job.reason, "step": job.step, "steps": job.steps}
            for job in runs
        ]
        print(json.dumps(rows))
        return
    if not runs:
        print(f"no runs in {jobs.folder}; `{PROGRAM} jobs start` starts one")
        return
    table = Table("id", "name", "state", "done", "trained", "")
    for job in runs:
        state = f"{job.state}, place {job.place}" if job.place else job.state
        table.add_row(job.id, Text(job.name), state, f"{job.share:.0%}", f"{job.seconds:,.0f} s", Text(job.reason))
    print_table(table)


def jobs_watch(options: WatchJob, command: str) -> None:
    jobs = Jobs()
    job = jobs.run(options.id)
    with progress_bar(BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn()) as bar:
        task = bar.add_task("", total=1.0)
        while not job.over:
            phase = f"place {job.place} in the queue" if job.place else job.phase
            bar.update(task, completed=job.share, description=f"{phase}, epoch {job.epoch:.1f}")
            time.sleep(WATCH_SECONDS)
            job = jobs.run(options.id)
    print(_end_of_job(job))
    metrics = read_metrics(job.folder)
    if job.state != "done" or metrics is None:
        raise NotDone(job.reason or job.state)
    print_metrics(metrics, as_json=False)


def jobs_stop(options: StopJob, command: str) -> None:
    jobs = Jobs()
    jobs.stop(options.id, None)
    while not (job := jobs.run(options.id)).over:
        time.sleep(WATCH_SECONDS)
    print(_end_of_job(job))


def jobs_resume(options: ResumeJob, command: str) -> None:
    jobs = Jobs()
    jobs.resume(options.id, None)
    print(f"{options.id}: {jobs.run(options.id).state}")


def evaluate(options: Evaluate, command: str) -> None:
    from tvae.runs.evaluation import encode_split, encode_triplets, evaluate

    run = read_run(options.run)
    triplets = read_triplets_of(run.folder, run.config)
    split = _split(run, options.split, options.dir)
    judged = split.by(options.notion) if options.notion else split
    metrics = evaluate(run, encode_split(run, judged), options.margins, split=judged)
    if triplets is not None:
        encoded = encode_triplets(run, _split(run, "train", options.dir), triplets)
        metrics = with_given_triplets(metrics, encoded, options.margins)
    print_metrics(metrics, options.json)


def encode(options: Encode, command: str) -> None:
    run = read_run(options.run)
    if options.images is not None:
        encode_pictures(run, options.images, options.out, options.dir)
        return
    if options.out.suffix.lower() == ".csv":
        name = options.out.name
        raise InputError(f"out: the means of a split are written as .npz, not as {name!r}; .csv is for --images")
    from tvae.runs.evaluation import encode_split

    split = _split(run, options.split, options.dir)
    encoding = encode_split(run, split)
    labels = {"labels": encoding.labels}
    if options.notion:
        labels[f"labels-{options.notion}"] = split.by(options.notion).labels
    write_atomically(options.out, npz_bytes({**encoding.means, **labels}))
    print(f"{options.out}: means of {len(encoding.labels):,} {options.split} images from {', '.join(encoding.arms)}")


def export(options: Export, command: str) -> None:
    from tvae.export.formats import FORMATS, checked_format, format_name
    from tvae.export.formats import export as write
    from tvae.export.material import gathered_material
    from tvae.export.place import check_free

    run, name = read_run(options.run), format_name(options.to)
    checked_format(name, options.out)
    check_free(options.out)
    with_images = FORMATS[name].has_images and not options.no_images
    with progress_bar(TextColumn("{task.description}"), SpinnerColumn()) as bar:
        bar.add_task(f"writing {options.out}", total=None)
        material = gathered_material(
            run, options.split, options.arm, with_images, lambda: _split(run, options.split, options.dir)
        )
        notes = write(material, name, options.out)
    carried = ", has no images"
    if FORMATS[name].has_images:
        count = f"{len(material.encoding.labels):,} {options.split} images"
        carried = f", {count}, {'with' if with_images else 'without'} the images themselves"
    print(f"{options.out}: {name} of {', '.join(material.arms)}{carried}")
    for note in notes:
        print(f"  {note}")


def push(options: Push, command: str) -> None:
    from tvae.export.formats import missing_packages
    from tvae.export.material import gathered_material

    run = read_run(options.run)
    if missing := missing_packages("hub"):
        raise InputError(f"push needs {' and '.join(missing)}; pip install {' '.join(missing)}")
    from tvae.export.push import check_push
    from tvae.export.push import push as send

    check_push(options.repository)
    material = gathered_material(run, "test", options.arm, False, lambda: _split(run, "test", options.dir))
    with progress_bar(TextColumn("{task.description}"), SpinnerColumn(), TimeElapsedColumn()) as bar:
        bar.add_task(f"sending {', '.join(material.arms)} to {options.repository}", total=None)
        sent = send(material, options.repository, private=options.private)
    print(f"{sent}, {', '.join(material.arms)}")


def encode_pictures(run: Run, images: Path, out: Path, folder: Path | None) -> None:
    """Encode pictures by all arms, write the result, and print how they were fitted and which were left out."""
    from tvae.data.own.new_pictures import frame_of, new_pictures
    from tvae.data.own.sources.reading import Report
    from tvae.explore.new_image import UNLIKE
    from tvae.runs.new_images.files import check_suffix, write_new_images
    from tvae.runs.new_images.tables import surroundings

    check_suffix(out)
    known = surroundings(run)
    frame = frame_of(run.config.data.name, run.image_shape, folder or default_folder())
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with progress_bar(*columns) as bar:
        task = bar.add_task("")

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        pictures = new_pictures(images, progress=show)
        unlike = 0

        def tables() -> Iterator[NewImageTable]:
            nonlocal unlike
            for block in pictures.blocks(frame, Report(show)):
                table = known.table(block.names, block.images)
                unlike += int(table.unlike.sum())
                yield table

        count = write_new_images(out, known, tables())
    print(f"{out}: {count:,} pictures in {', '.join(known.networks)}")
    print(f"  taken: {frame.in_words}")
    test_images = len(known.encoding.labels)
    print(f"  classes: vote of the {known.voters} nearest of {test_images:,} test images; map: {known.method}")
    for note in pictures.notes:
        print(f"  note: {note}")
    if unlike:
        print_error(
            f"{unlike:,} of {count:,} pictures are unlike the test images: every arm reconstructs them worse than "
            f"{UNLIKE:.0%} of those, so their classes may mean nothing"
        )
    left_out = pictures.left_out
    if left_out.count:
        print_error(f"{left_out.count:,} left out" + (", the first twenty:" if left_out.count > 20 else ":"))
        for name, reason in left_out.named:
            print_error(f"  {name}: {reason}")


def warm(options: Warm, command: str) -> None:
    from tvae.jobs.preparation import all_parts
    from tvae.system.compiled import compile_parts

    started = time.monotonic()
    compile_parts(all_parts())
    print(f"compiled in {time.monotonic() - started:.0f} s; machine code is kept in {machine_code_folders()}")


def seeds(options: Seeds, command: str) -> None:
    from tvae.runs.seeds.file import SEEDS, write_seed_figures
    from tvae.runs.seeds.gathering import check_replicate, own_figures

    run, others = read_run(options.run), [read_run(folder) for folder in options.others]
    for other in others:
        check_replicate(run, other)
    numbers = [one.config.train.seed for one in (run, *others)]
    if len(set(numbers)) < len(numbers):
        raise InputError(f"others: their seeds are {', '.join(map(str, numbers[1:]))}; name one run a seed")
    figures = []
    with progress_bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()) as bar:
        for one in (run, *others):
            task = bar.add_task(f"seed {one.config.train.seed}", total=1.0)
            figures.append(
                own_figures(
                    one,
                    lambda name, one=one: _split(one, name, options.dir),
                    lambda share, task=task: bar.update(task, completed=share),
                )
            )
    write_seed_figures(run, figures)
    splits = " and ".join(figures[0].splits)
    print(f"{run.folder / SEEDS}: seeds {', '.join(map(str, sorted(numbers)))}, on the {splits} split")


def layouts(options: Layouts, command: str) -> None:
    from tvae.maps.layout_files import write_layout
    from tvae.maps.parameters import METHODS
    from tvae.maps.projection import ProjectionRequest, project

    run = read_run(options.run)
    encoding = read_encoding(run, "test")
    if encoding is None:
        raise InputError(f"{options.run}: has no encoding of the test split; a run writes it when it ends")
    with progress_bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()) as bar:
        for name in METHODS:
            task = bar.add_task(name, total=1.0)
            request = ProjectionRequest(means=encoding.means, parameters=METHODS[name](), labels=encoding.labels)
            made = project(request, lambda share, phase, task=task: bar.update(task, completed=share))
            path = write_layout(made, run.folder / "layouts")
            bar.update(task, completed=1.0)
            values = ", ".join(f"{arm} {fidelity.trustworthiness_text}" for arm, fidelity in made.fidelity.items())
            print(f"{path}: {name}, trustworthiness {values}")


def classifier(options: TrainClassifier, command: str) -> None:
    from tvae.explore.classifier.classifier import classifier_path, write_classifier
    from tvae.explore.classifier.training import trained_classifier
    from tvae.system.user_folders import default_classifiers_folder

    run = read_run(options.run)
    train_split, test_split = _split(run, "train", options.dir), _split(run, "test", options.dir)
    with progress_bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("training", total=1.0)
        classifier = trained_classifier(train_split, lambda share: bar.update(task, completed=share))
    path = classifier_path(options.out or default_classifiers_folder(), train_split.labels_key)
    write_classifier(path, classifier)
    right = (classifier.classes(classifier.features(test_split.images)) == test_split.labels).mean()
    print(f"{path}: right on {100 * right:.2f} % of {len(test_split):,} test images")


def doctor(options: Doctor, command: str) -> None:
    from tvae.jobs.doctor import findings

    found = findings()
    if options.json:
        print(json.dumps([vars(finding) for finding in found]))
    else:
        print_findings(found)
    if wrong := sum(finding.verdict == "wrong" for finding in found):
        raise NotDone(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong; the lines say what to do")


def app(options: App, command: str) -> None:
    run_app(options.streamlit_options)


def run_config(options: RunOptions) -> RunConfig:
    """Config of a new run: the arms of its preset, and those that the options add with settings of their own.

    Raises:
        InputError: a loss is given to a preset that sets the losses of its arms itself; an arm that is added
            beside arms that have no TVAE; an impossible setting.
    """
    preset = PRESETS[options.preset]
    arms = vae_and_tvae(options.loss)
    if preset.arms.keys() == {"vae"}:
        arms = {"vae": arms["vae"]}
    if preset.arms.keys() != arms.keys():
        if options.loss != list(preset.arms.values())[-1]:
            raise InputError(f"--loss: preset {options.preset!r} sets the losses of its {len(preset.arms)} arms itself")
        arms = dict(preset.arms)
    for arm, values in values_by_arm(options.arm_settings).items():
        if arm not in arms and "tvae" not in arms:
            option = f"--arms.{arm}.{next(iter(values)).replace('_', '-')}"
            raise InputError(
                f"{option}: preset {options.preset!r} has no arm tvae, whose loss it would have; it has"
                f" {', '.join(arms)}"
            )
        arms[arm] = replace(arms.get(arm) or arms["tvae"], **values)
    return RunConfig(data=options.data, model=options.model, train=options.train, arms=arms)


def _with_triplets(config: RunConfig, options: RunOptions) -> tuple[RunConfig, GivenTriplets | None]:
    """The config that names the triplets of the file in `--data.triplets` by their content, and these triplets.

    Raises:
        InputError: the file holds no such triplets.
    """
    if not config.data.triplets:
        return config, None
    from tvae.data import image_names
    from tvae.data.triplets import consistency, read_triplets

    path = Path(config.data.triplets)
    file = read_triplets(path, image_names(config.data.name, options.dir), odd_one_out=options.odd_one_out)
    counts = consistency(file.triplets.distinct)
    print_error(
        f"{path.name}: {len(file.triplets):,} triplets ({'; '.join(file.notes)}), {len(file.triplets.distinct):,}"
        f" distinct, {counts.contradictions:,} contradictions, {counts.cycles:,} cycles"
    )
    return file.triplets.named_in(config), file.triplets


def _without_triplet_file(command: str) -> str:
    """The command with the run's own copy of its triplets in place of the person's file and its folder."""
    words = [word for word in shlex.split(command) if word != "--odd-one-out"]
    option = "--data.triplets"
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            words[place + 1] = TRIPLETS
        elif word.startswith(f"{option}="):
            words[place] = f"{option}={TRIPLETS}"
    return shlex.join(words)


def _end_of_job(job: Job) -> str:
    """Text on the end of a run, in one line."""
    reason = f" ({job.reason})" if job.reason else ""
    steps = (
        f" of {job.steps:,}" if job.seconds_budget is None else ""
    )  # before it is measured, a limit nobody waits for
    return f"{job.id}: {job.state}{reason} at step {job.step:,}{steps}"


def _dataset(data: DataConfig, folder: Path | None) -> Dataset:
    """The data set; downloads what is missing, with a progress bar."""
    from tvae.data import load_dataset

    with download_progress() as show:
        return load_dataset(
            data.name, folder, notion=data.notion, validation_share=data.validation_share, progress=show
        )


def _split(run: Run, name: SplitName, folder: Path | None) -> Split:
    """A split of the images that the run was trained on; downloads what is missing, with a progress bar.

    Raises:
        InputError: the run has no such split, or the images at hand are other ones.
    """
    from tvae.data import load_split

    run.provenance.split(name)
    data = run.config.data
    with download_progress() as show:
        split = load_split(
            data.name,
            name,
            folder,
            notion=data.notion,
            validation_share=data.validation_share,
            download=True,
            progress=show,
        )
    check_split(run, split)
    return split
