"""A sweep whose workers are killed at random: python -m benchmarks.sweep_with_kills [--postgresql] [--workers 4].

Workers in folders of their own share one storage. At random times one of them is killed (SIGKILL): alone, with its run,
or its run alone; a worker that was killed is started again. At the end no cell may be lost or doubled, and the table
must equal, bit for bit, that of one process which trains all runs one after the other.

With --postgresql the storage is a PostgreSQL of this machine (Debian's package) on loopback, in a folder and at a port
of its own, which ends with the benchmark; else SQLite.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from optuna.trial import TrialState

from tvae.data import load_dataset
from tvae.jobs.files import JobFiles
from tvae.jobs.worker_processes import worker_process
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.sweeps.group_run import measured_figures
from tvae.sweeps.plan import Plan
from tvae.sweeps.study import GROUP, GroupState, Sweep
from tvae.sweeps.table import table_of

ROOT = Path(__file__).parents[1]
SETTINGS = (
    *("--data.name", "digits", "--model.hidden", "32", "--model.latent-dim", "4"),
    *("--train.epochs", "6", "--train.batch-size", "32", "--heartbeat", "6"),
)
"""A run of some seconds, with a resume file from its first epoch on."""
GRID = ("--margins", "0.2", "0.5", "1", "--weights", "1", "3", "10", "30", "--seeds", "0", "1", "--cells-a-run", "1")
"""24 cells in as many runs."""
MARGINS = (0.0, 0.5)
"""Margins that accuracies are compared at."""
LONGEST = 3_600.0
"""Seconds after which the workers are taken to never end."""


@dataclass
class WorkerProcess:
    """A `sweep work` process with a folder of runs of its own."""

    command: list[str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    said: str = ""

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "TVAE_RUNS": str(self.folder)},
                start_new_session=True,
            )

    @property
    def ended(self) -> int | None:
        """Exit status; None while it runs."""
        return None if self.process is None else self.process.poll()

    def kill(self, what: str) -> int:
        """Kill the worker, its run, or both; the number of processes that were killed."""
        killed = 0
        if what in ("worker", "both") and self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            killed += 1
        if what in ("run", "both"):
            for folder in self.folder.iterdir():
                run = worker_process(JobFiles(folder)) if (folder / "job").is_dir() else None
                if run is not None:
                    with contextlib.suppress(psutil.Error):
                        run.kill()
                        killed += 1
        return killed


def work_with_kills(
    workers: Sequence[WorkerProcess], kills: int, apart: tuple[float, float], seed: int = 0
) -> Counter[str]:
    """Have workers train while they are killed at random; the number of kills of each kind.

    Args:
        kills: number of times that somebody is killed.
        apart: least and greatest number of seconds between two kills.
    """
    chance, killed = random.Random(seed), Counter[str]()
    for worker in workers:
        worker.start()
    due, until = time.monotonic() + chance.uniform(*apart), time.monotonic() + LONGEST
    while any(worker.ended is None for worker in workers):
        if time.monotonic() > until:
            raise TimeoutError("the workers do not end")
        if killed.total() < kills and time.monotonic() > due:
            worker, what = chance.choice(workers), chance.choice(("worker", "worker", "run", "both"))
            if worker.kill(what):
                killed[what] += 1
            due = time.monotonic() + chance.uniform(*apart)
        for worker in workers:
            if worker.ended == -signal.SIGKILL:
                worker.start()
        time.sleep(0.05)
    return killed


def table_of_one_process(plan: Plan, folder: Path) -> list[dict[str, Any]]:
    """The table of a sweep whose runs this process trains one after the other, without workers and a study."""
    data = plan.config.data
    dataset = load_dataset(data.name, validation_share=data.validation_share)
    states = []
    for group in plan.groups():
        for _ in record(group.config, dataset, folder / group.id, "benchmarks.sweep_with_kills"):
            pass
        measured = json.loads(json.dumps(asdict(measured_figures(read_run(folder / group.id)))))
        states.append(GroupState(group=group, state="done", measured=measured))
    return table_of(plan.cells, states).to_json(MARGINS)


def trials_by_group(storage: str, name: str, runs: Path) -> dict[str, Counter[str]]:
    """Number of trials of each state by their group; "" stands for empty ones that no worker trains."""
    sweep = Sweep.open(name, storage, runs)
    groups: dict[str, Counter[str]] = {group: Counter() for group in sweep.groups}
    for trial in sweep.study.get_trials(deepcopy=False):
        group = "" if trial.state == TrialState.PRUNED else str(trial.user_attrs.get(GROUP, ""))
        groups.setdefault(group, Counter())[trial.state.name] += 1
    sweep.close()
    return groups


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """URL of a new PostgreSQL on loopback, which ends with the context. It runs as user postgres where we are root."""
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    programs = next(Path("/usr/lib/postgresql").glob("*/bin"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "cluster"
    data.mkdir()
    if user:
        folder.chmod(0o755)
        shutil.chown(data, "postgres", "postgres")
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": data, **user}
    subprocess.run([programs / "initdb", "-D", data, "-U", "tvae", "--auth=trust"], **quiet)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    subprocess.run([programs / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start"], **quiet)
    try:
        yield f"postgresql://tvae@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "fast", "stop"], **quiet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", action="store_true", help="a PostgreSQL of this machine in place of SQLite")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0, help="of who is killed, and when")
    options = parser.parse_args()
    program = [sys.executable, "-m", "tvae", "sweep"]
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder = Path(place)
        storage = f"sqlite:///{folder / 'sweep.sqlite3'}"
        if options.postgresql:
            storage = stack.enter_context(postgresql(folder))
        subprocess.run([*program, "start", "kills", *SETTINGS, *GRID, "--storage", storage], cwd=ROOT, check=True)
        command = [*program, "work", "kills", "--storage", storage, "--results", str(folder / "results")]
        workers = [WorkerProcess(command, folder / f"worker-{number}") for number in range(options.workers)]
        begun = time.monotonic()
        killed = work_with_kills(workers, options.kills, (3.0, 20.0), options.seed)
        seconds = time.monotonic() - begun
        for worker in workers:
            print(f"--- {worker.folder.name}, exit status {worker.ended}")
            print((folder / f"{worker.folder.name}.log").read_text())
        groups = trials_by_group(storage, "kills", folder)
        empty = groups.pop("", Counter())
        complete = Counter(states["COMPLETE"] for states in groups.values())
        print(f"storage: {storage.split('://')[0]}; {options.workers} workers in folders of their own; {seconds:.0f} s")
        print(f"killed: {killed.total()} times {dict(killed)}")
        print(f"groups by number of complete trials: {dict(complete)}, of {len(groups)} groups")
        print(f"failed trials: {sum(states['FAIL'] for states in groups.values())}, empty ones: {empty.total()}")
        sweep = Sweep.open("kills", storage, folder)
        table = table_of(sweep.cells, sweep.states()).to_json(MARGINS)
        is_equal = table == table_of_one_process(sweep.plan, folder / "alone")
        sweep.close()
        print(f"table equal to that of one process, bit for bit: {is_equal}")
        if not is_equal or complete != {1: len(groups)}:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
