"""Caches: another arm, snapshot, split or a rewritten file never answers with an entry of the first."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import numpy as np
import pytest

from tvae.data import Split
from tvae.explore.classifier import HIDDEN, Classifier
from tvae.maps.parameters import PcaParameters
from tvae.maps.projection import ProjectionRequest
from tvae.maps.projector import ProjectionFailed
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.encodings import read_encoding, write_encoding
from tvae.runs.run import Run, read_run
from tvae.ui import cached
from tvae.ui.cached import keys

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
    before = encoding_of(run)
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


def test_two_splits_have_their_own_entries():
    images = np.zeros((2, 8, 8), np.uint8)
    labels = np.array([0, 1])
    first = Split("test", images, labels, ("a", "b"))
    second = Split("test", images + 255, labels, ("a", "b"))
    assert cached.thumbnails(first) is cached.thumbnails(Split("test", images.copy(), labels, ("a", "b")))
    assert cached.thumbnails(first).data != cached.thumbnails(second).data


def test_two_classifiers_have_their_own_entries():
    rng = np.random.default_rng(0)
    images = Split("test", rng.integers(0, 255, (60, 8, 8), np.uint8), np.arange(60) % 2, ("a", "b"))

    def classifier() -> Classifier:
        return Classifier({"0.weight": rng.normal(size=(HIDDEN, 64)), "0.bias": rng.normal(size=HIDDEN)})

    first, second = classifier(), classifier()
    _, covered, _ = cached.real_reference(images, None, 20, first)
    assert cached.real_reference(images, None, 20, first)[1] is covered
    assert cached.real_reference(images, None, 20, second)[1] is not covered
    assert cached.real_reference(images, None, 20, None)[1] is not covered


def test_every_argument_enters_the_key_and_every_cache_is_bounded():
    """Streamlit leaves an argument out whose name begins with an underscore."""
    checked = 0
    for path in sorted(Path(cached.__file__).parent.glob("*.py")):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(function, ast.FunctionDef) and function.decorator_list:
                (decorator,) = function.decorator_list
                assert isinstance(decorator, ast.Call), function.name
                options = {keyword.arg for keyword in decorator.keywords}
                arguments = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
                assert "max_entries" in options, function.name
                assert not [each for each in arguments if each.startswith("_")], function.name
                assert "hash_funcs" in options or not arguments, function.name
                checked += 1
    assert checked > 20


def test_an_emptied_cache_ends_the_projection_process():
    projector = cached.projector()
    cached.projector.clear()
    with pytest.raises(ProjectionFailed, match="closed"):
        projector.submit(ProjectionRequest(means={"vae": np.eye(9, 3)}, parameters=PcaParameters()))
