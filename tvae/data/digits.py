"""scikit-learn's bundled 8x8 digits, with their class and the slant of their strokes."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from tvae.data.split import CLASS, Dataset, Notion, Split
from tvae.data.stratified import stratified_rows

TRAIN_SIZE, TEST_SIZE = 1_438, 359
"""Images in each split."""
IMAGE_SHAPE = (8, 8, 1)
"""Height, width and channels."""
SLANT = "slant"
SLANT_NAMES = ("left third", "middle third", "right third")
"""Classes by slant: thirds of the training images, from those that lean most to the left."""
_TEST_SHARE = 0.2


def digits() -> Dataset:
    """The digits by class and by slant; a fifth of each class, always the same images, is the test split."""
    import sklearn
    from sklearn.datasets import load_digits

    bundled: Any = load_digits()  # a Bunch: a dictionary with attributes
    # 17 grey levels, 0 to 16, stretched to the whole range of a byte: 16 becomes 255.
    images = np.rint(bundled.images * (255 / 16)).astype(np.uint8)[..., None]
    labels = bundled.target.astype(np.int64)
    class_names = tuple(str(name) for name in bundled.target_names)
    test = stratified_rows(labels, _TEST_SHARE)
    train = np.setdiff1d(np.arange(len(labels)), test)
    slants = slant(images[..., 0])
    thirds = np.searchsorted(np.quantile(slants[train], (1 / 3, 2 / 3)), slants, side="right")
    notions = {CLASS: Notion(labels, class_names), SLANT: Notion(thirds, SLANT_NAMES)}
    whole = Split("train", images, labels, class_names, CLASS, notions)
    return Dataset(
        name="digits",
        train=whole.part("train", train),
        test=whole.part("test", test),
        class_names=class_names,
        source=f"bundled with scikit-learn {sklearn.__version__},"
        f" split by class into {len(train):,} training and {len(test):,} test images",
    )


def slant(images: UInt8[np.ndarray, "n height width"]) -> Float64[np.ndarray, " n"]:
    """Angle in radians by which the strokes of each image lean to the right of upright, from its moments.

    Its tangent is -mu11 / mu02, where mu11 and mu02 are the central moments of the ink, x to the right and y down
    (Castro et al. 2019, Morpho-MNIST, there of a binary image). An image without height has slant 0.
    """
    ink = images.astype(np.float64)
    rows, columns = np.arange(ink.shape[1])[:, None], np.arange(ink.shape[2])
    mass = np.maximum(ink.sum(axis=(1, 2), keepdims=True), 1.0)
    y = rows - (ink * rows).sum(axis=(1, 2), keepdims=True) / mass  # (n, height, 1)
    x = columns - (ink * columns).sum(axis=(1, 2), keepdims=True) / mass  # (n, 1, width)
    mu11, mu02 = (ink * x * y).sum(axis=(1, 2)), (ink * y * y).sum(axis=(1, 2))
    return np.arctan2(-mu11, np.where(mu02 > 0, mu02, 1.0))
