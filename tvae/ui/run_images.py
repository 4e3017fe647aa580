"""Images of a run's data set, or a notice that they are not on this machine."""

from __future__ import annotations

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from tvae.data import DataUnavailable
from tvae.errors import InputError
from tvae.runs.run import Run, check_split
from tvae.ui import cached


def images_of(run: Run) -> tuple[UInt8[np.ndarray, "n height width"] | None, str]:
    """The run's test images, or none and why in one line; a failure is kept, so that no page waits twice."""
    failures: dict[str, str] = st.session_state.setdefault("map-images-missing", {})
    fingerprint = run.provenance.test.fingerprint
    if fingerprint in failures:
        return None, failures[fingerprint]
    try:
        split = cached.split(run.config.data.name, "test")
        check_split(run, split)
    except (DataUnavailable, InputError) as error:
        failures[fingerprint] = str(error)
        return None, failures[fingerprint]
    return split.images, ""


def look_for_images_again() -> None:
    """Forget which images could not be had."""
    st.session_state.pop("map-images-missing", None)
