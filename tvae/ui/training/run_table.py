"""List of runs: filter, compare, rename, delete, import, export."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.jobs.job import Job
from tvae.runs.available import run_folders
from tvae.runs.comparison import MetricChange, metric_changes, settings_that_differ
from tvae.runs.run import Run, read_metrics, read_run
from tvae.runs.run_zip import LARGEST_ZIP, zip_run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.session import keys

COLUMNS = {
    "Triplet accuracy": st.column_config.NumberColumn(format="%.2f %%", help="Last arm, m = 0, exact, test split."),
    "Squared error": st.column_config.NumberColumn(format="%.2f"),
    "KL": st.column_config.NumberColumn("KL, nats", format="%.2f"),
    "1-NN": st.column_config.NumberColumn("1-NN", format="%.2f %%"),
}
MARK = "background-color: rgba(217, 114, 46, 0.18)"


def show_run_table() -> None:
    """Shows all runs; one that is ticked can be managed, two are compared."""
    st.markdown("##### All runs")
    jobs = {job.id: job for job in cached.jobs().runs()}
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
        return
    # Empty columns would take room from the others.
    empty = [name for name in rows[0] if all(row[name] == "" for row in rows)]
    table = pd.DataFrame(rows).drop(columns=empty)
    event: Any = st.dataframe(
        table.style.apply(differing_cells, axis=0, subset=settings_columns(table)).format(
            "{:g}", subset=["Margin", "Triplet weight", "KL weight"]
        ),
        hide_index=True,
        column_config=COLUMNS,
        on_select="rerun",
        selection_mode="multi-row",
        key=_table_key(rows),
    )
    st.caption(
        "Shaded: a setting in which the runs differ. Tick one run to name, note, keep or delete it; two to compare "
        "them. Numbers are the last arm's on the test split; where none stands the run was not measured."
    )
    ticked = [rows[place]["Run"] for place in event.selection.rows if place < len(rows)]
    if len(ticked) == 1:
        manage(ticked[0], jobs.get(ticked[0]))
    elif len(ticked) == 2:
        show_comparison(ticked[0], ticked[1])
    elif len(ticked) > 2:
        st.caption("Two runs can be compared at a time.")
    show_deleted()


def _table_key(rows: list[dict[str, Any]]) -> str:
    """Key of the rows in their order: a tick belongs to a place, so another order must not keep the ticks."""
    return f"runs-{hashlib.sha256(' '.join(row['Run'] for row in rows).encode()).hexdigest()[:16]}"


def run_rows(jobs: dict[str, Job]) -> list[dict[str, Any]]:
    """One row for each run: settings, state, and the last arm's numbers."""
    rows = []
    for name, folder in run_folders().items():
        job = jobs.get(name)
        try:
            run = read_run(folder)
        except InputError:
            run = None
        config = job.config if job is not None else run.config if run is not None else None
        if config is None:
            continue
        loss = next(reversed(config.arms.values()))
        measured = measures(run)
        rows.append(
            {
                "Run": name,
                "Name": job.name if job is not None else "",
                "State": job.state if job is not None else "shipped",
                "Data": config.data.name,
                "Margin": loss.margin,
                "Triplet weight": loss.triplet_weight,
                "KL weight": loss.kl_weight,
                "Epochs": config.train.epochs,
                "Seed": config.train.seed,
                **measured,
                "Note": job.note if job is not None else "",
            }
        )
    rows.sort(key=lambda row: not (row["Run"] in jobs and jobs[row["Run"]].pinned))
    return rows


def measures(run: Run | None) -> dict[str, float | None]:
    """The last arm's numbers, empty where the run was not measured."""
    empty = dict.fromkeys(COLUMNS, None)
    if run is None:
        return empty
    try:
        metrics = read_metrics(run.folder)
    except InputError:
        return empty
    if metrics is None:
        return empty
    arm = next(reversed(metrics["arms"].values()))
    return {
        "Triplet accuracy": 100 * arm["triplet_accuracy"]["0"],
        "Squared error": arm["reconstruction"],
        "KL": arm["kl"],
        "1-NN": 100 * arm["knn_accuracy"],
    }


def settings_columns(table: pd.DataFrame) -> list[str]:
    """The columns that hold what a person set."""
    return [name for name in ("Data", "Margin", "Triplet weight", "KL weight", "Epochs", "Seed") if name in table]


