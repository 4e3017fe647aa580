"""Download from web mirrors, with limits on time and size."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tvae.data.families import CheckedFile, Family, IdxFile
from tvae.data.formats import gunzip
from tvae.data.sources import Progress, SourceFailed, one_line
from tvae.data.torchvision_guard import torchvision_datasets
from tvae.errors import InputError

SILENCE_SECONDS = 10.0
"""The longest wait for a connection, and for the next bytes on it."""
TOTAL_SECONDS = 900.0
"""The longest time for all files: 30 MB at 35 kB a second."""


def mirrors_and_md5(family: Family) -> tuple[tuple[str, ...], dict[str, str]]:
    """The addresses of the folders that hold the .gz files, and the MD5 of each of these by its name.

    Raises:
        SourceFailed: torchvision is not there to tell.
    """
    try:
        listed = getattr(torchvision_datasets(), family.torchvision_class)
    except ImportError as error:
        reason = f"torchvision, which lists the mirrors, cannot be imported ({one_line(error)})"
        raise SourceFailed(reason) from None
    return tuple(listed.mirrors), dict(listed.resources)


def from_mirrors(family: Family, files: Sequence[IdxFile], folder: Path, progress: Progress) -> Iterator[CheckedFile]:
    """The wanted files one by one, each checked by MD5 before and by its own checks after unpacking.

    A mirror that fails once is not asked again, so that a dead one costs its wait once and not for each file.

    Raises:
        SourceFailed: no mirror is left.
    """
    addresses, md5 = mirrors_and_md5(family)
    deadline = time.monotonic() + TOTAL_SECONDS
    alive, failures = list(addresses), []
    for file in files:
        checked = None
        while alive and checked is None:
            address = alive[0]
            try:
                packed = _download(f"{address}{file.name}.gz", file, deadline, progress)
                checked = _unpacked(packed, md5[f"{file.name}.gz"], file, urlsplit(address).netloc, folder)
            except SourceFailed as failure:
                failures.append(str(failure))
                alive.pop(0)
        if checked is None:
            raise SourceFailed("; ".join(failures))
        yield checked


def _download(address: str, file: IdxFile, deadline: float, progress: Progress) -> bytes:
    host = urlsplit(address).netloc
    what = f"{file.name}.gz from {host}"
    largest = file.size + 65_536  # gzip never packs worse than this
    packed = bytearray()
    try:
        request = Request(address, headers={"User-Agent": "tvae"})  # some hosts refuse urllib's own name
        with urlopen(request, timeout=SILENCE_SECONDS) as response:
            announced: int | None = response.length
            progress(what, 0, announced)
            # read1 comes back with what is there: the clock is looked at even when bytes only trickle in.
            while block := response.read1(65_536):
                packed += block
                if len(packed) > largest:
                    raise SourceFailed(f"{what}: more than {largest:,} bytes")
                if time.monotonic() > deadline:
                    raise SourceFailed(f"{what}: not done within {TOTAL_SECONDS:g} s")
                progress(what, len(packed), announced)
    except HTTPError as error:
        raise SourceFailed(f"{what}: HTTP {error.code} {one_line(error.reason)}") from None
    except TimeoutError:
        raise SourceFailed(f"{what}: no answer for {SILENCE_SECONDS:g} s") from None
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError):
            reason = f"no connection within {SILENCE_SECONDS:g} s"
        raise SourceFailed(f"{what}: {one_line(reason)}") from None
    if announced is not None and len(packed) != announced:
        raise SourceFailed(f"{what}: cut off at {len(packed):,} of {announced:,} bytes")
    return bytes(packed)


def _unpacked(packed: bytes, md5: str, file: IdxFile, host: str, folder: Path) -> CheckedFile:
    what = f"{file.name}.gz from {host}"
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if found != md5:
        raise SourceFailed(f"{what}: its MD5 is {found[:12]}… instead of {md5[:12]}…")
    try:
        content = gunzip(packed, file.size, what)
        return file.checked(content, what, origin=host, folder=folder, checksum="MD5")
    except InputError as error:
        raise SourceFailed(str(error)) from None
