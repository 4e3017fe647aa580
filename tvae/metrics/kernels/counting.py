"""numba: satisfied triplets at given margins.

Every loop works on points sorted by class (see `grouped_means`), so each class is one range of rows: class c
owns the rows `starts[c]` to `starts[c + 1]`. The loops release the interpreter's lock, so threads may run them at the
same time on different anchors.
"""

from __future__ import annotations

import numpy as np

from tvae.metrics.kernels.distances import ANCHORS_AT_ONCE, compile_kernel, distance_rows
from tvae.metrics.kernels.sorting import bucket_edges, bucket_of, copy_positives, fill_turns, sort_distances


@compile_kernel
def _shift(ordered, margin, scale, edges, thresholds):
    """Fill `thresholds` with the values of `ordered` plus the margin, and `edges` with the starts of their buckets.

    Returns the least threshold.
    """
    n_buckets = edges.shape[0] - 1
    edges[:] = 0
    for i in range(ordered.shape[0] - 1):
        thresholds[i] = ordered[i] + margin
        edges[bucket_of(thresholds[i], thresholds[0], scale, n_buckets) + 1] += 1
    thresholds[ordered.shape[0] - 1] = np.inf
    for b in range(n_buckets):
        edges[b + 1] += edges[b]
    return thresholds[0]


@compile_kernel
def count_satisfied(columns, points, starts, own, first, last, margins, by_class, satisfied, violation):
    """Count satisfied triplets of the anchors first..last-1, all of class `own`, at each margin; returns the gap sum.

    Adds to satisfied (last - first or n_classes, n_margins) int64, by anchor or, with `by_class`, by the negative's
    class; and, unless `by_class`, to violation (n_margins,) the anchors' mean hinges. The returned number adds up the
    anchors' mean of D(a, n) less their mean of D(a, p).

    The thresholds D(a, p) + m are sorted; each negative counts those that are at most its own distance.
    """
    n_points = points.shape[0]
    own_start, own_stop = starts[own], starts[own + 1]
    n_positives = own_stop - own_start - 1
    n_negatives = n_points - n_positives - 1
    rows = np.empty((min(ANCHORS_AT_ONCE, last - first), n_points))
    added = np.zeros(n_points)  # the distances of all anchors
    positives = np.empty(n_positives)
    ordered = np.empty(n_positives + 1)
    thresholds = np.empty(n_positives + 1)
    beyond = np.empty(n_positives + 1)  # beyond[p]: thresholds p and following, each less the least one, added up
    edges = bucket_edges(n_positives, 4)
    buckets = np.empty(n_positives, np.uint32)
    turns = np.empty(n_points, np.uint32)
    for block in range(first, last, ANCHORS_AT_ONCE):
        block_stop = min(block + ANCHORS_AT_ONCE, last)
        distance_rows(columns, points[block:block_stop], rows)
        for anchor in range(block, block_stop):
            row = rows[anchor - block]
            added += row
            copy_positives(row, anchor, own_start, own_stop, positives)
            _, scale = sort_distances(positives, buckets, edges, ordered)
            for m in range(margins.shape[0]):
                low = _shift(ordered, margins[m], scale, edges, thresholds)
                fill_turns(row, thresholds, edges, low, scale, turns)
                if by_class:
                    for c in range(starts.shape[0] - 1):
                        if c != own:
                            satisfied[c, m] += np.int64(turns[starts[c] : starts[c + 1]].sum())
                    continue
                beyond[n_positives] = 0.0
                for p in range(n_positives - 1, -1, -1):
                    beyond[p] = beyond[p + 1] + (thresholds[p] - low)
                hinge = 0.0
                for start, stop in ((0, own_start), (own_stop, n_points)):
                    satisfied[anchor - first, m] += np.int64(turns[start:stop].sum())
                    for j in range(start, stop):
                        missed = np.int64(n_positives) - np.int64(turns[j])
                        hinge += beyond[turns[j]] - missed * (row[j] - low)
                violation[m] += max(hinge, 0.0) / n_positives / n_negatives
    to_positives = added[own_start:own_stop].sum()
    return (added.sum() - to_positives) / n_negatives - to_positives / n_positives