def differing_cells(column: pd.Series) -> list[str]:
    """Shades the cells that differ from the commonest value of their column; all where no value is commonest."""
    commonest = column.mode()
    return ["" if len(commonest) == 1 and value == commonest.iloc[0] else MARK for value in column]


def manage(name: str, job: Job | None) -> None:
    """Controls to name, note, keep, delete and export one run."""
    folder = run_folders().get(name)
    if folder is None:
        return
    show, save, *_ = st.columns([1, 1, 2])
    show.button("Show it on every page", on_click=state.choose_run, args=(name,), width="stretch")
    save.download_button(
        "Download as zip",
        data=lambda: zip_run(folder),
        file_name=f"{name}.zip",
        mime="application/zip",
        on_click="ignore",
        width="stretch",
    )
    if job is None or not cached.jobs().may_control(name, state.owner()):
        return
    jobs, me = cached.jobs(), state.owner()
    with st.form(f"about-{name}", border=False):
        a, b, c, d = st.columns([2, 4, 1, 1], vertical_alignment="bottom")
        called = a.text_input("Name", job.name, max_chars=80)
        note = b.text_input("Note", job.note, max_chars=500)
        pinned = c.toggle("Pin", job.pinned, help="Stays on top of the list.")
        if d.form_submit_button("Save", width="stretch"):
            jobs.rename(name, me, called)
            jobs.write_note(name, me, note)
            jobs.pin(name, me, pinned)
            st.rerun()
    st.button(
        "Delete", icon=":material/delete:", on_click=jobs.trash.delete, args=(name, me), help="Can be undone below."
    )


def show_deleted() -> None:
    """Buttons that bring deleted runs back."""
    jobs, me = cached.jobs(), state.owner()
    for run_id in jobs.trash.deleted():
        words, back = st.columns([5, 1], vertical_alignment="center")
        words.caption(f"{run_id} was deleted.")
        back.button("Undo", key=keys.undelete(run_id), on_click=jobs.trash.undelete, args=(run_id, me), width="stretch")


def take_in() -> None:
    """Field to upload a run's zip, which is checked before anything is stored."""
    upload = st.file_uploader("A run's zip", type="zip", key=keys.RUN_ZIP, max_upload_size=LARGEST_ZIP // 2**20)
    own = state.own_runs()
    if upload is None or own.taken_in == upload.file_id:
        return
    try:
        with own.changing:
            own.watched = cached.jobs().starter.take_in(upload.getvalue(), state.owner())
            own.taken_in = upload.file_id
    except InputError as error:
        st.error(f"Not taken in. {error}.")
        return
    st.rerun()


def compared_with(job: Job, before: str) -> str:
    """The run shown before this one; where that is itself (a reload), the one that ships for the same data set."""
    return before if before != job.id else job.config.data.name


def show_comparison(before: str, after: str) -> None:
    """Shows how two runs differ in their settings and their metrics."""
    folders = run_folders()
    try:
        runs = [read_run(folders[name]) for name in (before, after)]
        metrics = [read_metrics(run.folder) for run in runs]
    except (InputError, KeyError) as error:
        st.caption(f"These two can't be compared. {error}")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Settings** that differ between {before} and {after}")
        differ = settings_that_differ(runs[0].config, runs[1].config)
        if differ:
            st.table(pd.DataFrame(differ, index=pd.Index([before, after])).T)
        else:
            st.caption("None: the same settings.")
    with right:
        st.markdown("**What came of it**")
        if metrics[0] is None or metrics[1] is None:
            st.caption(f"{before if metrics[0] is None else after} was not measured.")
            return
        st.table(changes_table(metric_changes(metrics[0], metrics[1])))
        st.caption(
            f"{before} → {after}. Triplet accuracy at m = 0, exact; n = {metrics[0]['n']:,} and {metrics[1]['n']:,} "
            f"images of the test splits; seeds {metrics[0]['seed']} and {metrics[1]['seed']}."
        )


def changes_table(changes: list[MetricChange]) -> pd.DataFrame:
    """One row for each number: before, after, and the change, called better or worse where one direction is better."""
    return pd.DataFrame(
        [
            {
                "Arm": change.arm.upper(),
                "Figure": change.figure,
                "Before": f"{change.before:.2f}",
                "After": f"{change.after:.2f}",
                "Change": f"{change.change:+.2f}{_verdict(change)}",
            }
            for change in changes
        ]
    )


def _verdict(change: MetricChange) -> str:
    if not change.better or round(change.change, 2) == 0:
        return ""
    return " better" if (change.change > 0) == (change.better == "higher") else " worse"
