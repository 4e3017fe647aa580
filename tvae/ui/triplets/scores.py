"""Margin control, table and curves of triplet accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tvae.figures.arm_styles import arm_styles
from tvae.figures.margins import accuracy_curves, gap_distribution
from tvae.metrics.anchor_sample import EXACT_TO, SAMPLED_ANCHORS
from tvae.metrics.random_triplets import sampled_triplet_accuracy
from tvae.metrics.triplet_curve import margin_where
from tvae.runs.embeddings.folder import MARGIN_STEP
from tvae.runs.embeddings.shown import Shown
from tvae.runs.paper_table import PAPER, paper_arms
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MARGINS
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name, interpolation_words, points_in_words
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital
from tvae.ui.triplets.view import TripletView

USUAL, STEP = 0.1, 0.025
"""Margin at first, and the step of the field."""
LONGEST = MARGINS[-1]
"""Largest margin of the slider, whose stops are fine from 0 to 1: each was counted, so that none is interpolated."""
LARGEST = 1e9
"""Largest margin that an address may hold; no latent distance comes near it."""
N_SAMPLED = 10_000


def choose_margin(run: Shown) -> float:
    """Draw the slider and the number field of the margin, and return it; the address sets it too.

    Of embeddings from elsewhere it is 0 until another is chosen, and the slider reaches to their unit, which is the
    mean distance of two rows.
    """
    scale, start = (1.0, USUAL) if isinstance(run, Run) else (MARGIN_STEP / STEP, 0.0)
    slide, field = st.columns([5, 1], vertical_alignment="bottom")
    with field:
        st.number_input(
            "Any margin",
            step=STEP * scale,
            format="%.4g",
            help=f"0 or more. Beyond {LONGEST * scale:g} every triplet is counted anew, which takes a moment.",
            **_margin_control(start, "" if isinstance(run, Run) else run.name),
        )
    with slide:
        return _margin_on_slider([float(f"{stop * scale:.6g}") for stop in MARGINS], start)


def slide_margin(start: float) -> float:
    """The margin that the slider or the address sets; `start` where neither has set one."""
    _margin_control(start)
    return _margin_on_slider(MARGINS, USUAL)


def _margin_control(start: float, within: str = "") -> dict[str, Any]:
    return state.number(keys.MARGIN, 0.0, LARGEST, start, within=within, explain=_impossible_margin)


def _margin_on_slider(stops: Sequence[float], start: float) -> float:
    """Draw the slider, at the stop nearest to the margin; the margin itself may lie between two stops."""
    typed = state.read(keys.MARGIN)
    margin = start if typed is None else float(typed)
    nearest = min(stops, key=lambda stop: abs(stop - margin))
    if state.read(keys.MARGIN_SLIDER) != nearest:  # an unneeded write would stop a slider that is being moved
        state.write(keys.MARGIN_SLIDER, nearest)
    st.select_slider(
        "Margin m: how much nearer the positive must be than the negative",
        stops,
        format_func=lambda stop: f"{stop:g}",
        key=keys.MARGIN_SLIDER,
        on_change=answered(lambda: state.choose(keys.MARGIN, state.read(keys.MARGIN_SLIDER))),
    )
    return margin


def _impossible_margin(text: str) -> str:
    return f"A margin of {text!r} is not possible: it must be a number from 0 to {LARGEST:,.0f}."


def table_of(view: TripletView) -> dict[str, list]:
    """Every arm at the margin, in columns: fractions, distances and margins as numbers, None where there is none."""
    numbers: dict[str, list] = {"arm": list(view.curves), "margin": [view.margin] * len(view.curves)}
    scores = [view.score(arm) for arm in view.curves]
    numbers["triplet accuracy"] = [score.accuracy for score in scores]
    numbers["mean over classes"] = [score.balanced_accuracy for score in scores]
    numbers["interpolated"] = [score.interpolated for score in scores]
    numbers["error bound"] = [score.error_bound for score in scores]
    numbers["error bound of the mean over classes"] = [score.balanced_error_bound for score in scores]
    if view.is_sample:
        numbers["accuracy's standard error"] = [score.standard_error for score in scores]
        numbers["standard error of the mean over classes"] = [score.balanced_standard_error for score in scores]
    if state.read(keys.SAMPLED, False):
        seed = view.seed
        estimates = [
            sampled_triplet_accuracy(view.means(arm), view.encoding.labels, view.margin, N_SAMPLED, seed)
            for arm in view.curves
        ]
        numbers["sampled accuracy"] = [estimate.accuracy for estimate in estimates]
        numbers["standard error"] = [estimate.standard_error for estimate in estimates]
    beside = paper_arms(view.run.config) if isinstance(view.run, Run) else {}
    if beside:
        numbers["paper"] = [PAPER[beside[arm]] if arm in beside else None for arm in view.curves]
    numbers["violated"] = [1 - score.accuracy for score in scores]
    numbers["mean violation"] = [score.mean_violation for score in scores]
    numbers["mean gap"] = [view.gaps(arm).mean for arm in view.curves]
    for share in PAPER.values() if beside else ():
        numbers[_met(share)] = [margin_where(curve, share) for curve in view.curves.values()]
    if not isinstance(view.run, Run):
        numbers["unit"] = [view.run.config.arms[arm].distance for arm in view.curves]
    numbers["anchors left out"] = [curve.n_anchors_left_out for curve in view.curves.values()]
    return numbers


def _met(share: float) -> str:
    return f"meets {100 * share:.2f} % at about"


def show_table(view: TripletView, numbers: dict[str, list]) -> None:
    """Table of every arm at the margin, with the paper's numbers."""
    marks = ["≈\u00a0" if between else "" for between in numbers["interpolated"]]

    def shares(name: str, errors: str = "") -> list[str]:
        plus_minus = [f"\u00a0±\u00a0{100 * error:.2f}" for error in numbers.get(errors, ())] or [""] * len(marks)
        parts = zip(marks, numbers[name], plus_minus, strict=True)
        return [mark + percent(share) + error for mark, share, error in parts]

    columns = {
        f"Accuracy, m\u00a0=\u00a0{view.margin:g}": shares("triplet accuracy", "accuracy's standard error"),
        "Mean over classes": shares("mean over classes", "standard error of the mean over classes"),
    }
    if "sampled accuracy" in numbers:
        columns[f"From {N_SAMPLED:,} triplets"] = [
            f"{100 * share:.2f}\u00a0±\u00a0{100 * error:.2f}\u00a0%"
            for share, error in zip(numbers["sampled accuracy"], numbers["standard error"], strict=True)
        ]
    if "paper" in numbers:
        columns["Paper (MNIST), m\u00a0not\u00a0given"] = [percent(share) for share in numbers["paper"]]
    columns |= {
        "Violated": shares("violated"),
        "Mean violation": [f"{mark}{value:.4g}" for mark, value in zip(marks, numbers["mean violation"], strict=True)],
        "Mean gap": [f"{gap:.3f}" for gap in numbers["mean gap"]],
    }
    for share in PAPER.values() if "paper" in numbers else ():
        met = numbers[_met(share)]
        columns[f"{100 * share:.2f}\u00a0% at"] = ["never" if m is None else f"m\u00a0≈\u00a0{m:.3f}" for m in met]
    if any(numbers["anchors left out"]):
        columns["Anchors left out"] = [f"{count:,}" for count in numbers["anchors left out"]]
    st.table(pd.DataFrame(columns, index=[arm_text(view.run.config, arm) for arm in numbers["arm"]]))
    between = ""
    if any(marks):
        bounds = numbers["error bound"] + numbers["error bound of the mean over classes"]
        between = f" ≈ accuracy: {interpolation_words(max(bounds))}"
    st.caption(
        f"Counted over {view.counted}{', of' if view.is_sample else ' of'} the {view.source}."
        f"{' ±: one standard error.' if view.is_sample else ''} Mean over classes: each class is as heavy as another, "
        f"however many images it has.{between}{_units(view)}"
    )


