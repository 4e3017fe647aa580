"""Images and triplets that the figures of the answer were counted over, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tvae.metrics.anchor_sample import counted_triplets
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.run import Run, anchor_sample_of


def measured_in_words(run: Run, arms: Sequence[str], metrics: Mapping[str, Any]) -> str:
    """Sentence in plain text on the images, the triplets and the seed behind the figures."""
    measured = metrics["arms"][compared_arms(run, arms)[-1]]
    words = f"n = {metrics['n']:,} {run.config.data.name} {metrics['split']} images"
    if not measured["triplets"]:
        return f"{words}; one training, seed {run.config.train.seed}."
    counted = counted_triplets(measured["triplets"], anchor_sample_of(measured))
    return f"{words}; accuracy over {counted} at margin 0; one training, seed {run.config.train.seed}."
