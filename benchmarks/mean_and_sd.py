"""Writes a mean and standard deviation over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mean_and_sd(values: Sequence[float], form: str) -> str:
    """Text of a mean ± sample standard deviation in the format `form`; of one value, the value alone."""
    spread = f" ± {np.std(values, ddof=1):{form}}" if len(values) > 1 else ""
    return f"{np.mean(values):{form}}{spread}"
