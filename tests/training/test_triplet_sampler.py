"""Drawn triplets, against their definition."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.training.triplet_sampler import ImageSampler, TripletSampler, step_batch, step_generator


def test_positive_shares_the_class_and_negative_does_not():
    labels = np.array([2, 0, 0, 5, 2, 0, 5, 5, 2, 2])
    anchors, positives, negatives = TripletSampler(labels).sample(5_000, step_generator(0, 0))
    assert (labels[anchors] == labels[positives]).all()
    assert (anchors != positives).all()
    assert (labels[anchors] != labels[negatives]).all()


def test_each_draw_is_uniform():
    """Chi-square of the drawn pairs against the definition, at five standard deviations."""
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    n = 200_000
    anchors, positives, negatives = TripletSampler(labels).sample(n, step_generator(5, 1))
    for drawn, allowed in (
        (positives, lambda a: np.flatnonzero((labels == labels[a]) & (np.arange(9) != a))),
        (negatives, lambda a: np.flatnonzero(labels != labels[a])),
    ):
        for anchor in range(9):
            rows = allowed(anchor)
            counts = np.bincount(drawn[anchors == anchor], minlength=9)
            assert counts.sum() == counts[rows].sum()
            expected = n / 9 / len(rows)
            assert np.abs(counts[rows] - expected).max() < 5 * np.sqrt(expected)


def test_the_only_image_of_a_class_is_no_anchor_but_may_be_a_negative():
    labels = np.array([0, 0, 0, 7])
    sampler = TripletSampler(labels)
    anchors, positives, negatives = sampler.sample(1_000, step_generator(0, 0))
    assert sampler.left_out == 1
    assert 3 not in anchors
    assert 3 not in positives
    assert set(negatives) == {3}


@pytest.mark.parametrize(
    ("labels", "said"),
    [([4, 4, 4], "one class"), ([0, 1, 2], "each of the 3 classes has one member"), ([3], "one class")],
)
def test_labels_that_allow_no_triplet_are_refused(labels, said):
    with pytest.raises(InputError, match=said):
        TripletSampler(np.array(labels))


def test_a_batch_depends_on_seed_and_step_alone():
    sampler = TripletSampler(np.arange(50) % 5)
    rows, noise = step_batch(sampler, 3, 17, 8, 4)
    again, noise_again = step_batch(sampler, 3, 17, 8, 4)
    np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(noise, noise_again)
    assert rows.shape == (3, 8)
    assert noise.shape == (24, 4)
    for seed, step in ((3, 18), (4, 17)):
        other, other_noise = step_batch(sampler, seed, step, 8, 4)
        assert (other != rows).any()
        assert (other_noise != noise).all()


def test_a_step_s_random_numbers_are_philox_s_with_the_step_as_highest_word_of_the_counter():
    """So no two steps share any, and a run that an earlier version began goes on with the batches it would have had."""
    for seed, step in ((0, 0), (3, 17), (2**40, 10**9)):
        philox = np.random.Philox(key=seed, counter=step << 192)
        np.testing.assert_array_equal(step_generator(seed, step).bit_generator.random_raw(20), philox.random_raw(20))


def test_images_alone_are_drawn_uniformly_and_none_is_an_anchor():
    sampler, n = ImageSampler(7), 70_000
    rows = sampler.sample(n, step_generator(1, 2))
    assert sampler.left_out == 7
    assert rows.shape == (3, n)
    for drawn in rows:
        assert np.abs(np.bincount(drawn, minlength=7) - n / 7).max() < 5 * np.sqrt(n / 7)
