"""numba loops of exact t-SNE."""

from __future__ import annotations

import numpy as np

from tvae.system.compiled import compiled

# Division as numpy does it, without a check for zero: else the loops are not turned into vector instructions.
_compiled = compiled(fastmath=True, error_model="numpy")


@_compiled
def repulsion(x, y, force_x, force_y, start, stop):  # type: ignore[no-untyped-def]
    """Sum of w_ij² (y_i - y_j) over all j for rows start to stop, with w = 1 / (1 + |y_i - y_j|²).

    Writes the sums into `force_x` and `force_y` and returns the sum of w over these rows, i = j left out. All arrays
    are float32 (n,). Every pair is visited: no tree, no grid, so nothing is approximated.
    """
    one = np.float32(1)
    total = 0.0
    for i in range(start, stop):
        weight, along_x, along_y = np.float32(0), np.float32(0), np.float32(0)
        for j in range(len(x)):
            dx, dy = x[i] - x[j], y[i] - y[j]
            w = one / (one + dx * dx + dy * dy)
            weight += w
            along_x += w * w * dx
            along_y += w * w * dy
        force_x[i], force_y[i] = along_x, along_y
        total += weight - one
    return total


@_compiled
def attraction(x, y, begin, neighbour, affinity, force_x, force_y):  # type: ignore[no-untyped-def]
    """Sum of p_ij w_ij (y_i - y_j) over the neighbours j of every i (rows of a compressed sparse matrix)."""
    one = np.float32(1)
    for i in range(len(x)):
        along_x, along_y = np.float32(0), np.float32(0)
        for e in range(begin[i], begin[i + 1]):
            dx, dy = x[i] - x[neighbour[e]], y[i] - y[neighbour[e]]
            pull = affinity[e] / (one + dx * dx + dy * dy)
            along_x += pull * dx
            along_y += pull * dy
        force_x[i], force_y[i] = along_x, along_y
