"""keep: decode, resize and write the images of a source as a data set with a name."""

from __future__ import annotations

import datetime
import errno
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int8, Int32, Int64, UInt8

from tvae.data.own.choices import Choices
from tvae.data.own.kept_file import KeptColumn, KeptSplit, write_kept_file
from tvae.data.own.library import OwnDataset, OwnDatasets
from tvae.data.own.resizing import resized
from tvae.data.own.sources.labels import NO_LABEL, LabelColumn
from tvae.data.own.sources.reading import SPLIT_CODES, Cancelled, Flaw, LeftOut, Progress, Report
from tvae.data.own.splitting import drawn_splits, given_splits, has_given_splits, stratified_sample
from tvae.data.own.understanding import REPORT_EVERY, Understood
from tvae.data.storage import short_path
from tvae.errors import InputError
from tvae.system.files import file_state, make_writable_folder
from tvae.system.owner import Owner, hashed
from tvae.system.user_folders import default_folder

MOST_BYTES = 8 * 2**30
"""Bytes of a kept data set: it is held in memory while it is used."""
NO_VALUE = "(none)"
"""Value of a further label column for an image that has none in it."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(eq=False)
class _Plan:
    """Rows that are kept, with their splits and labels."""

    rows: Int64[np.ndarray, " m"]
    """Rows of the source, ascending."""
    splits: Int8[np.ndarray, " m"]
    codes: Int32[np.ndarray, "m columns"]
    """Code of each row in each kept label column, the class first."""
    notes: list[str]


def keep(
    understood: Understood,
    choices: Choices,
    name: str,
    folder: Path | None = None,
    *,
    owner: Owner = None,
    shared: bool = False,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> OwnDataset:
    """Keep a source's images as a data set of this name; if that fails or is cancelled, nothing of it is kept.

    Pictures that turn out broken inside are left out, and are named in the data set's description.

    Args:
        folder: the folder of data sets; None for `default_folder()`.

    Raises:
        InputError: a name that is impossible or taken, choices that don't suit the source, a source that has changed
            since it was understood, too little left to train and test on, or a disk that is full.
        TakingInCancelled: `cancelled` said so.
    """
    report = Report(progress, cancelled)
    library = OwnDatasets(folder or default_folder())
    try:
        make_writable_folder(library.folder)
        library.clear_leftovers()
        with library.name_lock(name, owner):
            written = library.begin_file(name)
            try:
                dataset = _keep(understood, choices, name, library, written, owner, shared, report)
                library.put(dataset, written)
            finally:
                with suppress(OSError):
                    written.unlink(missing_ok=True)
    except OSError as error:
        where = short_path(library.folder)
        if error.errno in _FULL:
            raise InputError(f"{where}: the disk is full; free some space or name another folder with --dir") from None
        raise InputError(
            f"{where}: can't be written ({error.strerror}); name another with --dir or TVAE_DATA"
        ) from None
    return dataset


def _keep(
    understood: Understood,
    choices: Choices,
    name: str,
    library: OwnDatasets,
    written: Path,
    owner: Owner,
    shared: bool,
    report: Report,
) -> OwnDataset:
    if file_state(understood.source) != understood.state:
        raise InputError(f"{understood.source.name}: changed since it was looked at; read it again")
    columns = kept_columns(understood, choices)
    plan = _plan(understood, choices, columns)
    channels = 1 if choices.colours == "grey" else 3
    _check_space(len(plan.rows) * choices.size**2 * channels, library.folder)
    left_out = understood.left_out(choices.label)
    images, is_kept = _prepared(understood, choices, plan, left_out, report)
    named_splits = _by_split(images, is_kept, plan, understood.reading.image_names)
    _check_splits(named_splits, understood, left_out)
    named_splits, kept = _without_absent_values(named_splits, columns)
    report("writing", len(plan.rows), len(plan.rows))
    identity = write_kept_file(written, named_splits, kept)
    report("writing", len(plan.rows), len(plan.rows))
    blank = sum(
        int((split.images.max(axis=(1, 2, 3)) == split.images.min(axis=(1, 2, 3))).sum())
        for split in named_splits.values()
    )
    notes = [*understood.notes, *plan.notes]
    if blank:
        notes.append(f"{blank:,} {'image has' if blank == 1 else 'images have'} one colour throughout")
    return OwnDataset(
        name=name,
        fingerprint=identity,
        owner=hashed(owner),
        shared=shared,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        source=understood.source.resolve().name,
        kind=understood.kind,
        image_shape=(choices.size, choices.size, channels),
        counts={split: len(arrays.images) for split, arrays in named_splits.items()},
        label_columns=tuple(column.name for column in kept),
        class_counts=_class_counts(named_splits, kept[0]),
        choices=asdict(choices),
        notes=tuple(notes),
        left_out=left_out.count,
        left_out_named=tuple(left_out.named),
        size=written.stat().st_size,
    )


def kept_columns(understood: Understood, choices: Choices) -> list[LabelColumn]:
    """The label columns that are kept, the class first.

    Raises:
        InputError: there is no column of the chosen name.
    """
    if choices.label not in understood.columns:
        raise InputError(f"label: no column {choices.label!r}; there are {', '.join(understood.columns)}")
    further = [column for name, column in understood.columns.items() if name != choices.label]
    return [understood.columns[choices.label], *(further if choices.further_labels else [])]


def _plan(understood: Understood, choices: Choices, columns: list[LabelColumn]) -> _Plan:
    rows = understood.taken_rows(choices.label)
    if len(rows) < 2:
        raise InputError(f"label: column {choices.label} labels {len(rows)} images; two at least are needed")
    splits, notes = understood.reading.splits[rows], []
    codes = columns[0].codes[rows]
    if choices.split == "given":
        if not has_given_splits(splits):
            raise InputError(
                f"split: {understood.source.name} doesn't give each image a split, one to train on and one to test on;"
                " choose stratified"
            )
        splits, note = given_splits(splits)
        notes += [note] if note else []
    else:
        splits = drawn_splits(codes, choices.test_share, choices.seed)
        notes.append(f"test split: {100 * choices.test_share:.0f} % of each class, drawn with seed {choices.seed}")
    if choices.most is not None and choices.most < len(rows):
        sample = stratified_sample(splits, codes, choices.most, choices.seed)
        notes.append(f"{len(sample):,} of {len(rows):,} images, of each class the same share, seed {choices.seed}")
        rows, splits = rows[sample], splits[sample]
    return _Plan(rows, splits, np.stack([column.codes[rows] for column in columns], axis=1), notes)


def _check_space(size: int, folder: Path) -> None:
    if size > MOST_BYTES:
        raise InputError(
            f"the images take {size / 2**30:.1f} GB; keep at most {MOST_BYTES >> 30} GB, with fewer or smaller"
        )
    free = shutil.disk_usage(folder).free
    if size > free:
        raise InputError(
            f"{short_path(folder)}: the images take {size / 2**20:,.1f} MB and {free / 2**20:,.1f} MB are free; free"
            " some space or name another folder with --dir"
        )


def _prepared(
    understood: Understood, choices: Choices, plan: _Plan, left_out: LeftOut, report: Report
) -> tuple[UInt8[np.ndarray, "m size size channels"], np.ndarray]:
    """The resized pictures of the planned rows, and which of them could be taken; those are in order of splits."""
    channels = 1 if choices.colours == "grey" else 3
    images = np.empty((len(plan.rows), choices.size, choices.size, channels), np.uint8)
    places = np.argsort(np.argsort(plan.splits, kind="stable"), kind="stable")  # so that each split lies together
    is_kept = np.zeros(len(plan.rows), bool)
    pictures = understood.reading.pictures.decoded(plan.rows, choices.size)
    for number, picture in enumerate(pictures):
        if number % REPORT_EVERY == 0:
            report("taking in", number, len(plan.rows))
        if isinstance(picture, Flaw):
            left_out.add(understood.reading.names[int(plan.rows[number])], picture.reason)
            continue
        images[places[number]] = resized(picture, choices.size, choices.colours, choices.fit)
        is_kept[number] = True
    return images, is_kept


def _by_split(
    images: UInt8[np.ndarray, "m size size channels"],
    is_kept: np.ndarray,
    plan: _Plan,
    image_names: Sequence[str] | None,
) -> dict[str, KeptSplit]:
    """The images, labels and names of each split, in the order of the source."""
    order = np.argsort(plan.splits, kind="stable")
    splits, start = {}, 0
    for split, code in SPLIT_CODES.items():
        numbers = order[start : start + int((plan.splits == code).sum())]
        part = images[start : start + len(numbers)]
        start += len(numbers)
        taken = is_kept[numbers]
        if taken.any():
            names = None if image_names is None else [image_names[int(row)] for row in plan.rows[numbers[taken]]]
            splits[split] = KeptSplit(_moved_together(part, taken), plan.codes[numbers[taken]], names)
    return splits


def _moved_together(
    images: UInt8[np.ndarray, "m size size channels"], is_kept: np.ndarray
) -> UInt8[np.ndarray, "k size size channels"]:
    """The kept images, moved to the beginning of their own array, so that no second one is needed."""
    numbers = np.flatnonzero(is_kept)
    if len(numbers) < len(images):
        for start in range(0, len(numbers), REPORT_EVERY):
            block = numbers[start : start + REPORT_EVERY]
            images[start : start + len(block)] = images[block]
    return images[: len(numbers)]


def _check_splits(splits: Mapping[str, KeptSplit], understood: Understood, left_out: LeftOut) -> None:
    for split in ("train", "test"):
        if split not in splits:
            name, reason = left_out.named[-1] if left_out.named else (understood.source.name, "too few images")
            raise InputError(f"{understood.source.name}: no image of the {split} split can be taken; {name}: {reason}")


def _without_absent_values(
    splits: Mapping[str, KeptSplit], columns: list[LabelColumn]
) -> tuple[dict[str, KeptSplit], list[KeptColumn]]:
    """Labels with codes for the values alone that some image has; one without a value in a column gets `NO_VALUE`."""
    codes = {split: arrays.labels.copy() for split, arrays in splits.items()}
    kept = []
    for number, column in enumerate(columns):
        used = np.unique(np.concatenate([labels[:, number] for labels in codes.values()]))
        present = used[used != NO_LABEL]
        values = [column.values[code] for code in present]
        if len(present) < len(used):
            values.append(NO_VALUE)
        for labels in codes.values():
            labels[:, number] = np.where(
                labels[:, number] == NO_LABEL, len(present), np.searchsorted(present, labels[:, number])
            )
        kept.append(KeptColumn(column.name, tuple(values)))
    return {split: replace(arrays, labels=codes[split]) for split, arrays in splits.items()}, kept


def _class_counts(splits: Mapping[str, KeptSplit], column: KeptColumn) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {name: {} for name in column.values}
    for split, arrays in splits.items():
        numbers = np.bincount(arrays.labels[:, 0], minlength=len(column.values))
        for name, number in zip(column.values, numbers, strict=True):
            counts[name][split] = int(number)
    return counts
