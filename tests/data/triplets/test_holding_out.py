"""Triplets held out: by triplet and by image, always the same, with some left to train on."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.data.triplets import HELD_OUT_BY_IMAGE, HELD_OUT_BY_TRIPLET, TRAINED_ON, GivenTriplets


def random_triplets(count: int, images: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.array([generator.permutation(images)[:3] for _ in range(count)])


def test_no_trained_triplet_touches_a_held_out_image_or_a_held_out_question():
    given = GivenTriplets(random_triplets(3000, 60))
    parts, distinct = given.parts, given.distinct
    images_trained = set(distinct[parts == TRAINED_ON].ravel().tolist())
    held_out_images = set(range(60)) - images_trained
    assert held_out_images
    for row in distinct[parts == HELD_OUT_BY_IMAGE].tolist():
        assert held_out_images & set(row)
    for row in distinct[parts == HELD_OUT_BY_TRIPLET].tolist():
        assert not held_out_images & set(row)
    questions = [{frozenset(row) for row in distinct[parts == part].tolist()} for part in (0, 1, 2)]
    assert not questions[0] & questions[1] and not questions[0] & questions[2] and not questions[1] & questions[2]
    assert 0.05 < (parts == HELD_OUT_BY_IMAGE).mean() <= 0.1
    assert 0.07 < (parts == HELD_OUT_BY_TRIPLET).mean() < 0.12


def test_the_same_triplets_give_the_same_parts_in_any_order():
    rows = random_triplets(500, 40)
    once, again = GivenTriplets(rows), GivenTriplets(np.concatenate([rows[::-1], rows[:7]]))
    assert (once.parts == again.parts).all() and (once.distinct == again.distinct).all()


def test_a_triplet_is_trained_on_as_often_as_it_was_given():
    rows = random_triplets(200, 40)
    given = GivenTriplets(np.concatenate([rows, rows]))
    trained = given.distinct[given.parts == TRAINED_ON]
    assert sorted(given.training_rows.tolist()) == sorted(trained.tolist() + trained.tolist())


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 30])
def test_few_triplets_leave_some_to_train_on(count):
    given = GivenTriplets(random_triplets(count, 12, seed=count))
    assert len(given.training_rows) >= max(1, round(0.6 * len(given.distinct)))


@pytest.mark.parametrize("anchor", range(79))
def test_a_single_anchor_is_not_held_out(anchor):
    others = [image for image in range(79) if image != anchor]
    given = GivenTriplets(np.array([[anchor, others[i], others[39 + i]] for i in range(39)]))
    assert anchor in given.training_rows and 0 < (given.parts == HELD_OUT_BY_IMAGE).sum() <= 4
