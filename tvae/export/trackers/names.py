"""Names of trackers, and what each needs."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Literal

from tvae.errors import InputError

TrackerName = Literal["tensorboard", "mlflow", "wandb"]
PACKAGES: dict[TrackerName, tuple[str, str]] = {
    "tensorboard": ("tensorboardX", "tensorboardX"),
    "mlflow": ("mlflow", "mlflow-skinny"),
    "wandb": ("wandb", "wandb"),
}
"""The module that each tracker needs beyond those of the app, and the package that brings it."""


def check_trackers(names: Sequence[TrackerName]) -> None:
    """Check that these trackers can be opened.

    Raises:
        InputError: a package is missing.
    """
    for name in names:
        module, package = PACKAGES[name]
        if importlib.util.find_spec(module) is None:
            raise InputError(f"log: {name} needs {package}; pip install {package}")
