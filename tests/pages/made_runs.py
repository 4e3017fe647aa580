"""Runs of a person's own that hold only an encoding, for the tests of pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.conftest import small_run_config
from tvae.config import PRESETS, DataConfig, RunConfig
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.encodings import write_encoding
from tvae.runs.run import Run, read_run, write_config

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


def own_run(folder: Path, means: dict[str, np.ndarray], labels: np.ndarray, config: RunConfig | None = None) -> Run:
    """A run of a person's own that holds only this encoding; its losses are those of the preset by default."""
    likeness = read_run(DIGITS)
    n, latent = next(iter(means.values())).shape
    losses = PRESETS["paper"].arms
    config = config or replace(small_run_config(), arms={arm: losses.get(arm, losses["tvae"]) for arm in means})
    run = Run(
        folder,
        replace(config, model=replace(config.model, latent_dim=latent)),
        replace(
            likeness.provenance,
            test=replace(likeness.provenance.test, n=n, fingerprint=f"{n:064x}"),
            class_names=tuple(f"class {label}" for label in range(labels.max() + 1)),
        ),
    )
    folder.mkdir(parents=True)
    write_config(run)
    arms = {
        arm: EncodedArm(points.astype(np.float32), np.ones(n, np.float32), np.ones(latent, np.float32))
        for arm, points in means.items()
    }
    nothing = np.zeros((0, 8, 8, 1), np.uint8)
    write_encoding(
        folder, Encoding("test", labels, arms, np.zeros(0, np.int64), nothing, dict.fromkeys(means, nothing))
    )
    return run


def ladder_run(folder: Path) -> Run:
    """A run of twelve arms, whose classes lie further apart from arm to arm."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 8)
    noise = generator.normal(size=(24, 2))
    arms = PRESETS["ladder"].arms
    means = {arm: noise + place * np.eye(3)[labels][:, :2] / 3 for place, arm in enumerate(arms)}
    config = replace(PRESETS["ladder"], data=DataConfig(name="digits"))
    return own_run(folder, means, labels, config)
