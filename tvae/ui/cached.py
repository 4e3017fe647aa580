"""st.cache_* wrappers."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float32, Float64, Int64, UInt8
from PIL import Image

from tvae.data import Split, load_split
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.explore.classifier import Classifier, classifier_path, read_classifier
from tvae.explore.example_images import ConfusablePair, most_confusable_pair, random_pairs
from tvae.explore.generation import RealImages, feature_manifold, imagined, real_images
from tvae.explore.interpolation import third_class_ways
from tvae.explore.latent_paths import PathKind
from tvae.explore.preparation import Placement, measured_placement
from tvae.explore.reconstruction import posterior_noise, sampled_errors
from tvae.figures.still_map import map_ground
from tvae.jobs.jobs import Jobs
from tvae.linked_map.payload import Blob, neighbours_blob, neighbours_that_fit, sprite_sheet
from tvae.maps.layout_files import layout_path, read_layout, stored_layout
from tvae.maps.parameters import METHODS
from tvae.maps.placement import Placed, Placing
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.maps.projection import layout as compute_layout
from tvae.maps.projector import Projector
from tvae.maps.shown_map import ShownMap
from tvae.maps.shown_map import arm_maps as maps_of
from tvae.metrics.change_groups import Group, groups
from tvae.metrics.gap_histogram import GapHistogram, gap_histogram
from tvae.metrics.neighbour_changes import Changes, changes
from tvae.metrics.neighbours import Neighbours, nearest_neighbours
from tvae.metrics.precision_recall import Manifold, SampleQuality, sample_quality
from tvae.metrics.triplet_accuracy import ClassMatrix, TripletAccuracy, anchor_accuracy, class_matrix, triplet_accuracy
from tvae.metrics.triplet_curve import TripletCurve, triplet_curve
from tvae.metrics.triplet_search import Triplets, VerdictTriplets, triplets_by_verdict, worst_triplets
from tvae.model.encoding import EncodedArm, Encoding
from tvae.model.network import Network
from tvae.runs.available import CLASSIFIERS
from tvae.runs.encodings import read_curves, read_encoding, read_gaps
from tvae.runs.run import Run
from tvae.runs.weights import network as network_of
from tvae.system.user_folders import default_classifiers_folder, default_layouts_folder


def file_key(run: Run, name: str) -> str:
    """Names a file of a run by what it is now: a run that is trained on changes it."""
    try:
        state = (run.weights_folder / name).stat()
        told = f"{run.weights_folder.resolve()}/{name}:{state.st_mtime_ns}:{state.st_size}"
    except OSError:
        told = f"{run.weights_folder.resolve()}/{name}:missing"
    return hashlib.sha256(told.encode()).hexdigest()


def encoding(run: Run, split: str = "test") -> Encoding | None:
    """The run's encoding of a split, None where its folder holds none."""
    return _encoding(file_key(run, f"encoding-{split}.npz"), run, split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _encoding(key: str, _run: Run, _split: str) -> Encoding | None:
    return read_encoding(_run, _split)


def network(run: Run, arm: str) -> Network:
    """An arm's encoder and decoder.

    Raises:
        InputError: no such arm, or weights that don't fit.
    """
    return _network(file_key(run, f"{arm}.safetensors"), run, arm)


@st.cache_resource(max_entries=64, show_spinner=False)
def _network(key: str, _run: Run, _arm: str) -> Network:
    return network_of(_run, _arm)


def sampled_error(run: Run, arm: str, images: Split, seed: int) -> Float64[np.ndarray, " n"]:
    """Each image's squared error from one sample of its posterior in this arm, with this seed's noise."""
    key = f"{file_key(run, f'{arm}.safetensors')}:{images.fingerprint}:{seed}"
    return _sampled_error(key, run, arm, images, seed)


@st.cache_resource(max_entries=32, show_spinner="Reconstructing every image from a sample …")
def _sampled_error(key: str, _run: Run, _arm: str, _images: Split, _seed: int) -> Float64[np.ndarray, " n"]:
    arm = network(_run, _arm)
    return sampled_errors(arm, _images.images, posterior_noise(len(_images), arm.latents, _seed))


def confusable_pair(
    key: str, means: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], classes: tuple[int, int]
) -> ConfusablePair:
    """The pair of images of two classes whose means lie nearest; `key` names the arm's file."""
    return _confusable_pair(f"{key}:{classes}", means, labels, classes)


