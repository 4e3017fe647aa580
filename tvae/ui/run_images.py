"""The images of a run, or why they are not on this machine."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from tvae.data import DataUnavailable, Split, check_usable
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.runs.embeddings.folder import Embeddings
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run, check_split
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


def images_of(run: Shown) -> tuple[UInt8[np.ndarray, "n height width channels"] | None, str]:
    """The run's test images, or None and the reason as one line of Markdown; a failure is kept: no page waits twice."""
    split, missing = split_of(run, "test")
    return (None, missing) if split is None else (split.images, "")


def split_of(run: Shown, name: SplitName) -> tuple[Split | None, str]:
    """A split of the run, or None and the reason as one line of Markdown; a failure is kept: no page waits twice."""
    failures: dict[str, str] = state.kept(keys.IMAGES_MISSING, dict)
    if not isinstance(run, Run):
        return _given_images(run)
    fingerprint = run.provenance.split(name).fingerprint
    if fingerprint in failures:
        return None, failures[fingerprint]
    try:
        data = run.data
        check_usable(data.name, state.owner())
        split = cached.split(data.name, name, 0.0 if name == "test" else data.validation_share, data.notion)
        check_split(run, split)
    except (DataUnavailable, InputError) as error:
        failures[fingerprint] = as_text(reason_of(error))  # a stranger's zip names its data set as it likes
        return None, failures[fingerprint]
    return split, ""


def _given_images(embeddings: Embeddings) -> tuple[Split | None, str]:
    """The images that embeddings came with, or None and the reason."""
    try:
        images = cached.given_images(embeddings)
    except InputError as error:
        return None, as_text(reason_of(error))
    return images, "" if images is not None else "These embeddings came without images."


def look_for_images_again() -> None:
    """Forget which images could not be loaded, so that the next script run tries again."""
    state.forget(keys.IMAGES_MISSING)
