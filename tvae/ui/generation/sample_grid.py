"""Samples of an arm, as a grid."""

from __future__ import annotations

import numpy as np

from tvae.figures.image_grid import GridRow

ACROSS = 6


def sample_grid(
    images: np.ndarray, predicted_classes: np.ndarray | None, names: tuple[str, ...], requested_class: int | None
) -> list[GridRow]:
    """The samples, six to a row; under each the class that the classifier names, marked where another was asked for."""
    rows = []
    blank = np.zeros((-len(images) % ACROSS, *images.shape[1:]), np.uint8)
    padded = np.concatenate([images, blank])
    for start in range(0, len(padded), ACROSS):
        under: list[str] = []
        if predicted_classes is not None:
            labels = predicted_classes[start : start + ACROSS][: max(0, len(images) - start)]
            under = [
                f"{names[label][:7]}" if requested_class in (None, label) else f"looks {names[label][:5]}"
                for label in labels
            ]
        rows.append(GridRow(label="", colour="#888888", images=padded[start : start + ACROSS], under=under))
    return rows
