"""`import tvae` offers a notebook what it needs, quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tvae

ROOT = Path(__file__).parents[1]


def test_every_name_is_there():
    for name in tvae.__all__:
        assert getattr(tvae, name) is not None
        assert name in dir(tvae)
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = tvae.nosuch  # type: ignore[attr-defined]


def test_importing_it_loads_nothing_heavy():
    heavy = {"torch", "numba", "sklearn", "streamlit", "plotly", "pandas", "anywidget", "IPython"}
    script = f"import sys, tvae; print(*({heavy!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_a_run_from_training_to_its_map(tmp_path):
    dataset = tvae.load_dataset("digits")
    config = tvae.RunConfig(
        data=tvae.DataConfig(name="digits"),
        model=tvae.ModelConfig(hidden=16, latent_dim=3),
        train=tvae.TrainConfig(epochs=1),
        arms=tvae.vae_and_tvae(tvae.LossConfig()),
    )
    for _ in tvae.train(config, dataset, tmp_path / "run", "a notebook"):
        pass
    encoding = tvae.encode(tvae.read_run(tmp_path / "run"), dataset.test)
    accuracy = tvae.triplet_accuracy(encoding.means["tvae"], encoding.labels, [0.0]).accuracy
    assert 0 < accuracy[0] < 1
    layout = tvae.project(tvae.ProjectionRequest(means=encoding.means, parameters=tvae.PcaParameters()))
    assert np.isfinite(layout.positions["vae"]).all() and layout.positions["tvae"].shape == (len(dataset.test), 2)
