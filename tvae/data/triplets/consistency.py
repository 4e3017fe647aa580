"""Contradictions and cycles among triplets: answers that no distance between images can all fulfil."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """Counts of the contradictions and cycles among distinct triplets."""

    contradictions: int
    """Pairs of triplets that say the opposite: (a, p, n) and (a, n, p)."""
    cycles: int
    """Groups of three or more distances, each of which would have to be smaller than the next, round in a circle."""
    impossible: int
    """Distinct triplets that take part in a contradiction or a cycle."""


def consistency(distinct: Int32[np.ndarray, "d 3"]) -> Consistency:
    """Count contradictions and cycles among distinct triplets.

    A triplet says D(a, p) < D(a, n): an edge from the pair {a, p} to the pair {a, n}. As a distance is symmetric, a
    cycle may lead over several anchors; those of a single anchor are among them. What lies in a strongly connected
    component of more than one pair can't all be true. A component counts once, however many circles it has inside.
    """
    from scipy.sparse import coo_array  # their import takes a fifth of a second
    from scipy.sparse.csgraph import connected_components

    anchor, positive, negative = distinct.astype(np.int64).T
    count = int(distinct.max()) + 1
    pairs = np.concatenate([_pair(anchor, positive, count), _pair(anchor, negative, count)])
    names, codes = np.unique(pairs, return_inverse=True)
    nearer, farther = codes[: len(distinct)], codes[len(distinct) :]
    edges = coo_array((np.ones(len(distinct), np.int8), (nearer, farther)), shape=(len(names), len(names)))
    components = connected_components(edges.tocsr(), directed=True, connection="strong")[1]
    sizes = np.bincount(components)
    # Between two pairs of images there is at most one anchor, the image that they share.
    edge_codes = nearer * len(names) + farther
    contradicted = np.isin(edge_codes, farther * len(names) + nearer)
    return Consistency(
        contradictions=int(contradicted.sum()) // 2,
        cycles=int((sizes > 2).sum()),
        impossible=int((components[nearer] == components[farther]).sum()),
    )


def _pair(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    return np.minimum(first, second) * count + np.maximum(first, second)