def _units(view: TripletView) -> str:
    """Sentence on the unit of the margin, where the spaces were not trained side by side."""
    if isinstance(view.run, Run):
        return ""
    arms = view.run.config.arms.values()
    units = " and ".join(f"{given.distance:.4g} in {as_text(given.title)}" for given in arms)
    return (
        f" Distances and margins are in units of the mean distance of two rows of a space, which is {units}: so one "
        "margin asks as much of the one as of the other."
    )


def percent(share: float | None) -> str:
    """A fraction as a percentage to two decimals."""
    return "–" if share is None else f"{100 * share:.2f}\u00a0%"


def show_curves(view: TripletView, *, rings: bool = True) -> None:
    """Show the accuracy at every margin; rings mark the margins at which the arms have the paper's accuracies."""
    st.markdown("## Accuracy at every margin")
    arms = list(view.curves)
    targets = {}
    if isinstance(view.run, Run) and paper_arms(view.run.config):
        targets = {f"the paper's {name}, {100 * share:.2f} %": share for name, share in PAPER.items()}
    series = margin_series(view.run) if isinstance(view.run, Run) else []
    figure = cached.figure(
        accuracy_curves,
        view.curves,
        arm_styles(view.run.config),
        view.margin,
        targets,
        leading=view.arms,
        dashed=series,
        rings=rings,
    )
    st.plotly_chart(figure, key=keys.CURVES, alt="Triplet accuracy of each arm against the margin")
    off = "" if view.margin <= view.longest else f"m = {view.margin:g} lies beyond the chart. "
    several = "Strong lines: the two arms looked at closely. " if arms[2:] else ""
    several += "Dotted: arms that differ in margin. w: triplet weight, m: margin of the loss. " if series else ""
    ringed = "Rings: where an arm scores about as one of the paper's does. " if targets and rings else ""
    st.caption(f"{ringed}{several}{off}On the {view.source}.")


