"""Table of the public data sets: files, shapes, checksums, class names, torchvision class.

A new data set is a new entry of PUBLIC_DATASETS. Its addresses are those that its class in torchvision.datasets lists;
a class that lists them in another form than MNIST's needs a branch in `mirrors.published_files`.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np
from jaxtyping import UInt8

from tvae.data.formats import idx_array, idx_size
from tvae.data.split import SplitName
from tvae.errors import InputError


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A raw file's content that passed its checks."""

    file: IdxFile
    content: bytes
    array: UInt8[np.ndarray, "*shape"]
    """A view of `content`: nothing is held twice."""
    origin: str
    """Origin of the file, in words."""
    checks: str
    """Checks that it passed, in words."""
    where: Path
    """Folder of the data file, whether or not it has been fetched yet."""


@dataclass(frozen=True, kw_only=True)
class IdxFile:
    """One raw file of a public data set: its name and what must be in it."""

    name: str
    shape: tuple[int, ...]
    sha256: str | None
    """SHA-256 of the uncompressed file; None where no trustworthy one is known to us."""
    largest: int = 255
    """The largest value that makes sense in it."""

    @property
    def size(self) -> int:
        """Bytes, uncompressed."""
        return idx_size(self.shape)

    def checked(self, content: bytes, where: str, *, origin: str, folder: Path, checksum: str = "") -> CheckedFile:
        """The content with its array, once it is known to be this file's.

        Args:
            where: how a message names the content.
            checksum: a checksum that the caller has compared already, to be mentioned beside ours.

        Raises:
            InputError: cut, garbled, or another file's content.
        """
        if len(content) != self.size:
            raise InputError(f"{where}: {len(content):,} bytes instead of {self.size:,}")
        array = idx_array(content, where)
        if array.shape != self.shape:
            raise InputError(f"{where}: holds an array of shape {array.shape} instead of {self.shape}")
        if array.max() > self.largest:
            raise InputError(f"{where}: holds the value {array.max()}; {self.largest} is the largest that makes sense")
        digest = hashlib.sha256(content).hexdigest()
        if self.sha256 is not None and digest != self.sha256:
            raise InputError(f"{where}: its SHA-256 is {digest[:12]}… instead of {self.sha256[:12]}…")
        if self.sha256 is None and digest in _PINNED:
            raise InputError(f"{where}: is {_PINNED[digest]}")  # same name, same shape: easily mixed up
        checks = [checksum] if checksum else []
        checks += ["SHA-256"] if self.sha256 else []
        return CheckedFile(
            file=self,
            content=content,
            array=array,
            origin=origin,
            checks=" and ".join(checks) or "structure",
            where=folder,
        )


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """A file of a data set as torchvision's class reads it."""

    name: str
    largest: int
    """Bytes at most."""


@dataclass(frozen=True)
class Noun:
    """Noun for an image of a data set, such as digit or garment."""

    one: str
    many: str

    @property
    def a(self) -> str:
        """One of them, with its article."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"


IMAGE = Noun("image", "images")
"""Noun for a data set whose images have no name of their own."""
ROW = Noun("row", "rows")
"""Noun for what has no image."""
DIGIT, LETTER = Noun("digit", "digits"), Noun("letter", "letters")
CHARACTER, GARMENT = Noun("character", "characters"), Noun("garment", "garments")


@dataclass(frozen=True, kw_only=True)
class PublicDataset:
    """A data set that we keep as four IDX files: images and labels of the training and of the test split.

    Where the publisher's files are others (`raw`), torchvision's class reads them and the result is kept, upright and
    with labels from 0: later loads need no torch, whose import takes seconds.
    """

    name: str
    torchvision_class: str
    """Name in torchvision.datasets; the class lists the addresses, and names the folder of torchvision's own layout."""
    torchvision_options: Mapping[str, str] = field(default_factory=dict)
    """Arguments of the class that choose this data set."""
    class_names: tuple[str, ...]
    noun: Noun = IMAGE
    train: tuple[IdxFile, IdxFile]
    """Images, labels."""
    test: tuple[IdxFile, IdxFile]
    raw: Mapping[SplitName, tuple[RawFile, RawFile] | tuple[RawFile]] = field(default_factory=dict)
    """The publisher's files of each split, where they are not those that we keep."""
    transposed: bool = False
    """The publisher stores each image with its rows and columns exchanged."""
    first_label: int = 0
    """The publisher's label of the first class."""
    in_npm_package: bool = False
    system_folders: tuple[Path, ...] = ()
    """Folders in which packages of operating systems put the files."""

    @property
    def files(self) -> tuple[IdxFile, ...]:
        return *self.train, *self.test

    def split_files(self, split: SplitName) -> tuple[IdxFile, IdxFile]:
        """Images and labels of a split, as we keep them."""
        return self.train if split == "train" else self.test

    @property
    def pinned(self) -> bool:
        """Whether content alone distinguishes this data set's files from those of any other."""
        return all(file.sha256 for file in self.files)


