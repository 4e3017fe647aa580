"""Accuracy of each arm on given triplets, for metrics.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvae.runs.triplets.encoded import PARTS, EncodedTriplets, images_of_triplets


def with_given_triplets(metrics: dict[str, Any], encoded: EncodedTriplets, margins: Sequence[float]) -> dict[str, Any]:
    """The metrics of a run (see `evaluation.evaluate`) with those of its given triplets under `given_triplets`.

    Each distinct triplet counts once, however often it was given. The interval is Wilson's at 95 %, as if triplets were
    independent; those that share images are not.
    """
    counts = encoded.consistency
    about = {
        "given": len(encoded.triplets),
        "distinct": len(encoded.triplets.distinct),
        "images": len(images_of_triplets(encoded.triplets)),
        "contradictions": counts.contradictions,
        "cycles": counts.cycles,
        "impossible": counts.impossible,
        **{name: int((encoded.parts == part).sum()) for name, part in PARTS.items()},
    }
    arms = {
        arm: {**of_arm, "given_triplets": _figures(encoded, arm, margins)} for arm, of_arm in metrics["arms"].items()
    }
    return {**metrics, "given_triplets": about, "arms": arms}


def _figures(encoded: EncodedTriplets, arm: str, margins: Sequence[float]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for part in PARTS:
        shares = {f"{margin:g}": encoded.share(arm, part, margin) for margin in margins}
        figures[part] = {
            "accuracy": {margin: None if share is None else share.value for margin, share in shares.items()},
            "interval": {margin: None if share is None else list(share.interval) for margin, share in shares.items()},
        }
    return figures
