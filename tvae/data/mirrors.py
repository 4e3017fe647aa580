"""Download from the addresses that torchvision lists, with limits on time and size."""

from __future__ import annotations

import hashlib
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tvae.data.fetch_errors import Progress, SourceFailed, one_line
from tvae.data.formats import gunzip
from tvae.data.public_datasets import CheckedFile, IdxFile, PublicDataset
from tvae.data.split import SplitName
from tvae.data.torchvision_guard import torchvision_datasets
from tvae.data.torchvision_reader import read_split
from tvae.errors import InputError

SILENCE_SECONDS = 10.0
"""The longest wait for a connection, and for the next bytes on it."""
TOTAL_SECONDS = 900.0
"""The longest time for all files of at most 64 MiB: 30 MB at 35 kB a second."""
ZIP_SECONDS = 3_600.0
"""The longest time for a .zip: EMNIST's has 536 MiB."""
_LARGEST_ZIP = 640 * 2**20
_GZIP_OVERHEAD = 65_536  # gzip never packs worse than this
_IN_MEMORY = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file to download."""

    name: str
    addresses: tuple[str, ...]
    """Addresses of the same file; where one fails, the next is tried."""
    md5: str

    @property
    def is_zip(self) -> bool:
        return self.name.endswith(".zip")


def published_files(public_dataset: PublicDataset) -> list[PublishedFile]:
    """The files of a data set that torchvision lists, with address and MD5.

    Raises:
        SourceFailed: torchvision is not there to tell.
    """
    try:
        listed: Any = getattr(torchvision_datasets(), public_dataset.torchvision_class)
    except ImportError as error:
        reason = f"torchvision, which lists the mirrors, cannot be imported ({one_line(error)})"
        raise SourceFailed(reason) from None
    if public_dataset.torchvision_class == "EMNIST":
        pairs = [(listed.url, listed.md5)]
    elif public_dataset.torchvision_class == "QMNIST":
        pairs = [pair for split in ("train", "test") for pair in listed.resources[split]]
    elif public_dataset.torchvision_class == "USPS":
        pairs = [(url, md5) for url, _, md5 in listed.split_list.values()]
    else:
        return [
            PublishedFile(name=name, addresses=tuple(f"{mirror}{name}" for mirror in listed.mirrors), md5=md5)
            for name, md5 in listed.resources
        ]
    return [PublishedFile(name=url.rsplit("/", 1)[-1], addresses=(url,), md5=md5) for url, md5 in pairs]


def from_mirrors(
    public_dataset: PublicDataset, files: Sequence[IdxFile], folder: Path, progress: Progress
) -> Iterator[CheckedFile]:
    """The wanted files, each checked by MD5 before and by its own checks after unpacking.

    Raises:
        SourceFailed: no address is left, or what it gave is wrong.
    """
    download = _Download(published_files(public_dataset), folder, progress)
    if not public_dataset.raw:
        for file in files:
            content = download.contents({file.name: file.size})[file.name]
            try:
                yield file.checked(content, file.name, origin=download.host, folder=folder, checksum="MD5")
            except InputError as error:
                raise SourceFailed(str(error)) from None
        return
    names: list[SplitName] = ["train", "test"]
    splits: list[SplitName] = [split for split in names if set(public_dataset.split_files(split)) & set(files)]
    contents = download.contents({file.name: file.largest for split in splits for file in public_dataset.raw[split]})
    for split in splits:
        raw_contents = {file.name: contents.pop(file.name) for file in public_dataset.raw[split]}
        try:
            checked = read_split(
                public_dataset, split, raw_contents, origin=download.host, folder=folder, checksum="MD5"
            )
        except InputError as error:
            raise SourceFailed(str(error)) from None
        yield from checked


class _Download:
    """Downloads a data set's files within one time limit.

    An address' folder that fails once is not asked again, so that a dead mirror costs its wait once and not for each
    file.
    """

    def __init__(self, published: list[PublishedFile], folder: Path, progress: Progress) -> None:
        self.host = ""
        """Of the last file."""
        self._published = published
        self._folder = folder
        self._progress = progress
        self._start = time.monotonic()
        self._dead: set[str] = set()
        self._failures: list[str] = []

    def contents(self, sizes: dict[str, int]) -> dict[str, bytes]:
        """Content of each file by name, unpacked, of at most the given size.

        Raises:
            SourceFailed: a file cannot be had.
        """
        contents: dict[str, bytes] = {}
        for name, size in sizes.items():
            if name in contents:  # it came in the same .zip
                continue
            matches = [file for file in self._published if file.is_zip or file.name in (name, f"{name}.gz")]
            if not matches:
                raise SourceFailed(f"{name}: torchvision lists no address of it")
            file = matches[0]
            contents |= self._unpacked(file, sizes if file.is_zip else {name: size})
        return contents

    def _unpacked(self, file: PublishedFile, sizes: dict[str, int]) -> dict[str, bytes]:
        """The wanted contents of a published file, from the first mirror that gives it."""
        for address in file.addresses:
            mirror = address.rsplit("/", 1)[0]
            if mirror in self._dead:
                continue
            self.host = urlsplit(address).netloc
            description = f"{file.name} from {self.host}"
            try:
                # on disk beyond a size; without a name, so that a killed process leaves nothing
                with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self._folder)) as target:
                    self._fetch(address, file, description, max(sizes.values()), target)
                    return _members(target, file, description, sizes)
            except SourceFailed as failure:
                self._failures.append(str(failure))
                self._dead.add(mirror)
            except InputError as error:
                self._failures.append(str(error))
                self._dead.add(mirror)
        raise SourceFailed("; ".join(self._failures))

    def _fetch(self, address: str, file: PublishedFile, what: str, size: int, target: IO[bytes]) -> None:
        """Download one address into `target` and check its MD5.

        Raises:
            SourceFailed: it failed, took too long, was too large or is another file.
        """
        largest = _LARGEST_ZIP if file.is_zip else size + _GZIP_OVERHEAD
        seconds = ZIP_SECONDS if file.is_zip else TOTAL_SECONDS
        digest = hashlib.md5(usedforsecurity=False)
        done = 0
        try:
            request = Request(address, headers={"User-Agent": "tvae"})  # some hosts refuse urllib's own name
            with urlopen(request, timeout=SILENCE_SECONDS) as response:
                announced: int | None = response.length
                self._progress(what, 0, announced)
                # read1 returns what is there: the clock is looked at even when bytes only trickle in.
                while block := response.read1(65_536):
                    target.write(block)
                    digest.update(block)
                    done += len(block)
                    if done > largest:
                        raise SourceFailed(f"{what}: more than {largest:,} bytes")
                    if time.monotonic() > self._start + seconds:
                        raise SourceFailed(f"{what}: not done within {seconds:g} s")
                    self._progress(what, done, announced)
        except HTTPError as error:
            raise SourceFailed(f"{what}: HTTP {error.code} {one_line(error.reason)}") from None
        except TimeoutError:
            raise SourceFailed(f"{what}: no answer for {SILENCE_SECONDS:g} s") from None
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, TimeoutError):
                reason = f"no connection within {SILENCE_SECONDS:g} s"
            raise SourceFailed(f"{what}: {one_line(reason)}") from None
        if announced is not None and done != announced:
            raise SourceFailed(f"{what}: cut off at {done:,} of {announced:,} bytes")
        if digest.hexdigest() != file.md5:
            raise SourceFailed(f"{what}: its MD5 is {digest.hexdigest()[:12]}… instead of {file.md5[:12]}…")


def _members(target: IO[bytes], file: PublishedFile, what: str, sizes: dict[str, int]) -> dict[str, bytes]:
    """The wanted contents of a downloaded file by name: out of its .gz, or out of .gz members of a .zip.

    Raises:
        InputError: not a sound archive, a member is missing, or has more than its size.
    """
    target.seek(0)
    if not file.is_zip:
        (name, size), content = next(iter(sizes.items())), target.read()
        return {name: gunzip(content, size, what) if file.name.endswith(".gz") else content}
    contents = {}
    try:
        with zipfile.ZipFile(target) as archive:
            for name, size in sizes.items():
                with archive.open(f"gzip/{name}.gz") as member:
                    packed = member.read(size + _GZIP_OVERHEAD)
                contents[name] = gunzip(packed, size, f"{name}.gz in {what}")
    except KeyError as error:
        raise InputError(f"{what}: {one_line(error.args[0])}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise InputError(f"{what}: not a sound zip file ({one_line(error)})") from None
    return contents
