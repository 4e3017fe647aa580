"""Map of the newest snapshot of a run while it trains."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.figures.arm_styles import arm_styles
from tvae.jobs.job import Job
from tvae.linked_map.contents import MapSide
from tvae.maps.parameters import METHOD_NAMES, METHODS, parameters_told
from tvae.maps.projection import ProjectionRequest, cache_key
from tvae.maps.shown_map import NEIGHBOURS, PlacedCodes
from tvae.model.encoding import Encoding
from tvae.runs.run import Run, epochs_text, read_run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.components.latent_map import latent_map
from tvae.ui.judging import judged_alike
from tvae.ui.maps.projecting import Asked, asked_layout
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import notions_after, titled
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.status import UNDER_WAY, duration

METHODS_OFFERED = ("pca", "tsne", "umap")
FITTED_TO = {"newest": "the newest snapshot", "start": "the start"}


@dataclass(frozen=True, eq=False)
class Fitted:
    """The snapshot that a map is fitted to, and the state of its layout."""

    run: Run
    """The run at the snapshot that the map is fitted to."""
    encoding: Encoding
    layout_state: Asked = field(default_factory=Asked)
    """State of the layout that was asked for; empty for PCA, which needs no waiting."""


def fitted_map(run_id: str) -> Fitted | None:
    """The snapshot that the chosen map is fitted to, with its layout; None before the first snapshot."""
    return _fitted(run_id, *_choices())


def _choices() -> tuple[str, str]:
    """The chosen method of the map, and the choice of the snapshot that it is fitted to."""
    return state.read(keys.TRAINING_MAP) or METHODS_OFFERED[0], state.read(keys.TRAINING_FITTED_TO) or "newest"


def show_map(job: Job) -> None:
    """The map of the newest snapshot, and below it the choices of how it is made."""
    _show_newest(job)
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="large")  # wraps where it is narrow
    method = controls.segmented_control(
        "Map by", METHODS_OFFERED, default="pca", required=True, format_func=METHOD_NAMES.__getitem__,
        key=keys.TRAINING_MAP, persist_state="session", width="content",
    )  # fmt: skip
    reference = controls.segmented_control(
        "Fitted to", list(FITTED_TO), default="newest", required=True, format_func=FITTED_TO.__getitem__,
        key=keys.TRAINING_FITTED_TO, persist_state="session", width="content",
        help="At the start the means lie nearly in one place: a map fitted there stays, but shows little later.",
    )  # fmt: skip
    if method != "pca" and reference == "newest":
        controls.button(
            "Fit anew",
            icon=":material/refresh:",
            key=keys.FIT_ANEW,
            on_click=answered(_forget_fit),
            args=(job.id,),
            help="Fit the map again, to the snapshot that is now the newest.",
        )


def _show_newest(job: Job) -> None:
    """The newest snapshot's means on the fitted map."""
    method, _ = _choices()
    fitted = fitted_map(job.id)
    newest = None if fitted is None else _newest(fitted.run.at(None))
    if fitted is None or newest is None:
        st.caption("The map appears with the first snapshot.")
        return
    at, encoding = newest
    config, layout_state = fitted.run.config, fitted.layout_state
    if layout_state.failed:
        st.warning(f"{METHOD_NAMES[method]} {layout_state.failed}. This is PCA.")
    if layout_state.ticket is not None:
        now = layout_state.ticket.progress()
        left = "" if now.seconds_left is None else f", {duration(now.seconds_left)} left"
        st.progress(min(1.0, now.share), f"PCA, while {METHOD_NAMES[method]} is made: {now.phase}{left}")
    all_arms = list(config.arms)
    shown_arms = list(dict.fromkeys((all_arms[0], all_arms[-1])))
    placed = cached.placed_codes(
        {arm: fitted.encoding.arms[arm] for arm in shown_arms},
        layout_state.layout,
        {arm: encoding.arms[arm] for arm in shown_arms},
    )
    styles = arm_styles(config)
    sides = [
        MapSide(
            title=styles[arm].name,
            short_title=styles[arm].short_name,
            colour=styles[arm].colour,
            positions=placed[arm].positions.astype(np.float32),
            caption=f"epoch {epochs_text(at.epoch)}",
        )
        for arm in shown_arms
    ]
    latent_map(
        *sides,
        labels=encoding.labels,
        class_names=at.class_names,
        key=keys.training_map(job.id),
        aligned=False,
        facts=titled("Means while training", at, encoding),
    )
    st.caption(
        f"Means μ of the {config.data.name} test split, n = {len(encoding.labels):,}, "
        f"at epoch {epochs_text(at.epoch)}, {_made(fitted, at, placed)} "
        f"Seed {config.train.seed}, run {job.id}{notions_after(at)}."
        + (" It moves with every snapshot." if job.state in UNDER_WAY else "")
    )


def _fitted(run_id: str, method: str, reference: str) -> Fitted | None:
    """The fitted map (see `fitted_map`) by this method and this choice of the snapshot."""
    try:
        run = judged_alike(read_run(cached.jobs().run(run_id).folder))
    except InputError:
        return None
    newest = _newest(run)
    if newest is None:
        return None
    at, encoding = newest
    if reference == "start" and run.snapshots:
        at = run.at(run.snapshots[0])
    elif method != "pca":  # a slow layout is computed once, of the snapshot that was the newest then
        steps: dict[str, int] = state.kept(keys.TRAINING_FITS, dict)
        if steps.get(run_id) not in run.snapshots:  # not chosen yet, or not kept any more
            steps[run_id] = at.step
        at = at if steps[run_id] == at.step else run.at(steps[run_id])
    encoding = cached.encoding(at)
    if encoding is None:
        return None
    if method == "pca":
        return Fitted(at, encoding)
    try:
        own = cached.encoding(at.as_trained) or encoding
        request = ProjectionRequest(means=own.means, parameters=METHODS[method](), labels=own.labels)
    except InputError as error:
        return Fitted(at, encoding, Asked(failed=f"is not possible: {reason_of(error)}"))
    key, layouts = cache_key(request), state.layouts()
    layouts.give_up_others({key})
    return Fitted(at, encoding, asked_layout(at, key, request, layouts))


def _newest(run: Run) -> tuple[Run, Encoding] | None:
    """The newest state of a run that the pages can show."""
    for at in (run, *(run.at(step) for step in reversed(run.snapshots))):
        if (encoding := cached.encoding(at)) is not None:
            return at, encoding
    return None


def _forget_fit(run_id: str) -> None:
    state.kept(keys.TRAINING_FITS, dict).pop(run_id, None)


def _made(fitted: Fitted, at: Run, placed: dict[str, PlacedCodes]) -> str:
    """Caption on the making and the accuracy of the map: the end of a sentence, and further sentences."""
    layout, when = fitted.layout_state.layout, f"epoch {epochs_text(fitted.run.epoch)}"
    if layout is None:
        return f"in the PCA plane of {when}."
    text = f"in the layout of {when} by {parameters_told(layout.parameters)}."
    if fitted.run.weights_folder == at.weights_folder:
        return text
    config = fitted.run.config
    beyond = "; ".join(f"{arm_text(config, arm)}: {100 * codes.beyond:.0f} %" for arm, codes in placed.items())
    return (
        f"{text} **Approximate**: each stands at the weighted mean of the places of the {NEIGHBOURS} fitted means "
        f"nearest to it. Beyond all that was fitted, where a place says little: {beyond}."
    )
