"""Whether labels allow triplet metrics to be measured; metrics as text."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

NOT_MEASURABLE = "not measurable"
"""Text in place of a metric that is None in metrics.json: the split has no triplet."""


def has_triplet(labels: Int[np.ndarray, " n"]) -> bool:
    """Whether labels allow a triplet: there are two classes, and one of them has two members."""
    sizes = np.unique(labels, return_counts=True)[1]
    return len(sizes) > 1 and bool(sizes.max() > 1)


def measurability_note(labels: Int[np.ndarray, " n"]) -> str:
    """Note before training on a test split whose labels allow no triplet; empty where they allow one."""
    if has_triplet(labels):
        return ""
    return (
        f"test split: the labels of its {len(labels):,} images allow no triplet (they need two classes, and two images "
        f"of one), so what rests on labels will be {NOT_MEASURABLE}"
    )


def percent_text(share: float | None) -> str:
    """A fraction as a percentage to two decimals."""
    return NOT_MEASURABLE if share is None else f"{100 * share:.2f} %"


def number_text(value: float | None, digits: int = 4) -> str:
    """A number to so many decimals, thousands grouped."""
    return NOT_MEASURABLE if value is None else f"{value:,.{digits}f}"
