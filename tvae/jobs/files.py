"""Files of a run's job folder: spec, state, requests.

In the folder `job` of the run's folder:

    spec.json           settings of the run; written once, before the run is in its place, and never changed
    state.json          state and progress of the run; written by whoever holds the lock
    stop, pause, slow   exist while the worker is asked to do so; each holds the moment of the request
    steps               a byte for each single step that was requested
    live.jsonl          triplet accuracy while it trains, a line about a second
    lesson.json         the step that is about to be taken, in teaching mode
    start/              the weights that a warm start begins with
    resume.safetensors  all that is needed to go on; removed when the run is done

In the folder `.workers/ID` of the folder of runs. A worker has these open while its run's folder is moved, and Windows
moves no folder that holds an open file:

    lock                held by the worker as long as it lives (see `system/process_lock`)
    process.json        which process holds it; written as soon as it does
    about.lock          held while the run's name, note or pin is changed
    deleted             the moment in which the run was deleted, while it is in the trash
    last_word           how the run ended, where the disk was too full for state.json
    log.txt             what the worker printed

No torch: the app's server reads and writes these.
"""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Required, TypedDict, TypeVar

from tvae.config import RunConfig
from tvae.errors import InputError, require_schema
from tvae.system.files import errors_name, file_state, write_atomically
from tvae.system.json_lines import append_row
from tvae.system.moment import now, read_moment
from tvae.system.process_identity import ProcessIdentity
from tvae.system.process_lock import lock_is_held, take_lock
from tvae.system.reserved_file import ReservedFile
from tvae.system.strict_json import Amount, Number, Share, Whole, checked, read_json_file
from tvae.system.user_folders import own_run_folder

State = Literal["queued", "running", "done", "stopped", "interrupted", "failed"]
OVER: tuple[State, ...] = ("done", "stopped", "interrupted", "failed")
Flag = Literal["stop", "pause", "slow"]
Task = Literal["train", "measure"]

BEFORE_STEPS = ("waiting", "starting", "loading", "compiling")
"""Phases in which a run has nothing to lose: no step was taken yet."""

LESS_MEMORY = "a smaller batch, network or number of arms takes less memory"
"""What to do about a run that memory did not suffice for."""

READY = ".ready"
"""Folder below the folder of runs with runs that are being prepared, and places in which an idle worker waits."""
TRASH = ".trash"
"""Folder below the folder of runs with deleted runs that can still be restored."""
WORKERS = ".workers"
"""Folder below the folder of runs with a folder of its worker's files for each run that had one."""

MOST_KEPT = 2_000
"""Number of runs whose files this process keeps as it last read them; each takes some kilobytes."""
_SCHEMA = 1
_TEXT_LIMIT = 2**20
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Settings with which a run was started."""

    config: RunConfig
    task: Task = "train"
    """measure: the weights exist already (an upload); encodings and metrics are to be computed from them."""
    seconds: Amount | None = None
    """Training ends after about this many seconds, or with the config's epochs if that is sooner."""
    started_from: str = ""
    """Name of the run and step whose weights it begins with; these are in `start`. Empty: from scratch."""
    half: bool = False
    """Keep weights and encodings as float16."""
    data_folder: str | None = None
    """Folder of the data sets; None for the usual one."""
    command: str = ""
    """A command that would train the same run."""
    owner: str = ""
    """Hash of the token of the person who started it; empty for the command line."""
    created: str = ""
    """UTC, ISO 8601."""
    steps: Whole = 0
    """Total number of steps, as far as it is known before the run begins."""


class Status(TypedDict, total=False):
    """State and progress of a run; the fields are those of a `Job`, and two that only earlier versions wrote."""

    state: Required[State]
    reason: str
    phase: str
    hopeless: bool
    """Whether going on from what was saved would fail again."""
    step: Whole
    steps: Whole
    epoch: Amount
    seconds: Amount
    seconds_left: Number | None
    measured: Share
    measuring_seconds: Amount
    images_per_second: Amount
    arms: dict[str, dict[str, Number]]
    warnings: list[str]
    pid: Whole
    """Number of the worker's process; process.json has it now."""
    boot: str
    """Name of the machine's start in which that process ran."""


class LiveRow(TypedDict):
    """Triplet accuracy at a moment of a training."""

    step: Whole
    epoch: Amount
    seconds: Amount
    n: Whole
    margins: list[Number]
    arms: dict[str, list[Number]]


@dataclass(frozen=True, kw_only=True)
class About:
    """Name, note and pin that a person gave a run."""

    name: str = ""
    note: str = ""
    pinned: bool = False