@st.cache_resource(max_entries=128, show_spinner=False)
def _confusable_pair(
    key: str, _means: Float32[np.ndarray, "n d"], _labels: Int64[np.ndarray, " n"], _classes: tuple[int, int]
) -> ConfusablePair:
    return most_confusable_pair(_means, _labels, *_classes)


def third_class_share(
    key: str, arm: EncodedArm, labels: Int64[np.ndarray, " n"], class_count: int, kind: PathKind, k: int, pairs: int
) -> float:
    """Share of ways between random pairs (seed 0) that lead through a third class; `key` names the arm's file."""
    return _third_class_share(f"{key}:{kind}:{k}:{pairs}", arm, labels, class_count, kind, k, pairs)


@st.cache_resource(max_entries=64, show_spinner="Walking …")
def _third_class_share(
    key: str,
    _arm: EncodedArm,
    _labels: Int64[np.ndarray, " n"],
    _class_count: int,
    _kind: PathKind,
    _k: int,
    _pairs: int,
) -> float:
    return float(third_class_ways(_arm, _labels, _class_count, random_pairs(_labels, _pairs, 0), _kind, _k).mean())


def curves(run: Run, split: str = "test") -> dict[str, TripletCurve] | None:
    """Each arm's triplet curve, None where the run's folder holds none."""
    return _curves(file_key(run, f"curves-{split}.npz"), run, split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _curves(key: str, _run: Run, _split: str) -> dict[str, TripletCurve] | None:
    return read_curves(_run, _split)


def gaps(run: Run, split: str = "test") -> dict[str, GapHistogram] | None:
    """How the gaps of each arm's triplets are spread, None where the run's folder doesn't hold it."""
    return _gaps(file_key(run, f"gaps-{split}.npz"), run, split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _gaps(key: str, _run: Run, _split: str) -> dict[str, GapHistogram] | None:
    return read_gaps(_run, _split)


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


def layout_with_key(run: Run, key: str) -> Layout | None:
    """The layout of this cache key, from the run's folder or this user's cache; None where neither holds it."""
    for folder in (run.folder / "layouts", default_layouts_folder()):
        path = layout_path(folder, key)
        try:
            state = path.stat()
        except OSError:
            continue
        if (found := _layout_file(f"{path}:{state.st_mtime_ns}:{state.st_size}", path, key)) is not None:
            return found
    return None


@st.cache_resource(max_entries=32, show_spinner=False)
def _layout_file(key: str, _path: Path, _layout_key: str) -> Layout | None:
    return read_layout(_path, _layout_key)


def layout_at_once(key: str, request: ProjectionRequest) -> Layout:
    """The layout of this cache key, computed while the page waits."""
    return _layout_at_once(key, request)


@st.cache_resource(max_entries=16, show_spinner=False)
def _layout_at_once(key: str, _request: ProjectionRequest) -> Layout:
    return compute_layout(_request)


def placed(
    fitted_key: str, fitted: Float32[np.ndarray, "n d"], positions: Float32[np.ndarray, "n 2"],
    key: str, means: Float32[np.ndarray, "m d"],
) -> Placed:  # fmt: skip
    """Where a layout's picture has other means; the keys name the layout and arm, and the means' file."""
    return _placed(f"{fitted_key}|{key}", _placing(fitted_key, fitted, positions), means)


@st.cache_resource(max_entries=4, show_spinner=False)
def _placing(key: str, _fitted: Float32[np.ndarray, "n d"], _positions: Float32[np.ndarray, "n 2"]) -> Placing:
    return Placing(_fitted, _positions)


@st.cache_resource(max_entries=8, show_spinner=False)
def _placed(key: str, _placing: Placing, _means: Float32[np.ndarray, "m d"]) -> Placed:
    return _placing.places(_means)


@st.cache_resource(max_entries=1, show_spinner=False)
def projector() -> Projector:
    """The one projection process of this server."""
    return Projector(default_layouts_folder())


def jobs() -> Jobs:
    """The runs in the background of this server's folder."""
    return Jobs()


MOST_NEIGHBOURS = 100
"""Neighbours of each row that are found once, so that fewer are a slice."""


def neighbours(key: str, means: Float32[np.ndarray, "n d"]) -> Neighbours:
    """The nearest rows of every row in an arm's latent space, 100 or all others; `key` names the arm's file."""
    return _neighbours(key, means)


@st.cache_resource(max_entries=8, show_spinner="Finding every image's neighbours …")
def _neighbours(key: str, _means: Float32[np.ndarray, "n d"]) -> Neighbours:
    return nearest_neighbours(_means, min(MOST_NEIGHBOURS, len(_means) - 1))


def neighbour_changes(key: str, left: Neighbours, right: Neighbours, k: int) -> Changes:
    """What became of every row's k nearest; `key` names both arms' files."""
    return _changes(f"{key}:{k}", left, right, k)


@st.cache_resource(max_entries=16, show_spinner=False)
def _changes(key: str, _left: Neighbours, _right: Neighbours, _k: int) -> Changes:
    return changes(_left.first(_k).rows, _right.first(_k).rows)


def change_groups(key: str, found: Changes, labels: Int64[np.ndarray, " n"], names: tuple[str, ...]) -> list[Group]:
    """Rows that left or joined the same company; `key` names both arms' files and k."""
    return _groups(f"{key}:{found.left.shape[1]}", found, labels, names)


@st.cache_resource(max_entries=16, show_spinner="Looking for groups that moved together …")
def _groups(key: str, _found: Changes, _labels: Int64[np.ndarray, " n"], _names: tuple[str, ...]) -> list[Group]:
    return groups(_found, _labels, _names)


def lost_shares(
    key: str, means: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], margin: float
) -> Float64[np.ndarray, " n"]:
    """Share of each row's triplets as anchor that are lost at the margin; `key` names the arm's file."""
    return _lost_shares(f"{key}:{margin!r}", means, labels, margin)


@st.cache_resource(max_entries=16, show_spinner="Counting every image's triplets …")
def _lost_shares(
    key: str, _means: Float32[np.ndarray, "n d"], _labels: Int64[np.ndarray, " n"], _margin: float
) -> Float64[np.ndarray, " n"]:
    return 1 - anchor_accuracy(_means, _labels, _margin, threads=min(2, os.cpu_count() or 1))


def thumbnails(fingerprint: str, images: UInt8[np.ndarray, "n height width"]) -> Blob:
    """The sprite sheet of a split's images."""
    return _thumbnails(fingerprint, images)


@st.cache_resource(max_entries=4, show_spinner=False)
def _thumbnails(key: str, _images: UInt8[np.ndarray, "n height width"]) -> Blob:
    return sprite_sheet(_images)


def neighbour_lines(key: str, left: Neighbours, right: Neighbours, k: int) -> Blob:
    """What the maps draw lines to: as many of the k nearest as fit; `key` names both arms' files."""
    return _neighbour_lines(f"{key}:{min(k, neighbours_that_fit(len(left.rows)))}", left, right, k)


@st.cache_resource(max_entries=8, show_spinner=False)
def _neighbour_lines(key: str, _left: Neighbours, _right: Neighbours, _k: int) -> Blob:
    shown = min(_k, neighbours_that_fit(len(_left.rows)))
    return neighbours_blob(_left.first(shown).rows, _right.first(shown).rows)


def counted_curve(key: str, means: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> TripletCurve:
    """The triplet curve of an arm whose run keeps none; `key` names the arm's file."""
    return _counted_curve(key, means, labels)


@st.cache_resource(max_entries=24, show_spinner="Counting every triplet at 201 margins …")
def _counted_curve(key: str, _means: Float32[np.ndarray, "n d"], _labels: Int64[np.ndarray, " n"]) -> TripletCurve:
    return triplet_curve(_means, _labels, threads=min(2, os.cpu_count() or 1))


def counted_accuracy(
    key: str, means: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], margin: float
) -> TripletAccuracy:
    """Exact triplet accuracy at one margin; `key` names the arm's file."""
    return _counted_accuracy(f"{key}:{margin!r}", means, labels, margin)


@st.cache_resource(max_entries=64, show_spinner="Counting every triplet …")
def _counted_accuracy(
    key: str, _means: Float32[np.ndarray, "n d"], _labels: Int64[np.ndarray, " n"], _margin: float
) -> TripletAccuracy:
    return triplet_accuracy(_means, _labels, [_margin], threads=min(2, os.cpu_count() or 1))


def counted_matrix(
    key: str, means: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"], margin: float
) -> ClassMatrix:
    """Exact accuracy by pair of classes at one margin; `key` names the arm's file."""
    return _counted_matrix(f"{key}:{margin!r}", means, labels, margin)


@st.cache_resource(max_entries=16, show_spinner="Counting every pair of classes …")
def _counted_matrix(
    key: str, _means: Float32[np.ndarray, "n d"], _labels: Int64[np.ndarray, " n"], _margin: float
) -> ClassMatrix:
    return class_matrix(_means, _labels, _margin, threads=min(2, os.cpu_count() or 1))


def counted_gaps(key: str, means: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]) -> GapHistogram:
    """How all gaps of an arm are spread whose run keeps no such file; `key` names the arm's file."""
    return _counted_gaps(key, means, labels)


