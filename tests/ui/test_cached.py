"""Caches: another arm, snapshot, split or a rewritten file never answers with an entry of the first."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from tvae.data import Split, load_split
from tvae.errors import InputError
from tvae.explore.classifier.classifier import HIDDEN, Classifier
from tvae.explore.example_images import random_pairs
from tvae.explore.interpolation import third_class_paths
from tvae.figures.image_grid import GridRow
from tvae.maps.parameters import PcaParameters, TsneParameters
from tvae.maps.projection import ProjectionRequest
from tvae.maps.projector import ProjectionFailed
from tvae.metrics.triplet_search import triplet_distances
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.encodings import read_encoding, write_encoding
from tvae.runs.run import Run, read_run
from tvae.ui import cached
from tvae.ui.cached import keys
from tvae.ui.cached.generation import gaussian
from tvae.ui.images.image_grid import drawn_grid

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


@pytest.fixture
def run(tmp_path):
    return read_run(Path(shutil.copytree(DIGITS, tmp_path / "digits")))


def encoding_of(run: Run) -> Encoding:
    encoding = cached.encoding(run)
    assert encoding is not None
    return encoding


def test_two_arms_have_their_own_entries(run):
    encoding = encoding_of(run)
    vae, tvae = encoding.arms.values()
    accuracies = [cached.counted_accuracy(arm, encoding.labels, 0.0).accuracy[0] for arm in (vae, tvae)]
    assert accuracies[0] != accuracies[1]
    assert cached.counted_accuracy(vae, encoding.labels, 0.0).accuracy[0] == accuracies[0]
    assert cached.neighbours(vae) is not cached.neighbours(tvae)
    assert cached.neighbours(vae) is cached.neighbours(vae)


def test_arms_that_differ_in_one_number_of_many_have_their_own_entries():
    """Streamlit's own key looks at a sample of an array of 500,000 numbers or more."""
    means = np.zeros((250_000, 2), np.float32)
    first = EncodedArm(means, np.zeros(len(means), np.float32), np.zeros(2, np.float32))
    other_means = means.copy()
    other_means[123_456, 1] = 1e-6
    other = EncodedArm(other_means, first.errors, first.kl)
    assert first.key != other.key
    assert first.key == EncodedArm(means.copy(), first.errors, first.kl).key
    assert keys.KEY_OF[np.ndarray](means) != keys.KEY_OF[np.ndarray](other_means)


def test_two_snapshots_have_their_own_entries(run):
    first, last = run.at(run.snapshots[0]), run.at(None)
    arm = next(iter(run.config.arms))
    encodings = [encoding_of(at) for at in (first, last)]
    assert not np.array_equal(encodings[0].arms[arm].means, encodings[1].arms[arm].means)
    codes = encodings[1].arms[arm].means[:3]
    decoded = [cached.network(at, arm).decoded(codes) for at in (first, last)]
    assert not np.array_equal(decoded[0], decoded[1])
    assert len({at.files_key for at in (first, last)}) == 2


def test_a_rewritten_file_is_read_again(run):
    (path,) = run.folder.glob("encoding*.npz")
    before, content = encoding_of(run), path.read_bytes()
    arm = next(iter(run.config.arms))
    neighbours = cached.neighbours(before.arms[arm])
    changed = read_encoding(run, "test")
    assert changed is not None
    changed.arms[arm].means[...] = changed.arms[arm].means[::-1].copy()
    write_encoding(run.folder, changed)
    after = encoding_of(run)
    assert np.array_equal(after.arms[arm].means, before.arms[arm].means[::-1])
    assert cached.neighbours(after.arms[arm]) is not neighbours
    assert cached.encoding(read_run(run.folder)) is after
    (run.folder / "about.json").write_text("{}")
    assert encoding_of(run) is after, "a run is named and pinned without being read again"
    path.write_bytes(content)  # in place, which its folder does not show
    assert np.array_equal(encoding_of(run).arms[arm].means, before.arms[arm].means)


def test_two_splits_have_their_own_entries():
    images = np.zeros((2, 8, 8, 1), np.uint8)
    labels = np.array([0, 1])
    first = Split("test", images, labels, ("a", "b"))
    second = Split("test", images + 255, labels, ("a", "b"))
    assert cached.thumbnails(first) is cached.thumbnails(Split("test", images.copy(), labels, ("a", "b")))
    assert cached.thumbnails(first).data != cached.thumbnails(second).data


