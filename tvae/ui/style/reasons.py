"""Messages of errors as a page shows them: without folders of the server and without commands."""

from __future__ import annotations

import re
from pathlib import Path

from tvae.data import default_folder
from tvae.system.app_folder import app_folder
from tvae.system.user_folders import runs_folder

_FOLDERS = re.compile(r"""(?<![\w./:~)])~?/(?=[^\s/])(?:[^\s/,;:'"`()<>]+/)*""")
"""The folders of an absolute path; what is left of it is its last part."""


def reason_of(error: Exception | str) -> str:
    """Message of an error, in which each path is shortened to its last part.

    Whoever reads a page has no terminal on the server, and how its folders are called is nobody's business.
    """
    if isinstance(error, OSError) and error.strerror:
        named = isinstance(error.filename, str)
        return f"{Path(error.filename).name}: {error.strerror}" if named else error.strerror
    text = str(error)
    for folder in (runs_folder(), default_folder(), app_folder()):
        text = text.replace(f"{folder}/", "/")  # there may be spaces in its name
    return _FOLDERS.sub("", text)
