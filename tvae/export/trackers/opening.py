"""Opens trackers by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tvae.config import RunConfig
from tvae.export.trackers.names import TrackerName
from tvae.export.trackers.tracking import Tracker


def opened_trackers(
    names: Sequence[TrackerName], config: RunConfig, folder: Path, warn: Callable[[str], None]
) -> dict[str, Tracker]:
    """These trackers, told the settings of a run; one that can't be opened is left out, with a warning.

    Args:
        folder: the run's.
    """
    trackers: dict[str, Tracker] = {}
    for name in dict.fromkeys(names):
        try:
            trackers[name] = _tracker(name, config, folder)
        except Exception as error:  # another program's: its errors are of any kind
            warn(f"{name} is not written: {type(error).__name__}: {error}")
    return trackers


def _tracker(name: TrackerName, config: RunConfig, folder: Path) -> Tracker:
    """A tracker; its package is imported here, when it is needed."""
    match name:
        case "tensorboard":
            from tvae.export.trackers.tensorboard import TensorBoard

            return TensorBoard(config, folder)
        case "mlflow":
            from tvae.export.trackers.mlflow_store import MLflow

            return MLflow(config, folder)
        case "wandb":
            from tvae.export.trackers.wandb_files import WandB

            return WandB(config, folder)
