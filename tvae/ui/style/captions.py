"""Words for captions: data split, run, seed and epoch of what is shown."""

from __future__ import annotations

from tvae.model.encoding import Encoding
from tvae.runs.run import Run, epochs_text
from tvae.version import VERSION


def measured_on(run: Run, encoding: Encoding) -> str:
    """The data and the run that the numbers of a page were measured on, for its captions."""
    last = run.snapshot is None and run.provenance.finished
    whole = run.trained_epochs if run.planned_epochs is None else run.planned_epochs
    epoch = "" if last else f" at epoch {epochs_text(run.epoch)} of {epochs_text(whole)}"
    return (
        f"{run.config.data.name} {encoding.split} split, n = {len(encoding.labels):,}, "
        f"training seed {run.config.train.seed}, checkpoint {run.name}{epoch}"
    )


def titled(what: str, run: Run, encoding: Encoding) -> dict[str, str]:
    """Text fields of an image file: a title that says what it shows and what that was measured on, and `provenance`."""
    return {"Title": f"{what}. {measured_on(run, encoding)}", **provenance(run, encoding)}


def provenance(run: Run, encoding: Encoding) -> dict[str, str]:
    """The same by name, for the text fields of a file."""
    return {
        "Software": f"TVAE Explorer {VERSION}",
        "Run": run.name,
        "Data": run.config.data.name,
        "Split": f"{encoding.split}, n = {len(encoding.labels)}",
        "Training seed": str(run.config.train.seed),
        "Checkpoint": f"step {run.step}, epoch {epochs_text(run.epoch)} of {epochs_text(run.trained_epochs)}",
        "Test images": run.provenance.test.fingerprint,
    }
