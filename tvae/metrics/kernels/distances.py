"""numba: Euclidean distances of many points, in one definition.

Distances are float64: squared differences added in the order of the latent axes, then the square root. So D(x, y) =
D(y, x) to the bit, equal points are at distance 0, and plain Python gets the same bits. A matrix product, as libraries
compute distances, keeps none of the three, and ties between triplets would be decided by rounding.
"""

from __future__ import annotations

import math

from tvae.system.compiled import compiled

ANCHORS_AT_ONCE = 8  # anchors whose distances are computed together
_TILE = 512  # points whose coordinates stay in the processor's first cache while several anchors visit them

compile_kernel = compiled()


@compile_kernel
def distance_rows(columns, queries, rows):
    """Fill rows[i, j] (b, n) with the Euclidean distance of query i (b, d) and point j; columns is (d, n)."""
    n_axes, n_points = columns.shape
    for start in range(0, n_points, _TILE):
        stop = min(start + _TILE, n_points)
        for i in range(queries.shape[0]):
            row = rows[i, start:stop]
            row[:] = 0.0
            axis = 0
            while axis + 4 <= n_axes:  # four axes a pass, added in the same order as one at a time
                q0, q1, q2, q3 = queries[i, axis], queries[i, axis + 1], queries[i, axis + 2], queries[i, axis + 3]
                c0, c1 = columns[axis, start:stop], columns[axis + 1, start:stop]
                c2, c3 = columns[axis + 2, start:stop], columns[axis + 3, start:stop]
                for j in range(stop - start):
                    e0, e1, e2, e3 = c0[j] - q0, c1[j] - q1, c2[j] - q2, c3[j] - q3
                    row[j] = (((row[j] + e0 * e0) + e1 * e1) + e2 * e2) + e3 * e3
                axis += 4
            while axis < n_axes:
                q0 = queries[i, axis]
                c0 = columns[axis, start:stop]
                for j in range(stop - start):
                    e0 = c0[j] - q0
                    row[j] += e0 * e0
                axis += 1
            for j in range(stop - start):
                row[j] = math.sqrt(row[j])
