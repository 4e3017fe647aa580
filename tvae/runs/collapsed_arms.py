"""Warnings about arms whose latent means have collapsed to one point, read from a run's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tvae.metrics.collapse import collapse_warning, has_collapsed


def collapse_warnings(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The warning of each collapsed arm of metrics.json, by arm: it belongs wherever that arm's accuracy is shown."""
    return {
        name: collapse_warning(name, all_equal=bool(arm.get("all_means_equal")))
        for name, arm in metrics["arms"].items()
        # Older files have no spread, and tell means that are exactly one point alone.
        if arm.get("all_means_equal") or has_collapsed(arm.get("spread", float("inf")))
    }
