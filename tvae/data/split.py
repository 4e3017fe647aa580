"""Split, Notion and Dataset: labelled images, grey or in colour, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int, Int64, UInt8

from tvae.config import check_notion
from tvae.errors import InputError, require_choice

SplitName = Literal["train", "validation", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = get_args(SplitName)
CLASS = "class"
"""Name of the notion of similarity of a data set that has only one."""


@dataclass(frozen=True, eq=False)
class Notion:
    """Labels of images by one notion of similarity: two images are similar where their labels are equal."""

    labels: Int64[np.ndarray, " n"]
    """Class of each image, an index into `class_names`."""
    class_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images of the training, the validation or the test split of a data set.

    Both arrays are read-only: a split is shared by all its users, and `fingerprint` must stay valid. So
    `torch.from_numpy` warns of them: give it `pixels(rows)`, or copy with `torch.tensor(split.labels)`.

    Raises:
        InputError: images that are not uint8 (n, height, width, channels) with 1 or 3 channels, labels that don't fit
            them, or no image.
    """

    name: SplitName
    images: UInt8[np.ndarray, "n height width channels"]
    """One channel of grey values or three of red, green and blue, 0 is black; held once, as uint8 (see `pixels`)."""
    labels: Int64[np.ndarray, " n"]
    """Class of each image, an index into `class_names`."""
    class_names: tuple[str, ...]
    notion: str = CLASS
    """Name of the notion of similarity that the labels are of."""
    notions: Mapping[str, Notion] = field(default_factory=dict)
    """Every notion that the data set has labels of, by name, its own first column first; empty: that of `labels`."""

    def __post_init__(self) -> None:
        require_choice("split", self.name, SPLIT_NAMES)
        images, labels, where = self.images, self.labels, f"split {self.name}"
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
            got = f"{images.dtype} of shape {images.shape}"
            right = "uint8 of shape (n, height, width, channels) with 1 or 3 channels"
            advice = "; give images[..., None]" if images.ndim == 3 else ""
            raise InputError(f"{where}: images are {got}; right is {right}{advice}")
        if images.size == 0:
            raise InputError(f"{where}: images of shape {images.shape} hold no pixel; one at least is needed")
        notions = {**self.notions, self.notion: Notion(labels, self.class_names)}
        checked = {name: _checked(notion, len(images), where) for name, notion in notions.items()}
        object.__setattr__(self, "images", _read_only(images))
        object.__setattr__(self, "labels", checked[self.notion].labels)
        object.__setattr__(self, "notions", checked)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height and width in pixels, and channels: 1 for grey, 3 for colour."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 in hex of shape, images and labels in their order; the shape of grey images without their channel.

        So grey images keep the fingerprint that runs on disk know them by. The labels are those of the data set's first
        notion, so that runs of different notions know that they have the same images.
        """
        n, height, width, channels = self.images.shape
        shape = (n, height, width) if channels == 1 else (n, height, width, channels)
        digest = hashlib.sha256(repr(shape).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.by("").labels, dtype="<i8").data)
        return digest.hexdigest()

    @property
    def labels_key(self) -> str:
        """A key of the images with these labels, which only another notion of the same images changes."""
        return labels_key(self.fingerprint, "" if self.notion == next(iter(self.notions)) else self.notion)

    def by(self, notion: str) -> Split:
        """The same images with their labels by another notion; empty: by the data set's first.

        Raises:
            InputError: the data set has no labels of it.
        """
        notion = notion or next(iter(self.notions))
        if notion == self.notion:
            return self
        check_notion("notion", notion, tuple(self.notions), f"split {self.name}")
        by_notion = self.notions[notion]
        return replace(self, labels=by_notion.labels, class_names=by_notion.class_names, notion=notion)

    def part(self, name: SplitName, rows: Int[np.ndarray, " m"]) -> Split:
        """The images of these rows as a split of this name, with all their labels."""
        notions = {key: Notion(notion.labels[rows], notion.class_names) for key, notion in self.notions.items()}
        labels = notions[self.notion].labels
        return Split(name, self.images[rows], labels, self.class_names, self.notion, notions)

    def pixels(self, rows: Int[np.ndarray, " n"] | slice | None = None) -> Float32[np.ndarray, "n pixels"]:
        """Flat images with values in [0, 1]: of these rows in their order, or of all; always a new array.

        A pixel in colour is three values, one after the other.
        """
        images = self.images if rows is None else self.images[rows]  # (n, height, width, channels)
        flat = images.reshape(len(images), -1).astype(np.float32)  # (n, pixels)
        flat /= 255
        return flat


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test split of a data set, and a validation split where there is one, with the same classes."""

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    """One line: where the images came from and how they were checked."""
    validation: Split | None = None
    """Images that no model is trained on and that are no test images either: to choose settings by."""

    def by(self, notion: str) -> Dataset:
        """The same images with their labels by another notion; empty: by the data set's first.

        Raises:
            InputError: the data set has no labels of it.
        """
        check_notion("data.notion", notion, tuple(self.train.notions), f"data set {self.name!r}")
        train = self.train.by(notion)
        validation = None if self.validation is None else self.validation.by(notion)
        test = self.test.by(notion)
        return replace(self, train=train, test=test, validation=validation, class_names=train.class_names)


def labels_key(fingerprint: str, notion: str) -> str:
    """A key of images with their labels by one notion: the images' fingerprint where that is the data set's first."""
    return hashlib.sha256(f"{fingerprint} {notion}".encode()).hexdigest() if notion else fingerprint


def _checked(notion: Notion, n: int, where: str) -> Notion:
    """The labels as int64, read-only.

    Raises:
        InputError: labels that don't fit n images or the class names.
    """
    labels, count = notion.labels, len(notion.class_names)
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        got = f"{labels.dtype} of shape {labels.shape}"
        raise InputError(f"{where}: labels are {got}; right is whole numbers of shape (n,)")
    if len(labels) != n:
        raise InputError(f"{where}: {n:,} images but {len(labels):,} labels; there must be one each")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= count:
        raise InputError(
            f"{where}: labels run from {low} to {high}; with {count} class names they must lie in 0 to {count - 1}"
        )
    return Notion(_read_only(labels.astype(np.int64, copy=False)), notion.class_names)


def _read_only(array: np.ndarray) -> np.ndarray:
    """A read-only view; the caller's own array stays as writable as it was."""
    view = array.view()
    view.flags.writeable = False
    return view
