"""scikit-learn's bundled 8x8 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int64

from tvae.data.split import Dataset, Split

TRAIN_SIZE = 1_438
"""Images in the training split."""
_TEST_SHARE = 0.2
_SEED = 0


def digits() -> Dataset:
    """The digits; a fifth of each class, always the same images, is the test split."""
    import sklearn
    from sklearn.datasets import load_digits

    bundled: Any = load_digits()  # a Bunch: a dictionary with attributes
    # 17 grey levels, 0 to 16, stretched to the whole range of a byte: 16 becomes 255.
    images = np.rint(bundled.images * (255 / 16)).astype(np.uint8)
    labels = bundled.target.astype(np.int64)
    class_names = tuple(str(name) for name in bundled.target_names)
    test = stratified_rows(labels)
    train = np.setdiff1d(np.arange(len(labels)), test)
    return Dataset(
        name="digits",
        train=Split("train", images[train], labels[train], class_names),
        test=Split("test", images[test], labels[test], class_names),
        class_names=class_names,
        source=f"bundled with scikit-learn {sklearn.__version__},"
        f" split by class into {len(train):,} training and {len(test):,} test images",
    )


def stratified_rows(labels: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """Rows of the test split in ascending order: of each class the same share, drawn with a fixed seed."""
    generator = np.random.default_rng(_SEED)
    test_rows = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        test_rows.append(generator.permutation(rows)[: round(_TEST_SHARE * len(rows))])
    return np.sort(np.concatenate(test_rows))
