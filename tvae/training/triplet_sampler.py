"""Triplets of rows, drawn from the labels or from given ones: a pure function of seed and step."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from jaxtyping import Float32, Int, Int64

from tvae.errors import InputError


class Sampler(Protocol):
    """Draws the rows of a batch."""

    left_out: int
    """Number of images that can't be anchors."""

    def sample(self, count: int, generator: np.random.Generator) -> Int64[np.ndarray, "3 count"]:
        """Draw the rows of `count` anchors, positives and negatives."""
        ...


class TripletSampler:
    """Draws (anchor, positive, negative) rows: a random anchor, another image of its class, one of another class.

    The anchor is uniform over the images whose class has a second member, the positive uniform over its class
    without the anchor, the negative uniform over the other classes.

    Attributes:
        left_out: number of images that can't be anchors because no other image is of their class.
    """

    def __init__(self, labels: Int64[np.ndarray, " n"]) -> None:
        """
        Raises:
            InputError: fewer than two classes, or no class with two members.
        """
        classes, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(classes) < 2:
            raise InputError(f"labels: all {len(labels)} images are of one class; triplets need at least two classes")
        # Rows ordered by class: the images of a class are one range, so a positive and a negative are each one uniform
        # draw, without rejection.
        self._rows = np.argsort(inverse, kind="stable")
        self._start = (np.cumsum(counts) - counts)[inverse[self._rows]]  # of the range, for each place
        self._count = counts[inverse[self._rows]]
        self._anchor_places = np.flatnonzero(self._count > 1)
        self.left_out = len(labels) - len(self._anchor_places)
        if len(self._anchor_places) == 0:
            raise InputError(f"labels: each of the {len(classes)} classes has one member; triplets need a class of two")

    def sample(self, count: int, generator: np.random.Generator) -> Int64[np.ndarray, "3 count"]:
        """Draw `count` triplets: the rows of the anchors, of the positives and of the negatives."""
        place = generator.choice(self._anchor_places, count)
        start, members = self._start[place], self._count[place]
        other = start + generator.integers(0, members - 1)
        other += other >= place  # skips the anchor itself
        outside = generator.integers(0, len(self._rows) - members)
        outside += np.where(outside >= start, members, 0)  # skips the whole class
        return self._rows[np.stack([place, other, outside])]


class GivenSampler:
    """Draws given triplets, uniform over those that are trained on, and beside them triplets of the labels.

    Args:
        triplets: rows of (anchor, positive, negative); one that was given twice is drawn twice as often.
        share: share of the triplets of a batch that are given ones; one at least is.
        labels: draws the rest; None where `share` is 1.
    """

    left_out = 0

    def __init__(self, triplets: Int[np.ndarray, "t 3"], share: float, labels: TripletSampler | None) -> None:
        self._triplets, self._share, self._labels = triplets, share, labels

    def sample(self, count: int, generator: np.random.Generator) -> Int64[np.ndarray, "3 count"]:
        """Draw `count` triplets: the rows of the anchors, of the positives and of the negatives."""
        given = count if self._labels is None else max(1, round(self._share * count))
        rows = self._triplets[generator.integers(0, len(self._triplets), given)].T.astype(np.int64)
        if self._labels is None or given == count:
            return rows
        return np.concatenate([rows, self._labels.sample(count - given, generator)], axis=1)


class ImageSampler:
    """Draws images in a triplet sampler's place where the labels allow no triplet, for arms whose loss has none."""

    def __init__(self, n: int) -> None:
        self.left_out = n
        """No image is an anchor."""
        self._n = n

    def sample(self, count: int, generator: np.random.Generator) -> Int64[np.ndarray, "3 count"]:
        """Draw three times `count` rows, each uniform over the images."""
        return generator.integers(0, self._n, (3, count))


def step_generator(seed: int, step: int, stream: int = 0) -> np.random.Generator:
    """The random generator of one training step; it depends on seed, step and stream alone.

    Its streams have no numbers in common: 0 is for images and noise, one more for the triplets of each notion that are
    formed inside the batch. A counter-based generator (Philox, Salmon et al. 2011): arms in different processes see the
    same batches, and a resumed run continues with the batches of an uninterrupted one, without a saved state.
    """
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, stream, step]))


def step_batch(
    sampler: Sampler, seed: int, step: int, count: int, latent_dim: int
) -> tuple[Int64[np.ndarray, "3 count"], Float32[np.ndarray, "3*count latent"]]:
    """Triplet rows and the posterior noise of one training step."""
    generator = step_generator(seed, step)
    rows = sampler.sample(count, generator)
    return rows, generator.standard_normal((3 * count, latent_dim), dtype=np.float32)
