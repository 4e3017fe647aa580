"""Two embeddings of the same rows, as understood from a person's files, and how they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from tvae.data import Split
from tvae.data.own.choices import Colours
from tvae.data.own.new_pictures import Frame, NewPictures, new_pictures
from tvae.data.own.sources.reading import Cancelled, Progress, Report
from tvae.errors import InputError
from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.measurable import has_triplet
from tvae.metrics.triplet_curve import triplet_curve
from tvae.runs.embeddings.checking import check_same_rows, checked_classes, checked_vectors
from tvae.runs.embeddings.folder import (
    MARGIN_STEP,
    Embeddings,
    EmbeddingsConfig,
    EmbeddingsRecord,
    GivenArm,
    NewFolder,
    check_name,
    in_unit,
    write_embeddings,
)
from tvae.runs.embeddings.reading import Column, EmbeddingFile, chosen_vectors, labels_of, read_columns
from tvae.runs.encodings import write_curves, write_gaps
from tvae.system.array_files import content_key
from tvae.system.names import checked_name
from tvae.system.owner import Owner, hashed

MOST_SIDE = 64
"""Pixels a side that images are kept with at most: they are thumbnails."""
LONGEST_TITLE = 60
"""Bytes of what an embedding is called."""
_SAMPLED = 2_000
"""Rows that the mean distance is measured on."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Understood:
    """Two embeddings of the same rows with their labels and images, read and checked, and not kept yet."""

    sources: tuple[str, str]
    """File and array of each."""
    titles: tuple[str, str]
    """What each is called until a person names it: its file, or its array where both are in one."""
    vectors: tuple[Float32[np.ndarray, "n _"], Float32[np.ndarray, "n _"]]
    labels: Int64[np.ndarray, " n"]
    class_names: tuple[str, ...]
    labelled: bool
    images: UInt8[np.ndarray, "n height width channels"] | None
    notes: tuple[str, ...]
    """What to know of them, a sentence each."""

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.labels)


