"""Valid files, as the project's own writers make them."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import small_run_config
from tests.training.test_given_triplets import ink_triplets, run_of
from tvae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from tvae.data import load_dataset
from tvae.runs.recording import record
from tvae.runs.resume_file import Standing, write_resume_file
from tvae.runs.run import Run, read_run
from tvae.training.loop import Training

_SMALL = ModelConfig(hidden=8, latent_dim=2)


@cache
def folder() -> Path:
    """A folder of this process, removed at its end."""
    _KEPT.append(kept := tempfile.TemporaryDirectory(prefix="tvae-fuzz-"))
    return Path(kept.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def run() -> Run:
    """A trained run of the digits with a validation split, snapshots, a replay and its seed's figures."""
    train = TrainConfig(epochs=1, batch_size=64, seed=3)
    data = DataConfig(name="digits", validation_share=0.2)
    return _trained("run", replace(small_run_config(), data=data, model=_SMALL, train=train))


@cache
def run_on_triplets() -> Run:
    """A run that was trained on given triplets."""
    triplets = ink_triplets(load_dataset("digits").train.images, 205)
    config = replace(run_of(triplets, epochs=1, batch_size=64), model=_SMALL)
    return _trained("given", config, triplets=triplets)


def _trained(name: str, config: RunConfig, **further: Any) -> Run:
    dataset = load_dataset("digits", validation_share=config.data.validation_share)
    for _ in record(config, dataset, folder() / name, "python -m tvae train", **further):
        pass
    return read_run(folder() / name)


@cache
def resume_file() -> bytes:
    """The file from which a run goes on."""
    trained = run()
    training = Training(trained.config, load_dataset("digits", validation_share=0.2).train)
    waiting: Any = {"count": 2, "arms": {"vae": {"kl": 2.5, "total": 3.0}}}
    path = folder() / "resume"
    write_resume_file(path, training, Standing(step=4, steps=17, seconds=1.5, waiting=waiting))
    return path.read_bytes()


def arrays_in(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an .npz file."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def json_in(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def plain(value: Any) -> Mapping[str, Any]:
    """A dataclass as JSON has it."""
    return json.loads(json.dumps(asdict(value)))
