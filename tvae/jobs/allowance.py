"""Allowance: whether one more run is within the limits of its person and of the server."""

from __future__ import annotations

from pathlib import Path

from tvae.config import RunConfig
from tvae.errors import InputError, require_real
from tvae.jobs.files import JobFiles, run_has_worker
from tvae.jobs.owner import is_owners_own
from tvae.jobs.queue import JobQueue
from tvae.system.files import bytes_in, entries
from tvae.system.limits import limits
from tvae.system.owner import Owner

_GB = 10**9


def check_settings(config: RunConfig, seconds: float | None = None) -> None:
    """Check that a run's settings are within the limits.

    Raises:
        InputError: they are not, or the limits can't be read; the message says what may be asked for.
    """
    most = limits()
    if len(config.arms) > most.run_arms:
        raise InputError(f"arms: {len(config.arms)}; a run has at most {most.run_arms} here, so leave some out")
    if seconds is not None:
        require_real("seconds", seconds, 1, most.run_seconds)


def check_room(runs: Path, owner: Owner) -> None:
    """Check that this person, and the server, may have one more run.

    The command line counts for the server alone: it is nobody's.

    Raises:
        InputError: they may not, or the limits can't be read; the message says what to do.
    """
    most = limits()
    under_way = [run_id for run_id, _ in JobQueue(runs).rows() if run_has_worker(runs, run_id)]
    if len(under_way) >= most.server_runs:
        raise InputError(f"runs: {most.server_runs:,} wait or train here already; start yours when one is done")
    if bytes_in(runs) >= most.server_disk_gb * _GB:
        raise InputError(
            f"disk: all runs here take the {most.server_disk_gb:,} GB that they may, deleted ones of the last day"
            " among them; delete some, or ask who runs this server for more"
        )
    if owner is None:
        return
    own = [folder for folder in _run_folders(runs) if _is_own(folder, owner)]
    if sum(folder.name in under_way for folder in own) >= most.person_runs:
        raise InputError(f"runs: {most.person_runs:,} of yours wait or train already; stop one, or wait for its end")
    if sum(map(bytes_in, own)) >= most.person_disk_gb * _GB:
        raise InputError(f"disk: your runs take the {most.person_disk_gb:,} GB that they may; delete some of them")


def _run_folders(runs: Path) -> list[Path]:
    folders = (path for path in entries(runs) if not path.name.startswith(".") and not path.is_symlink())
    return [path for path in folders if path.is_dir()]


def _is_own(folder: Path, owner: Owner) -> bool:
    try:
        return is_owners_own(JobFiles(folder), owner)
    except InputError:  # whose it is can't be read
        return False
