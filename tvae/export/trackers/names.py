"""Names of trackers, and what each needs."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Literal

from tvae.errors import InputError

TrackerName = Literal["tensorboard"]
PACKAGES: dict[TrackerName, str] = {"tensorboard": "tensorboardX"}
"""The package that each tracker needs beyond those of the app."""


def check_trackers(names: Sequence[TrackerName]) -> None:
    """Check that these trackers can be opened.

    Raises:
        InputError: a package is missing.
    """
    for name in names:
        package = PACKAGES[name]
        if importlib.util.find_spec(package) is None:
            raise InputError(f"log: {name} needs {package}; pip install {package}")
