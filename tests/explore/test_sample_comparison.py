"""Shares of samples and their comparison between arms, against numbers worked out by hand."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.sample_comparison import (
    Measure,
    best_arm,
    class_agreement,
    compared,
    paper_claim_sentence,
    sample_shares,
)
from tvae.metrics.precision_recall import SampleQuality
from tvae.metrics.uncertainty.share import Share


def of_thousand(percent: float) -> Share:
    return Share(round(10 * percent), 1000)


def test_agreement_is_the_share_predicted_as_the_class():
    assert class_agreement(np.array([3, 3, 1, 3]), 3) == Share(3, 4)
    with pytest.raises(InputError, match="n of a share: 0"):
        class_agreement(np.array([], int), 3)


def test_the_shares_of_samples_are_those_of_their_quality():
    quality = SampleQuality(Share(30, 50), Share(40, 100), np.zeros(50, bool), 3)
    shares = sample_shares(quality)
    assert shares == {"precision": Share(30, 50), "recall": Share(40, 100)}
    assert sample_shares(quality, np.array([1, 2])) == shares, "no class was asked for"
    assert sample_shares(quality, np.array([1, 2]), 1)["agreement"] == class_agreement(np.array([1, 2]), 1)


@pytest.mark.parametrize(
    ("first", "second", "real", "verdict"),
    [
        (50, 60, 90, "more"),
        (60, 50, 90, "less"),
        (50, 52, 90, "alike"),  # 2 points apart, the interval of the difference reaches 4.4
        (0.2, 0.2, 90, "floor"),
        (0.2, 20, 90, "more"),
        (100, 100, 100, "ceiling"),
        (98, 99, 98.5, "ceiling"),
        (100, 80, 99.9, "less"),
        (90.2, 90.2, 86.5, "beyond the real images"),
        (99, 80, 86.5, "beyond the real images"),
        (100, 100, 93, "beyond the real images"),
    ],
)
def test_no_verdict_at_floor_or_ceiling_or_beyond_the_real_images(first, second, real, verdict):
    assert compared(of_thousand(first), of_thousand(second), of_thousand(real)) == verdict


@pytest.mark.parametrize(
    ("shares", "best"),
    [
        ({"a": 50, "b": 60}, "b"),
        ({"a": 50, "b": 52}, None),
        ({"a": 50, "b": 60, "c": 59}, None),
        ({"a": 70, "b": 60, "c": 59}, "a"),
        ({"a": 50}, None),
        ({"a": 99, "b": 60}, None),  # beyond the real images' own
    ],
)
def test_the_best_arm_is_above_every_other_beyond_the_noise(shares, best):
    assert best_arm({arm: of_thousand(share) for arm, share in shares.items()}, of_thousand(90)) == best


def shares(precision: float, recall: float, agreement: float) -> dict[Measure, Share]:
    return {
        "precision": of_thousand(precision),
        "recall": of_thousand(recall),
        "agreement": of_thousand(agreement),
    }


NAMES = {"vae": "VAE", "tvae": "weight 10, margin 1"}


def test_the_sentence_says_more_less_or_the_same_of_each_measure():
    arms = {"vae": shares(50, 50, 50), "tvae": shares(60, 40, 51)}
    assert paper_claim_sentence(arms, shares(90, 90, 90), "vae", "tvae", NAMES) == (
        "The paper says that the TVAE's samples are *as good as* the VAE's. By these measures the samples of weight "
        "10, margin 1 are **more true** than those of VAE; **less varied** than those of VAE; as recognisable, within "
        "the noise (one training seed)."
    )


def test_the_sentence_gives_no_verdict_where_there_is_none():
    arms = {"vae": shares(100, 0.2, 99.9), "tvae": shares(100, 0.2, 99.8)}
    assert paper_claim_sentence(arms, shares(93, 90, 99.8), "vae", "tvae", NAMES) == (
        "The paper says that the TVAE's samples are *as good as* the VAE's. No verdict on which are more true: one "
        "share or both are beyond the real images' own 93.0 %, where more is no merit. No verdict on which are more "
        "varied: both shares are next to nothing. No verdict on which are more recognisable: both shares are near "
        "100 %."
    )
