"""The only caches: each takes one text that names its input wholly, and the input itself uncounted."""

from __future__ import annotations

import hashlib

import streamlit as st

from tvae.checkpoints import Encoding, Run, read_curves, read_encoding
from tvae.data import Split, load_split
from tvae.data.split import SplitName
from tvae.layout_files import default_layouts_folder, stored_layout
from tvae.projections import METHODS, Layout, ProjectionRequest, cache_key
from tvae.triplet_curve import TripletCurve


def file_key(run: Run, name: str) -> str:
    """Names a file of a run by what it is now: a run that is trained on changes it."""
    try:
        state = (run.folder / name).stat()
        told = f"{run.folder.resolve()}/{name}:{state.st_mtime_ns}:{state.st_size}"
    except OSError:
        told = f"{run.folder.resolve()}/{name}:missing"
    return hashlib.sha256(told.encode()).hexdigest()


def encoding(run: Run, split: str = "test") -> Encoding | None:
    """The run's encoding of a split, None where its folder holds none."""
    return _encoding(file_key(run, f"encoding-{split}.npz"), run, split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _encoding(key: str, _run: Run, _split: str) -> Encoding | None:
    return read_encoding(_run, _split)


def curves(run: Run, split: str = "test") -> dict[str, TripletCurve] | None:
    """Each arm's triplet curve, None where the run's folder holds none."""
    return _curves(file_key(run, f"curves-{split}.npz"), run, split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _curves(key: str, _run: Run, _split: str) -> dict[str, TripletCurve] | None:
    return read_curves(_run, _split)


def layout(run: Run, method: str) -> Layout | None:
    """The run's layout under a method's default parameters, None where neither folder nor cache holds it."""
    return _layout(f"{method}:{file_key(run, 'encoding-test.npz')}", run, method)


@st.cache_resource(max_entries=16, show_spinner=False, ttl=None)
def _layout(key: str, _run: Run, _method: str) -> Layout | None:
    found = encoding(_run)
    if found is None:
        return None
    request = ProjectionRequest(means=found.means, parameters=METHODS[_method](), labels=found.labels)
    return stored_layout(cache_key(request), (_run.folder / "layouts", default_layouts_folder()))


def split(dataset: str, name: SplitName) -> Split:
    """A data set's split, fetched if it must be.

    Raises:
        DataUnavailable: it is not to be had; the message says what was tried.
    """
    return _split(f"{dataset}:{name}", dataset, name)


@st.cache_resource(max_entries=6, show_spinner="Fetching the images …")
def _split(key: str, _dataset: str, _name: SplitName) -> Split:
    return load_split(_dataset, _name, download=True)
