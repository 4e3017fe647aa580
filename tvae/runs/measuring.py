"""Expected time of measuring a trained run, and progress while it is measured."""

from __future__ import annotations

from collections.abc import Callable

from tvae.metrics.anchor_sample import EXACT_TO, SAMPLED_ANCHORS

SECONDS = {
    "encoding": 0.4,
    "triplets": 2.6,
    "retrieval": 1.1,
    "neighbours": 1.0,
    "silhouette": 0.6,
    "curve": 3.0,
    "gaps": 3.0,
}
"""Seconds of each part for one arm on `IMAGES` images, on two cores. All but the first compare all pairs of images, or
a sample with all images."""
IMAGES = 10_000
FIXED_SECONDS = 1.5
"""Seconds on few images: compiled code is loaded and files are written."""


def expected_seconds(n: int, arms: int) -> float:
    """About how long it takes to measure this many arms on n images, on a machine as that of `SECONDS`.

    Of many images a sample is compared with all of them.
    """
    counted = n if n <= EXACT_TO else SAMPLED_ANCHORS
    return FIXED_SECONDS + arms * sum(SECONDS.values()) * (n / IMAGES) * (counted / IMAGES)


OF_LABELS = ("triplets", "retrieval", "neighbours", "silhouette")
"""Parts that an arm of another notion of similarity than the run's has a second time."""


OF_VALIDATION = ("encoding", "curve")
"""Parts that a run's arms have a second time, on its validation split."""


class MeasuringProgress:
    """Counts the parts that are done."""

    def __init__(
        self, arms: int, on_share: Callable[[float], None], *, own_notions: int = 0, validation: bool = False
    ) -> None:
        """
        Args:
            on_share: called now and after each part, with the share of the work that is done, from 0 to 1.
            own_notions: number of arms that are measured by a notion of their own too.
            validation: whether the arms are measured on a validation split too.
        """
        self._all = arms * sum(SECONDS.values()) + own_notions * sum(SECONDS[part] for part in OF_LABELS)
        if validation:
            self._all += arms * sum(SECONDS[part] for part in OF_VALIDATION)
        self._on_share = on_share
        self._seconds = 0.0
        on_share(0.0)

    def done(self, part: str) -> None:
        """Count a part of one arm (a key of `SECONDS`)."""
        self._seconds += SECONDS[part]
        self._on_share(min(1.0, self._seconds / self._all))
