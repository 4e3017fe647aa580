"""TVAE Explorer: a VAE and a triplet-based VAE trained side by side, measured exactly and explored together.

What a notebook needs, each imported from its room at first use, so that `import tvae` is quick:

    RunConfig, DataConfig, ModelConfig, LossConfig, TrainConfig, vae_and_tvae    what a run is made of
    load_dataset(name)                              labelled images -> Dataset
    train(config, dataset, folder, command)         train a run and write its folder, a report a step
    read_run(folder)                                a run's folder -> Run
    encode(run, split)                              what each arm encodes of a split -> Encoding
    triplet_accuracy(means, labels, margins)        exact, over all triplets -> TripletAccuracy
    project(ProjectionRequest(...))                 PCA, t-SNE or UMAP of all arms -> Layout
    show(run), show(means_a, means_b)               both maps as a Jupyter widget, which has the selected rows
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tvae.version import VERSION as __version__

if TYPE_CHECKING:
    from tvae.config import DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
    from tvae.data import load_dataset
    from tvae.maps.parameters import PcaParameters, TsneParameters, UmapParameters
    from tvae.maps.projection import ProjectionRequest, project
    from tvae.metrics.triplet_accuracy import triplet_accuracy
    from tvae.notebook.showing import show
    from tvae.runs.evaluation import encode_split as encode
    from tvae.runs.recording import record as train
    from tvae.runs.run import read_run

__all__ = [
    "DataConfig",
    "LossConfig",
    "ModelConfig",
    "PcaParameters",
    "ProjectionRequest",
    "RunConfig",
    "TrainConfig",
    "TsneParameters",
    "UmapParameters",
    "__version__",
    "encode",
    "load_dataset",
    "project",
    "read_run",
    "show",
    "train",
    "triplet_accuracy",
    "vae_and_tvae",
]

_HOMES = {
    **dict.fromkeys(
        ("DataConfig", "LossConfig", "ModelConfig", "RunConfig", "TrainConfig", "vae_and_tvae"), "tvae.config"
    ),
    "load_dataset": "tvae.data",
    **dict.fromkeys(("PcaParameters", "TsneParameters", "UmapParameters"), "tvae.maps.parameters"),
    **dict.fromkeys(("ProjectionRequest", "project"), "tvae.maps.projection"),
    "triplet_accuracy": "tvae.metrics.triplet_accuracy",
    "encode": "tvae.runs.evaluation:encode_split",
    "train": "tvae.runs.recording:record",
    "read_run": "tvae.runs.run",
    "show": "tvae.notebook.showing",
}
"""Module of each name; after a colon, the object's name in that module."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tvae' has no attribute {name!r}")
    home, _, other_name = _HOMES[name].partition(":")
    return getattr(importlib.import_module(home), other_name or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
