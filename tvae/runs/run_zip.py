"""Export a run folder as a zip; import one with every member checked.

A zip holds what training made: settings, weights (of the snapshots too), history, replay, metrics and the model card.
What follows from these is left out, and made anew where the zip is taken in. The one exception is layouts, which take
long: a bundle (`tvae.export.bundle`) has them, and where it is taken in `tvae.maps.moved_layouts` measures them anew.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from tvae.config import check_notions
from tvae.data import DataUnavailable, check_usable, load_dataset, notion_names
from tvae.errors import InputError
from tvae.maps.moved_layouts import LAYOUTS, TAKEN_LAYOUTS
from tvae.runs.history import read_history
from tvae.runs.replays.recorded import REPLAY, read_replay
from tvae.runs.run import CARD, CONFIG, HISTORY, METRICS, SNAPSHOTS, Run, check_split, read_run, write_config
from tvae.runs.triplets import TRIPLETS, read_triplets_of
from tvae.runs.weights import read_arm
from tvae.system.files import entries, files_below, write_atomically
from tvae.system.owner import Owner
from tvae.system.zip_file import checked_zip, member_content

LARGEST_RUN = 512 * 2**20
"""Bytes of all members, unpacked."""
LARGEST_CONFIG = 2**20
"""Bytes of config.json."""
MOST_MEMBERS = 2_000
MOST_RATIO = 200
"""Times that the members may be larger than in the zip: weights hardly shrink, text by a tenth to a fiftieth."""

_ARM = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}\.safetensors"
_MEMBER = re.compile(
    r"config\.json|metrics\.json|history\.jsonl|README\.md|triplets\.npy"
    rf"|{re.escape(REPLAY)}|{_ARM}|snapshots/\d{{1,12}}/{_ARM}"
)
_LAYOUT = re.compile(rf"{LAYOUTS}/[0-9a-f]{{64}}\.npz")
_SHOWN = 60


def zip_run(folder: Path) -> bytes:
    """The members of a run's folder that `run_members` takes back, without layouts.

    Raises:
        InputError: the run is deleted meanwhile.
    """
    content = io.BytesIO()
    write_run_zip(content, folder)
    return content.getvalue()


def write_run_zip(file: BinaryIO, folder: Path, layouts: Sequence[Path] = (), card: str | None = None) -> None:
    """Write a run's folder as a zip that `run_members` takes back.

    Args:
        layouts: files of layouts to put into it.
        card: what its README.md is to say; None for the run's own.

    Raises:
        InputError: the run is deleted meanwhile.
        OSError: the disk is full.
    """
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(files_below(folder)):
                name = path.relative_to(folder).as_posix()
                own = name != CARD or card is None
                if own and _MEMBER.fullmatch(name) and path.is_file() and not path.is_symlink():
                    archive.write(path, name)
            if card is not None:
                archive.writestr(CARD, card)
            for path in layouts:
                archive.write(path, f"{LAYOUTS}/{path.name}")
    except FileNotFoundError:
        raise InputError(f"run {folder.name}: was deleted meanwhile") from None


def run_members(content: bytes) -> dict[str, bytes]:
    """The files in a zip of a run, by their path in the run's folder; nothing is written.

    A single folder around everything is taken off. What is inside the files is not checked here but by `take_in_run`.

    Raises:
        InputError: no zip, or a broken one; a member that is no file of a run; the same one twice; encrypted; more or
            larger ones than a run has; no config.json.
    """
    with checked_zip(io.BytesIO(content), "zip", MOST_MEMBERS, LARGEST_RUN, MOST_RATIO) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        prefix = _folder_around([member.filename for member in members])
        contents = {}
        for member in members:
            name, what = member.filename.removeprefix(prefix), f"zip: member {member.filename[:_SHOWN]!r}"
            if not (_MEMBER.fullmatch(name) or _LAYOUT.fullmatch(name)):
                right = "config.json, history.jsonl, README.md and *.safetensors are"
                raise InputError(f"{what} is no file of a run; {right}")
            try:
                contents[name] = member_content(archive, member)
            except InputError as error:
                raise InputError(f"{what}: {error}") from None
    if CONFIG not in contents:
        raise InputError("zip: no config.json in it; the zip of a run's folder has one")
    return contents


def _folder_around(names: list[str]) -> str:
    """The one folder that all names lie in, with its slash; nothing where there is none."""
    if "config.json" in names:
        return ""
    folders = [name.removesuffix("config.json") for name in names if re.fullmatch(r"[^/\\]{1,120}/config\.json", name)]
    return folders[0] if len(folders) == 1 else ""


def take_in_run(members: Mapping[str, bytes], folder: Path, owner: Owner) -> Run:
    """Write the members of a run's zip (see `run_members`) into an empty folder, and check them.

    Its metrics and model card are left out: they are measured and written anew. Its layouts are put aside,
    where nothing finds them before `keep_taken_layouts` has measured them.

    Args:
        owner: the person who takes it in; a data set that they may not use counts as unknown.

    Raises:
        InputError: settings that are impossible or on data that are not known to this person, weights that don't fit
            them, are missing or belong to no arm, a history or a replay that isn't this run's. What was written is to
            be removed.
    """
    if len(members[CONFIG]) > LARGEST_CONFIG:
        raise InputError(f"zip: {CONFIG} has {len(members[CONFIG]):,} bytes; it has at most {LARGEST_CONFIG:,}")
    for name, content in members.items():
        if name not in (METRICS, CARD):
            path = folder / TAKEN_LAYOUTS / Path(name).name if _LAYOUT.fullmatch(name) else folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
    try:
        run = read_run(folder)
        check_usable(run.config.data.name, owner)  # first: what is wrong by another's data set would tell of it
        check_notions(run.config, notion_names(run.config.data.name))
        _check_data(run)
        triplets = read_triplets_of(folder, run.config)
        if triplets is not None:
            triplets.check_usable(run.config, run.provenance.train.n)
        elif TRIPLETS in members:
            raise InputError(f"{TRIPLETS}: the settings of this run name no given triplets")
        weight_folders = {folder} | {(folder / name).parent for name in members if name.startswith(f"{SNAPSHOTS}/")}
        for place in sorted(weight_folders):
            for arm, loss in run.config.arms.items():
                read_arm(place / f"{arm}.safetensors", run.image_shape, run.config.model, loss)
        for name in members:
            if name.endswith(".safetensors") and name != REPLAY and Path(name).stem not in run.config.arms:
                raise InputError(f"{name}: the run has no such arm; it has {', '.join(run.config.arms)}")
        for place in weight_folders - {folder}:
            if not re.fullmatch("0|[1-9][0-9]*", place.name) or int(place.name) > run.step:
                raise InputError(f"{SNAPSHOTS}/{place.name[:20]}: no step of this run; it took {run.step:,}")
        read_replay(run)
        if any(row["arms"].keys() != run.config.arms.keys() for row in read_history(folder)):
            raise InputError(f"{HISTORY}: a row is of other arms than the run's, {', '.join(run.config.arms)}")
    except InputError as error:
        raise InputError(f"zip: {re.sub(f'{re.escape(str(folder))}(/|: )', '', str(error))}") from None
    write_config(run)  # without whatever else stood in it
    return run


def _check_data(run: Run) -> None:
    """Hold what the run says of its data against the data set, where that lies on this machine.

    Raises:
        InputError: the run has other images, labels or classes.
    """
    data = run.config.data
    try:
        dataset = load_dataset(data.name, notion=data.notion, validation_share=data.validation_share, download=False)
    except DataUnavailable:  # the run is held against it when it is fetched to be measured
        return
    for split in (dataset.train, dataset.validation, dataset.test):
        if split is not None:
            check_split(run, split)
    if (run.provenance.notion, run.provenance.class_names) != (dataset.train.notion, dataset.class_names):
        raise InputError(f"class_names: not those of {data.name!r} by {dataset.train.notion}")
    if run.provenance.validation is not None and dataset.validation is None:
        raise InputError(f"validation: {data.name!r} has no such split under these settings")


def unmeasured_snapshots(run: Run) -> list[int]:
    """Steps of the snapshots whose weights are there and whose encoding is not, ascending."""
    folder = run.folder / SNAPSHOTS
    steps = [int(path.name) for path in entries(folder) if path.name.isdecimal()]
    return sorted(set(steps) - set(run.snapshots))
