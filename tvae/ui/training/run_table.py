"""List of runs: filter, choose, rename, delete, import, export."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

from tvae.config import LossConfig, RunConfig
from tvae.errors import InputError
from tvae.figures.colours import MARK
from tvae.jobs.job import Job
from tvae.runs.arm_names import arm_name, arm_names, short_arm_name
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.run import Run, read_metrics, read_run
from tvae.runs.run_zip import zip_run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached, measured
from tvae.ui import session as state
from tvae.ui.judging import judged_alike
from tvae.ui.requests import request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_texts
from tvae.ui.style.captions import notions_in_words
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.starting import why_no_run_starts
from tvae.ui.training.status import follow_choice

MEASURES = {
    "Triplet accuracy": st.column_config.NumberColumn(
        "In order",
        width=80,
        format="%.2f %%",
        help="Triplet accuracy of the last arm, at margin 0, on the test split; exact up to 60,000 images.",
    ),
    "Squared error": st.column_config.NumberColumn("Error", width=60, format="%.2f", help="Squared error an image."),
    "KL": st.column_config.NumberColumn("KL", width=60, format="%.2f", help="Nats an image."),
    "Mean over classes": st.column_config.NumberColumn(
        format="%.2f %%",
        help="Triplet accuracy at margin 0, each class as heavy as another however many images it has.",
    ),
    "1-NN": st.column_config.NumberColumn("1-NN", format="%.2f %%"),
}
WEIGHTS = {
    "Triplet weight": st.column_config.NumberColumn("w", width=50, help="Triplet weight."),
    "Margin": st.column_config.NumberColumn("m", width=50, help="Margin."),
    "KL weight": st.column_config.NumberColumn("w, KL", width=60, help="KL weight."),
}
COLUMNS = {
    "Run": st.column_config.TextColumn(width=105, pinned=True),
    "Name": st.column_config.TextColumn(width=110),
    "Triplet accuracy": MEASURES["Triplet accuracy"],
    "Squared error": MEASURES["Squared error"],
    "Triplet weight": WEIGHTS["Triplet weight"],
    "Margin": WEIGHTS["Margin"],
    "Epochs": st.column_config.NumberColumn("Epochs", width=65),
    "State": st.column_config.TextColumn(width=75),
    "Data": st.column_config.TextColumn(width=80),
    "Arms": st.column_config.TextColumn(width=110),
    "KL": MEASURES["KL"],
    "Seed": st.column_config.NumberColumn("Seed", width=50),
    "Collapsed": st.column_config.TextColumn(width=80),
    "Note": st.column_config.TextColumn(width=120),
}
"""The columns of the list, what matters first: the rest is in the table of the arms of the run that is shown."""
NO_MEASURES = dict.fromkeys(MEASURES, None)
LOSS_COLUMNS = {"Margin": "margin", "Triplet weight": "triplet_weight", "KL weight": "kl_weight"}
"""The setting of a loss in each of these columns."""
PLACE, TRASH_PLACE = "list-of-runs", "deleted-runs"
"""Places at which the list shows why a change was not made."""
DIFFERS, SHOWN = "background-color: rgba(128, 136, 148, 0.25)", f"background-color: {MARK}38"


def show_run_table(shown: str) -> None:
    """Shows all runs, that of the page marked; a click shows another one here and on every page.

    Args:
        shown: name of the run that the page shows.
    """
    st.markdown("## All runs")
    jobs = {job.id: job for job in cached.jobs().runs(state.owner())}
    rows = run_rows(jobs)
    words, states, bring = st.columns([3, 2, 3], vertical_alignment="bottom")
    wanted = words.text_input("Find", placeholder="name, note or data set", key=keys.FIND_RUNS).strip().lower()
    chosen = states.pills("State", sorted({row["State"] for row in rows}), selection_mode="multi", key=keys.RUN_STATES)
    with bring.popover("Bring a run in", icon=":material/upload:", width="stretch"):
        take_in()
    rows = [
        row
        for row in rows
        if wanted in " ".join((row["Run"], row["Name"], row["Note"], row["Data"])).lower()
        and (not chosen or row["State"] in chosen)
    ]
    if not rows:
        st.info("No run fits. Clear the filter to see all of them.")
    else:
        _show_table(rows, shown, jobs)
    show_deleted()


def _show_table(rows: list[dict[str, Any]], shown: str, jobs: dict[str, Job]) -> None:
    names = [row["Run"] for row in rows]
    # Empty columns would take room from the others.
    empty = [name for name in rows[0] if all(row[name] == "" for row in rows)]
    table = pd.DataFrame(rows).drop(columns=empty)
    event: Any = st.dataframe(
        table.style.apply(cell_shades, axis=None, shown=shown).format(
            "{:g}", subset=["Margin", "Triplet weight", "KL weight", "Epochs"], na_rep=""
        ),
        hide_index=True,
        column_config=COLUMNS,
        column_order=[name for name in COLUMNS if name in table],
        placeholder="",
        on_select="rerun",
        selection_mode="single-row",
        key=_table_key(names, shown),
    )
    st.caption(
        "Tick a run to show it here and on every page; one that is not done is shown here only. Teal: the run that is "
        "shown. Grey: a setting in which the runs differ. Numbers are those of the TVAE, the last of two arms, on "
        "the test split, with triplet accuracy at m = 0, by the run's own notion of similarity. Where none stands the "
        "run was not measured, its labels have no triplet, or it has more arms with a number each."
    )
    st.download_button(
        "List as CSV",
        lambda: rows_csv({name: [row[name] for row in rows] for name in COLUMNS}),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    for place in event.selection.rows:
        if place < len(names) and names[place] != shown:
            _choose(names[place], jobs.get(names[place]))


def _choose(name: str, job: Job | None) -> None:
    """Show this run: one that is not done on this page, any other on every page."""
    if job is not None and job.state != "done":
        state.own_runs().watch(name)
    else:
        state.choose_run(name)
        follow_choice()
    st.rerun()


def _table_key(names: list[str], shown: str) -> str:
    """Key of the rows in their order: a tick belongs to a place, so another order must not keep the ticks."""
    return f"runs-{hashlib.sha256(' '.join((*names, shown)).encode()).hexdigest()[:16]}"


def run_rows(jobs: dict[str, Job]) -> list[dict[str, Any]]:
    """One row for each run: settings and state, and of a run of two arms the last one's numbers.

    A setting in which the arms with a triplet term differ is None, and so are the numbers of a run of more arms: none
    of its arms is the run.
    """
    rows = []
    folders = cached.run_folders()
    # A run may have ended before its first file.
    early = {name: job.folder for name, job in jobs.items() if name not in folders}
    for name, folder in (folders | early).items():
        job = jobs.get(name)
        try:
            run = read_run(folder)
        except InputError:
            run = None
        config = job.config if job is not None else run.config if run is not None else None
        if config is None:
            continue
        losses = [loss for loss in config.arms.values() if loss.triplet_weight] or list(config.arms.values())
        metrics = _metrics(run)
        rows.append(
            {
                "Run": name,
                "Name": job.name if job is not None else "",
                "State": job.state if job is not None else "shipped",
                "Data": config.data.name,
                "Arms": arms_in_words(config),
                **{column: _common(losses, setting) for column, setting in LOSS_COLUMNS.items()},
                "Epochs": round(run.trained_epochs if run is not None else 0.0, 2),
                "Seed": config.train.seed,
                **(_measures(metrics, list(metrics["arms"])[-1]) if metrics and len(config.arms) <= 2 else NO_MEASURES),
                "Collapsed": _collapsed(config, metrics) if metrics else "",
                "Note": job.note if job is not None else "",
            }
        )
    rows.sort(key=lambda row: not (row["Run"] in jobs and jobs[row["Run"]].pinned))
    return rows


def _collapsed(config: RunConfig, metrics: dict[str, Any]) -> str:
    """Names of the arms that have collapsed."""
    names = arm_names(config)
    return "; ".join(names.get(arm, arm) for arm in collapse_warnings(metrics, names))


def arms_in_words(config: RunConfig) -> str:
    """The names of one or two arms; of more their number, with the first and the last."""
    names = [short_arm_name(config, arm) for arm in config.arms]
    return ", ".join(names) if len(names) <= 2 else f"{len(names)} arms, {names[0]} to {names[-1]}"


def _common(losses: list[LossConfig], setting: str) -> float | None:
    """The value that all losses have of a setting, None where they differ."""
    values = {getattr(loss, setting) for loss in losses}
    return values.pop() if len(values) == 1 else None


def _metrics(run: Run | None) -> dict[str, Any] | None:
    """Metrics of a run, None where it was not measured or its file is garbled."""
    if run is None:
        return None
    try:
        return read_metrics(run.folder)
    except InputError:
        return None


def _measures(metrics: dict[str, Any], arm: str) -> dict[str, float | None]:
    """An arm's numbers; no triplet accuracy where it has collapsed, as that would say nothing."""
    measured = metrics["arms"][arm]
    collapsed = arm in collapse_warnings(metrics, {})
    return {
        "Triplet accuracy": None if collapsed else _percent(measured["triplet_accuracy"]["0"]),
        "Mean over classes": None if collapsed else _percent(measured.get("balanced_triplet_accuracy", {}).get("0")),
        "Squared error": measured["reconstruction"],
        "KL": measured["kl"],
        "1-NN": _percent(measured["knn_accuracy"]),
    }


