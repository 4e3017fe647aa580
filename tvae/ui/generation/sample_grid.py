"""Samples of an arm, as a grid."""

from __future__ import annotations

import numpy as np

from tvae.figures.image_grid import GridRow, wrapped_rows

ACROSS = 6


def sample_grid(
    images: np.ndarray, predicted_classes: np.ndarray | None, names: tuple[str, ...], requested_class: int | None
) -> list[GridRow]:
    """Rows of six samples; under each its predicted class, marked where that is not the requested one."""
    under = [
        names[label] if requested_class in (None, label) else f"looks {names[label]}"
        for label in (() if predicted_classes is None else predicted_classes)
    ]
    return wrapped_rows(images, under, ACROSS)