@st.cache_resource(max_entries=24, show_spinner="Sorting the gaps of all triplets …")
def _counted_gaps(key: str, _means: Float32[np.ndarray, "n d"], _labels: Int64[np.ndarray, " n"]) -> GapHistogram:
    return gap_histogram(_means, _labels, threads=min(2, os.cpu_count() or 1))


def worst(
    key: str,
    means: Float32[np.ndarray, "n d"],
    labels: Int64[np.ndarray, " n"],
    k: int,
    pair: tuple[int | None, int | None],
) -> Triplets:
    """The worst triplet of each of the k worst anchors, within a pair of classes; `key` names the arm's file."""
    return _worst(f"{key}:{k}:{pair}", means, labels, k, pair)


@st.cache_resource(max_entries=64, show_spinner="Finding the worst violations …")
def _worst(
    key: str,
    _means: Float32[np.ndarray, "n d"],
    _labels: Int64[np.ndarray, " n"],
    _k: int,
    _pair: tuple[int | None, int | None],
) -> Triplets:
    return worst_triplets(
        _means, _labels, _k, distinct_anchors=True, anchor_class=_pair[0], negative_class=_pair[1],
        threads=min(2, os.cpu_count() or 1),
    )  # fmt: skip


def by_verdict(
    key: str,
    first: Float32[np.ndarray, "n d"],
    second: Float32[np.ndarray, "n e"],
    labels: Int64[np.ndarray, " n"],
    margin: float,
    right: tuple[bool, bool],
    k: int,
    pair: tuple[int | None, int | None],
) -> VerdictTriplets:
    """Up to k random triplets (seed 0) that two arms judge as asked; `key` names the arms' file."""
    return _by_verdict(f"{key}:{margin!r}:{right}:{k}:{pair}", first, second, labels, margin, right, k, pair)


