"""Doctor: what is right on this machine and what is wrong, from versions and folders to the queue.

    for finding in findings():
        print(finding.verdict, finding.subject, finding.text, finding.advice)

Nothing is changed, fetched or started. It takes seconds: torch is imported, and each data set that is here is checked.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tvae.data import DATASETS, local_copy
from tvae.data.own import OwnDatasets
from tvae.errors import InputError
from tvae.jobs.files import run_has_worker
from tvae.jobs.queue import JobQueue, runs_at_once
from tvae.system.app_folder import app_folder
from tvae.system.files import bytes_in, unwritable_reason
from tvae.system.limits import SETTING, limits, limits_file
from tvae.system.privacy import PRIVATE
from tvae.system.user_folders import (
    answers_folder,
    default_classifiers_folder,
    default_folder,
    default_layouts_folder,
    machine_code_folders,
    runs_folder,
    selections_folder,
)
from tvae.version import VERSION

Verdict = Literal["right", "better", "wrong"]
"""better: it works, and the advice says how it would work better."""
LEAST_FREE = 2 * 2**30
"""Bytes that should be free beside the runs: a run of MNIST takes 30 MB, one of twelve arms 200."""
NEARLY = 0.9
"""Share of the disk that runs may take from which on the doctor speaks of it."""
PACKAGE = "tvae-explorer"
NVIDIA = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia/version"))
"""Files that Linux has where an NVIDIA driver is loaded."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    subject: str
    verdict: Verdict
    text: str
    """What was found."""
    advice: str = ""
    """What to do; empty where all is right."""


def findings() -> list[Finding]:
    """All findings, in the order in which a person sets a machine up."""
    parts: tuple[Callable[[], Iterator[Finding]], ...] = (
        _versions,
        _folders,
        _privacy,
        _disk,
        _limits,
        _gpu,
        _kernels,
        _data,
        _queue,
    )
    return [finding for part in parts for finding in part()]


def _versions() -> Iterator[Finding]:
    """This program's version and Python's; packages that are missing, or not those that were tested together."""
    yield Finding("version", "right", f"TVAE Explorer {VERSION}, Python {platform.python_version()}")
    pins = _pinned_versions()
    missing, other = [], []
    for package, pinned in pins.items():
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
            continue
        if version.partition("+")[0] != pinned:  # +cpu and +cu130 are builds of one version
            other.append(f"{package} {version} (tested: {pinned})")
    again = "pip install -r requirements.txt"
    if missing:
        yield Finding("packages", "wrong", f"missing: {', '.join(missing)}", again)
    if other:
        yield Finding("packages", "better", f"not as tested together: {', '.join(other)}", again)
    if not missing and not other:
        yield Finding("packages", "right", f"all {len(pins)} are those that were tested together")


def _pinned_versions() -> dict[str, str]:
    """Versions that are tested together: of an installed package from its description, in a clone from its file."""
    file = app_folder() / "requirements.txt"
    if file.is_file():
        lines = file.read_text(encoding="utf-8").splitlines()
    else:
        lines = [line for line in importlib.metadata.requires(PACKAGE) or [] if ";" not in line]
    matches = (re.match(r"([\w.-]+)\s*==\s*([^\s;#]+)", line) for line in lines)
    return {match[1]: match[2] for match in matches if match}


def _folders() -> Iterator[Finding]:
    yield _folder("runs", runs_folder(), "TVAE_RUNS")
    yield _folder("data sets", default_folder(), "TVAE_DATA")
    for subject, folder in (
        ("selections", selections_folder()),
        ("made triplets", answers_folder()),
        ("classifiers", default_classifiers_folder()),
    ):
        yield _folder(subject, folder, "XDG_DATA_HOME")
    yield _folder("layouts", default_layouts_folder(), "XDG_CACHE_HOME")
    yield _folder("machine code", machine_code_folders(), "NUMBA_CACHE_DIR", needed=False)


def _folder(subject: str, folder: Path, variable: str, *, needed: bool = True) -> Finding:
    """Whether a folder can be written; `variable` names another one."""
    reason = unwritable_reason(folder)
    if not reason:
        return Finding(f"folder of {subject}", "right", f"{folder} ({variable}) can be written")
    return Finding(
        f"folder of {subject}",
        "wrong" if needed else "better",
        f"{folder} can't be written ({reason})",
        f"name another in {variable}" if needed else f"name another in {variable}: else every start compiles anew",
    )


def _privacy() -> Iterator[Finding]:
    """Whether other users of this machine may read runs and data sets: those of earlier versions were open to all."""
    if os.name == "nt" or os.environ.get("TVAE_UMASK"):
        return
    folders = {"runs": runs_folder(), "own data sets": OwnDatasets(default_folder()).folder}
    open_ones = [str(folder) for folder in folders.values() if folder.is_dir() and folder.stat().st_mode & PRIVATE]
    if open_ones:
        advice = f"chmod -R go= {shlex.join(open_ones)}, or TVAE_UMASK where others are to read"
        yield Finding("privacy", "better", f"open to other users of this machine: {', '.join(open_ones)}", advice)
    else:
        yield Finding("privacy", "right", "what is written is for this user alone (TVAE_UMASK)")


