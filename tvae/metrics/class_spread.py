"""Spread of latent means within and between classes: KL, dimensions, images at a wrong centre.

The mean squared distance of the means from the prior's centre is exactly between + within + offset (the analysis of
variance), and half of it is the part of the KL that the means cost; the rest of the KL is that of the variances, the
price of clouds narrower than the prior's:

    KL = 1/2 E|μ|² + 1/2 E Σ (σ² - 1 - log σ²) = 1/2 (between + within + offset) + narrowness
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tvae.metrics.grouped_means import checked_labels, checked_means


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassSpread:
    """Spread of one arm's means between and within classes; squared distances are Euclidean, summed over latents."""

    between: float
    """Mean over the images of the squared distance from the centre of the image's class to the centre of all."""
    within: float
    """Mean squared distance of an image's mean from the centre of its class."""
    offset: float
    """Squared distance of the centre of all means from 0, the prior's centre."""
    dimensions: float
    """Effective number of dimensions in which means spread within classes: (Σ λ)² / Σ λ² of the eigenvalues λ of their
    covariance, the participation ratio; 1 where all lie on lines in one direction, d where all directions are alike."""
    wrong: Bool[np.ndarray, " n"]
    """Whether the centre of another class is nearer to each image than that of its own."""

    @property
    def kl_of_classes(self) -> float:
        """KL in nats that it costs that the classes lie apart."""
        return self.between / 2

    @property
    def kl_of_style(self) -> float:
        """KL in nats that it costs that images lie apart within their classes."""
        return self.within / 2

    def kl_of_rest(self, kl: float) -> float:
        """What is left of a whole KL in nats: clouds narrower than the prior's, and the centre's offset (next to 0)."""
        return kl - self.kl_of_classes - self.kl_of_style


def class_spread(means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"]) -> ClassSpread:
    """Measure how means spread between and within classes.

    Raises:
        InputError: shapes that don't fit, means that are not finite, labels that are not whole numbers.
    """
    from sklearn.metrics import pairwise_distances_argmin  # takes half a second to import

    points = checked_means(means)
    _, classes, sizes = np.unique(checked_labels(labels, len(points)), return_inverse=True, return_counts=True)
    centres = np.zeros((len(sizes), points.shape[1]))
    np.add.at(centres, classes, points)
    centres /= sizes[:, None]
    centre = points.mean(axis=0)
    style = points - centres[classes]
    covariance = style.T @ style / len(points)
    power = float(np.sum(covariance**2))
    return ClassSpread(
        between=float(sizes @ np.sum((centres - centre) ** 2, axis=1)) / len(points),
        within=float(np.trace(covariance)),
        offset=float(centre @ centre),
        dimensions=float(np.trace(covariance)) ** 2 / power if power > 0 else 0.0,
        wrong=pairwise_distances_argmin(points, centres) != classes,
    )
