"""A data set in colour: scikit-learn's digits, tinted by class and enlarged."""

from __future__ import annotations

import colorsys

import numpy as np

from tvae.data import Dataset, Split, load_dataset


def coloured_digits(side: int = 8, n_train: int = 200, n_test: int = 100) -> Dataset:
    """The first digits of each split, `side` a multiple of 8: a hue for each class, on a ground of the opposite hue."""
    digits = load_dataset("digits")
    train, test = (_coloured(split, side, n) for split, n in ((digits.train, n_train), (digits.test, n_test)))
    return Dataset("digits", train, test, digits.class_names, "digits, tinted")


def _coloured(split: Split, side: int, n: int) -> Split:
    labels = split.labels[:n]
    hues = [label / len(split.class_names) for label in range(len(split.class_names))]
    tints = np.array([colorsys.hsv_to_rgb(hue, 0.8, 1) for hue in hues])[labels]  # (n, 3)
    grounds = np.array([colorsys.hsv_to_rgb((hue + 0.5) % 1, 0.6, 0.5) for hue in hues])[labels]
    ink = split.images[:n].repeat(side // 8, axis=1).repeat(side // 8, axis=2) / 255  # (n, side, side, 1)
    images = ink * tints[:, None, None] + (1 - ink) * grounds[:, None, None]
    return Split(split.name, np.rint(255 * images).astype(np.uint8), labels, split.class_names)
