"""Commands on embeddings from elsewhere."""

from __future__ import annotations

import json
from typing import Any

from rich.progress import BarColumn, TextColumn
from rich.table import Table
from rich.text import Text

from tvae.cli.options import AddEmbeddings, ListEmbeddings, RemoveEmbeddings, RestoreEmbeddings
from tvae.cli.output import print_table, progress_bar
from tvae.errors import InputError
from tvae.jobs.allowance import check_room
from tvae.jobs.runs_folder import make_runs_folder
from tvae.jobs.trash import Trash
from tvae.runs.available import shown_folders
from tvae.runs.embeddings.adding import Understood, keep, understand
from tvae.runs.embeddings.folder import Embeddings, check_name, is_embeddings_folder, read_embeddings
from tvae.system.user_folders import own_run_folder, runs_folder


def embeddings_add(options: AddEmbeddings, command: str) -> None:
    runs, taken = runs_folder(), shown_folders()
    check_name(options.name, runs, taken)  # before minutes are spent on the files
    make_runs_folder(runs)
    check_room(runs, None)
    with progress_bar(TextColumn("{task.description}"), BarColumn()) as bar:
        task = bar.add_task("")

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        understood = understand(
            options.files,
            vectors=options.vectors,
            labels=options.labels,
            images=options.images or "",
            progress=show,
        )
        if not options.json:
            bar.stop()
            print(_understood_text(understood))
            bar.start()
        kept = keep(understood, options.name, runs, taken, titles=options.names, progress=show)
    print(json.dumps(_plain(kept)) if options.json else _kept_text(kept))


def embeddings_list(options: ListEmbeddings, command: str) -> None:
    kept = [read_embeddings(folder) for folder in shown_folders().values() if is_embeddings_folder(folder)]
    if options.json:
        print(json.dumps([_plain(each) for each in kept]))
        return
    if not kept:
        print(f"no embeddings in {runs_folder()}; `python -m tvae embeddings add A.npz B.npz --name NAME` adds some")
        return
    table = Table("name", "embeddings", "rows", "classes", "images", "added")
    for each in kept:
        record = each.record
        table.add_row(
            Text(each.name),
            Text(" against ".join(f"{given.title} ({given.columns:,})" for given in each.config.arms.values())),
            f"{record.n:,}",
            f"{len(record.class_names):,}" if record.labelled else "no labels",
            "no" if record.image_shape is None else "yes",
            record.created[:10],
        )
    print_table(table)


def embeddings_remove(options: RemoveEmbeddings, command: str) -> None:
    if not is_embeddings_folder(own_run_folder(runs_folder(), options.name)):
        raise InputError(f"{options.name}: a run, and no embeddings from elsewhere")
    Trash(runs_folder()).delete(options.name, None)
    print(f"{options.name}: removed; for a day `python -m tvae embeddings restore {options.name}` brings it back")


def embeddings_restore(options: RestoreEmbeddings, command: str) -> None:
    trash = Trash(runs_folder())
    if options.name not in trash.deleted_embeddings(None):
        there = ", ".join(trash.deleted_embeddings(None)) or "none"
        raise InputError(f"{options.name}: no embeddings of this name were removed within a day; there are {there}")
    trash.undelete(options.name, None)
    print(f"{options.name}: is back")


def _understood_text(understood: Understood) -> str:
    """Description of two embeddings, one property a line."""
    classes = f"{len(understood.class_names):,} classes" if understood.labelled else "no labels"
    images = "no images" if understood.images is None else "{1} × {0} pixels".format(*understood.images.shape[1:3])
    lines = [
        f"{understood.n:,} rows, {classes}, {images}",
        *(
            f"  {title}: {source}, {vectors.shape[1]:,} numbers a row"
            for title, source, vectors in zip(understood.titles, understood.sources, understood.vectors, strict=True)
        ),
        *(f"  note: {note}" for note in understood.notes),
    ]
    return "\n".join(lines)


def _kept_text(kept: Embeddings) -> str:
    """What was kept and where it can be seen."""
    titles = " against ".join(given.title for given in kept.config.arms.values())
    apart = ", ".join(f"{given.distance:.4g} in {given.title}" for given in kept.config.arms.values())
    return (
        f"{kept.name}: {titles}, kept in {kept.folder}\n"
        f"  mean distance of two rows: {apart}\n"
        f"  `python -m tvae app` shows it on the pages Latent map and Triplets, as the run {kept.name}"
    )


def _plain(kept: Embeddings) -> dict[str, Any]:
    """Description of embeddings as plain JSON values."""
    record = kept.record
    return {
        "name": kept.name,
        "n": record.n,
        "arms": {
            arm: {
                "title": given.title,
                "columns": given.columns,
                "source": given.source,
                "mean_distance": given.distance,
            }
            for arm, given in kept.config.arms.items()
        },
        "classes": list(record.class_names) if record.labelled else None,
        "image_shape": None if record.image_shape is None else list(record.image_shape),
        "notes": list(record.notes),
        "created": record.created,
        "fingerprint": record.fingerprint,
    }
