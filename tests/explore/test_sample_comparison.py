"""Shares of samples and their comparison between arms, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.sample_comparison import (
    Measure,
    Share,
    best_arm,
    class_agreement,
    paper_claim_sentence,
    sample_shares,
)
from tvae.metrics.precision_recall import SampleQuality


def test_agreement_is_the_share_predicted_as_the_class_with_its_binomial_error():
    agreement = class_agreement(np.array([3, 3, 1, 3]), 3)
    assert agreement.value == 0.75
    assert agreement.standard_error == pytest.approx(math.sqrt(0.75 * 0.25 / 4))
    with pytest.raises(InputError, match="none"):
        class_agreement(np.array([], int), 3)


def test_the_shares_of_samples_are_those_of_their_quality():
    quality = SampleQuality(0.6, 0.4, np.zeros(50, bool), 100, 3)
    shares = sample_shares(quality)
    assert shares == {"precision": (0.6, quality.precision_error), "recall": (0.4, quality.recall_error)}
    assert sample_shares(quality, np.array([1, 2])) == shares, "no class was asked for"
    assert sample_shares(quality, np.array([1, 2]), 1)["agreement"] == class_agreement(np.array([1, 2]), 1)


@pytest.mark.parametrize(
    ("shares", "best"),
    [
        ({"a": (0.5, 0.01), "b": (0.6, 0.01)}, "b"),
        ({"a": (0.5, 0.01), "b": (0.52, 0.01)}, None),  # 0.02 apart, two errors of the difference are 0.028
        ({"a": (0.5, 0.01), "b": (0.6, 0.01), "c": (0.59, 0.01)}, None),
        ({"a": (0.7, 0.01), "b": (0.6, 0.01), "c": (0.59, 0.01)}, "a"),
        ({"a": (0.5, 0.01)}, None),
    ],
)
def test_the_best_arm_is_above_every_other_beyond_the_noise(shares, best):
    assert best_arm({arm: Share(*share) for arm, share in shares.items()}) == best


def test_the_sentence_says_more_less_or_the_same_of_each_measure():
    vae: dict[Measure, Share] = {
        "precision": Share(0.5, 0.01),
        "recall": Share(0.5, 0.01),
        "agreement": Share(0.5, 0.01),
    }
    tvae: dict[Measure, Share] = {
        "precision": Share(0.6, 0.01),
        "recall": Share(0.4, 0.01),
        "agreement": Share(0.51, 0.01),
    }
    assert paper_claim_sentence({"vae": vae, "tvae": tvae}, "vae", "tvae") == (
        "The paper says that the TVAE's samples are *as good as* the VAE's. By these measures TVAE's are "
        "**more true** than VAE's, **less varied** than VAE's and as recognisable, within the noise."
    )
