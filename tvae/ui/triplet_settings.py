"""Other weights on finished arms, and what training at other settings gave, on the triplets page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.checkpoints import Encoding, Run, read_metrics, read_run
from tvae.config import InputError, LossConfig
from tvae.reweighing import on_frontier, reweighed
from tvae.selection import rows_csv
from tvae.triplet_curve import TripletCurve
from tvae.ui import cached, figures
from tvae.ui.colours import arm_colours
from tvae.ui.runs import run_folders

LADDER = "mnist-ladder"


def show_weights(run: Run, encoding: Encoding, curves: dict[str, TripletCurve]) -> None:
    """The loss of each arm under weights that a person moves."""
    st.markdown(
        "**The networks have not moved.** These are the trained arms, their loss counted anew; only training moves "
        "the weights of a network."
    )
    trained = next(reversed(run.config.arms.values()))
    places = st.columns(4)
    values = [
        column.slider(name, 0.0, most, float(min(start, most)), step, key=f"weigh-{name}")
        for column, (name, start, most, step) in zip(
            places,
            [
                ("Triplet weight", trained.triplet_weight, 100.0, 0.5),
                ("Margin in the loss", trained.margin, 5.0, 0.025),
                ("KL weight", trained.kl_weight, 10.0, 0.1),
                ("Reconstruction weight", trained.reconstruction_weight, 10.0, 0.1),
            ],
            strict=True,
        )
    ]
    loss = LossConfig(triplet_weight=values[0], margin=values[1], kl_weight=values[2], reconstruction_weight=values[3])
    found = {arm: reweighed(encoding.arms[arm], encoding.labels, loss, curves.get(arm)) for arm in encoding.arms}
    numbers = {
        "arm": [arm.upper() for arm in found],
        "reconstruction": [terms.reconstruction for terms in found.values()],
        "KL, nats": [terms.kl for terms in found.values()],
        "triplet": [terms.triplet for terms in found.values()],
        "total": [terms.total for terms in found.values()],
        "still teach": [terms.teaching for terms in found.values()],
    }
    table = pd.DataFrame({**numbers, "still teach": [f"{100 * share:.2f} %" for share in numbers["still teach"]]})
    for name in ("reconstruction", "KL, nats", "triplet", "total"):
        table[name] = [f"{value:.3f}" for value in numbers[name]]
    st.table(table.set_index("arm"))
    st.caption(
        f"Terms before their weights, and their weighted total, on the {run.config.data.name} {encoding.split} split, "
        f"n = {len(encoding.labels):,}, seed {run.config.train.seed}, checkpoint {run.name}. Reconstruction: squared "
        "error from μ, summed over pixels. Still teach: share of all triplets with a hinge above 0 at this margin; "
        "the others have no gradient."
    )
    st.download_button("These terms as CSV", rows_csv(numbers), "terms.csv", "text/csv", on_click="ignore")
    st.markdown("To train at this setting:")
    st.code(
        f"python -m tvae train --out RUN --data.name {run.config.data.name} --loss.triplet-weight {values[0]:g} "
        f"--loss.margin {values[1]:g} --loss.kl-weight {values[2]:g} --loss.reconstruction-weight {values[3]:g}",
        language="bash",
        wrap_lines=True,
    )


def show_ladder(margin: float) -> None:
    """What arms that were really trained at other settings give and cost."""
    folder = run_folders().get(LADDER)
    if folder is None:
        st.info(
            "Here stand arms that were really trained at twelve settings of weight and margin, each a point of triplet "
            "accuracy against what it costs. That run is not among the runs yet. This trains it:"
        )
        st.code(f"python -m tvae train --preset ladder --out checkpoints/{LADDER}", language="bash")
        return
    try:
        run = read_run(folder)
        metrics = read_metrics(folder)
    except InputError as error:
        st.warning(f"The ladder can't be shown. {error}")
        return
    curves = cached.curves(run)
    if curves is None or metrics is None or not set(curves) <= set(metrics["arms"]):
        st.info(f"The run {LADDER} was never evaluated. `python -m tvae evaluate {folder}` measures it.")
        return
    names = list(curves)
    longest = min(float(curve.margins[-1]) for curve in curves.values())
    shown = min(margin, longest)
    accuracy = np.array([curves[arm].at(shown).accuracy for arm in names])
    costs = {
        "squared error": np.array([metrics["arms"][arm]["reconstruction"] for arm in names]),
        "KL, nats": np.array([metrics["arms"][arm]["kl"] for arm in names]),
    }
    paper = LossConfig()
    marked = next((arm for arm, loss in run.config.arms.items() if loss == paper), None)
    for column, (title, cost) in zip(st.columns(2), costs.items(), strict=True):
        figure = figures.trade(names, accuracy, cost, on_frontier(accuracy, cost), arm_colours(names), title, marked)
        column.plotly_chart(figure, key=f"trade-{title}")
    numbers = {
        "arm": names,
        "triplet weight": [run.config.arms[arm].triplet_weight for arm in names],
        "margin in the loss": [run.config.arms[arm].margin for arm in names],
        f"accuracy at m = {shown:g}": accuracy.round(4).tolist(),
        **{title: cost.round(3).tolist() for title, cost in costs.items()},
    }
    st.dataframe(pd.DataFrame(numbers), hide_index=True)
    clipped = f" The curve ends at m = {longest:g}, which is shown." if margin > longest else ""
    st.caption(
        f"Each point is an arm trained at its own weight and margin, all side by side on the same batches: test split, "
        f"n = {metrics['n']:,}, seed {metrics['seed']} (one seed), checkpoint {LADDER}. The line joins the arms that "
        f"none beats in both; the diamond is the paper's setting with our default weight.{clipped}"
    )
    st.download_button("The ladder as CSV", rows_csv(numbers), "ladder.csv", "text/csv", on_click="ignore")
