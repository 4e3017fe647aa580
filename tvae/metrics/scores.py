"""k-NN accuracy, retrieval, silhouette, KL per latent, active units.

    knn_accuracy(means, labels, k)                      vote of the nearest others of the same split -> float
    knn_accuracy_from(means, labels, queries,           vote of the nearest images of another split -> float
                      query_labels, k)
    retrieval(means, labels)                            R-precision and MAP@R within one split -> Retrieval
    silhouette(means, labels)                           exact mean silhouette -> float
    squared_error(images, reconstructions)              squared L2 -> SquaredError
    kl_per_latent(means, log_vars)                      nats, one number a latent -> (d,)
    active_units(means)                                 how many latents carry something -> int
    elbo_terms(reconstruction, means, log_vars)         both terms of the negative ELBO -> ElboTerms

(`triplet_accuracy`, `triplet_curve` and `triplet_search` beside this file have all that is about triplets.)

Distances are Euclidean between means, exact in float64, the same as those of triplet accuracy. Everything here visits
each pair of points once: work grows with n², memory with n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError
from tvae.metrics.grouped_means import AnchorBlock, checked_labels, checked_means, grouped_by_class, over_blocks

_BLOCK = 64  # queries a task
_MOST_NEIGHBOURS = 1_000


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """Leave-one-out retrieval within one split, R being the number of other images of the query's class."""

    r_precision: float
    """Share of the R nearest images that have the query's class, averaged over queries."""
    map_at_r: float
    """Mean average precision at R: (1/R) sum over ranks i <= R of precision(i) where image i is right, averaged so."""
    n_queries: int
    n_left_out: int
    """Images alone in their class, which have nothing to find."""


@dataclass(frozen=True, kw_only=True)
class SquaredError:
    """Squared L2 distance between images and their reconstructions."""

    per_image: Float[np.ndarray, " n"]
    """Summed over an image's pixels: the reconstruction term of the paper's loss."""
    mean: float
    """Average of `per_image` over images."""
    per_pixel: float
    """Average over images and pixels: `mean` over the number of pixels."""


@dataclass(frozen=True, kw_only=True)
class ElboTerms:
    """The negative evidence lower bound of a set of images, averaged over images."""

    reconstruction: float
    """Expected reconstruction term."""
    kl: float
    """KL divergence to the prior in nats, summed over latents."""
    negative_elbo: float
    """Their sum. With squared L2 it is so up to a constant: -log p(x|z) under a Gaussian of variance 1/2 on each pixel
    is the squared L2 distance + (pixels / 2) log(pi)."""


def knn_accuracy(means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], k: int, *, threads: int = 1) -> float:
    """Share of images whose class wins the vote of their k nearest others in the same split, averaged over images.

    A tied vote goes to the class, among those tied, of the nearest neighbour; equal distances go to the lower row.
    Raises InputError for shapes that don't fit and for k below 1 or above n - 1 (or 1,000).
    """
    points = checked_means(means)
    labels = checked_labels(labels, len(points))
    return _vote_accuracy(points, labels, points, labels, k, True, threads)


def knn_accuracy_from(
    means: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    queries: Float[np.ndarray, "q d"],
    query_labels: Int[np.ndarray, " q"],
    k: int,
    *,
    threads: int = 1,
) -> float:
    """Share of queries whose class wins the vote of their k nearest `means`, averaged over queries.

    As a rule `means` are those of the training split and `queries` those of the test split. Ties go as in
    `knn_accuracy`. Raises InputError for shapes that don't fit and for k below 1 or above n (or 1,000).
    """
    points = checked_means(means)
    labels = checked_labels(labels, len(points))
    asked = checked_means(queries, "queries")
    truth = checked_labels(query_labels, len(asked), "query labels")
    if asked.shape[1] != points.shape[1]:
        raise InputError(f"queries: {asked.shape[1]} latents are not possible; the means have {points.shape[1]}")
    return _vote_accuracy(points, labels, asked, truth, k, False, threads)


def retrieval(means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], *, threads: int = 1) -> Retrieval:
    """R-precision and MAP@R with every image as the query among all others, averaged over queries.

    From Musgrave, Belongie and Lim 2020, A Metric Learning Reality Check, section 3.2. At equal distance an image of
    another class counts as the nearer, so a collapsed space scores 0. Raises InputError for shapes that don't fit and
    where no class has two members.
    """
    groups = grouped_by_class(means, labels)
    if groups.n_anchors == 0:
        raise InputError("labels: no class has two members, so there is nothing to retrieve")
    from tvae.metrics.kernels.retrieval import retrieval_scores

    def scored(block: AnchorBlock) -> tuple[float, float]:
        precision = np.empty(block.last - block.first)
        average_precision = np.empty(block.last - block.first)
        retrieval_scores(groups.columns, groups.points, groups.starts, *block, precision, average_precision)
        return float(precision.sum()), float(average_precision.sum())

    totals = np.array(list(over_blocks(scored, groups.anchor_blocks(), threads))).sum(axis=0)
    return Retrieval(
        r_precision=float(totals[0] / groups.n_anchors),
        map_at_r=float(totals[1] / groups.n_anchors),
        n_queries=groups.n_anchors,
        n_left_out=groups.n_left_out,
    )


