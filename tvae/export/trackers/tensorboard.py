"""TensorBoard event files."""

from __future__ import annotations

from pathlib import Path

from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from tvae.config import RunConfig
from tvae.export.material import WRITTEN_BY
from tvae.export.trackers.tracking import ArmValues, settings_of_arms

EVENTS = "events"
"""Folder in a run's own that has a folder of event files for each arm, so that TensorBoard draws arms in one chart."""
FLUSH_SECONDS = 5
"""Seconds after which values are in the files, for who watches."""


class TensorBoard:
    """Writes event files into the run's folder, where `tensorboard --logdir` finds them, also from a folder above."""

    def __init__(self, config: RunConfig, folder: Path) -> None:
        suffix = f".{WRITTEN_BY.replace(' ', '-')}"
        self._settings = settings_of_arms(config)
        self._writers: dict[str, SummaryWriter] = {}
        for arm, settings in self._settings.items():
            writer = SummaryWriter(str(folder / EVENTS / arm), flush_secs=FLUSH_SECONDS, filename_suffix=suffix)
            rows = [f"| {name} | {value} |" for name, value in settings.items()]
            writer.add_text("settings", "\n".join(["| setting | value |", "| --- | --- |", *rows]))
            self._writers[arm] = writer

    def log(self, step: int, values: ArmValues) -> None:
        """Write values of the arms at a step."""
        for arm, named in values.items():
            for name, value in named.items():
                self._writers[arm].add_scalar(name, value, step)

    def end(self, metrics: ArmValues) -> None:
        """Write the final metrics with the settings, as TensorBoard's HParams page reads them, and close the files."""
        for arm, named in metrics.items():
            file = self._writers[arm].file_writer
            assert file is not None  # until it is closed
            for summary in hparams(dict(self._settings[arm]), dict(named)):
                file.add_summary(summary)
            for name, value in named.items():
                self._writers[arm].add_scalar(name, value)
        for writer in self._writers.values():
            writer.close()
