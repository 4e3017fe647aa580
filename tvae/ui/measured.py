"""Curves, gaps and metrics of a run: from its folder, or counted by another notion, with progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import Encoding, LatentSpaces
from tvae.runs.arm_names import arm_name
from tvae.runs.embeddings.shown import Shown
from tvae.runs.measuring import SECONDS
from tvae.runs.run import Run, read_metrics
from tvae.ui import cached
from tvae.ui.style.escaping import as_text

Result = TypeVar("Result")


def curves(run: Shown, encoding: LatentSpaces) -> dict[str, TripletCurve]:
    """Each arm's triplet curve."""
    stored = cached.curves(run)
    if stored is not None:
        return stored
    return _by_arm(run, encoding, "curves", lambda arm, _: cached.counted_curve(encoding.arms[arm], encoding.labels))


def gaps(run: Shown, encoding: LatentSpaces) -> dict[str, GapHistogram]:
    """The histogram of each arm's gaps."""
    stored = cached.gaps(run)
    if stored is not None:
        return stored
    return _by_arm(run, encoding, "gaps", lambda arm, _: cached.counted_gaps(encoding.arms[arm], encoding.labels))


def metrics(run: Run, encoding: Encoding | None) -> dict[str, Any] | None:
    """A run's metrics as `evaluate` gives them; None where they were never measured or it has no encoding.

    Raises:
        InputError: its metrics.json is garbled.
    """
    stored = read_metrics(run.folder)
    if run.judged_by is None and stored is not None:
        return stored
    if encoding is None or (stored is None and encoding.arms.keys() - cached.place_for_counts("metrics", run).keys()):
        return None
    return {
        "dataset": run.config.data.name,
        "split": encoding.split,
        "n": len(encoding.labels),
        "seed": run.config.train.seed,
        "step": run.step,
        **(stored or {}),
        "notion": run.notion,
        "arms": measure(run, encoding),
    }


def measure(run: Run, encoding: Encoding) -> dict[str, Any]:
    """The metrics of each arm, counted here with progress where they were not yet; `metrics` gives them from now on."""
    return _by_arm(run, encoding, "metrics", lambda arm, on_part: _metrics_of_arm(run, encoding, arm, on_part))


def _metrics_of_arm(run: Run, encoding: Encoding, arm: str, on_part: Callable[[str], None]) -> dict[str, Any]:
    from tvae.runs.evaluation import evaluate  # imports torch
    from tvae.runs.finishing import DEFAULT_MARGINS

    of_arm = replace(encoding, arms={arm: encoding.arms[arm]})
    return evaluate(run, of_arm, DEFAULT_MARGINS, on_part)["arms"][arm]


def _by_arm(
    run: Shown, encoding: LatentSpaces, what: str, count: Callable[[str, Callable[[str], None]], Result]
) -> dict[str, Result]:
    """The count of each arm; a bar shows how far it is.

    Args:
        count: is given the arm, and where to say which of the parts of `measuring.SECONDS` is done.
    """
    counted = cached.place_for_counts(what, run)
    missing = [arm for arm in encoding.arms if arm not in counted]
    if missing:
        bar = st.empty()
        whole = sum(SECONDS.values())
        for place, arm in enumerate(missing):
            done = 0.0

            def show(part: str = "", place: int = place, arm: str = arm) -> None:
                nonlocal done
                done += SECONDS.get(part, 0.0)
                text = as_text(
                    f"Counting by {run.notion}: {what} of {arm_name(run.config, arm)}: {place + 1} of {len(missing)}"
                )
                bar.progress(min(1.0, (place + done / whole) / len(missing)), text)

            show()
            counted[arm] = count(arm, show)
        bar.empty()
    return {arm: counted[arm] for arm in encoding.arms}