def test_two_classifiers_have_their_own_entries():
    rng = np.random.default_rng(0)
    images = Split("test", rng.integers(0, 255, (60, 8, 8, 1), np.uint8), np.arange(60) % 2, ("a", "b"))

    def classifier() -> Classifier:
        return Classifier({"0.weight": rng.normal(size=(HIDDEN, 64)), "0.bias": rng.normal(size=HIDDEN)})

    first, second = classifier(), classifier()
    _, covered, _ = cached.real_reference(images, None, 20, first)
    assert cached.real_reference(images, None, 20, first)[1] is covered
    assert cached.real_reference(images, None, 20, second)[1] is not covered
    assert cached.real_reference(images, None, 20, None)[1] is not covered


def test_nothing_is_read_or_computed_twice():
    run = read_run(DIGITS)
    encoding, images = encoding_of(run), cached.split("digits", "test")
    left, right = encoding.arms.values()
    labels, names, arm = encoding.labels, run.provenance.class_names, next(iter(run.config.arms))
    request = ProjectionRequest(means=encoding.means, parameters=PcaParameters())
    calls: list[tuple[Callable, tuple]] = [
        (cached.encoding, (run,)), (cached.curves, (run,)), (cached.gaps, (run,)), (cached.network, (run, arm)),
        (cached.split, ("digits", "test")), (cached.thumbnails, (images,)), (cached.placement, (images,)),
        (cached.sampled_error, (run, arm, images, 0)), (cached.layout, (run, "pca")),
        (cached.layout_at_once, (request,)),
        (cached.arm_maps, (encoding.arms, None)), (cached.placed_codes, (encoding.arms, None, encoding.arms)),
        (cached.still_map, (left.means[:, :2], labels, names, "light")), (cached.neighbours, (left,)),
        (cached.neighbour_changes, (left, right, 5)), (cached.findings, (left, right, 5, labels, names)),
        (cached.sub_styles, (left, labels, 3)),
        (cached.neighbour_lines, (left, right, 5)), (cached.confusable_pair, (left, labels, (3, 8))),
        (cached.third_class_share, (left, labels, 10, "linear", 5, 2)), (cached.counted_curve, (left, labels)),
        (cached.counted_gaps, (left, labels)), (cached.counted_accuracy, (left, labels, 0.5)),
        (cached.counted_matrix, (left, labels, 0.5)), (cached.lost_shares, (left, labels, 0.5)),
        (cached.worst, (left, labels, 3, (None, None))), (cached.classifier, (run,)),
        (cached.by_verdict, (left, right, labels, 0.5, (True, False), 3, (None, None))),
        (gaussian, (run, arm, 3, None)), (cached.real_reference, (images, 3, 20, None)),
    ]  # fmt: skip
    for function, arguments in calls:
        first = function(*arguments)
        assert first is not None, function
        assert function(*arguments) is first, function
    options = {"temperature": 1.0, "seed": 0}
    drawn = cached.samples(run, arm, 3, None, count=9, **options)
    assert cached.samples(run, arm, 3, None, count=9, **options) is drawn
    quality = cached.quality(run, arm, images, 3, None, most=20, space=None, **options)
    assert cached.quality(run, arm, images, 3, None, most=20, space=None, **options) is quality


def test_a_layout_of_its_own_has_an_entry_of_its_own():
    """Also of the same arms: by another method, or with another seed."""
    encoding = encoding_of(read_run(DIGITS))
    requests = [
        ProjectionRequest(means=encoding.means, parameters=parameters, seed=seed)
        for parameters in (PcaParameters(), TsneParameters(iterations=5))
        for seed in (0, 1)
    ]
    layouts = [cached.layout_at_once(request) for request in requests]
    maps = [cached.arm_maps(encoding.arms, layout) for layout in layouts]
    codes = [cached.placed_codes(encoding.arms, layout, encoding.arms) for layout in layouts]
    for made in (layouts, maps, codes):
        assert len({id(each) for each in made}) == len(requests)


def test_the_wanted_classes_neighbours_and_paths_are_those_that_are_shown():
    encoding = encoding_of(read_run(DIGITS))
    left, right = encoding.arms.values()
    labels = encoding.labels
    few = EncodedArm(left.means[:60], left.errors[:60], left.kl)
    assert cached.neighbours(few).rows.shape == (60, 59)
    assert cached.neighbours(left).rows.shape == (len(left.means), 100)
    for triplets in (
        cached.worst(left, labels, 5, (3, 8)),
        cached.by_verdict(left, right, labels, 0.5, (True, False), 5, (3, 8)).triplets,
    ):
        assert len(triplets) > 0
        assert set(labels[triplets.anchor]) == set(labels[triplets.positive]) == {3}
        assert set(labels[triplets.negative]) == {8}
    anchors = cached.worst(left, labels, 50, (None, None)).anchor
    assert len(set(anchors.tolist())) == len(anchors) == 50
    for right_ in ((True, False), (False, True)):
        triplets = cached.by_verdict(left, right, labels, 0.0, right_, 5, (None, None)).triplets
        for arm, is_right in zip((left, right), right_, strict=True):
            assert (triplet_distances(arm.means, triplets).satisfied(0.0) == is_right).all()
    paths = third_class_paths(left, labels, 10, random_pairs(labels, 20, 0), "linear", 5)
    assert cached.third_class_share(left, labels, 10, "linear", 5, 20) == paths.mean()