@st.cache_resource(max_entries=64, show_spinner="Looking for such triplets …")
def _by_verdict(
    key: str,
    _first: Float32[np.ndarray, "n d"],
    _second: Float32[np.ndarray, "n e"],
    _labels: Int64[np.ndarray, " n"],
    _margin: float,
    _right: tuple[bool, bool],
    _k: int,
    _pair: tuple[int | None, int | None],
) -> VerdictTriplets:
    return triplets_by_verdict(
        _first, _second, _labels, _margin, first_right=_right[0], second_right=_right[1], k=_k, seed=0,
        anchor_class=_pair[0], negative_class=_pair[1],
    )  # fmt: skip


def classifier(run: Run) -> Classifier | None:
    """The classifier of the run's data set, None where nobody has trained one.

    Raises:
        InputError: its file is not one.
    """
    record, folders = run.provenance.train, (CLASSIFIERS, default_classifiers_folder())
    states = [
        path.stat().st_mtime_ns for folder in folders if (path := classifier_path(folder, record.fingerprint)).is_file()
    ]
    return _classifier(f"{record.fingerprint}:{states}", run, folders)


@st.cache_resource(max_entries=4, show_spinner=False)
def _classifier(key: str, _run: Run, _folders: tuple[Path, ...]) -> Classifier | None:
    return read_classifier(_run.provenance.train.fingerprint, _run.pixels, len(_run.provenance.class_names), _folders)


