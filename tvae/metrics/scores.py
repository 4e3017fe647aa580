"""Scores of one arm's latent means: retrieval, silhouette, KL per latent, active units.

    retrieval(means, labels)          R-precision and MAP@R within one split -> Retrieval
    silhouette(means, labels)         exact mean silhouette -> float
    kl_per_latent(means, log_vars)    nats, one number a latent -> (d,)
    active_units(means)               how many latents carry something -> int

(`class_vote` beside this file has k-NN accuracy; `triplet_accuracy`, `triplet_curve` and `triplet_search` have all that
is about triplets.)

Distances are Euclidean between means, exact in float64, the same as those of triplet accuracy. Retrieval and silhouette
visit each pair of points once: work grows with n², memory with n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError, require_real
from tvae.metrics.anchor_sample import BY_SIZE, Sampling
from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, checked_means, grouped_by_class, over_blocks


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """Leave-one-out retrieval within one split, R being the number of other images of the query's class."""

    r_precision: float
    """Share of the R nearest images that have the query's class, averaged over queries."""
    map_at_r: float
    """Mean average precision at R: (1/R) sum over ranks i <= R of precision(i) where image i is right, averaged so."""
    n_queries: int
    """Images whose class has another member; of many of them a sample asks (`anchor_sample`)."""
    n_left_out: int
    """Images alone in their class, for which there is nothing to retrieve."""


def retrieval(
    means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], *, threads: int = 1, sampling: Sampling = BY_SIZE
) -> Retrieval:
    """R-precision and MAP@R with every image as the query among all others, averaged over queries.

    From Musgrave, Belongie and Lim 2020, A Metric Learning Reality Check, section 3.2. At equal distance an image of
    another class counts as the nearer, so a collapsed space scores 0.

    Raises:
        InputError: shapes that don't fit, or no class with two members.
    """
    groups = grouped_by_class(means, labels, sampling)
    if groups.n_anchors == 0:
        raise InputError("labels: no class has two members, so there is nothing to retrieve")
    from tvae.metrics.kernels.retrieval import retrieval_scores

    def scored(block: AnchorBlock) -> tuple[int, float, float]:
        precision = np.empty(block.last - block.first)
        average_precision = np.empty(block.last - block.first)
        retrieval_scores(groups.columns, groups.points, groups.starts, *block, precision, average_precision)
        return block.own, float(precision.sum()), float(average_precision.sum())

    totals = np.zeros((2, len(groups.sizes)))
    for own, *scores in over_blocks(scored, groups.anchor_blocks(), threads):
        totals[:, own] += scores
    r_precision, map_at_r = totals @ _anchor_weights(groups) / groups.n_anchors
    return Retrieval(
        r_precision=float(r_precision),
        map_at_r=float(map_at_r),
        n_queries=groups.n_anchors,
        n_left_out=groups.n_left_out,
    )


def silhouette(
    means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], *, threads: int = 1, sampling: Sampling = BY_SIZE
) -> float:
    """Silhouette of the classes in latent space, exact over all images of the split.

    Of many images a sample is scored (`anchor_sample`), each against all images.

    For each image a is its mean distance to the others of its class, b the least over other classes of its mean
    distance to them; 0 for an image alone in its class and where a = b = 0 (Rousseeuw 1987). The numbers are those of
    scikit-learn's `silhouette_score` (a test compares them).

    Raises:
        InputError: shapes that don't fit, or fewer than two classes.
    """
    groups = grouped_by_class(means, labels, sampling)
    if len(groups.classes) < 2:
        raise InputError("labels: only one class; a silhouette needs at least two")
    from tvae.metrics.kernels.distances import distance_rows

    def scored(block: AnchorBlock) -> tuple[int, float]:
        rows = np.empty((block.last - block.first, len(groups.points)))
        distance_rows(groups.columns, groups.points[block.first : block.last], rows)
        totals = np.add.reduceat(rows, groups.starts[:-1], axis=1)  # (b, c)
        inside = totals[:, block.own] / (groups.sizes[block.own] - 1)
        outside = totals / groups.sizes
        outside[:, block.own] = np.inf
        nearest = outside.min(axis=1)
        larger = np.maximum(inside, nearest)
        scores = np.divide(nearest - inside, larger, out=np.zeros(len(rows)), where=larger > 0)
        return block.own, float(scores.sum())

    totals = np.zeros(len(groups.sizes))
    for own, total in over_blocks(scored, groups.anchor_blocks(), threads):
        totals[own] += total
    return float(totals @ _anchor_weights(groups)) / len(groups.points)


def _anchor_weights(groups: GroupedMeans) -> Float[np.ndarray, " c"]:
    """Number of images of its class that each counted anchor represents."""
    return np.divide(groups.sizes, groups.anchors, out=np.zeros(len(groups.sizes)), where=groups.anchors > 0)


def kl_per_latent(means: Float[np.ndarray, "n d"], log_vars: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """KL divergence of each latent's posterior from the standard normal prior, in nats, averaged over images.

    (mean² + variance - 1 - log variance) / 2 (Kingma and Welling 2013, appendix B); their sum is the KL term.

    Raises:
        InputError: the shapes differ, a value is not finite, or a variance overflows.
    """
    mu = checked_means(means)
    log_var = checked_means(log_vars, "log_vars")
    if mu.shape != log_var.shape:
        raise InputError(f"means {mu.shape} and log_vars {log_var.shape}: they must have one shape")
    if log_var.max() > 700:
        raise InputError(f"log_vars: {log_var.max():g} is not possible; it must be at most 700: the variance overflows")
    # expm1 keeps what is left of variance - 1 - log variance where the posterior is close to the prior
    return np.mean(mu**2 + (np.expm1(log_var) - log_var), axis=0) / 2


def active_units(means: Float[np.ndarray, "n d"], threshold: float = 0.01) -> int:
    """Number of latents whose posterior mean has a variance over the images (divided by n) above `threshold`.

    From Burda, Grosse and Salakhutdinov 2016, Importance Weighted Autoencoders, section 5.2, with their threshold.

    Raises:
        InputError: means that don't fit, or a threshold that is negative or not finite.
    """
    require_real("threshold", threshold, 0)
    return int((checked_means(means).var(axis=0) > threshold).sum())
