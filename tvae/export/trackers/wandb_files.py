"""Weights & Biases files, written offline."""

from __future__ import annotations

import os
from pathlib import Path

from tvae.config import RunConfig
from tvae.export.material import WRITTEN_BY
from tvae.export.trackers.tracking import ArmValues, settings_of_arms

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # nothing is sent; read when the package is imported

import wandb

PROJECT = "tvae-explorer"


class WandB:
    """Writes an offline run of Weights & Biases for each arm into the run's folder; `wandb sync` sends them."""

    def __init__(self, config: RunConfig, folder: Path) -> None:
        settings = wandb.Settings(silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True)
        self._runs = {
            arm: wandb.init(
                project=PROJECT,
                group=folder.name,
                name=f"{folder.name}/{arm}",
                notes=WRITTEN_BY,
                config=dict(of_arm),
                dir=folder,
                mode="offline",
                reinit="create_new",
                settings=settings,
            )
            for arm, of_arm in settings_of_arms(config).items()
        }
        for run in self._runs.values():
            run.define_metric("*", step_metric="step")  # accuracy of a step may come after losses of a later one

    def log(self, step: int, values: ArmValues) -> None:
        """Write values of the arms at a step."""
        for arm, named in values.items():
            self._runs[arm].log({"step": step, **named})

    def end(self, metrics: ArmValues) -> None:
        """Write the final metrics as the summary, and end the runs."""
        for arm, run in self._runs.items():
            run.summary.update(dict(metrics.get(arm, {})))
            run.finish(exit_code=0 if metrics else 1)
