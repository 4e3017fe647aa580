"""Sample of anchors where there are many images, and means over it with their standard errors.

The work of comparing all pairs grows with n², so that beyond some size the anchors alone are sampled: each sampled one
still meets all its positives and all its negatives. The sample is stratified: of each class the same share, at least
two, without replacement. With W_c = n_c / n the share of class c among the anchors, m_c of its n_c anchors sampled, and
y_c, s_c² the mean and the variance (divided by m_c - 1) of their values,

    mean = sum over c of W_c y_c,    standard error² = sum over c of W_c² (1 - m_c / n_c) s_c² / m_c

with the finite-population correction 1 - m_c / n_c (Cochran 1977, Sampling Techniques, third edition, sections 5.3 and
5.4). The mean over classes has 1 / C in place of W_c. Where all anchors are taken the errors are 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import require_int

EXACT_TO = 60_000
"""Images up to which every one is an anchor."""
SAMPLED_ANCHORS = 20_000
"""About how many anchors are sampled where there are more images."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Number of images that are anchors: all of them, or a sample of many.

    Raises:
        InputError: an impossible number.
    """

    exact_to: int = EXACT_TO
    """Number of images up to which every image is an anchor."""
    anchors: int = SAMPLED_ANCHORS
    """Anchors of a sample, about: of each class the same share, rounded, and at least two."""
    seed: int = 0

    def __post_init__(self) -> None:
        require_int("sampling.exact_to", self.exact_to, 0)
        require_int("sampling.anchors", self.anchors, 1)
        require_int("sampling.seed", self.seed, 0, 2**63 - 1)

    def counts(self, sizes: Int[np.ndarray, " c"]) -> Int[np.ndarray, " c"]:
        """Anchors of classes of these sizes; a class of one has none."""
        possible = np.where(sizes > 1, sizes, 0)
        if sizes.sum() <= self.exact_to or possible.sum() <= self.anchors:
            return possible
        share = np.rint(self.anchors * possible / possible.sum()).astype(np.int64)
        return np.minimum(possible, np.maximum(2, share))


ALL = Sampling(exact_to=2**62)
"""Every image is an anchor, however many there are."""
BY_SIZE = Sampling()
"""Every image is an anchor up to `EXACT_TO` of them."""


@dataclass(frozen=True)
class AnchorSample:
    """Size and seed of a sample of anchors."""

    counted: int
    of: int
    seed: int

    @property
    def in_words(self) -> str:
        """The sample in words, such as "20,003 of 98,765 anchors, of each class the same share, seed 0"."""
        return f"{self.counted:,} of {self.of:,} anchors, of each class the same share, seed {self.seed}"


def counted_triplets(triplets: int, sample: AnchorSample | None) -> str:
    """Words for the triplets that were counted, such as "all 4,048,884 triplets"."""
    return f"all {triplets:,} triplets" if sample is None else f"all {triplets:,} triplets of {sample.in_words}"


@dataclass(frozen=True)
class AnchorMeans:
    """Means over the anchors of m values of each, and their standard errors."""

    mean: Float[np.ndarray, " m"]
    standard_error: Float[np.ndarray, " m"]
    balanced: Float[np.ndarray, " m"]
    """Mean over classes of the mean of each class."""
    balanced_error: Float[np.ndarray, " m"]


def anchor_means(
    sums: Float[np.ndarray, "c m"],
    squares: Float[np.ndarray, "c m"],
    anchors: Int[np.ndarray, " c"],
    sizes: Int[np.ndarray, " c"],
) -> AnchorMeans:
    """Means over all anchors of m values of each, from sums over the counted ones of each class.

    Args:
        sums, squares: of the values, and of their squares.
        anchors: counted anchors of each class: none of a class of one, else at least two.
        sizes: members of each class.
    """
    has_anchors = anchors > 0
    m, n = (counts[has_anchors].astype(np.float64)[:, None] for counts in (anchors, sizes))
    means = sums[has_anchors] / m
    # The greater of two nearly equal sums may round to the less.
    variances = np.maximum(squares[has_anchors] - m * means**2, 0) / np.maximum(m - 1, 1)
    errors = (1 - m / n) * variances / m
    weights = n / n.sum()
    return AnchorMeans(
        mean=(weights * means).sum(axis=0),
        standard_error=np.sqrt((weights**2 * errors).sum(axis=0)),
        balanced=means.mean(axis=0),
        balanced_error=np.sqrt(errors.sum(axis=0)) / len(means),
    )


def sampled_rows(n: int, sampling: Sampling) -> Int[np.ndarray, " m"] | None:
    """Rows of a simple random sample without replacement, ascending; None where all n are taken."""
    if n <= max(sampling.exact_to, sampling.anchors):
        return None
    return np.sort(np.random.default_rng(sampling.seed).choice(n, sampling.anchors, replace=False))