def _split_files(
    prefix: str, n: int, size: int, classes: int, sha256: tuple[str | None, str | None] = (None, None)
) -> tuple[IdxFile, IdxFile]:
    """Files of a split with n images of size x size pixels, named as MNIST's; SHA-256 of images and labels."""
    return (
        IdxFile(name=f"{prefix}-images-idx3-ubyte", shape=(n, size, size), sha256=sha256[0]),
        IdxFile(name=f"{prefix}-labels-idx1-ubyte", shape=(n,), sha256=sha256[1], largest=classes - 1),
    )


_SPLITS: tuple[SplitName, ...] = ("train", "test")


class _Splits(TypedDict):
    train: tuple[IdxFile, IdxFile]
    test: tuple[IdxFile, IdxFile]


def _mnist_like(*sha256: str | None) -> _Splits:
    """MNIST's four files; SHA-256 of the training images and labels, then of the test images and labels."""
    first, second, third, fourth = sha256
    return {
        "train": _split_files("train", 60_000, 28, 10, (first, second)),
        "test": _split_files("t10k", 10_000, 28, 10, (third, fourth)),
    }


def _emnist(
    part: str, class_names: tuple[str, ...], noun: Noun, n_train: int, n_test: int, first_label: int = 0
) -> PublicDataset:
    """A part of EMNIST (Cohen et al. 2017, arXiv:1702.05373)."""
    counts: dict[SplitName, int] = {"train": n_train, "test": n_test}
    return PublicDataset(
        name=f"emnist-{part}",
        torchvision_class="EMNIST",
        torchvision_options={"split": part},
        class_names=class_names,
        noun=noun,
        train=_split_files("train", n_train, 28, len(class_names)),
        test=_split_files("t10k", n_test, 28, len(class_names)),
        raw={
            split: (
                RawFile(name=f"emnist-{part}-{split}-images-idx3-ubyte", largest=idx_size((n, 28, 28))),
                RawFile(name=f"emnist-{part}-{split}-labels-idx1-ubyte", largest=idx_size((n,))),
            )
            for split, n in counts.items()
        },
        transposed=True,
        first_label=first_label,
    )


PUBLIC_DATASETS: dict[str, PublicDataset] = {
    "mnist": PublicDataset(
        name="mnist",
        torchvision_class="MNIST",
        class_names=tuple("0123456789"),
        noun=DIGIT,
        in_npm_package=True,
        **_mnist_like(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    "fashion-mnist": PublicDataset(
        name="fashion-mnist",
        torchvision_class="FashionMNIST",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        noun=GARMENT,
        system_folders=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's package dataset-fashion-mnist
        **_mnist_like(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    "kmnist": PublicDataset(
        name="kmnist",
        torchvision_class="KMNIST",
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        noun=CHARACTER,
        **_mnist_like(None, None, None, None),
    ),
    "emnist-balanced": _emnist(
        "balanced",
        (*string.digits, *string.ascii_uppercase, *"abdefghnqrt"),  # other letters look alike in both cases
        CHARACTER,
        112_800,
        18_800,
    ),
    "emnist-letters": _emnist("letters", tuple(string.ascii_lowercase), LETTER, 124_800, 20_800, first_label=1),
    "emnist-digits": _emnist("digits", tuple(string.digits), DIGIT, 240_000, 40_000),
    "qmnist": PublicDataset(
        name="qmnist",
        torchvision_class="QMNIST",
        class_names=tuple(string.digits),
        noun=DIGIT,
        train=_split_files("train", 60_000, 28, 10),
        test=_split_files("t10k", 60_000, 28, 10),
        raw={
            split: (
                RawFile(name=f"qmnist-{split}-images-idx3-ubyte", largest=idx_size((60_000, 28, 28))),
                # 8 columns of 32-bit numbers, the class first
                RawFile(name=f"qmnist-{split}-labels-idx2-int", largest=12 + 60_000 * 8 * 4),
            )
            for split in _SPLITS
        },
    ),
    "usps": PublicDataset(
        name="usps",
        torchvision_class="USPS",
        class_names=tuple(string.digits),
        noun=DIGIT,
        train=_split_files("train", 7_291, 16, 10),
        test=_split_files("t10k", 2_007, 16, 10),
        # LIBSVM's text; torchvision's class itself counts the labels from 0
        raw={
            "train": (RawFile(name="usps.bz2", largest=16 * 2**20),),
            "test": (RawFile(name="usps.t.bz2", largest=16 * 2**20),),
        },
    ),
}

_PINNED = {
    file.sha256: f"{public_dataset.name}'s {file.name}"
    for public_dataset in PUBLIC_DATASETS.values()
    for file in public_dataset.files
    if file.sha256
}
