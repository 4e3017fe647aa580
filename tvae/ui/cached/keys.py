"""Cache keys: the form in which each type of argument enters them."""

from __future__ import annotations

import os
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from tvae.data import Split
from tvae.data.own import OwnDataset
from tvae.explore.classifier.classifier import Classifier
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.model.encoding import EncodedArm, LatentSpace
from tvae.runs.embeddings.folder import Embeddings
from tvae.runs.run import Run
from tvae.system.array_files import content_key
from tvae.system.files import file_state

THREADS = min(2, os.cpu_count() or 1)
"""Threads of a count that a page waits for."""

Labels = Int64[np.ndarray, " n"]

KEY_OF: dict[str | type, Callable[[Any], Any]] = {
    EncodedArm: attrgetter("key"),
    LatentSpace: attrgetter("key"),
    Run: attrgetter("files_key"),
    Embeddings: attrgetter("files_key"),
    Split: attrgetter("fingerprint", "notion"),
    OwnDataset: attrgetter("name", "fingerprint"),
    Layout: attrgetter("key"),
    ProjectionRequest: cache_key,
    Classifier: attrgetter("weights"),
    type(Path()): file_state,
    np.ndarray: content_key,  # Streamlit's own hash looks at a mere sample of a large array
}
"""Key of an argument by its type: made from its whole content, or from the state of the files it refers to."""
