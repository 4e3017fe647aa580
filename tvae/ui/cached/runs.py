"""Files of a run: encoding, curves, gaps, networks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from tvae.data import Split
from tvae.jobs.jobs import Jobs
from tvae.jobs.owner import visible_runs
from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import Encoding, LatentSpaces
from tvae.model.network import Network
from tvae.runs.available import run_folders as available_folders
from tvae.runs.available import shown_folders as available_to_show
from tvae.runs.comparison import seed_replicates
from tvae.runs.embeddings.folder import Embeddings, read_images, read_spaces
from tvae.runs.embeddings.shown import Shown
from tvae.runs.encodings import read_curves, read_encoding, read_gaps
from tvae.runs.replays.recorded import REPLAY, read_replay
from tvae.runs.replays.shown import ShownReplay, share_in_order, shown_replay
from tvae.runs.run import Run
from tvae.runs.seeds.figures import SeedFigures
from tvae.runs.seeds.file import SEEDS
from tvae.runs.seeds.gathering import seed_figures as gathered_figures
from tvae.runs.triplets import EncodedTriplets, read_encoded_triplets
from tvae.runs.weights import network as network_of
from tvae.ui import session as state
from tvae.ui.cached.keys import KEY_OF


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def encoding(run: Run) -> Encoding | None:
    """The run's encoding of its test split, None where its folder holds none."""
    return read_encoding(run, "test")


def spaces(run: Shown) -> LatentSpaces | None:
    """The latent spaces of a run's test split or of embeddings from elsewhere, None where the folder holds none."""
    return encoding(run) if isinstance(run, Run) else _given_spaces(run)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def _given_spaces(embeddings: Embeddings) -> LatentSpaces | None:
    return read_spaces(embeddings)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def given_images(embeddings: Embeddings) -> Split | None:
    """The images that embeddings came with, None where there are none.

    Raises:
        InputError: their file can't be read.
    """
    return read_images(embeddings)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def curves(run: Shown) -> dict[str, TripletCurve] | None:
    """Each arm's triplet curve on the test split, None where the run's folder holds none."""
    return read_curves(run, "test")


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def gaps(run: Shown) -> dict[str, GapHistogram] | None:
    """The histogram of each arm's gaps on the test split, None where the run's folder holds none."""
    return read_gaps(run, "test")


def seed_figures(run: Run, others: Iterable[Run]) -> list[SeedFigures]:
    """The figures of a run's seeds, some of which may be other runs (see `tvae.runs.seeds.gathering`).

    Raises:
        InputError: a file of figures is garbled.
    """
    replicates = seed_replicates(run, others)
    return _seed_figures(run, replicates, [one.folder / SEEDS for one in replicates])


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def _seed_figures(run: Run, replicates: list[Run], files: list[Path]) -> list[SeedFigures]:
    """The figures of a run's seeds, cached until an array file or a file of figures changes."""
    return gathered_figures(run, replicates)


@st.cache_resource(max_entries=4, show_spinner="Reading the given triplets …", hash_funcs=KEY_OF)
def encoded_triplets(run: Run) -> EncodedTriplets | None:
    """The given triplets of a run and the means of their images when it ended, None where its folder holds none.

    Raises:
        InputError: its triplets are missing, or not those that its config names.
    """
    return read_encoded_triplets(run)


def replay(run: Run, arms: Sequence[str]) -> ShownReplay | None:
    """The replay of the first and the last of these arms of a run, so far as it is recorded; None where there is none.

    Raises:
        InputError: its file is not a replay of this run.
    """
    return _replay(run, tuple(arms), run.folder / REPLAY)


@st.cache_resource(max_entries=8, show_spinner="Reading the replay …", hash_funcs=KEY_OF)
def _replay(run: Run, arms: tuple[str, ...], file: Path) -> ShownReplay | None:
    """The replay of two arms of a run, cached until a moment is added."""
    recorded, ended = read_replay(run), encoding(run)
    encodings = (encoding(at) for at in (run, *map(run.at, run.snapshots)))
    labels = next((encoded.labels for encoded in encodings if encoded is not None), None)
    if recorded is None or labels is None:
        return None
    return shown_replay(recorded, run, arms, labels, ended, _share_in_order)


@st.cache_data(max_entries=1_000, show_spinner=False, hash_funcs=KEY_OF)
def _share_in_order(means: np.ndarray, labels: np.ndarray) -> float:
    """Share of triplets in order, counted once for each moment, however often further ones are added."""
    return share_in_order(means, labels)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def place_for_counts(what: str, run: Shown) -> dict[str, Any]:
    """Empty store for what a page counts for each arm of a run; the page fills it, with a progress bar."""
    return {}


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def network(run: Run, arm: str) -> Network:
    """An arm's encoder and decoder.

    Raises:
        InputError: no such arm, or weights that don't fit.
    """
    return network_of(run, arm)


def run_folders() -> dict[str, Path]:
    """The folders of the runs that this person may see, by name: shipped ones first, then those of this server."""
    return visible_runs(available_folders(), state.owner())


def shown_folders() -> dict[str, Path]:
    """The folders of the runs and of the embeddings from elsewhere that this person may see, by name."""
    return visible_runs(available_to_show(), state.owner())


def jobs() -> Jobs:
    """The background runs of this server's folder."""
    return Jobs()
