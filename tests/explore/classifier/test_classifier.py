"""The classifier: it learns, its file is read back, its class shares equal plain counts."""

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.classifier import training as classifier_training
from tvae.explore.classifier.classifier import (
    class_shares,
    classifier_path,
    effective_classes,
    read_classifier,
    write_classifier,
)
from tvae.explore.classifier.training import trained_classifier


@pytest.fixture(scope="module")
def classifier(digits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier_training, "LEAST_STEPS", 500)
        return trained_classifier(digits.train)


def test_it_learns_and_the_same_one_each_time(classifier, digits, monkeypatch):
    right = classifier.classes(classifier.features(digits.test.images)) == digits.test.labels
    assert right.mean() > 0.9
    monkeypatch.setattr(classifier_training, "LEAST_STEPS", 500)
    again = trained_classifier(digits.train)
    assert all(np.array_equal(classifier.weights[name], again.weights[name]) for name in classifier.weights)


def test_features_and_classes_are_the_layers_written_out(classifier, digits):
    w = classifier.weights
    for image in digits.test.images[:5]:
        hidden = [max(0.0, sum(w["0.weight"][h] * image.ravel() / 255) + w["0.bias"][h]) for h in range(256)]
        features = classifier.features(image[None])
        np.testing.assert_allclose(features[0], hidden, atol=1e-4)
        scores = [sum(w["2.weight"][c] * hidden) + w["2.bias"][c] for c in range(10)]
        assert classifier.classes(features)[0] == int(np.argmax(scores))


def test_its_file_is_found_by_the_fingerprint_of_its_training_images(classifier, digits, tmp_path):
    fingerprint = digits.train.fingerprint
    write_classifier(classifier_path(tmp_path / "judges", fingerprint), classifier)
    read = read_classifier(fingerprint, 64, 10, (tmp_path / "none", tmp_path / "judges"))
    assert read is not None
    features = read.features(digits.test.images)
    assert (read.classes(features) == classifier.classes(classifier.features(digits.test.images))).mean() > 0.99
    assert read_classifier("0" * 64, 64, 10, (tmp_path / "judges",)) is None
    with pytest.raises(InputError, match="shape"):
        read_classifier(fingerprint, 64, 11, (tmp_path / "judges",))


def test_shares_and_their_diversity():
    shares = class_shares(np.array([0, 0, 2, 2]), 4)
    assert shares.tolist() == [0.5, 0, 0.5, 0]
    assert effective_classes(shares) == pytest.approx(2)
    assert effective_classes(np.full(10, 0.1)) == pytest.approx(10)
    uneven = np.array([0.7, 0.2, 0.1])
    assert effective_classes(uneven) == pytest.approx(math.prod(p**-p for p in uneven))