def test_a_class_s_gaussian_is_of_its_training_images_where_they_are_at_hand():
    run, train = read_run(DIGITS), cached.split("digits", "train")
    arm = next(iter(run.config.arms))
    assert gaussian(run, arm, 3, train).n == (train.labels == 3).sum()
    assert gaussian(run, arm, 3, None).n == (encoding_of(run).labels == 3).sum()


def test_a_run_without_an_encoding_has_no_layout_and_no_gaussian(run):
    for path in run.folder.glob("encoding*"):
        path.unlink()
    assert cached.layout(run, "pca") is None
    with pytest.raises(InputError, match="holds no readable encoding"):
        gaussian(run, next(iter(run.config.arms)), 3, None)


def test_a_data_set_that_a_page_shows_is_fetched(monkeypatch):
    asked, digits = [], load_split("digits", "train")

    def load(*names, **options):
        asked.append((names, options))
        return digits

    monkeypatch.setattr("tvae.ui.cached.images.dataset_identity", lambda name: name)
    monkeypatch.setattr("tvae.ui.cached.images.load_split", load)
    assert cached.split("some data set", "train", 0.1) is digits
    assert cached.split("some data set", "train", 0.1, "slant").class_names == digits.by("slant").class_names
    assert asked == [(("some data set", "train"), {"validation_share": 0.1, "download": True})], "loaded once"


def test_every_argument_enters_the_key_and_every_cache_is_bounded():
    """Streamlit leaves an argument out whose name begins with an underscore."""
    checked = 0
    for path in sorted(Path(cached.__file__).parent.glob("*.py")):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(function, ast.FunctionDef) and function.decorator_list:
                (decorator,) = function.decorator_list
                assert isinstance(decorator, ast.Call), function.name
                options = {keyword.arg: keyword.value for keyword in decorator.keywords}
                arguments = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
                assert "max_entries" in options, function.name
                assert not [each for each in arguments if each.startswith("_")], function.name
                assert "hash_funcs" in options or not arguments, function.name
                spinner = options["show_spinner"]  # else Streamlit shows the function's name
                assert isinstance(spinner, ast.Constant), function.name
                assert spinner.value is False or isinstance(spinner.value, str), function.name
                checked += 1
    assert checked > 20


def test_an_emptied_cache_ends_the_projection_process():
    projector = cached.projector()
    cached.projector.clear()
    with pytest.raises(ProjectionFailed, match="closed"):
        projector.submit(ProjectionRequest(means={"vae": np.eye(9, 3)}, parameters=PcaParameters()))


def bars(values: np.ndarray, names: tuple[str, ...], width: float) -> go.Figure:
    return go.Figure(data=[{"type": "bar", "x": values, "y": list(names), "width": width}], layout={"height": 90})


def test_a_figure_is_drawn_once_for_equal_numbers_and_anew_for_others():
    values = np.linspace(0, 1, 2, dtype=np.float32)
    first = cached.figure(bars, values, ("a", "b"), 1.0)
    assert first is cached.figure(bars, values.copy(), ("a", "b"), 1.0)
    assert first is not cached.figure(bars, values, ("a", "b"), 0.5)
    assert first is not cached.figure(bars, values, ("a", "c"), 1.0)
    assert first is not cached.figure(bars, values[1:], ("a", "b"), 1.0)
    assert json.loads(str(first.to_json())) == json.loads(str(bars(values, ("a", "b"), 1.0).to_json()))
    assert first.to_dict() is first.to_dict()


def test_a_grid_is_drawn_once_for_equal_images_and_anew_for_others():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    row = GridRow(label="a", images=images)
    first, width = drawn_grid((row,), "light", 2.0)
    assert first.startswith(b"\x89PNG") and width > 0
    assert drawn_grid((GridRow(label="a", images=images.copy()),), "light", 2.0)[0] is first
    for other in (replace(row, label="b"), replace(row, images=images + 1)):
        assert drawn_grid((other,), "light", 2.0)[0] != first
    assert drawn_grid((row,), "dark", 2.0)[0] != first
