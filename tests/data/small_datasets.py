"""Small stand-ins of the public data sets, with files as their publishers lay them out."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import zipfile
from dataclasses import dataclass, replace

import numpy as np

from tests.data.stand_ins import idx_bytes
from tvae.data.public_datasets import PUBLIC_DATASETS, PublicDataset, RawFile
from tvae.data.split import SplitName

SPLITS: tuple[SplitName, ...] = ("train", "test")


@dataclass(frozen=True)
class SmallDataset:
    """A public data set with a few images a class, its splits, and its files in torchvision's layout, by name."""

    public_dataset: PublicDataset
    images: dict[SplitName, np.ndarray]
    labels: dict[SplitName, np.ndarray]
    files: dict[str, bytes]


def small_dataset(name: str, per_class: int = 2) -> SmallDataset:
    """`per_class` images of each class in both splits; the images of a class are alike."""
    public_dataset = PUBLIC_DATASETS[name]
    size, classes = public_dataset.train[0].shape[1], len(public_dataset.class_names)
    generator = np.random.default_rng(3)
    patterns = generator.integers(0, 200, (classes, size, size))
    images, labels, files, changes = {}, {}, {}, {}
    raw: dict[SplitName, tuple[RawFile, ...]] = {}
    for split in SPLITS:
        labels[split] = np.tile(np.arange(classes), per_class)
        noise = generator.integers(0, 55, (per_class * classes, size, size))
        images[split] = (patterns[labels[split]] + noise).astype(np.uint8)
        contents = raw_contents(public_dataset, split, images[split], labels[split])
        files |= contents
        kept = [
            replace(file, shape=(per_class * classes, *file.shape[1:])) for file in public_dataset.split_files(split)
        ]
        if public_dataset.raw:
            sizes = {file.name: len(contents[file.name]) for file in public_dataset.raw[split]}
            raw[split] = tuple(RawFile(name=file, largest=2**20 if name == "usps" else n) for file, n in sizes.items())
        elif public_dataset.pinned:
            kept = [replace(file, sha256=hashlib.sha256(contents[file.name]).hexdigest()) for file in kept]
        changes[split] = tuple(kept)
    return SmallDataset(replace(public_dataset, **changes, raw=raw), images, labels, files)


def raw_contents(
    public_dataset: PublicDataset, split: SplitName, images: np.ndarray, labels: np.ndarray
) -> dict[str, bytes]:
    """Files of a split by name, written from the description of each format."""
    if public_dataset.torchvision_class == "USPS":
        lines = []
        for image, label in zip(images, labels, strict=True):
            pixels = image.reshape(-1) / 127.5 - 1  # -1 to 1
            values = " ".join(f"{i}:{value:.7g}" for i, value in enumerate(pixels + 1e-4, 1))
            lines.append(f"{label + 1} {values} \n")
        return {public_dataset.raw[split][0].name: bz2.compress("".join(lines).encode())}
    if public_dataset.torchvision_class == "EMNIST":
        images_file, labels_file = (file.name for file in public_dataset.raw[split])
        first = 1 if public_dataset.name == "emnist-letters" else 0
        return {images_file: idx_bytes(images.transpose(0, 2, 1)), labels_file: idx_bytes(labels + first)}
    if public_dataset.torchvision_class == "QMNIST":
        images_file, labels_file = (file.name for file in public_dataset.raw[split])
        columns = np.zeros((len(labels), 8), ">i4")
        columns[:, 0], columns[:, 1:] = labels, 70_000  # class, then series, writer and so on
        header = bytes([0, 0, 12, 2]) + len(labels).to_bytes(4, "big") + (8).to_bytes(4, "big")
        return {images_file: idx_bytes(images), labels_file: header + columns.tobytes()}
    images_file, labels_file = (file.name for file in public_dataset.split_files(split))
    return {images_file: idx_bytes(images), labels_file: idx_bytes(labels)}


def published(small: SmallDataset) -> dict[str, bytes]:
    """The files to download, by name."""
    if small.public_dataset.torchvision_class == "USPS":
        return small.files
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in small.files.items()}
    if small.public_dataset.torchvision_class != "EMNIST":
        return packed
    return {"gzip.zip": emnist_zip(packed)}


def emnist_zip(packed: dict[str, bytes]) -> bytes:
    """EMNIST's archive: all parts in a folder, beside members that nobody asked for."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../outside", b"written outside the folder")
        archive.writestr("gzip/emnist-byclass-train-images-idx3-ubyte.gz", b"another part")
        for name, member in packed.items():
            archive.writestr(f"gzip/{name}", member)
    return content.getvalue()
