"""Neighbours of every image, how they change between two arms, and how classes spread."""

from __future__ import annotations

import streamlit as st

from tvae.explore.example_images import ConfusablePair, most_confusable_pair, random_pairs
from tvae.explore.interpolation import third_class_paths
from tvae.explore.latent_paths import PathKind
from tvae.linked_map.payload import Blob, neighbours_blob, neighbours_that_fit
from tvae.metrics.class_spread import ClassSpread
from tvae.metrics.class_spread import class_spread as spread_by_class
from tvae.metrics.collapse import has_collapsed
from tvae.metrics.findings import Findings
from tvae.metrics.findings import findings as ranked_findings
from tvae.metrics.grouped_means import grouped_by_class
from tvae.metrics.neighbour_changes import Changes, changes
from tvae.metrics.neighbours import Neighbours, nearest_neighbours, searched_rows
from tvae.metrics.sub_styles import SubStyles
from tvae.metrics.sub_styles import sub_styles as groups_within_class
from tvae.model.encoding import EncodedArm, LatentSpace
from tvae.ui.cached.keys import KEY_OF, THREADS, Labels

MOST_NEIGHBOURS = 100
"""Neighbours of each row that are computed once; a smaller k is a slice of them."""


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def class_spread(arm: EncodedArm, labels: Labels) -> ClassSpread:
    """Spread of an arm's means between and within classes."""
    return spread_by_class(arm.means, labels)


@st.cache_resource(max_entries=8, show_spinner="Finding every image's neighbours …", hash_funcs=KEY_OF)
def neighbours(arm: LatentSpace) -> Neighbours:
    """The nearest rows of every row in an arm's latent space, among `searched_rows`: 100, or all others."""
    n = len(arm.means)
    return nearest_neighbours(arm.means, min(MOST_NEIGHBOURS, n - 1), among=searched_rows(n), threads=THREADS)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEY_OF)
def neighbour_changes(left: LatentSpace, right: LatentSpace, k: int) -> Changes:
    """Neighbours that each row shares, loses and gains from the left latent space to the right, of its k nearest."""
    return changes(neighbours(left).first(k).rows, neighbours(right).first(k).rows)


@st.cache_resource(
    max_entries=16, show_spinner="Looking for images with other neighbours than before …", hash_funcs=KEY_OF
)
def findings(left: LatentSpace, right: LatentSpace, k: int, labels: Labels, names: tuple[str, ...]) -> Findings:
    """Images whose k nearest are mostly of another class in the second arm than in the first, ranked."""
    return ranked_findings(neighbour_changes(left, right, k), labels, names)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def is_one_point(arm: LatentSpace, labels: Labels) -> bool:
    """Whether an arm's means are one point or nearly, so that neighbours mean nothing."""
    return has_collapsed(grouped_by_class(arm.means, labels).spread)


@st.cache_resource(max_entries=64, show_spinner="Looking for dense groups …", hash_funcs=KEY_OF)
def sub_styles(arm: LatentSpace, labels: Labels, label: int) -> SubStyles:
    """Groups of one class's images in an arm's latent space.

    Raises:
        InputError: the class has too few images.
    """
    return groups_within_class(arm.means, labels, label)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def neighbour_lines(left: LatentSpace, right: LatentSpace, k: int) -> Blob:
    """The neighbours that the maps draw lines to: as many of the k nearest as fit."""
    fitting = min(k, neighbours_that_fit(len(left.means)))
    return neighbours_blob(neighbours(left).first(fitting).rows, neighbours(right).first(fitting).rows)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=KEY_OF)
def confusable_pair(arm: LatentSpace, labels: Labels, classes: tuple[int, int]) -> ConfusablePair:
    """The pair of images of two classes whose means lie nearest."""
    return most_confusable_pair(arm.means, labels, *classes)


@st.cache_resource(max_entries=64, show_spinner="Walking …", hash_funcs=KEY_OF)
def third_class_share(arm: EncodedArm, labels: Labels, class_count: int, kind: PathKind, k: int, pairs: int) -> float:
    """Share of paths between random pairs (seed 0) that lead through a third class."""
    return float(third_class_paths(arm, labels, class_count, random_pairs(labels, pairs, 0), kind, k).mean())
