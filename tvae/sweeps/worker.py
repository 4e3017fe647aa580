"""Process that works on the sweeps of the app: python -m tvae.sweeps.worker RUNS.

It takes turns: one run of one sweep, then one of the next, so that nobody's sweep waits for the end of another's. What
the command line lays out is left to `sweep work`. The first thing it does is to take its lock (see `background`), so
Optuna is imported afterwards.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tvae.errors import InputError
from tvae.jobs.allowance import check_room
from tvae.jobs.jobs import Jobs
from tvae.sweeps.background import Asked, Background, Turn
from tvae.system.child_process import lower_priority, offer_to_end_first
from tvae.system.owner import OwnerHash
from tvae.system.privacy import keep_files_private

if TYPE_CHECKING:
    from tvae.sweeps.plan import Plan
    from tvae.sweeps.study import Sweep

NICENESS = 5
"""Niceness of the process: lower priority than the app, so that its pages stay quick."""
WAIT_SECONDS = 2.0
"""Seconds between two looks where nothing can be trained now."""


def main(runs: Path, told_to_end: threading.Event) -> None:
    """Work on the sweeps of a folder of runs until nothing waits or the process is told to end.

    Raises:
        InputError: the storage can't be used.
        OSError: the folder can't be written.
    """
    background = Background(runs)
    while True:
        lock = background.take_lock()
        if lock is None:
            return  # another process does it
        with lock:
            _take_turns(background, told_to_end)
        if told_to_end.is_set() or not background.wanted:
            return  # else somebody has started a sweep in this very moment, and saw the lock held


def _take_turns(background: Background, told_to_end: threading.Event) -> None:
    served: dict[str, float] = {}
    while not told_to_end.is_set():
        names = _to_work_on(background)
        if not names:
            background.say_wanted(False)
            if not _to_work_on(background):
                return
            background.say_wanted(True)
            continue
        has_trained = False
        for name in sorted(names, key=lambda name: served.get(name, 0.0)):
            if _take_turn(background, name, told_to_end.is_set):
                served[name] = time.monotonic()
                has_trained = True
                break
        if not has_trained:
            told_to_end.wait(WAIT_SECONDS)


def _to_work_on(background: Background) -> list[str]:
    """Names of the app's sweeps that are to go on and are not over, oldest first."""
    from tvae.sweeps.study import Sweep, plans_in

    names = []
    for name, plan in plans_in(background.runs).items():
        if not plan.owner or background.asked(plan.token).state != "on":
            continue
        sweep = Sweep.open(name, "", background.runs)
        try:
            if any(state.state not in ("done", "failed") for state in sweep.states()):
                names.append(name)
        finally:
            sweep.close()
    return names


def _take_turn(background: Background, name: str, told_to_end: Callable[[], bool]) -> bool:
    """Train one run of a sweep; whether there was one to train. What hinders it is said on its page."""
    from tvae.sweeps.study import Sweep

    sweep = Sweep.open(name, "", background.runs, to_work=True)
    plan = sweep.plan
    try:
        try:
            check_room(background.runs, OwnerHash(plan.owner))
        except InputError as error:
            background.say_turn(Turn(token=plan.token, waits=str(error)))
            return False
        background.say_turn(Turn(token=plan.token))
        return _train_one(background, sweep, plan, told_to_end)
    except (InputError, OSError) as error:
        background.ask(plan.token, Asked(state="paused", reason=_one_line(error)))
    except Exception as error:
        traceback.print_exc()
        background.ask(plan.token, Asked(state="paused", reason=_one_line(f"{type(error).__name__}: {error}")))
    finally:
        sweep.close()
    return False


def _train_one(background: Background, sweep: Sweep, plan: Plan, told_to_end: Callable[[], bool]) -> bool:
    from tvae.sweeps.collecting import gather_seeds
    from tvae.sweeps.work import Worker

    jobs, owner = Jobs(background.runs), OwnerHash(plan.owner)
    worker = Worker(
        sweep,
        jobs,
        owner=owner,
        told_to_end=lambda: told_to_end() or background.asked(plan.token).state != "on",
        say=lambda line: print(line, flush=True),
    )
    has_trained = worker.train_one()
    if has_trained:
        gather_seeds(sweep.states(), jobs, owner)
    return has_trained


def _one_line(problem: object) -> str:
    return " ".join(str(problem).split())[:300]


if __name__ == "__main__":
    keep_files_private()
    is_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_to_end.set())
    lower_priority(NICENESS)
    offer_to_end_first()
    try:
        main(Path(sys.argv[1]), is_to_end)
    except (InputError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)
