"""Hold triplets out of training: a share of the triplets, and all that touch some images."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int8, Int32, Int64

TRAINED_ON, HELD_OUT_BY_TRIPLET, HELD_OUT_BY_IMAGE = 0, 1, 2
SHARE = 0.1
"""Share of the distinct triplets that is held out, in each of the two ways."""


def parts_of(triplets: Int32[np.ndarray, "d 3"]) -> Int8[np.ndarray, " d"]:
    """Part of each distinct triplet; the same triplets give the same parts, whatever the seed of a run.

    By image: images in a random order, until a tenth of the triplets touch one of them; an image that would take more
    is passed over. None of these images is in a triplet that is trained on. By triplet: a tenth, drawn from the others.
    The triplets of the same three images are answers to one question, or to its reverse, and go together.
    """
    groups = _groups(triplets)
    parts = np.full(len(triplets), TRAINED_ON, np.int8)
    generator = np.random.default_rng(0)
    most = round(SHARE * len(triplets))
    parts[_touching(triplets, most, generator)] = HELD_OUT_BY_IMAGE
    open_groups = np.unique(groups[parts == TRAINED_ON])
    count = min(round(SHARE * (int(groups.max()) + 1)), len(open_groups) - 1)
    if count > 0:
        parts[np.isin(groups, generator.choice(open_groups, count, replace=False))] = HELD_OUT_BY_TRIPLET
    return parts


def _groups(triplets: Int32[np.ndarray, "d 3"]) -> Int64[np.ndarray, " d"]:
    """Number of the set of three images that each triplet is of."""
    images = np.sort(triplets, axis=1)
    order = np.lexsort(images.T[::-1])
    ordered = images[order]
    groups = np.empty(len(triplets), np.int64)
    groups[order] = np.cumsum(np.r_[False, (ordered[1:] != ordered[:-1]).any(axis=1)])
    return groups


def _touching(triplets: Int32[np.ndarray, "d 3"], most: int, generator: np.random.Generator) -> Int64[np.ndarray, " m"]:
    """Numbers of the triplets that touch one of some random images: at most `most`, and nearly so many if possible."""
    by_image = np.argsort(triplets, axis=None, kind="stable")
    images, starts = np.unique(triplets.reshape(-1)[by_image], return_index=True)
    ends = np.r_[starts[1:], triplets.size]
    is_held_out, count = np.zeros(len(triplets), bool), 0
    for place in generator.permutation(len(images)):
        if count >= most - most // 20:  # the last few would take a look at every image
            break
        touching = by_image[starts[place] : ends[place]] // 3
        new = touching[~is_held_out[touching]]
        if count + len(new) <= most:
            is_held_out[new] = True
            count += len(new)
    return np.flatnonzero(is_held_out)
