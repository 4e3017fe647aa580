"""The most confusable pair against a loop over all pairs."""

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.example_images import most_confusable_pair


@pytest.mark.parametrize("kind", ["gaussian", "grid"])
def test_no_pair_of_the_two_classes_is_nearer(kind):
    rng = np.random.default_rng(2)
    means = rng.normal(size=(60, 4)) if kind == "gaussian" else rng.integers(0, 3, (60, 3)).astype(float)
    labels = rng.integers(0, 4, 60)
    for a, b in ((0, 1), (3, 2)):
        best = min(
            (math.dist(means[i], means[j]), i, j)
            for i in range(60)
            for j in range(60)
            if labels[i] == a and labels[j] == b
        )
        found = most_confusable_pair(means, labels, a, b)
        assert (found.first, found.second) == best[1:]
        assert found.distance == pytest.approx(best[0], abs=1e-6)


@pytest.mark.parametrize(("pair", "said"), [((1, 1), "both classes are the same"), ((0, 7), "no images")])
def test_impossible_pairs_are_refused(pair, said):
    with pytest.raises(InputError, match=said):
        most_confusable_pair(np.eye(3), np.array([0, 1, 1]), *pair)