def silhouette(means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], *, threads: int = 1) -> Silhouette:
    """Silhouette of the classes in latent space, exact over all images of the split (no sample).

    For each image a is its mean distance to the others of its class, b the least over other classes of its mean
    distance to them; 0 for an image alone in its class and where a = b = 0 (Rousseeuw 1987). Raises InputError for
    shapes that don't fit and for fewer than two classes.
    """
    groups = grouped_by_class(means, labels)
    if len(groups.classes) < 2:
        raise InputError("labels: only one class; a silhouette needs at least two")
    from tvae.metrics.kernels.distances import distance_rows

    def scored(block: AnchorBlock) -> float:
        rows = np.empty((block.last - block.first, len(groups.points)))
        distance_rows(groups.columns, groups.points[block.first : block.last], rows)
        totals = np.add.reduceat(rows, groups.starts[:-1], axis=1)  # (b, c)
        inside = totals[:, block.own] / (groups.sizes[block.own] - 1)
        outside = totals / groups.sizes
        outside[:, block.own] = np.inf
        nearest = outside.min(axis=1)
        larger = np.maximum(inside, nearest)
        return float(np.divide(nearest - inside, larger, out=np.zeros(len(rows)), where=larger > 0).sum())

    return sum(over_blocks(scored, groups.anchor_blocks(), threads)) / len(groups.points)


def squared_error(images: Float[np.ndarray, "n ..."], reconstructions: Float[np.ndarray, "n ..."]) -> SquaredError:
    """Squared L2 distance between images and reconstructions, both in [0, 1], averaged over images.

    Raises InputError where the shapes differ, there is no image, or a value is not finite.
    """
    x, y = np.asarray(images), np.asarray(reconstructions)
    if x.shape != y.shape or x.size == 0:
        raise InputError(f"images {x.shape} and reconstructions {y.shape}: they must have one shape and hold something")
    if x.dtype.kind != "f" or y.dtype.kind != "f":
        raise InputError(f"images {x.dtype} and reconstructions {y.dtype}: both must be real numbers from 0 to 1")
    per_image = np.empty(len(x))
    for start in range(0, len(x), 1_024):  # in pieces, so that float64 copies stay small
        piece = slice(start, start + 1_024)
        difference = np.subtract(x[piece], y[piece], dtype=np.float64).reshape(len(x[piece]), -1)
        per_image[piece] = np.einsum("ij,ij->i", difference, difference)
    if not np.all(np.isfinite(per_image)):
        raise InputError(f"image {int(np.flatnonzero(~np.isfinite(per_image))[0])}: every pixel must be finite")
    mean = float(per_image.mean())
    return SquaredError(per_image=per_image, mean=mean, per_pixel=mean * len(x) / x.size)


def kl_per_latent(means: Float[np.ndarray, "n d"], log_vars: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """KL divergence of each latent's posterior from the standard normal prior, in nats, averaged over images.

    (mean² + variance - 1 - log variance) / 2 (Kingma and Welling 2013, appendix B); their sum is the KL term. Raises
    InputError where the shapes differ, a value is not finite, or a variance overflows.
    """
    mu = checked_means(means)
    log_var = checked_means(log_vars, "log_vars")
    if mu.shape != log_var.shape:
        raise InputError(f"means {mu.shape} and log_vars {log_var.shape}: they must have one shape")
    if log_var.max() > 700:
        raise InputError(f"log_vars: {log_var.max():g} is not possible; beyond 700 the variance overflows")
    # expm1 keeps what is left of variance - 1 - log variance where the posterior is close to the prior
    return np.mean(mu**2 + (np.expm1(log_var) - log_var), axis=0) / 2


def active_units(means: Float[np.ndarray, "n d"], threshold: float = 0.01) -> int:
    """Number of latents whose posterior mean has a variance over the images (divided by n) above `threshold`.

    From Burda, Grosse and Salakhutdinov 2016, Importance Weighted Autoencoders, section 5.2, with their threshold.
    Raises InputError for means that don't fit.
    """
    return int((checked_means(means).var(axis=0) > threshold).sum())


def elbo_terms(
    reconstruction: Float[np.ndarray, " n"], means: Float[np.ndarray, "n d"], log_vars: Float[np.ndarray, "n d"]
) -> ElboTerms:
    """Both terms of the negative ELBO, unweighted, averaged over images.

    `reconstruction` is the term of each image, summed over its pixels: `squared_error(...).per_image`, or a Bernoulli
    cross-entropy in nats. Raises InputError where shapes differ or a value is not finite.
    """
    per_image = np.asarray(reconstruction, np.float64)
    kl = float(kl_per_latent(means, log_vars).sum())
    if per_image.shape != (len(means),) or not np.all(np.isfinite(per_image)):
        raise InputError(f"reconstruction: it must be {len(means)} finite numbers, one for each image")
    mean = float(per_image.mean())
    return ElboTerms(reconstruction=mean, kl=kl, negative_elbo=mean + kl)


def _vote_accuracy(
    points: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, " n"],
    queries: Float[np.ndarray, "q d"],
    truth: Int[np.ndarray, " q"],
    k: int,
    left_out: bool,
    threads: int,
) -> float:
    """Accuracy of the vote; with `left_out`, query i is point i and does not vote on itself."""
    most = min(len(points) - left_out, _MOST_NEIGHBOURS)
    if not 1 <= k <= most:
        raise InputError(f"k: {k} is not possible; it must be from 1 to {most}")
    from tvae.metrics.kernels.retrieval import nearest_points

    columns = np.ascontiguousarray(points.T)

    def right(first: int) -> int:
        last = min(first + _BLOCK, len(queries))
        nearest = np.empty((last - first, k), np.int64)
        nearest_points(columns, queries, first, left_out, nearest, np.empty((last - first, k)))
        votes = labels[nearest]
        counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)  # votes for the class of each neighbour
        winner = votes[np.arange(len(votes)), counts.argmax(axis=1)]  # the first of the most: the nearest breaks ties
        return int((winner == truth[first:last]).sum())

    return sum(over_blocks(right, range(0, len(queries), _BLOCK), threads)) / len(queries)
