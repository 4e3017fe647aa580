"""Whether figures of several seeds differ beyond the noise of the seeds: t tests."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

LEAST_SEEDS = 3
"""Seeds that it takes on each side before two figures are said to differ."""
LEVEL = 0.05
"""A difference is beyond the noise where the t test over seeds has a p below this."""


def beyond_noise(before: Sequence[float], after: Sequence[float], *, paired: bool) -> bool:
    """Whether the means differ beyond the noise of the seeds; False where a side has fewer than `LEAST_SEEDS`.

    Args:
        paired: the values stand in the order of the same seeds: then Student's t test of pairs, else Welch's.
    """
    if min(len(before), len(after)) < LEAST_SEEDS:
        return False
    from scipy import stats

    with warnings.catch_warnings():  # values that are all equal, whose p is 0 or not a number
        warnings.simplefilter("ignore", RuntimeWarning)
        test: Any = stats.ttest_rel(before, after) if paired else stats.ttest_ind(before, after, equal_var=False)
    return bool(test.pvalue < LEVEL)
