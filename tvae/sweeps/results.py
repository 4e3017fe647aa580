"""Results: a folder that workers share, with finished runs and what is needed to resume others.

NAME/GROUP.zip              a finished run, as the app gives and takes one
NAME/GROUP.unfinished.zip   what is needed to go on with one (see `handover`); removed when it is done
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from tvae.errors import InputError
from tvae.runs.run_zip import zip_run
from tvae.sweeps.handover import LARGEST, files_to_go_on, unfinished_run
from tvae.system.files import make_writable_folder, read_bounded, write_atomically

_UNFINISHED = ".unfinished.zip"


class Results:
    """The results of one sweep in a folder that its workers share."""

    def __init__(self, folder: Path, sweep: str) -> None:
        self.folder = folder / sweep

    def make(self) -> None:
        """Make the folder, and check that it can be written.

        Raises:
            InputError: it can't.
        """
        try:
            make_writable_folder(self.folder)
        except OSError as error:
            raise InputError(f"results: {self.folder} can't be written ({error.strerror})") from None

    def put(self, group: str, folder: Path) -> None:
        """Put the finished run of a group there.

        Raises:
            OSError: the disk is full; nothing half-written stays.
        """
        write_atomically(self.folder / f"{group}.zip", zip_run(folder))
        with contextlib.suppress(OSError):
            (self.folder / f"{group}{_UNFINISHED}").unlink(missing_ok=True)

    def put_unfinished(self, group: str, folder: Path) -> None:
        """Put there what another machine needs to go on with the run of a group, where there is any yet.

        Raises:
            OSError: the disk is full; what was there before stays.
        """
        content = unfinished_run(folder)
        if content is not None:
            write_atomically(self.folder / f"{group}{_UNFINISHED}", content)

    def unfinished(self, group: str) -> dict[str, bytes] | None:
        """The files with which to go on with the run of a group, by their path in its folder; None where none are.

        Raises:
            InputError: what is there is damaged.
        """
        path = self.folder / f"{group}{_UNFINISHED}"
        return files_to_go_on(read_bounded(path, LARGEST)) if path.exists() else None

    def finished(self) -> dict[str, Path]:
        """The zips of finished runs by their group.

        Raises:
            InputError: there is no such folder.
        """
        if not self.folder.is_dir():
            raise InputError(f"results: there is no folder {self.folder}; `sweep work --results` puts runs there")
        paths = sorted(path for path in self.folder.glob("*.zip") if not path.name.endswith(_UNFINISHED))
        return {path.stem: path for path in paths if re.fullmatch(r"[0-9]+-[A-Za-z0-9]+\.zip", path.name)}