def _disk() -> Iterator[Finding]:
    """Room beside the runs and the data sets, each file system once."""
    seen = set()
    for folder, variable in ((runs_folder(), "TVAE_RUNS"), (default_folder(), "TVAE_DATA")):
        if unwritable_reason(folder):  # which is said already, and has no room to count
            continue
        there = next(above for above in (folder, *folder.absolute().parents) if above.is_dir())
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(there).free
        text = f"{free / 2**30:,.1f} GB free at {there}"
        if free >= LEAST_FREE:
            yield Finding("disk", "right", text)
        else:
            advice = (
                f"make room, or name a folder on another disk in {variable}; {LEAST_FREE / 2**30:g} GB should be free"
            )
            yield Finding("disk", "wrong", text, advice)


def _limits() -> Iterator[Finding]:
    """The host's file of limits, and what the runs take of the disk that they may."""
    file = limits_file()
    try:
        most = limits()
    except InputError as error:
        advice = (
            f"mend {file}, or take {SETTING} out of the environment: until then no run starts and no image comes in"
            if os.environ.get(SETTING)
            else f"mend {file}, or remove it: until then no run starts and no image comes in"
        )
        yield Finding("limits", "wrong", str(error), advice)
        return
    own = f"{file} in place of the defaults" if file.exists() else f"the defaults; {file} ({SETTING}) can change them"
    yield Finding("limits", "right", own)
    used, most_used = bytes_in(runs_folder()), most.server_disk_gb * 10**9
    text = f"runs take {used / 10**9:,.1f} of {most.server_disk_gb:,} GB (server_disk_gb)"
    if used >= most_used:
        advice = "delete runs, or raise server_disk_gb: until then no run starts; deleted ones stay a day in .trash"
        yield Finding("limits", "wrong", text, advice)
    elif used >= NEARLY * most_used:
        yield Finding("limits", "better", text, "delete runs before it is full: then no run starts")
    else:
        yield Finding("limits", "right", text)


def _gpu() -> Iterator[Finding]:
    import torch

    build = f"torch {torch.__version__}"
    if torch.cuda.is_available():
        yield Finding("GPU", "right", f"{torch.cuda.get_device_name()}, {build}")
    elif not any(path.exists() for path in NVIDIA):
        yield Finding("GPU", "right", f"none; training uses the processor, {build}")
    elif torch.version.cuda is None:
        advice = "install torch's build for CUDA: https://pytorch.org/get-started/locally"
        yield Finding("GPU", "better", f"there is one, but {build} is built for the processor alone", advice)
    else:
        advice = (
            "compare the driver's CUDA version, which nvidia-smi prints, with torch's; in a container pass the GPU on"
        )
        yield Finding(
            "GPU", "better", f"there is one, but {build}, built for CUDA {torch.version.cuda}, can't use it", advice
        )


def _kernels() -> Iterator[Finding]:
    from tvae.jobs.preparation import all_parts
    from tvae.system.compiled import lacking

    parts = all_parts()
    missing = lacking(parts)
    if missing:
        text = f"not compiled on this machine: {', '.join(part.name for part in missing)}; the first run or map waits"
        yield Finding("kernels", "better", text, "python -m tvae warm")
    else:
        yield Finding("kernels", "right", f"compiled: {', '.join(part.name for part in parts)}")


def _data() -> Iterator[Finding]:
    """Public data sets that are here, those that are not, wrong files; own data sets."""
    copies = {name: local_copy(name) for name in DATASETS}
    here = [name for name, copy in copies.items() if not copy.missing]
    yield Finding("data sets", "right", f"here: {', '.join(here)}")
    absent = [name for name, copy in copies.items() if copy.missing and not copy.passed_over]
    if absent:
        advice = "each is fetched when it is first used; in advance by python -m tvae data fetch NAME"
        yield Finding("data sets", "better", f"not here: {', '.join(absent)}", advice)
    for name, copy in copies.items():
        if copy.passed_over:
            verdict: Verdict = "wrong" if copy.missing else "better"
            yield Finding(
                "data sets", verdict, f"{name}: {'; '.join(copy.passed_over)}", f"python -m tvae data fetch {name}"
            )
    library = OwnDatasets(default_folder())
    readable = {dataset.name: dataset for dataset in library.visible(None)}
    broken = [name for name in library.names() if name not in readable]
    broken += [name for name, dataset in readable.items() if not library.file(dataset).is_file()]
    if broken:
        advice = "remove and add again: python -m tvae data remove NAME, python -m tvae data add"
        yield Finding("own data sets", "wrong", f"can't be read: {', '.join(broken)}", advice)
    else:
        yield Finding("own data sets", "right", f"{len(readable)}")


def _queue() -> Iterator[Finding]:
    """Whether the queue can be read, how many runs train and wait, and rows that a killed worker left."""
    runs = runs_folder().absolute()
    try:
        rows = JobQueue(runs).rows()
        alive = [running for run_id, running in rows if run_has_worker(runs, run_id)]
    except (InputError, OSError) as error:
        advice = "with no run under way, remove queue.sqlite3 and the files beside it that begin so; no run is lost"
        yield Finding("queue", "wrong", f"can't be read ({error})", advice)
        return
    left = len(rows) - len(alive)
    text = f"{sum(alive)} of {runs_at_once()} at once (TVAE_RUNS_AT_ONCE) train, {len(alive) - sum(alive)} wait"
    if left:
        text += f"; {left} without a worker, which the next run drops"
    yield Finding("queue", "right", text)
