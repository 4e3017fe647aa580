"""Commands on a person's own data sets."""

from __future__ import annotations

import json
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tvae.cli.options import AddData, ListData, RemoveData, RestoreData, ShareData, ShowData
from tvae.cli.output import print_table, progress_bar
from tvae.data.own import Choices, OwnDataset, OwnDatasets, Understood, default_choices, keep, understand
from tvae.system.user_folders import default_folder

_MOST_CLASSES = 12
"""Classes that a list of them names; the rest is counted."""


def data_add(options: AddData, command: str) -> None:
    with progress_bar(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    ) as bar:
        task = bar.add_task("")

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        understood = understand(options.source, progress=show)
        choices = _choices(understood, options)
        if not options.json:
            bar.stop()
            print(_understood_text(understood, choices.label))
            bar.start()
        dataset = keep(understood, choices, options.name, options.dir, shared=options.shared, progress=show)
    print(json.dumps(_plain(dataset)) if options.json else _kept_text(dataset))
    if not options.json and not dataset.shared:
        print(f"  to see it in the app too: python -m tvae data share {dataset.name}")


def data_list(options: ListData, command: str) -> None:
    library = OwnDatasets(options.dir or default_folder())
    datasets = library.visible(None)
    if options.json:
        print(json.dumps([_plain(dataset) for dataset in datasets]))
        return
    if not datasets:
        print(f"no data sets of your own in {library.folder}; `python -m tvae data add SOURCE --name NAME` adds one")
        return
    table = Table("name", "images", "size", "classes", "labels", "disk", "added", "from")
    for dataset in datasets:
        table.add_row(
            Text(dataset.name),
            f"{dataset.count:,}",
            _size_text(dataset),
            f"{len(dataset.class_counts):,}",
            Text(", ".join(dataset.label_columns)),
            f"{dataset.size / 2**20:,.1f} MB",
            dataset.created[:10],
            Text(dataset.source),
        )
    print_table(table)


def data_show(options: ShowData, command: str) -> None:
    dataset = OwnDatasets(options.dir or default_folder()).get(options.name)
    print(json.dumps(_plain(dataset)) if options.json else _kept_text(dataset))


def data_remove(options: RemoveData, command: str) -> None:
    OwnDatasets(options.dir or default_folder()).remove(options.name, None)
    print(f"{options.name}: removed; for a day `python -m tvae data restore {options.name}` brings it back")


def data_restore(options: RestoreData, command: str) -> None:
    dataset = OwnDatasets(options.dir or default_folder()).restore(options.name, None)
    print(f"{dataset.name}: is back, {dataset.count:,} images")


def data_share(options: ShareData, command: str) -> None:
    OwnDatasets(options.dir or default_folder()).share(options.name, not options.private, None)
    print(f"{options.name}: {'private' if options.private else 'shared with the app'}")


def _choices(understood: Understood, options: AddData) -> Choices:
    """Choices of how to keep the images: the command's options, else the defaults that suit the source."""
    defaults = default_choices(understood, options.label)
    return Choices(
        size=options.size or defaults.size,
        fit=options.fit,
        colours=options.colours or defaults.colours,
        label=defaults.label,
        further_labels=not options.only_label,
        split=options.split or defaults.split,
        test_share=options.test_share,
        most=options.most,
        seed=options.seed,
    )


def _understood_text(understood: Understood, label: str) -> str:
    """Description of a source, one property a line."""
    sizes = understood.sizes()
    size_words = ", ".join(f"{width} × {height} ({count:,})" for height, width, count in sizes[:4])
    more_sizes = f" and {len(sizes) - 4:,} other sizes" if len(sizes) > 4 else ""
    grey = len(understood.rows) - understood.colour_count
    classes = understood.classes(label)
    names = ", ".join(f"{c.name} ({c.count:,}, such as {c.example_name})" for c in classes[:_MOST_CLASSES])
    more_classes = f" and {len(classes) - _MOST_CLASSES:,} more" if len(classes) > _MOST_CLASSES else ""
    splits = ", ".join(f"{name} {count:,}" for name, count in understood.splits(label).items())
    left_out = understood.left_out(label)
    lines = [
        f"{understood.source.name}: {understood.kind}, {understood.count(label):,} images",
        f"  pixels: {size_words}{more_sizes}; {grey:,} grey, {understood.colour_count:,} in colour",
        f"  {len(classes):,} classes by {label}: {names}{more_classes}",
        f"  label columns: {', '.join(understood.columns)}",
        f"  splits: {splits or 'none given'}",
        *(f"  note: {note}" for note in understood.notes),
        *_left_out_lines(left_out.count, tuple(left_out.named)),
    ]
    return "\n".join(lines)


def _kept_text(dataset: OwnDataset) -> str:
    """Description of a kept data set, one property a line."""
    classes = list(dataset.class_counts.items())
    names = ", ".join(f"{name} ({sum(counts.values()):,})" for name, counts in classes[:_MOST_CLASSES])
    more = f" and {len(classes) - _MOST_CLASSES:,} more" if len(classes) > _MOST_CLASSES else ""
    counts = ", ".join(f"{split} {count:,}" for split, count in dataset.counts.items())
    lines = [
        f"{dataset.name}: {dataset.count:,} images of {_size_text(dataset)} ({counts}), {dataset.size / 2**20:,.1f} MB",
        f"  from {dataset.source}, {dataset.kind}, {dataset.created}, {'shared' if dataset.shared else 'private'}",
        f"  {len(classes):,} classes by {dataset.label_columns[0]}: {names}{more}",
        *([f"  further labels: {', '.join(dataset.label_columns[1:])}"] if dataset.label_columns[1:] else []),
        *(f"  note: {note}" for note in dataset.notes),
        *_left_out_lines(dataset.left_out, dataset.left_out_named),
        f"  SHA-256 {dataset.fingerprint}",
    ]
    return "\n".join(lines)


def _left_out_lines(count: int, named: tuple[tuple[str, str], ...]) -> list[str]:
    if not count:
        return []
    lines = [f"  left out: {count:,}", *(f"    {name}: {reason}" for name, reason in named)]
    return [*lines, f"    and {count - len(named):,} more"] if count > len(named) else lines


def _size_text(dataset: OwnDataset) -> str:
    height, width, channels = dataset.image_shape
    return f"{width} × {height}, {'grey' if channels == 1 else 'colour'}"


def _plain(dataset: OwnDataset) -> dict[str, Any]:
    """Description of a kept data set as plain JSON values."""
    return {
        "name": dataset.name,
        "n": dataset.count,
        "splits": dict(dataset.counts),
        "image_shape": list(dataset.image_shape),
        "labels": list(dataset.label_columns),
        "classes": {name: dict(counts) for name, counts in dataset.class_counts.items()},
        "shared": dataset.shared,
        "created": dataset.created,
        "source": dataset.source,
        "kind": dataset.kind,
        "choices": dict(dataset.choices),
        "notes": list(dataset.notes),
        "left_out": {"count": dataset.left_out, "named": [list(pair) for pair in dataset.left_out_named]},
        "bytes": dataset.size,
        "sha256": dataset.fingerprint,
    }
