"""Controls of the advice: accepted cost, needed accuracy, kind of cost, margin."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tvae.errors import InputError
from tvae.explore.advice import COSTS, IN_NATS, Cost
from tvae.runs.seeds.figures import MARGINS
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.which_weight.ladder import LadderView
from tvae.ui.which_weight.sentence import COST_WORDS

COST_LABELS: dict[Cost, str] = {"error": "Error", "kl": "KL", "elbo": "ELBO"}
ACCEPTED, ACCEPTED_NATS, NEEDED = 25, 3.0, 95.0
"""First values of the controls: percent of a cost, nats, percent of the triplets."""
REACH, REACH_NATS = 100, 10.0
"""The least reach of the control of cost, in percent and in nats."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """A person's bounds: the greatest cost and the least accuracy, with the kind of cost and the margin."""

    cost: Cost
    most_cost: float
    """Greatest accepted cost above the baseline's, in the unit of `advice.Point.cost`."""
    least_accuracy: float
    """Least accuracy, a share of the triplets."""
    margin: float
    """Margin of the accuracies."""


def choose_wishes(view: LadderView) -> Wishes:
    """Draw the controls, one below the other."""
    cost = st.segmented_control(
        "Cost",
        format_func=COST_LABELS.__getitem__,
        required=True,
        help="Error: of the reconstructions, in percent of the VAE's. KL: likewise. ELBO: both in one number, in nats; "
        "what an arm saves of the one and pays of the other cancels there.",
        **state.choice(keys.COST, COSTS, COSTS[0], default_as="default"),
    )
    cost = cost or COSTS[0]
    most_cost = choose_most_cost(view, cost)
    needed = st.slider(
        "I need at least … % in order",
        step=0.5,
        format="%.1f %%",
        **state.number(keys.LEAST_ACCURACY, 0.0, 100.0, NEEDED),
    )
    margin: Any = st.select_slider(
        "Scored at margin m",
        format_func=_figures,
        help="A triplet is in order where its negative is farther from the anchor than its positive, by m or more. "
        "An arm's name has another margin: the one that it was trained with. Fine from 0 to 1, coarse beyond.",
        **state.choice(keys.SCORED_MARGIN, MARGINS, MARGINS[0], text=_figures, default_as="value"),
    )
    st.caption("This m only judges trained arms anew, at once. Another weight or margin to train with: below.")
    return Wishes(cost=cost, most_cost=most_cost, least_accuracy=needed / 100, margin=float(margin))


def choose_most_cost(view: LadderView, cost: Cost) -> float:
    """Draw the control of the accepted cost, and return it in the unit of `advice.Point.cost`."""
    if cost in IN_NATS:
        return st.slider(
            f"I accept at most … nats of {COST_WORDS[cost]}",
            step=0.1,
            format="%.1f nats",
            **state.number(keys.MOST_NATS, 0.0, _reach(view, [cost], REACH_NATS), ACCEPTED_NATS),
        )
    accepted = st.slider(
        f"I accept at most … % more {COST_WORDS[cost].removeprefix('squared ')}",
        format="%d %%",
        **state.number(keys.MOST_COST, 0, int(100 * _reach(view, set(COSTS) - IN_NATS, REACH / 100)), ACCEPTED),
    )
    return accepted / 100


def _figures(margin: float) -> str:
    return f"{margin:g}"


def _reach(view: LadderView, costs: Iterable[Cost], least: float) -> float:
    """Upper end of a slider: a round number that is at least as large as every arm's cost of these kinds."""
    values = [0.0]
    for cost in costs:
        with contextlib.suppress(InputError):  # the baseline has none of it
            values += [point.mean_cost for point in view.points(cost, MARGINS[0]).choosing.values()]
    return max(least, least * math.ceil(10 * max(values) / least) / 10)
