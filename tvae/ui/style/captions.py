"""Words for captions: data split, run, seed and epoch of the numbers and images of a page."""

from __future__ import annotations

import re

from tvae.data.public_datasets import IMAGE, ROW, Noun
from tvae.metrics.triplet_curve import INTERPOLATION_ERROR
from tvae.model.encoding import LatentSpaces
from tvae.runs.arm_names import arm_name
from tvae.runs.embeddings.folder import Embeddings
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run, epochs_text
from tvae.ui.style.escaping import as_text
from tvae.version import VERSION


def measured_on(run: Shown, encoding: LatentSpaces) -> str:
    """The data, the run and the notion of similarity of a page's numbers, for its captions: as Markdown."""
    if not isinstance(run, Run):
        return as_text(_rows_of(run))
    return _source(run, encoding, as_text(notions_in_words(run)))


def rows_noun(run: Shown) -> Noun:
    """Noun for the rows: images, or rows where embeddings came without images."""
    return ROW if not isinstance(run, Run) and run.record.image_shape is None else IMAGE


def points_in_words(run: Shown) -> str:
    """What lies in the latent spaces: the means of a run's arms, or the vectors of embeddings."""
    return "means μ" if isinstance(run, Run) else "vectors"


def files_in_words(embeddings: Embeddings) -> str:
    """The files that embeddings from elsewhere came from, such as "SimCLR from a.npz, z (128 numbers)"."""
    return " and ".join(
        f"{given.title} from {given.source} ({given.columns:,} numbers)" for given in embeddings.config.arms.values()
    )


def _rows_of(embeddings: Embeddings) -> str:
    """Number of rows, name and titles of embeddings from elsewhere, for a caption."""
    titles = " and ".join(given.title for given in embeddings.config.arms.values())
    return f"{embeddings.record.n:,} rows of {embeddings.name} ({titles})"


def trained_on(run: Run) -> str:
    """The notions that a run's triplets came from, such as "trained on class"; of arms that differ, of each."""
    arms: dict[str, list[str]] = {}
    for arm, loss in run.config.arms.items():
        if loss.triplet_weight:
            arms.setdefault(run.arm_notion(arm), []).append(arm_name(run.config, arm))
    if len(arms) < 2:
        return f"trained on {next(iter(arms))}" if arms else "trained without triplets"
    return "trained on " + ", ".join(f"{notion} ({'; '.join(names)})" for notion, names in arms.items())


def notions_in_words(run: Run) -> str:
    """Notions that a run was trained on and is judged by, such as "trained on class, judged by writer".

    Empty where that goes without saying: both are the data set's first notion.
    """
    first = run.config.data.notion == "" and not any(loss.notion for loss in run.config.arms.values())
    return "" if first and run.judged_by is None else f"{trained_on(run)}, judged by {run.notion}"


def notion_column(run: Run, title: str) -> dict[str, list[str]]:
    """The notion of each arm's triplets as a column of a table; none where all arms have the same."""
    arms = run.config.arms
    if len({run.arm_notion(arm) for arm, loss in arms.items() if loss.triplet_weight}) < 2:
        return {}
    return {title: [run.arm_notion(arm) if loss.triplet_weight else "–" for arm, loss in arms.items()]}


def notions_after(run: Run) -> str:
    """`notions_in_words` as the end of a sentence, as Markdown: after a comma, or empty."""
    notions = as_text(notions_in_words(run))
    return f", {notions}" if notions else ""


def csv_name(what: str, run: Shown) -> str:
    """Name of a CSV file, with the notion of similarity that the run is judged by where that is not its own.

    Its content has rows and columns alone, which do not say it.
    """
    if run.judged_by is None:
        return f"{what}.csv"
    return f"{what}-by-{re.sub(r'[^A-Za-z0-9]+', '-', run.notion).strip('-') or 'other'}.csv"


def interpolation_words(error_bound: float) -> str:
    """Words on an interpolated accuracy, with its greatest possible error (`CurvePoint.error_bound`)."""
    return (
        "read on the straight line between two counted margins, 0.025 apart; the exact value is at most "
        f"{100 * error_bound:.2g} points away, and on the runs that ship it was within {100 * INTERPOLATION_ERROR:g}."
    )


def _source(run: Run, encoding: LatentSpaces, notions: str) -> str:
    last = run.snapshot is None and run.provenance.finished
    whole = run.trained_epochs if run.planned_epochs is None else run.planned_epochs
    epoch = "" if last else f" at epoch {epochs_text(run.epoch)} of {epochs_text(whole)}"
    return (
        f"{run.config.data.name} {encoding.split} split, n = {len(encoding.labels):,}, "
        f"training seed {run.config.train.seed}, checkpoint {run.name}{epoch}"
        f"{', ' if notions else ''}{notions}"
    )


def titled(what: str, run: Shown, encoding: LatentSpaces) -> dict[str, str]:
    """Text fields of an image file: a title with its content and the data it was measured on, and `provenance`."""
    if not isinstance(run, Run):
        return {"Title": f"{what}. {_rows_of(run)}, {files_in_words(run)}", **provenance(run, encoding)}
    return {"Title": f"{what}. {_source(run, encoding, notions_in_words(run))}", **provenance(run, encoding)}


def provenance(run: Shown, encoding: LatentSpaces) -> dict[str, str]:
    """Data, run, seed and epoch by name, for the text fields of a file."""
    if not isinstance(run, Run):
        return {
            "Software": f"TVAE Explorer {VERSION}",
            "Embeddings": f"{run.name}: {files_in_words(run)}",
            "Rows": f"n = {len(encoding.labels)}",
            "Fingerprint": run.fingerprint,
        }
    return {
        "Software": f"TVAE Explorer {VERSION}",
        "Run": run.name,
        "Data": run.config.data.name,
        "Split": f"{encoding.split}, n = {len(encoding.labels)}",
        "Training seed": str(run.config.train.seed),
        "Checkpoint": f"step {run.step}, epoch {epochs_text(run.epoch)} of {epochs_text(run.trained_epochs)}",
        "Test images": run.provenance.test.fingerprint,
        **({"Notion of similarity": notions} if (notions := notions_in_words(run)) else {}),
    }
