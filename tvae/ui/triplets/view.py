"""TripletView: run, encoding, curves, margin, two arms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from tvae.metrics.anchor_sample import counted_triplets
from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import CurvePoint, TripletCurve
from tvae.model.encoding import LatentSpaces
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.ui import cached, measured
from tvae.ui.style.captions import measured_on


@dataclass(frozen=True, kw_only=True)
class TripletView:
    """The run, curves, margin and arms that the page shows."""

    run: Shown
    encoding: LatentSpaces
    curves: dict[str, TripletCurve]
    """Triplet curve of every arm."""
    margin: float
    arms: list[str]
    """The one or two arms that are shown in detail."""

    @property
    def counted(self) -> str:
        """Words for the triplets that accuracies were counted over: all, or all of a sample of anchors."""
        curve = next(iter(self.curves.values()))
        return counted_triplets(curve.n_triplets, curve.sample)

    @property
    def is_sample(self) -> bool:
        """Whether the accuracies are of a sample of anchors."""
        return next(iter(self.curves.values())).sample is not None

    @property
    def longest(self) -> float:
        """Largest margin of the curves."""
        return max(float(curve.margins[-1]) for curve in self.curves.values())

    @property
    def seed(self) -> int:
        """Seed of a sampled estimate: of the training, 0 of embeddings from elsewhere."""
        return self.run.config.train.seed if isinstance(self.run, Run) else 0

    @property
    def source(self) -> str:
        """Data and run that the page's numbers were measured on, as Markdown."""
        return measured_on(self.run, self.encoding)

    def means(self, arm: str) -> Float32[np.ndarray, "n latent"]:
        """Latent mean of every image of the split, in this arm."""
        return self.encoding.arms[arm].means

    def score(self, arm: str) -> CurvePoint:
        """An arm's score at the margin: from its curve, or counted where the margin lies beyond the curve."""
        curve = self.curves[arm]
        if self.margin <= curve.margins[-1]:
            return curve.at(self.margin)
        counted = cached.counted_accuracy(self.encoding.arms[arm], self.encoding.labels, self.margin)
        return CurvePoint(
            margin=self.margin,
            accuracy=float(counted.accuracy[0]),
            balanced_accuracy=float(counted.balanced_accuracy[0]),
            standard_error=float(counted.standard_error[0]),
            balanced_standard_error=float(counted.balanced_standard_error[0]),
            mean_violation=float(counted.mean_violation[0]),
            interpolated=False,
            error_bound=0.0,
            balanced_error_bound=0.0,
        )

    def gaps(self, arm: str) -> GapHistogram:
        """Histogram of the gaps of an arm's triplets, from the run's folder or counted now."""
        return measured.gaps(self.run, self.encoding)[arm]
