"""TripletView: run, encoding, curves, margin, two arms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import CurvePoint, TripletCurve
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.style.captions import measured_on


@dataclass(frozen=True, kw_only=True)
class TripletView:
    """One state of the page."""

    run: Run
    encoding: Encoding
    curves: dict[str, TripletCurve]
    """Of every arm."""
    margin: float
    arms: list[str]
    """One or two arms that are looked at closely."""

    @property
    def source(self) -> str:
        """What every number here was measured on."""
        return measured_on(self.run, self.encoding)

    def means(self, arm: str) -> Float32[np.ndarray, "n latent"]:
        """Of every image of the split."""
        return self.encoding.arms[arm].means

    def score(self, arm: str) -> CurvePoint:
        """An arm at the margin: from its curve, or counted where the margin lies beyond it."""
        curve = self.curves[arm]
        if self.margin <= curve.margins[-1]:
            return curve.at(self.margin)
        counted = cached.counted_accuracy(self.encoding.arms[arm], self.encoding.labels, self.margin)
        return CurvePoint(
            margin=self.margin,
            accuracy=float(counted.accuracy[0]),
            mean_violation=float(counted.mean_violation[0]),
            interpolated=False,
        )

    def gaps(self, arm: str) -> GapHistogram:
        """How the gaps of an arm's triplets are spread: as its run keeps it, or counted now."""
        kept = cached.gaps(self.run)
        if kept is not None:
            return kept[arm]
        return cached.counted_gaps(self.encoding.arms[arm], self.encoding.labels)


def curves_of(run: Run, encoding: Encoding) -> dict[str, TripletCurve]:
    """Each arm's curve: as its run keeps it, or counted now."""
    kept = cached.curves(run)
    if kept is not None:
        return kept
    return {name: cached.counted_curve(arm, encoding.labels) for name, arm in encoding.arms.items()}
