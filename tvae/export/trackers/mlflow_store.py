"""MLflow runs in an SQLite file."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from tvae.config import RunConfig
from tvae.export.material import WRITTEN_BY
from tvae.export.trackers.tracking import ArmValues, settings_of_arms

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing is sent; read when the package is imported

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

STORE = "mlflow.db"
"""File beside the run's folder, so that all runs of a folder are in one store."""
EXPERIMENT = "TVAE Explorer"


class MLflow:
    """Writes an MLflow run for each arm, with its settings as parameters."""

    def __init__(self, config: RunConfig, folder: Path) -> None:
        logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of each table that it makes
        path = folder.absolute().parent / STORE
        self._client = MlflowClient(tracking_uri=f"sqlite:///{path.as_posix()}")
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        number = self._client.create_experiment(EXPERIMENT) if experiment is None else experiment.experiment_id
        self._runs: dict[str, str] = {}
        for arm, settings in settings_of_arms(config).items():
            tags = {"run": folder.name, "arm": arm, "written_by": WRITTEN_BY}
            run = self._client.create_run(number, run_name=f"{folder.name}/{arm}", tags=tags)
            self._runs[arm] = run.info.run_id
            self._client.log_batch(run.info.run_id, params=[Param(name, str(v)) for name, v in settings.items()])

    def log(self, step: int, values: ArmValues) -> None:
        """Write values of the arms at a step."""
        now = int(1000 * time.time())  # milliseconds, as MLflow has them
        for arm, named in values.items():
            metrics = [Metric(name, value, now, step) for name, value in named.items()]
            self._client.log_batch(self._runs[arm], metrics=metrics)

    def end(self, metrics: ArmValues) -> None:
        """Write the final metrics, and end the runs."""
        self.log(0, metrics)
        for run in self._runs.values():
            self._client.set_terminated(run, "FINISHED" if metrics else "KILLED")