def samples(
    run: Run, arm: str, asked: int | None, count: int, temperature: float, seed: int
) -> UInt8[np.ndarray, "count height width"]:
    """What the arm imagines of a class, or of the prior."""
    files = f"{file_key(run, f'{arm}.safetensors')}:{file_key(run, 'encoding-test.npz')}"
    return _samples(f"{files}:{asked}:{count}:{temperature!r}:{seed}", run, arm, asked, count, temperature, seed)


@st.cache_resource(max_entries=16, show_spinner=False)
def _samples(
    key: str, _run: Run, _arm: str, _asked: int | None, _count: int, _temperature: float, _seed: int
) -> UInt8[np.ndarray, "count height width"]:
    found = encoding(_run)
    if found is None:
        raise InputError(f"run {_run.name}: holds no readable encoding of its test split; evaluate it again")
    return imagined(
        network(_run, _arm), found.arms[_arm], found.labels, _asked, count=_count, temperature=_temperature, seed=_seed
    )


def real_reference(
    images: Split, asked: int | None, most: int, space: Classifier | None
) -> tuple[RealImages, Manifold, SampleQuality]:
    """Real images of a class or all, their manifold in the classifier's features or in pixels, how others fare."""
    key = f"{images.fingerprint}:{asked}:{most}:{'pixels' if space is None else 'classifier'}"
    return _real_reference(key, images, asked, most, space)


@st.cache_resource(max_entries=24, show_spinner=False)
def _real_reference(
    key: str, _images: Split, _asked: int | None, _most: int, _space: Classifier | None
) -> tuple[RealImages, Manifold, SampleQuality]:
    rows = real_images(_images.labels, _asked, _most, seed=0)
    covered = feature_manifold(_images.images[rows.reference], _space)
    return rows, covered, sample_quality(covered, feature_manifold(_images.images[rows.others], _space))


def quality(
    key: str, images: UInt8[np.ndarray, "m height width"], covered: Manifold, space: Classifier | None
) -> SampleQuality:
    """How samples fare against what real images cover; `key` names both, and the space."""
    return _quality(key, images, covered, space)


@st.cache_resource(max_entries=64, show_spinner=False)
def _quality(
    key: str, _images: UInt8[np.ndarray, "m height width"], _covered: Manifold, _space: Classifier | None
) -> SampleQuality:
    return sample_quality(_covered, feature_manifold(_images, _space))


def placement(fingerprint: str, images: UInt8[np.ndarray, "n height width"]) -> Placement:
    """How the images of a split lie in their frame."""
    return _placement(fingerprint, images)


@st.cache_resource(max_entries=8, show_spinner=False)
def _placement(key: str, _images: UInt8[np.ndarray, "n height width"]) -> Placement:
    return measured_placement(_images)


def arm_maps(run: Run, found: Encoding, arms: list[str], method: str) -> tuple[str, dict[str, ShownMap]]:
    """The method of the arms' maps, PCA where the one asked for has not been computed, and the maps."""
    layout_found = layout(run, method)
    shown = method if layout_found is not None else "pca"
    key = f"{file_key(run, 'encoding-test.npz')}:{shown}:{arms}"
    return shown, _arm_maps(key, {arm: found.arms[arm].means for arm in arms}, layout_found)


@st.cache_resource(max_entries=12, show_spinner=False)
def _arm_maps(
    key: str, _means: dict[str, Float32[np.ndarray, "n _"]], _layout_found: Layout | None
) -> dict[str, ShownMap]:
    return maps_of(_means, _layout_found)


def map_picture_ground(
    run: Run, found: Encoding, arms: list[str], arm: str, method: str, names: tuple[str, ...], theme: str
) -> Image.Image:
    """The still picture of one of these arms' maps, without anything on it."""
    shown, maps = arm_maps(run, found, arms, method)
    key = f"{file_key(run, 'encoding-test.npz')}:{shown}:{arms}:{arm}:{names}:{theme}"
    return _map_picture_ground(key, maps[arm], found.labels, names, theme)


@st.cache_resource(max_entries=24, show_spinner=False)
def _map_picture_ground(
    key: str, _shown: ShownMap, _labels: Int64[np.ndarray, " n"], _names: tuple[str, ...], _theme: str
) -> Image.Image:
    return map_ground(_shown.positions, _labels, _names, _theme)
