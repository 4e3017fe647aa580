"""Compares two runs where they are alike; else each run's own arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.jobs.job import Job
from tvae.runs.available import readable_runs
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.comparison import (
    MetricChange,
    arm_changes,
    batches_in_words,
    in_words,
    metric_changes,
    seed_replicates,
    seeds_in_words,
    settings_that_differ,
    unlike_settings,
)
from tvae.runs.run import Run, anchor_sample_of, read_run
from tvae.ui import cached, measured
from tvae.ui.choices.runs import run_labels
from tvae.ui.judging import judged_alike
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_texts
from tvae.ui.style.captions import notions_after
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


def compared_with(job: Job, before: str) -> str:
    """The run that was shown before this one; after a reload the run that ships for the same data set."""
    return before if before != job.id else job.config.data.name


def choose_comparison(name: str, before: str) -> None:
    """Show how a run differs from another one that is chosen here, at first `before`."""
    labels = run_labels(cached.run_folders())
    others = [other for other in labels if other != name]
    other = st.selectbox(
        f"Compare {as_text(name)} with",
        others,
        index=others.index(before) if before in others else None,
        format_func=labels.__getitem__,
        key=keys.compared_with(name),
        placeholder="Another run",
        help="For this comparison only: what every page shows stays.",
    )
    if other is not None:
        show_comparison(other, name)


def show_comparison(before: str, after: str) -> None:
    """Shows how two runs differ: settings, and figures where the runs are alike but for losses and seed.

    Of runs that are not alike no figure is set against another's: the arms of each run, which saw the same images, are
    compared with each other instead.
    """
    folders = cached.run_folders()
    try:
        runs = [judged_alike(read_run(folders[name])) for name in (before, after)]
        metrics = [_metrics(run) for run in runs]
    except (InputError, KeyError) as error:
        st.caption(f"These two can't be compared. {reason_of(error)}")
        return
    unlike = unlike_settings(runs[1], runs[0])
    if unlike:
        st.warning(
            f"**Not like for like: {as_text(in_words(unlike))}** ({as_text(after)} against {as_text(before)}). So "
            "their figures are not set against each other: below, the arms of each run are, which saw the same images."
        )
    for name, run, of_run in zip((before, after), runs, metrics, strict=True):
        if of_run is not None:
            for warning in collapse_warnings(of_run, arm_texts(run.config)).values():
                st.warning(f"{as_text(name)}: {warning}")
    with st.container(key=keys.COMPARISON):
        left, right = st.columns([2, 3], gap="large")
    with left:
        _show_settings(*runs)
    with right:
        missing = [run.name for run, of_run in zip(runs, metrics, strict=True) if of_run is None]
        if missing:
            st.caption(f"{' and '.join(map(as_text, missing))} was not measured.")
        if unlike:
            for run, of_run in zip(runs[::-1], metrics[::-1], strict=True):
                if of_run is not None:
                    _show_arms(run)
        elif not missing:
            _show_changes(*runs)


def _metrics(run: Run) -> dict[str, Any] | None:
    """A run's metrics by the notion that the pages judge by where it has labels of it, else by its own."""
    judged = judged_alike(run)
    return measured.metrics(judged, cached.encoding(judged))


def _show_settings(before: Run, after: Run) -> None:
    st.markdown(f"**Settings** that differ between {as_text(before.name)} and {as_text(after.name)}")
    differ = settings_that_differ(before, after)
    if differ:
        st.table(pd.DataFrame(differ, index=pd.Index([before.name, after.name])).T)
    else:
        st.caption("None: the same settings.")


def _show_changes(before: Run, after: Run) -> None:
    """Show the figures of two alike runs, over the seeds of each."""
    st.markdown("**What came of it**")
    runs = readable_runs(cached.run_folders().values())
    changes = metric_changes(seed_replicates(before, runs), seed_replicates(after, runs), _metrics)
    if not changes:
        st.caption("They have no arm of the same name.")
        return
    st.table(changes_table(changes, arm_texts(after.config)))
    st.caption(
        f"{as_text(before.name)} → {as_text(after.name)}. Triplet accuracy at m = 0, {_counting(before, after)}; n = "
        f"{before.provenance.test.n:,} test images{notions_after(after)}. {seeds_in_words(changes)} "
        "An arm with the same loss in both is "
        "neither better nor worse."
    )


def _show_arms(run: Run) -> None:
    """Show the last arm of a run against its first, over the run's seeds."""
    arms = list(run.config.arms)
    first, last, names = arms[0], arms[-1], arm_texts(run.config)
    st.markdown(f"**Inside {as_text(run.name)}**: {names[first]} against {names[last]}")
    if first == last:
        st.caption("It has one arm, so nothing stands beside it.")
        return
    changes = arm_changes(seed_replicates(run, readable_runs(cached.run_folders().values())), first, last, _metrics)
    st.table(changes_table(changes, names, sides=(names[first], names[last])).drop(columns="Arm"))
    st.caption(
        f"{names[first]} → {names[last]}, on {batches_in_words(run)}. Triplet accuracy at m = 0, "
        f"{_counting(run)}; n = {run.provenance.test.n:,} test images{notions_after(run)}. {seeds_in_words(changes)}"
    )


def _counting(*runs: Run) -> str:
    """Words on whether the accuracies of these runs are exact, or of samples of anchors."""
    for run in runs:
        for arm in (_metrics(run) or {"arms": {}})["arms"].values():
            if (sample := anchor_sample_of(arm)) is not None:
                return f"all triplets of {sample.in_words}"
    return "exact"


def changes_table(
    changes: Sequence[MetricChange], names: Mapping[str, str], sides: tuple[str, str] = ("Before", "After")
) -> pd.DataFrame:
    """One row for each figure: its two sides and the change, called better or worse where that is beyond the noise.

    Args:
        names: what the table calls each arm, as Markdown.
    """
    return pd.DataFrame(
        [
            {
                "Arm": names[change.arm],
                "Figure": change.figure,
                sides[0]: _over_seeds(change.before),
                sides[1]: _over_seeds(change.after),
                "Change": f"{change.change:+z.2f}\u00a0{change.verdict}".rstrip(),
            }
            for change in changes
        ]
    )


def _over_seeds(values: tuple[float, ...]) -> str:
    """The one value, or the mean and the sample standard deviation of several."""
    mean = f"{np.mean(values):.2f}"
    return mean if len(values) == 1 else f"{mean}\u00a0±\u00a0{np.std(values, ddof=1):.2f}"
