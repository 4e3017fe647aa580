"""Table 1 of the paper beside the run's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from tvae.errors import InputError
from tvae.metrics.anchor_sample import counted_triplets
from tvae.metrics.measurable import NOT_MEASURABLE
from tvae.metrics.triplet_curve import margin_where
from tvae.model.encoding import Encoding
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.measuring import expected_seconds
from tvae.runs.paper_table import PAPER, paper_arms
from tvae.runs.run import Run, anchor_sample_of, epochs_text
from tvae.ui import cached, measured
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text, arm_texts
from tvae.ui.style.captions import notions_after
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.status import duration

MARGINS = ("0", "0.1", "0.5", "1")


def show_table(run: Run, encoding: Encoding | None) -> Callable[[], None]:
    """Show the table, and return a function that fills in its last accuracy, to be called once the page is drawn.

    That accuracy is counted over all triplets at its very margin, which takes a moment at the first time.
    """
    st.markdown("## Table 1: triplet accuracy")
    try:
        metrics = measured.metrics(run, encoding)
    except InputError as error:
        st.warning(f"The numbers can't be shown. {reason_of(error)}")
        return lambda: None
    if metrics is None:
        _offer_to_measure(run, encoding)
        return lambda: None
    of_arms = {name: metrics["arms"][name] for name in shown_arms(run)}
    place = st.container(key=keys.OVERVIEW_TABLE).empty()
    matched = _matched_margin(run, list(of_arms)) if encoding is not None else None

    def draw(exact: list[float | None]) -> None:
        place.table(_table(run, of_arms, matched, exact))

    if matched is None or encoding is None or state.first_time(f"overview-matched:{run.name}"):
        draw([None] * len(of_arms))
    st.caption(_caption(run, metrics, of_arms, matched))
    for name, warning in collapse_warnings(metrics, arm_texts(run.config)).items():
        if name in of_arms:
            st.warning(warning)
    if matched is None or encoding is None:
        return lambda: None
    return lambda: draw([_counted(encoding, name, matched) for name in of_arms])


def _offer_to_measure(run: Run, encoding: Encoding | None) -> None:
    """Say that a run has no metrics, with a button that measures it where it can be measured here."""
    if encoding is None:
        st.info("This run was never measured: a run is measured when it ends.")
        return
    st.info(
        "This run was never measured."
        if run.provenance.finished
        else "This run was never measured: a run is measured when it ends. Until then it can be measured as it is now."
    )
    longest = duration(expected_seconds(len(encoding.labels), len(encoding.arms)))
    if st.button("Measure it", key=keys.MEASURE, help=f"Takes up to {longest}, and everybody here sees the result."):
        measured.measure(run, encoding)
        st.rerun()


def _matched_margin(run: Run, arms: list[str]) -> float | None:
    """The margin, to three decimals, at which the VAE scores about as the paper's; None where nothing is to match."""
    vae = next((arm for arm, name in paper_arms(run.config).items() if name == "VAE"), None)
    curves = cached.curves(run)
    if vae not in arms or curves is None:
        return None
    margin = margin_where(curves[vae], PAPER["VAE"])
    return None if margin is None else round(margin, 3)


def _counted(encoding: Encoding, arm: str, margin: float) -> float:
    return float(cached.counted_accuracy(encoding.arms[arm], encoding.labels, margin).accuracy[0])


def _table(run: Run, measured: dict[str, Any], matched: float | None, exact: list[float | None]) -> Any:
    """The table's frame: an arm a row; accuracies that are being counted as an ellipsis."""
    import pandas as pd  # most of a second on a fresh server, whose first page has its title by now

    columns: dict[str, list[str]] = {}
    if names := paper_arms(run.config):
        columns["Paper (MNIST), m not given"] = [
            percent(PAPER[names[arm]]) if arm in names else "not given" for arm in measured
        ]
    if matched is not None:
        columns[f"Ours, m = {matched:.3f}"] = ["…" if share is None else percent(share) for share in exact]
    for margin in MARGINS:
        columns[f"m = {margin}"] = [
            percent(arm["triplet_accuracy"].get(margin), "not given" if arm["triplets"] else NOT_MEASURABLE)
            + plus_minus(arm.get("triplet_accuracy_error", {}).get(margin))
            for arm in measured.values()
        ]
    columns["m = 0, mean over classes"] = [
        percent(arm.get("balanced_triplet_accuracy", {}).get("0"), "not given" if arm["triplets"] else NOT_MEASURABLE)
        + plus_minus(arm.get("balanced_triplet_accuracy_error", {}).get("0"))
        for arm in measured.values()
    ]
    columns["Squared error"] = [f"{arm['reconstruction']:.2f}" for arm in measured.values()]
    columns["KL, nats"] = [f"{arm['kl']:.2f}" for arm in measured.values()]
    return pd.DataFrame(columns, index=[arm_text(run.config, arm) for arm in measured])


def _caption(run: Run, metrics: dict[str, Any], measured: dict[str, Any], matched: float | None) -> str:
    where = ""
    if matched is not None:
        vae = next(arm for arm, name in paper_arms(run.config).items() if name == "VAE")
        where = (
            f" At m = {matched:.3f}, to three decimals, our {arm_text(run.config, vae)} scores nearest to the paper's "
            f"{percent(PAPER['VAE'])}; the paper gives no margin."
        )
    epoch = "" if run.snapshot is None else f" at epoch {epochs_text(run.epoch)}"
    first = next(iter(measured.values()))
    counted = "not measurable without any triplet"
    if first["triplets"]:
        counted = f"counted over {counted_triplets(first['triplets'], anchor_sample_of(first))}"
    return (
        f"Share of triplets with zero loss at margin m, {counted} of the {run.config.data.name} test split, "
        f"n = {metrics['n']:,}, seed {metrics['seed']}, checkpoint {run.name}{epoch}{notions_after(run)}.{where} "
        "Mean over classes: each class is as heavy as another, however many images it has. "
        "Squared error: reconstruction from μ, summed over pixels."
    )


def plus_minus(error: float | None) -> str:
    """A standard error in points; nothing where a number is exact."""
    return f"\u00a0±\u00a0{100 * error:.2f}" if error else ""


def percent(share: float | None, absent: str = "not given") -> str:
    """A fraction as a percentage to two decimals, or the text in place of a missing one."""
    return absent if share is None else f"{100 * share:.2f}\u00a0%"
