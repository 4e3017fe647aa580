"""Reconstruction error by class, and what the triplet weight costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.config import LossConfig, RunConfig, option_name
from tvae.errors import InputError
from tvae.explore.reconstruction import (
    PairedDifference,
    class_errors,
    lowest_beyond_noise,
    paired_difference,
)
from tvae.figures.arm_styles import arm_styles
from tvae.figures.images import errors_by_class
from tvae.metrics.collapse import collapse_warning
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import ladder_setting
from tvae.runs.comparison import Differences, loss_differences, loss_word, setting_text
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import ACROSS
from tvae.ui.style.arm_text import arm_text, short_arm_text
from tvae.ui.style.captions import csv_name, measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital

LONGEST_TABLE = 25
HALF = 440  # screen pixels


def triplet_accuracy_at_zero(run: Run, encoding: Encoding, arm: str) -> tuple[float, str] | None:
    """Exact triplet accuracy at margin 0, and a warning where the arm has collapsed, else an empty text.

    None where the labels allow no triplet.
    """
    if (curves := cached.curves(run)) is not None:
        counted, share = curves[arm], curves[arm].at(0.0).accuracy
    else:
        try:
            counted = cached.counted_accuracy(encoding.arms[arm], encoding.labels, 0.0)
        except InputError:
            return None
        share = float(counted.accuracy[0])
    return share, collapse_warning(arm_text(run.config, arm), all_equal=counted.all_equal) if counted.collapsed else ""


def show_cost(run: Run, encoding: Encoding, arms: list[str], errors: dict[str, np.ndarray], code: str) -> None:
    """Show what the settings in which the first and the last arm differ cost in squared error, and gain in accuracy."""
    first, last = arms[0], arms[-1]
    if first == last:
        return
    cost = paired_difference(errors[first], errors[last])
    base, mean = float(np.mean(errors[first])), float(np.mean(errors[last]))
    losses = run.config.arms
    differences = loss_differences(losses[first], losses[last])
    sign = "cost" if cost.mean >= 0 else "saved"
    heading = f"What {' and '.join(f'the {loss_word(name)}' for name in differences)} {sign} here"
    if not differences:
        heading = "Two arms with the same loss"
    share = f" ({100 * cost.mean / base:+z.1f} %)" if base else ""
    subject = _called(run.config, last, differences)
    words = (
        f"**{heading}.** {with_capital(subject)} reconstructs from {code} with a squared error of "
        f"{mean:.2f} per image, {_called(run.config, first, differences)} with {base:.2f}: "
        f"**{difference_words(cost)}{share}**"
    )
    accuracies = [triplet_accuracy_at_zero(run, encoding, arm) for arm in (first, last)]
    if accuracies[0] is not None and accuracies[1] is not None:
        shares = [share for share, _ in (accuracies[0], accuracies[1])]
        points = 100 * (shares[1] - shares[0])
        words += (
            f", for **{points:+z.2f} points of triplet accuracy** of the means μ at m = 0 "
            f"({100 * shares[1]:.2f} % against {100 * shares[0]:.2f} %)"
        )
    st.markdown(f"{words}.")
    for accuracy in accuracies:
        if accuracy is not None and accuracy[1]:
            st.warning(accuracy[1])


def _called(config: RunConfig, arm: str, differences: Differences) -> str:
    """An arm's name with its triplet weight, its margin and its other differences, unless the name says them."""
    loss = config.arms[arm]
    options, name = loss.options(), arm_text(config, arm)
    weight, margin = option_name(LossConfig, "triplet_weight"), option_name(LossConfig, "margin")
    settings = dict.fromkeys([weight, margin] if loss.triplet_weight else [weight]) | dict.fromkeys(differences)
    if ladder_setting(arm, loss):  # the name says these two
        settings = {setting: None for setting in settings if setting not in (weight, margin)}
    words = ", ".join(f"{loss_word(setting)} {setting_text(options[setting])}" for setting in settings)
    return f"{name} ({words})" if words else name


def difference_words(difference: PairedDifference) -> str:
    """A mean difference with its standard error, and whether it is within the noise."""
    text = (
        f"{difference.mean:+z.2f}"
        if np.isnan(difference.standard_error)
        else f"{difference.mean:+z.2f} ± {difference.standard_error:.2f}"
    )
    return text if difference.beyond_noise or np.isnan(difference.standard_error) else f"{text}, within the noise"


def show_errors(run: Run, encoding: Encoding, arms: list[str], errors: dict[str, np.ndarray], code: str) -> None:
    """Show the mean error by class and arm, as a table and a chart."""
    names, labels = run.class_names, encoding.labels
    by_class = {arm: class_errors(errors[arm], labels, len(names)) for arm in arms}
    counts = by_class[arms[0]].counts
    members = {names[i]: np.flatnonzero(labels == i) for i in range(len(names)) if counts[i]}
    members["all"] = np.arange(len(labels))
    table: dict[str, list[str]] = {"Images": [f"{len(rows):,}" for rows in members.values()]}
    columns = {arm: short_arm_text(run.config, arm) for arm in arms}
    difference = f"{columns[arms[-1]]} − {columns[arms[0]]}"
    table |= {difference: []} if len(arms) > 1 else {}  # before the arms: in sight however many they are
    table |= {name: [] for name in columns.values()}
    for rows in members.values():
        own = {arm: errors[arm][rows] for arm in arms}
        best = lowest_beyond_noise(own)
        for arm in arms:
            cell = f"{own[arm].mean():.2f}"
            table[columns[arm]].append(f"**{cell}**" if arm == best else cell)
        if len(arms) > 1:
            mean_difference = paired_difference(own[arms[0]], own[arms[-1]])
            se = mean_difference.standard_error
            # In a column as narrow as its words may be, a difference stays on one line.
            error = "" if np.isnan(se) else f"\u00a0±\u00a0{se:.2f}"
            table[difference].append(f"{mean_difference.mean:+z.2f}{error}")
    frame = pd.DataFrame(table, index=pd.Index(list(members), name="Class"))
    beside = st.container(horizontal=True, gap="medium")  # one below the other where there is no room
    with beside.container(width=HALF if len(arms) <= 3 else ACROSS):
        st.markdown("## Squared error by class")
        if len(members) <= LONGEST_TABLE:
            st.table(frame.rename(index=as_text))
        else:
            st.dataframe(frame.map(lambda cell: cell.strip("*")))
        st.caption(
            f"Mean squared error per image, reconstructed from {code}; {measured_on(run, encoding)}. ± is one standard "
            "error of the mean difference over images; other trainings may differ by more. Bold: lower than every "
            "other arm by more than two of them."
        )
        st.download_button(
            "Table as CSV",
            rows_csv(
                {"class": list(members), "images": [len(rows) for rows in members.values()]}
                | {arm: [errors[arm][rows].mean() for rows in members.values()] for arm in arms}
            ),
            csv_name("errors-by-class", run),
            "text/csv",
            on_click="ignore",
        )
    with beside.container(width=HALF):
        st.markdown("## Which classes pay")
        figure = cached.figure(errors_by_class, by_class, arm_styles(run.config), names)
        st.plotly_chart(
            figure, key=keys.ERRORS_BY_CLASS, config={"displayModeBar": False}, alt="Squared error by class"
        )
        st.caption(f"Each class's mean squared error in every arm, from {code}; {measured_on(run, encoding)}.")
