"""Privacy of files: what a process of ours writes is for its user alone, unless TVAE_UMASK says else."""

from __future__ import annotations

import os
import re

from tvae.errors import require

PRIVATE = 0o077
"""Permissions that nobody but the user gets: folders are 700 and files 600."""


def keep_files_private() -> None:
    """Have all that this process and its children write from now on be for this user alone.

    To be called where a process of ours begins, and by no library function: the setting (umask) is the whole
    process's, so it covers every file, also those that SQLite, numba and the log of a worker make. TVAE_UMASK names
    another, such as 027 for a group that may read.

    Raises:
        InputError: TVAE_UMASK is no umask.
    """
    setting = os.environ.get("TVAE_UMASK", "")
    right = "three octal digits, such as 077 (only me), 027 (my group may read) or 022 (everybody may read)"
    require(not setting or re.fullmatch("0?[0-7]{3}", setting) is not None, "TVAE_UMASK", setting, right)
    os.umask(int(setting, 8) if setting else PRIVATE)