class JobFiles:
    """The files of one run, wherever its folder is: among the runs, being prepared, or in the trash."""

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        self.folder = run_folder / "job"
        self.spec = self.folder / "spec.json"
        self.state = self.folder / "state.json"
        self.live = self.folder / "live.jsonl"
        self.lesson = self.folder / "lesson.json"
        self.start = self.folder / "start"
        self.resume = self.folder / "resume.safetensors"
        self.steps = self.folder / "steps"
        self.about = run_folder / "about.json"
        above = run_folder.parent
        runs = above.parent if above.name in (READY, TRASH) else above
        self.worker_folder = runs / WORKERS / run_folder.name
        self.lock = self.worker_folder / "lock"
        self.about_lock = self.worker_folder / "about.lock"
        self.deleted = self.worker_folder / "deleted"
        self.process = self.worker_folder / "process.json"
        self.last_word = ReservedFile(self.worker_folder / "last_word")
        self.log = self.worker_folder / "log.txt"

    def write_spec(self, spec: Spec) -> None:
        """Write spec.json."""
        plain = {**asdict(spec), "config": spec.config.to_json(), "schema": _SCHEMA}
        write_atomically(self.spec, json.dumps(plain, indent=2) + "\n")

    def read_spec(self) -> Spec:
        """The content of spec.json.

        Raises:
            InputError: the file is missing, garbled, or of another version.
        """
        return _read_spec(self.spec, file_state(self.spec))

    def write_state(self, state: Mapping[str, Any], *, durable: bool = True) -> None:
        """Write state.json, durably or not (`write_atomically`); only the holder of the lock may call this."""
        write_atomically(self.state, json.dumps(state) + "\n", durable=durable)

    def read_state(self) -> dict[str, Any]:
        """The content of state.json; empty where it is missing or garbled."""
        try:
            return dict(_content(self.state, Status))
        except InputError:
            return {}

    def progress(self) -> dict[str, Any]:
        """The part of the state from which the next worker continues: step, steps, epoch, seconds."""
        state = self.read_state()
        return {key: state[key] for key in ("step", "steps", "epoch", "seconds") if key in state}

    def write_process(self, identity: ProcessIdentity) -> None:
        """Write which process holds the lock."""
        write_atomically(self.process, json.dumps(asdict(identity)) + "\n")

    def read_process(self) -> ProcessIdentity | None:
        """The process that holds the lock, or held it last; None where that was never written."""
        try:
            return _content(self.process, ProcessIdentity)
        except InputError:
            return None

    def write_about(self, about: About) -> None:
        """Write about.json."""
        write_atomically(self.about, json.dumps(asdict(about)) + "\n")

    def change_about(self, **fields: Any) -> None:
        """Change these fields of about.json, and no other: two changes at once are both kept.

        Raises:
            OSError: it can't be written, or another change of it does not end.
        """
        self.worker_folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(self.about_lock)
        if lock is None:
            raise OSError(errno.EAGAIN, "the run is being renamed or pinned elsewhere; try again", str(self.about))
        with lock:
            self.write_about(replace(self.read_about(), **fields))

    def read_about(self) -> About:
        """The content of about.json; the defaults where it is missing or garbled."""
        try:
            return _content(self.about, About)
        except InputError:
            return About()

    def flag(self, flag: Flag) -> bool:
        """Whether this request to the worker is set."""
        return (self.folder / flag).exists()

    def flag_age(self, flag: Flag) -> float | None:
        """Seconds since this request was first made; None where it is not set."""
        moment = read_moment(self.folder / flag)
        return None if moment is None else moment.age

    def set_flag(self, flag: Flag, on: bool) -> None:
        """Set or withdraw this request; setting it twice is the same as once."""
        path = self.folder / flag
        if not on:
            path.unlink(missing_ok=True)
        elif not path.exists():
            path.touch()
            with contextlib.suppress(OSError):  # on a full disk the request stands without its moment
                path.write_text(now().to_text(), encoding="ascii")

    def grant_step(self) -> None:
        """Ask a paused worker for one step."""
        with errors_name(self.steps), self.steps.open("ab") as file:
            file.write(b".")  # appending is atomic: two clicks at once are two steps

    def granted_steps(self) -> int:
        """Number of single steps requested so far."""
        try:
            return self.steps.stat().st_size
        except OSError:
            return 0

    def forget_requests(self) -> None:
        """Remove the requests to an earlier worker that do not apply to the next one; slow mode stays."""
        for path in (self.folder / "stop", self.folder / "pause", self.steps, self.lesson):
            path.unlink(missing_ok=True)

    def append_live(self, row: Mapping[str, Any]) -> None:
        """Add a line of triplet accuracy."""
        append_row(self.live, row)

    def write_lesson(self, lesson: Mapping[str, Any]) -> None:
        """Write the step that is about to be taken, in teaching mode."""
        write_atomically(self.lesson, json.dumps(lesson) + "\n")

    def read_lesson(self) -> dict[str, Any] | None:
        """The step that is about to be taken, in teaching mode."""
        try:
            return _content(self.lesson, dict[str, Any])
        except InputError:
            return None


@contextlib.contextmanager
def gone_is_said(run_folder: Path) -> Iterator[None]:
    """Context in which a run's folder is used that another process may move or remove meanwhile.

    Raises:
        InputError: it did; the message is that of a run that is not found.
    """
    try:
        yield
    except OSError:
        own_run_folder(run_folder.parent, run_folder.name)
        raise


@lru_cache(maxsize=MOST_KEPT)
def job_files(run_folder: Path) -> JobFiles:
    """The files of a run, one object for all who look: it holds paths alone, and a page with all runs asks for many."""
    return JobFiles(run_folder)


def run_has_worker(runs: Path, run_id: str) -> bool:
    """Whether a process holds the lock of a run, wherever the run's folder is."""
    return lock_is_held(JobFiles(runs / run_id).lock)


@lru_cache(maxsize=MOST_KEPT)
def _read_spec(path: Path, state: str) -> Spec:
    plain = read_json_file(path, dict[str, Any], _TEXT_LIMIT)
    require_schema(plain.pop("schema", None), _SCHEMA, str(path))
    try:
        config = RunConfig.from_json(plain.get("config"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return checked({**plain, "config": config}, Spec, str(path))


def _content(path: Path, kind: type[_T]) -> _T:
    return _content_in_state(path, kind, file_state(path))


@lru_cache(maxsize=3 * MOST_KEPT)
def _content_in_state(path: Path, kind: type[_T], state: str) -> _T:
    """What a file holds; kept for each state of it, as the list of runs reads the same files again and again."""
    return read_json_file(path, kind, _TEXT_LIMIT)
