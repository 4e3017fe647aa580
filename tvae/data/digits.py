"""scikit-learn's bundled 8x8 digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tvae.data.split import Dataset, Split
from tvae.data.stratified import stratified_rows

TRAIN_SIZE, TEST_SIZE = 1_438, 359
"""Images in each split."""
IMAGE_SHAPE = (8, 8, 1)
"""Height, width and channels."""
_TEST_SHARE = 0.2


def digits() -> Dataset:
    """The digits; a fifth of each class, always the same images, is the test split."""
    import sklearn
    from sklearn.datasets import load_digits

    bundled: Any = load_digits()  # a Bunch: a dictionary with attributes
    # 17 grey levels, 0 to 16, stretched to the whole range of a byte: 16 becomes 255.
    images = np.rint(bundled.images * (255 / 16)).astype(np.uint8)[..., None]
    labels = bundled.target.astype(np.int64)
    class_names = tuple(str(name) for name in bundled.target_names)
    test = stratified_rows(labels, _TEST_SHARE)
    train = np.setdiff1d(np.arange(len(labels)), test)
    return Dataset(
        name="digits",
        train=Split("train", images[train], labels[train], class_names),
        test=Split("test", images[test], labels[test], class_names),
        class_names=class_names,
        source=f"bundled with scikit-learn {sklearn.__version__},"
        f" split by class into {len(train):,} training and {len(test):,} test images",
    )
