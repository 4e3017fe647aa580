"""A run's metrics say which arms have collapsed, and so does all that prints them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tvae.cli.output import print_metrics
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.arm_names import arm_names
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.evaluation import evaluate
from tvae.runs.model_card import model_card
from tvae.runs.run import Run, read_metrics, read_run

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def evaluated(run: Run, means: dict[str, np.ndarray]) -> dict:
    n, latent = means["vae"].shape
    arms = {
        arm: EncodedArm(points.astype(np.float32), np.ones(n, np.float32), np.ones(latent, np.float32))
        for arm, points in means.items()
    }
    nothing = np.zeros((0, 8, 8, 1), np.uint8)
    encoding = Encoding("test", np.arange(n) % 3, arms, np.zeros(0, np.int64), nothing, dict.fromkeys(means, nothing))
    return evaluate(run, encoding, [0.0])


def test_one_point_and_nearly_one_point_are_said_everywhere(capsys):
    run = read_run(SHIPPED / "digits")
    metrics = evaluated(run, {"vae": np.ones((12, 2)), "tvae": 1e-6 * np.arange(24.0).reshape(12, 2)})
    warnings = collapse_warnings(metrics, arm_names(run.config))
    assert warnings["vae"].startswith("VAE has collapsed: its means are one point")
    assert warnings["tvae"].startswith("TVAE has collapsed: its means are nearly one point")
    card = model_card(run, metrics)
    print_metrics(metrics, as_json=False)
    printed = capsys.readouterr().out
    for warning in warnings.values():
        assert warning in card and warning in printed


def test_shipped_arms_have_not_collapsed():
    for name in ("mnist", "mnist-ladder", "digits"):
        metrics = read_metrics(SHIPPED / name)
        assert metrics is not None and collapse_warnings(metrics, {}) == {}