def _percent(share: float | None) -> float | None:
    """A share in percent; None where the labels don't allow it to be measured."""
    return None if share is None else 100 * share


def show_arms(run: Run) -> None:
    """Each arm of a run: its loss, and its numbers where the run was measured."""
    run = judged_alike(run)
    metrics = _metrics(run) if run.judged_by is None else measured.metrics(run, cached.encoding(run))
    rows = []
    for arm, loss in run.config.arms.items():
        settings = {column: getattr(loss, setting) for column, setting in LOSS_COLUMNS.items()}
        if not loss.triplet_weight:
            settings["Margin"] = None  # it has no effect
        rows.append(
            {"Arm": arm_name(run.config, arm), **settings, **(_measures(metrics, arm) if metrics else NO_MEASURES)}
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"Arm": st.column_config.TextColumn(pinned=True), **MEASURES, **WEIGHTS},
        column_order=["Arm", *list(MEASURES)[:2], *WEIGHTS, *list(MEASURES)[2:]],
        height="content",
        placeholder="–",
    )
    for warning in collapse_warnings(metrics, arm_texts(run.config)).values() if metrics else ():
        st.warning(warning)
    if notions := notions_in_words(run):
        st.caption(as_text(f"Numbers: {notions}."))


def cell_shades(table: pd.DataFrame, shown: str) -> pd.DataFrame:
    """The shade of each cell, as CSS: the row of the shown run, and settings in which the runs differ.

    All at once: pandas takes milliseconds for each row and column that is shaded by itself.
    """
    of_row = [SHOWN if name == shown else "" for name in table["Run"]]
    settings = settings_columns(table)
    shades = {
        name: [differs or row for differs, row in zip(differing_cells(pd.Series(table[name])), of_row, strict=True)]
        if name in settings
        else of_row
        for name in table
    }
    return pd.DataFrame(shades, index=table.index)


