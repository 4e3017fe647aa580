"""A small file whose disk space is reserved, so that it can be written when the disk is full."""

from __future__ import annotations

import os
from pathlib import Path

from tvae.system.files import errors_name

_LENGTH = 4096


class ReservedFile:
    """A file of fixed length. Text written into it later needs no more space on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reserve(self) -> None:
        """Make the file, or empty the one that is there.

        Raises:
            OSError: no space for it, or no such folder.
        """
        self._write(b"", "r+b" if self.path.exists() else "xb")

    def write(self, text: str) -> None:
        """Write a text into the file, in place; text beyond 4,096 bytes is cut off.

        Raises:
            OSError: it was never made, or can't be written.
        """
        self._write(text.encode()[:_LENGTH], "r+b")

    def read(self) -> str:
        """The text in the file; empty where there is none."""
        try:
            return self.path.read_bytes()[:_LENGTH].decode(errors="replace").strip()
        except OSError:
            return ""

    def _write(self, content: bytes, mode: str) -> None:
        with errors_name(self.path), self.path.open(mode) as file:
            file.write(content.ljust(_LENGTH))
            file.flush()
            os.fsync(file.fileno())
