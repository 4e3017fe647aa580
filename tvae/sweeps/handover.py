"""An unfinished run as a zip, with which another machine goes on.

It holds the resume file, and the rows of the history and the moments of the replay so far: what a run can't make again.
Snapshots are left out; a run that goes on elsewhere has those from there on.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import JobFiles
from tvae.runs.replays.recorded import REPLAY
from tvae.runs.run import HISTORY
from tvae.system.zip_file import checked_zip, member_content

LARGEST = 2**34
"""Bytes of all members, unpacked: a resume file holds three times an arm's weights for each arm."""


def unfinished_run(folder: Path) -> bytes | None:
    """What is needed to go on with the run in this folder, None before its first epoch.

    The resume file is read first: rows that the others have beyond its step are cut off when the run goes on.
    """
    resume = JobFiles(folder).resume
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in (resume, folder / HISTORY, folder / REPLAY):
            try:
                archive.writestr(path.relative_to(folder).as_posix(), path.read_bytes())
            except FileNotFoundError:  # not written yet, or the run has just ended
                return None
    return content.getvalue()


def files_to_go_on(content: bytes) -> dict[str, bytes]:
    """The files in such a zip by their path in a run's folder.

    Raises:
        InputError: it is none.
    """
    resume = JobFiles(Path()).resume.as_posix()
    with checked_zip(io.BytesIO(content), "unfinished run", 3, LARGEST) as archive:
        files = {member.filename: member_content(archive, member) for member in archive.infolist()}
    if files.keys() != {resume, HISTORY, REPLAY}:
        raise InputError(f"unfinished run: not the files {resume}, {HISTORY} and {REPLAY}")
    return files