def settings_columns(table: pd.DataFrame) -> list[str]:
    """Columns that hold settings of a run."""
    return [name for name in ("Data", "Margin", "Triplet weight", "KL weight", "Epochs", "Seed") if name in table]


def differing_cells(column: pd.Series) -> list[str]:
    """Shades the cells that differ from the commonest value of their column; all where no value is commonest."""
    commonest = column.mode()
    return ["" if len(commonest) == 1 and value == commonest.iloc[0] else DIFFERS for value in column]


def manage(name: str, job: Job | None) -> None:
    """Controls to name, note, keep, delete and export one run."""
    folder = cached.run_folders().get(name)
    if folder is not None:
        try:
            show_arms(read_run(folder))
        except InputError as error:
            st.caption(as_text(f"This run can't be read. {reason_of(error)}."))
        else:
            st.download_button(
                "Download as zip",
                data=lambda: zip_run(folder),
                file_name=f"{name}.zip",
                mime="application/zip",
                on_click="ignore",
            )
    elif job is not None and job.over:
        st.caption("This run ended before its first file, so there is nothing to show or to download.")
    if job is None:
        return
    if not cached.jobs().may_control(name, state.owner()):
        st.caption("Somebody else's run, or one from the command line: it can be shown, compared and downloaded here.")
        return
    jobs, me = cached.jobs(), state.owner()
    with st.form(f"about-{name}", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom")  # wraps where it is narrow
        called = row.text_input("Name", job.name, max_chars=80, width=180)
        note = row.text_input("Note", job.note, max_chars=500, width=380)
        pinned = row.toggle("Pin", job.pinned, help="Stays on top of the list.")
        if row.form_submit_button("Save"):
            request(PLACE, _keep_about, name, called, note, pinned)
            st.rerun()
    show_refusal(PLACE)
    st.button(
        "Delete",
        icon=":material/delete:",
        on_click=request,
        args=(PLACE, jobs.trash.delete, name, me),
        help="Can be undone below.",
    )


def _keep_about(run_id: str, name: str, note: str, pinned: bool) -> None:
    """Keep what a person wrote about a run; nothing after what is refused."""
    jobs, me = cached.jobs(), state.owner()
    jobs.rename(run_id, me, name)
    jobs.write_note(run_id, me, note)
    jobs.pin(run_id, me, pinned)


def show_deleted() -> None:
    """Buttons that bring deleted runs back."""
    jobs, me = cached.jobs(), state.owner()
    show_refusal(TRASH_PLACE)
    for run_id in jobs.trash.deleted(me):
        words, back = st.columns([5, 1], vertical_alignment="center")
        words.caption(f"{run_id} was deleted.")
        back.button(
            "Undo",
            key=keys.undelete(run_id),
            on_click=request,
            args=(TRASH_PLACE, jobs.trash.undelete, run_id, me),
            width="stretch",
        )


def take_in() -> None:
    """Field to upload a run's zip, which is checked before anything is stored; why not where nothing can be stored."""
    if why_not := why_no_run_starts():
        st.error(why_not)
        return
    upload = st.file_uploader("A run's zip", type="zip", key=keys.RUN_ZIP)
    own = state.own_runs()
    if upload is None or own.taken_in == upload.file_id:
        return
    try:
        with own.changing:
            own.watch(cached.jobs().starter.take_in(upload.getvalue(), state.owner()))
            own.taken_in = upload.file_id
    except (InputError, OSError) as error:
        st.error(f"Not taken in. {reason_of(error)}.")
        return
    st.rerun()
