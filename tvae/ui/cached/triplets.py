"""Triplets counted and searched."""

from __future__ import annotations

import numpy as np
import streamlit as st
from jaxtyping import Float64

from tvae.metrics.gap_histogram import GapHistogram, gap_histogram
from tvae.metrics.triplet_accuracy import ClassMatrix, TripletAccuracy, anchor_accuracy, class_matrix, triplet_accuracy
from tvae.metrics.triplet_curve import TripletCurve, triplet_curve
from tvae.metrics.triplet_search import Triplets, VerdictTriplets, triplets_by_verdict, worst_triplets
from tvae.model.encoding import LatentSpace
from tvae.ui.cached.keys import KEY_OF, THREADS, Labels


@st.cache_resource(max_entries=24, show_spinner="Counting every triplet at 201 margins …", hash_funcs=KEY_OF)
def counted_curve(arm: LatentSpace, labels: Labels) -> TripletCurve:
    """The triplet curve of an arm whose run keeps none."""
    return triplet_curve(arm.means, labels, threads=THREADS)


@st.cache_resource(max_entries=24, show_spinner="Sorting the gaps of all triplets …", hash_funcs=KEY_OF)
def counted_gaps(arm: LatentSpace, labels: Labels) -> GapHistogram:
    """The histogram of an arm's gaps where its run keeps none."""
    return gap_histogram(arm.means, labels, threads=THREADS)


@st.cache_resource(max_entries=64, show_spinner="Counting every triplet …", hash_funcs=KEY_OF)
def counted_accuracy(arm: LatentSpace, labels: Labels, margin: float) -> TripletAccuracy:
    """Exact triplet accuracy at one margin."""
    return triplet_accuracy(arm.means, labels, [margin], threads=THREADS)


@st.cache_resource(max_entries=16, show_spinner="Counting every pair of classes …", hash_funcs=KEY_OF)
def counted_matrix(arm: LatentSpace, labels: Labels, margin: float) -> ClassMatrix:
    """Exact accuracy by pair of classes at one margin."""
    return class_matrix(arm.means, labels, margin, threads=THREADS)


@st.cache_resource(max_entries=16, show_spinner="Counting every image's triplets …", hash_funcs=KEY_OF)
def lost_shares(arm: LatentSpace, labels: Labels, margin: float) -> Float64[np.ndarray, " n"]:
    """Share of each row's triplets as anchor that violate the margin."""
    return 1 - anchor_accuracy(arm.means, labels, margin, threads=THREADS)


@st.cache_resource(max_entries=64, show_spinner="Finding the worst violations …", hash_funcs=KEY_OF)
def worst(arm: LatentSpace, labels: Labels, k: int, pair: tuple[int | None, int | None]) -> Triplets:
    """The worst triplet of each of the k worst anchors, within a pair of classes (anchor's, negative's)."""
    return worst_triplets(
        arm.means, labels, k, distinct_anchors=True, anchor_class=pair[0], negative_class=pair[1], threads=THREADS
    )


@st.cache_resource(max_entries=64, show_spinner="Looking for such triplets …", hash_funcs=KEY_OF)
def by_verdict(
    first: LatentSpace,
    second: LatentSpace,
    labels: Labels,
    margin: float,
    right: tuple[bool, bool],
    k: int,
    pair: tuple[int | None, int | None],
) -> VerdictTriplets:
    """Up to k random triplets (seed 0) that the first and the second arm get right or wrong as `right` says."""
    return triplets_by_verdict(
        first.means, second.means, labels, margin, first_right=right[0], second_right=right[1], k=k, seed=0,
        anchor_class=pair[0], negative_class=pair[1],
    )  # fmt: skip
