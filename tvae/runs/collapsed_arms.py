"""Warnings about arms whose latent means have collapsed to one point, read from a run's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tvae.metrics.collapse import collapse_warning, has_collapsed


def collapse_warnings(metrics: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """The warning of each collapsed arm of metrics.json, by arm: it belongs wherever that arm's accuracy is shown.

    Args:
        names: what the warning calls each arm; one without a name here keeps its own.
    """
    return {
        arm: collapse_warning(names.get(arm, arm), all_equal=bool(measures.get("all_means_equal")))
        for arm, measures in metrics["arms"].items()
        # Older files have no spread, and tell means that are exactly one point alone.
        if measures.get("all_means_equal") or has_collapsed(measures.get("spread", float("inf")))
    }