def margin_series(run: Run) -> list[str]:
    """Arms of a ladder that share one triplet weight and so differ in margin; none in a run of two."""
    arms = run.config.arms
    weight = next(reversed(arms.values())).triplet_weight
    series = {arm: loss.margin for arm, loss in arms.items() if loss.triplet_weight == weight}
    return list(series) if len(arms) > 2 and len(set(series.values())) > 1 else []


def show_gaps(view: TripletView) -> None:
    """Shows the distribution of the gaps, D(a, n) - D(a, p), of all triplets."""
    st.markdown("## How far apart")
    gaps = {arm: view.gaps(arm) for arm in view.arms}
    figure = cached.figure(gap_distribution, gaps, arm_styles(view.run.config), view.margin)
    st.plotly_chart(figure, key=keys.GAPS, alt="Distribution of the gaps of all triplets")
    st.caption(
        f"What lies left of the line is violated at m = {view.margin:g}. {with_capital(view.counted)}, an anchor as "
        "heavy as another; "
        f"{view.source}."
    )


def show_definition(view: TripletView) -> None:
    """Shows the definition of triplet accuracy, and the switch of the sampled estimate."""
    points = points_in_words(view.run)
    with st.popover("What exactly is counted"):
        st.latex(r"A(m) = \mathbb E_{a}\,\mathbb E_{p}\,\mathbb E_{n}\;\mathbf 1[\,D(a,p) - D(a,n) + m \le 0\,]")
        st.markdown(
            f"D is the Euclidean distance between two {points}. The anchor a is any image, each as heavy as another; "
            "the positive p any *other* image of its class; the negative n any image of another class. A triplet with "
            "zero loss counts as right, a tie too. An anchor alone in its class has no positive: it is left out and "
            f"counted. Nothing is sampled up to {EXACT_TO:,} images; beyond, about {SAMPLED_ANCHORS:,} anchors are, of "
            "each class the same share, each with all its triplets, and ± is the standard error. *Mean violation* is "
            "the expectation of max(0, D(a,p) − D(a,n) + m), the triplet loss itself; *mean gap* that of "
            "D(a,n) − D(a,p), which no margin changes."
        )
        st.markdown(
            "*Mean over classes* is the mean over classes of the accuracy of each class's anchors. In the accuracy "
            "every image is as heavy as another, so that frequent classes decide it; here a rare class counts as "
            "much. Where the classes are equal in size the two are equal."
        )
        st.toggle(
            "Show a sampled estimate beside the exact value",
            **state.switch(keys.SAMPLED),
            help="The paper's protocol: random triplets. Its standard error is what counting all of them avoids.",
        )
        st.caption(f"The estimate draws {N_SAMPLED:,} random triplets with seed {view.seed}; ± is one standard error.")


def show_downloads(view: TripletView, numbers: dict[str, list]) -> None:
    """Downloads of the table, the curves and the gaps."""
    arms = list(view.curves)

    def curves() -> str:
        grid = {"margin": view.curves[arms[0]].margins.round(6)}
        return rows_csv(grid | {arm: view.curves[arm].accuracy for arm in arms})

    def gaps() -> str:
        histograms = {arm: view.gaps(arm) for arm in view.arms}
        rows = [(arm, *row) for arm, gap in histograms.items() for row in zip(gap.edges, gap.edges[1:], gap.share)]  # noqa: B905
        return rows_csv(dict(zip(("arm", "from", "to", "share"), zip(*rows, strict=True), strict=True)))

    with st.popover("Downloads"):
        for label, content, name in (
            ("Table as CSV", lambda: rows_csv(numbers), csv_name("triplet-accuracy", view.run)),
            ("Curves as CSV", curves, csv_name("triplet-curves", view.run)),
            ("Gaps as CSV", gaps, csv_name("triplet-gaps", view.run)),
        ):
            st.download_button(label, content, name, "text/csv", on_click="ignore", type="tertiary")
