"""numba: R-precision and average precision."""

from __future__ import annotations

import numpy as np

from tvae.metrics.kernels.distances import ANCHORS_AT_ONCE, compile_kernel, distance_rows
from tvae.metrics.kernels.sorting import bucket_edges, copy_positives, fill_turns, sort_distances


@compile_kernel
def retrieval_scores(columns, points, starts, own, first, last, precision, average_precision):
    """Fill R-precision and AP@R (last - first,) of the anchors first..last-1 of class `own`; R = class size - 1.

    The i-th nearest positive has rank i + (negatives that are not farther): at a tie the negative comes first.
    """
    n_points = points.shape[0]
    own_start, own_stop = starts[own], starts[own + 1]
    n_positives = own_stop - own_start - 1
    rows = np.empty((min(ANCHORS_AT_ONCE, last - first), n_points))
    positives = np.empty(n_positives)
    ordered = np.empty(n_positives + 1)
    edges = bucket_edges(n_positives, 4)
    buckets = np.empty(n_positives, np.uint32)
    turns = np.empty(n_points, np.uint32)
    arrived = np.empty(n_positives + 1, np.int64)  # number of negatives by the number of positives nearer than they are
    for block in range(first, last, ANCHORS_AT_ONCE):
        block_stop = min(block + ANCHORS_AT_ONCE, last)
        distance_rows(columns, points[block:block_stop], rows)
        for anchor in range(block, block_stop):
            row = rows[anchor - block]
            copy_positives(row, anchor, own_start, own_stop, positives)
            for i in range(n_positives):
                positives[i] = np.nextafter(positives[i], np.inf)  # so that a negative just as far counts as nearer
            low, scale = sort_distances(positives, buckets, edges, ordered)
            fill_turns(row, ordered, edges, low, scale, turns)
            arrived[:] = 0
            for start, stop in ((0, own_start), (own_stop, n_points)):
                for j in range(start, stop):
                    arrived[turns[j]] += 1
            hits = 0
            score = 0.0
            nearer = 0
            for i in range(n_positives):
                nearer += arrived[i]
                rank = i + 1 + nearer
                if rank > n_positives:
                    break
                hits += 1
                score += (i + 1) / rank
            precision[anchor - first] = hits / n_positives
            average_precision[anchor - first] = score / n_positives