def understand(
    paths: Sequence[Path],
    *,
    vectors: Sequence[str] = (),
    labels: str = "",
    images: Path | str = "",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Understood:
    """Read two embeddings of the same rows; nothing is kept yet.

    Args:
        paths: one file that holds both, or two.
        vectors: names of the arrays or columns with the vectors, where that is not clear.
        labels: an array or column of these files, or a file with labels; empty: found by name.
        images: a file or folder of pictures in the order of the rows; empty: those in the files.

    Raises:
        InputError: files of another form, other numbers of rows, rows that are not finite, labels that differ between
            the files, images that don't fit; the message names it.
        TakingInCancelled: `cancelled` said so.
    """
    report = Report(progress, cancelled)
    report("reading", 0, 4)
    files = [read_columns(path) for path in paths]
    columns = chosen_vectors(files, vectors)
    spaces = []
    for place, column in enumerate(columns):
        spaces.append(checked_vectors(column.read(), column.where))
        report("reading", place + 1, 4)
    n = len(spaces[0])
    check_same_rows(n, len(spaces[1]), (columns[0].where, columns[1].where))
    given, notes = _labels(files, labels, n)
    classes, class_names = given if given is not None else checked_classes(None, n)
    report("reading", 3, 4)
    pictures = _pictures(files, images, report)
    kept = None if pictures is None else _fitted(pictures, n, report)
    report("reading", 4, 4)
    notes += () if pictures is None else pictures.notes
    return Understood(
        sources=(columns[0].where, columns[1].where),
        titles=_titles(columns),
        vectors=(spaces[0], spaces[1]),
        labels=classes,
        class_names=class_names,
        labelled=given is not None,
        images=kept,
        notes=(*notes, *_notes(spaces, columns, classes, given is not None, kept is not None)),
    )


def keep(
    understood: Understood,
    name: str,
    folder: Path,
    taken: Mapping[str, Path],
    *,
    titles: Sequence[str] = (),
    owner: Owner = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Embeddings:
    """Keep embeddings in a folder of runs, with their triplets counted; all of it or nothing.

    Args:
        folder: the folder of runs.
        taken: the runs and embeddings that there are, by name.
        titles: what the two are called; empty: as understood.

    Raises:
        InputError: a name that is impossible or taken, or titles that are not two different ones.
        OSError: the disk is full, or the folder can't be written.
        TakingInCancelled: `cancelled` said so.
    """
    check_name(name, folder, taken)
    ids = arm_ids(titles or understood.titles)
    report = Report(progress, cancelled)
    report("counting triplets", 0, 4)
    arms = {
        arm: GivenArm(title=title, columns=space.shape[1], source=source, distance=mean_distance(space))
        for (arm, title), source, space in zip(ids.items(), understood.sources, understood.vectors, strict=True)
    }
    vectors = dict(zip(arms, understood.vectors, strict=True))
    record = EmbeddingsRecord(
        n=understood.n,
        labelled=understood.labelled,
        class_names=understood.class_names,
        image_shape=None if understood.images is None else cast(tuple, understood.images.shape[1:]),
        fingerprint=_fingerprint(understood),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=tuple(note[:500] for note in understood.notes),
        owner=hashed(owner),
    )
    with NewFolder(folder / name) as place:
        if has_triplet(understood.labels):
            curves, gaps = {}, {}
            for number, (arm, given) in enumerate(arms.items()):
                means = in_unit(vectors[arm], given.distance)
                curves[arm] = triplet_curve(means, understood.labels, step=MARGIN_STEP)
                report("counting triplets", 2 * number + 1, 4)
                gaps[arm] = gap_histogram(means, understood.labels)
                report("counting triplets", 2 * number + 2, 4)
            write_curves(place.path, "test", curves)
            write_gaps(place.path, "test", gaps)
        config = EmbeddingsConfig(arms=arms)
        written = write_embeddings(place.path, config, record, vectors, understood.labels, understood.images)
        return Embeddings(place.put(), written.config, written.record)


def arm_ids(titles: Sequence[str]) -> dict[str, str]:
    """The title of each embedding by its id, which is made of it and fit for file names and addresses.

    Raises:
        InputError: not two titles, or two that are alike.
    """
    checked = [checked_name("names", title, LONGEST_TITLE) for title in titles]
    if len(checked) != 2 or not all(checked):
        raise InputError(f"names: {len(checked)} given; there must be two, one for each embedding")
    ids = [re.sub(r"[^A-Za-z0-9_-]+", "-", title).strip("-") or "embedding" for title in checked]
    if checked[0].casefold() == checked[1].casefold():
        raise InputError(f"names: both are {checked[0]!r}; they must differ")
    if ids[0].upper() == ids[1].upper():
        ids = [f"{each}-{number}" for number, each in enumerate(ids, start=1)]
    return dict(zip(ids, checked, strict=True))


def mean_distance(vectors: Float32[np.ndarray, "n d"]) -> float:
    """Mean Euclidean distance of two rows; of many rows, of as many pairs drawn at random (seed 0)."""
    generator = np.random.default_rng(0)
    rows = len(vectors)
    first = generator.integers(0, rows, _SAMPLED)
    second = (first + generator.integers(1, rows, _SAMPLED)) % rows  # never the row itself
    differences = vectors[first].astype(np.float64) - vectors[second]
    return float(np.linalg.norm(differences, axis=1).mean())


def _labels(
    files: Sequence[EmbeddingFile], asked: str, n: int
) -> tuple[tuple[Int64[np.ndarray, " n"], tuple[str, ...]] | None, tuple[str, ...]]:
    """Class of each row with the classes' names, None where there are no labels; and notes.

    Raises:
        InputError: labels that differ between the files, or don't fit the rows.
    """
    if asked and Path(asked).is_file() and not any(file.has(asked) for file in files):
        files, asked = [read_columns(Path(asked))], ""
        columns = labels_of(files, "")
        if not columns:
            raise InputError(f"{files[0].title}: holds no labels; it holds {files[0].in_words}")
    else:
        columns = labels_of(files, asked)
    read = [(column, *checked_classes(column.read(), n, column.where)) for column in columns]
    if not read:
        return None, ()
    first, classes, names = read[0]
    for other, other_classes, other_names in read[1:]:
        texts, other_texts = np.array(names)[classes], np.array(other_names)[other_classes]
        wrong = np.flatnonzero(texts != other_texts)
        if len(wrong):
            row = int(wrong[0])
            raise InputError(
                f"labels: {first.where} and {other.where} differ in {len(wrong):,} of {n:,} rows; row {row} is "
                f"{str(texts[row])[:40]!r} in one and {str(other_texts[row])[:40]!r} in the other, so these are not "
                "the same rows in the same order"
            )
    return (classes, names), (f"labels from {' and '.join(column.where for column, *_ in read)}",)


def _pictures(files: Sequence[EmbeddingFile], asked: Path | str, report: Report) -> NewPictures | None:
    """The pictures of the rows after a first look, None where there are none."""
    if asked:
        return new_pictures(Path(asked), progress=report, cancelled=None)
    holder = next((file for file in files if file.of_kind("images")), None)
    return None if holder is None else new_pictures(holder.path, progress=report, cancelled=None)


def _fitted(pictures: NewPictures, n: int, report: Report) -> UInt8[np.ndarray, "n height width channels"]:
    """The pictures at their own size, or scaled down to squares where they are large or of several sizes.

    Raises:
        InputError: another number of pictures than rows, or one that can't be read, which it names.
    """
    total = len(pictures.reading.names)
    if total != n:
        raise InputError(f"images: {total:,} pictures; there are {n:,} rows, and each must have one, in the same order")
    _refuse_left_out(pictures)
    size, colours = pictures.longest_side, cast(Colours, "colour" if pictures.has_colour else "grey")
    frame = Frame(min(size, MOST_SIDE), colours, "fit", "as thumbnails")
    images = np.concatenate([block.images for block in pictures.blocks(frame, report)])
    _refuse_left_out(pictures)
    return images


def _refuse_left_out(pictures: NewPictures) -> None:
    if pictures.left_out.count:
        name, reason = next(iter(pictures.left_out.named))
        raise InputError(f"images: {pictures.left_out.count:,} can't be read; {name}: {reason}")


def _titles(columns: tuple[Column, Column]) -> tuple[str, str]:
    """What the two are called at first: their arrays where both are of one file, else their files."""
    first, second = columns
    titles = (first.key, second.key) if first.file == second.file else (Path(first.file).stem, Path(second.file).stem)
    if titles[0].casefold() == titles[1].casefold():
        titles = (f"{titles[0]} (first)", f"{titles[1]} (second)")
    short = [title[: LONGEST_TITLE // 4] if len(title.encode()) > LONGEST_TITLE else title for title in titles]
    return short[0], short[1]


def _notes(
    spaces: Sequence[Float32[np.ndarray, "n _"]],
    columns: Sequence[Column],
    classes: Int64[np.ndarray, " n"],
    labelled: bool,
    with_images: bool,
) -> list[str]:
    notes = [
        f"all rows of {column.where} are one vector, so nothing can be seen in it"
        for space, column in zip(spaces, columns, strict=True)
        if (space == space[0]).all()
    ]
    if not labelled:
        notes.append("no labels: maps, neighbours and their changes can be seen, triplets and findings can't")
    elif not has_triplet(classes):
        notes.append("the labels allow no triplet, which takes two classes, and two rows of one of them")
    if not with_images:
        notes.append("no images: points on the maps have their row and class alone")
    return notes


def _fingerprint(understood: Understood) -> str:
    """Fingerprint of the rows: of images and labels as a split has it, so that a run's arms can stand beside them."""
    if understood.images is not None:
        return Split("test", understood.images, understood.labels, understood.class_names).fingerprint
    return content_key(understood.labels, *understood.vectors)
