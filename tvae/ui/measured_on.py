"""What a figure was measured on, as its caption says it."""

from __future__ import annotations

from tvae.checkpoints import Encoding, Run


def measured_on(run: Run, encoding: Encoding) -> str:
    """Data set, split, n, seed and checkpoint; also the step where it is not the trained run's last."""
    told = (
        f"{run.config.data.name} {encoding.split} split, n = {len(encoding.labels):,}, "
        f"training seed {run.config.train.seed}, checkpoint {run.name}"
    )
    if run.snapshot is None and run.provenance.finished:
        return told
    return f"{told} at step {run.step:,} (epoch {run.epoch:.3g} of {run.config.train.epochs})"
