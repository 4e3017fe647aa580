"""Latents in order of what they carry."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.latent_paths import ranked_latents


def test_the_most_informative_first_and_those_that_are_off_apart():
    found = ranked_latents(np.array([0.2, 0.0, 3.0, 0.0099, 0.01, 3.0]))
    assert found.on.tolist() == [2, 5, 0, 4]
    assert found.off.tolist() == [3, 1]
    assert found.kl[2] == 3.0


def test_all_off():
    found = ranked_latents(np.zeros(3))
    assert found.on.tolist() == [] and found.off.tolist() == [0, 1, 2]


@pytest.mark.parametrize("kl", [np.zeros((2, 2)), np.array([1.0, np.nan])])
def test_impossible_values_are_one_line(kl):
    with pytest.raises(InputError, match="traversals: "):
        ranked_latents(kl)
