"""show: the linked maps of a run or of two embeddings."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tvae.errors import InputError, require_choice
from tvae.maps.parameters import METHODS
from tvae.notebook.given import pair_of_embeddings
from tvae.notebook.of_run import pair_of_run
from tvae.notebook.pair import contents_of
from tvae.runs.run import Run, read_run

if TYPE_CHECKING:
    from tvae.notebook.widget import LinkedMaps


def show(
    means_a: object,
    means_b: object | None = None,
    *,
    labels: object | None = None,
    images: object | None = None,
    titles: Sequence[str] = ("A", "B"),
    arms: tuple[str, str] | None = None,
    method: str = "tsne",
) -> LinkedMaps:
    """Both maps as a Jupyter widget, linked point by point: hover, lasso, morph; `.selection` has the selected rows.

    `show(run)` shows two arms of a run, `show(means_a, means_b)` any two embeddings of the same rows.

    Args:
        means_a: a run or the path of its folder; or the first embedding (n, d). An embedding of two columns is drawn
            as it is, any other is laid out.
        means_b: the second embedding (n, any d), whose rows are those of the first.
        labels: class of each row of the embeddings, whole numbers or texts.
        images: of each row of the embeddings, (n, height, width) or with 1 or 3 channels: uint8, or floats from 0 to 1.
        titles: what the two embeddings are called.
        arms: the two arms of a run; without them its first and its last.
        method: "tsne", which keeps neighbours best, "umap", which is quicker beyond some 5,000 rows but first compiles
            for half a minute, or "pca".

    Raises:
        InputError: input that doesn't fit, in one line; or anywidget is not installed.
    """
    if importlib.util.find_spec("anywidget") is None:
        raise InputError("show: it needs anywidget; pip install 'tvae-explorer[notebook]', or pip install anywidget")
    from tvae.notebook.widget import LinkedMaps

    require_choice("method", method, tuple(METHODS))
    if isinstance(means_a, str | os.PathLike):
        means_a = read_run(Path(means_a))
    if isinstance(means_a, Run):
        if means_b is not None or labels is not None or images is not None:
            raise InputError("show: a run has its own means, labels and images; give it alone")
        pair = pair_of_run(means_a, arms, method)
    elif means_b is None:
        raise InputError("means_b: missing; give a run alone, or two embeddings of the same rows")
    elif arms is not None:
        raise InputError("arms: two embeddings have none; arms choose among those of a run")
    else:
        pair = pair_of_embeddings((means_a, means_b), labels, images, titles, method)
    return LinkedMaps(contents_of(pair), pair.rows, pair.told)
