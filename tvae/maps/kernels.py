"""numba loops of t-SNE and UMAP."""

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


@_compiled
def umap_epoch(position, head, tail, period, due, epoch, a, b, step, negatives, state):  # type: ignore[no-untyped-def]
    """One pass of UMAP's stochastic descent over the edges that are due; `position` (n, 2) changes in place.

    An edge of period p is visited every p-th epoch. Each visit draws both ends together and pushes the head away from
    `negatives` random rows. Gradients are clipped to 4, as in the reference implementation. `state` (1,) uint64 is
    the random generator's (a linear congruential one, its upper bits used).
    """
    one, two, clip = np.float32(1), np.float32(2), np.float32(4)
    n = len(position)
    random = state[0]
    for e in range(len(head)):
        if due[e] > epoch:
            continue
        due[e] += period[e]
        i, j = head[e], tail[e]
        dx, dy = position[i, 0] - position[j, 0], position[i, 1] - position[j, 1]
        squared = dx * dx + dy * dy
        if squared > 0:
            power = squared**b
            pull = -two * a * b * power / (squared * (one + a * power))
            move_x = step * min(max(pull * dx, -clip), clip)
            move_y = step * min(max(pull * dy, -clip), clip)
            position[i, 0] += move_x
            position[i, 1] += move_y
            position[j, 0] -= move_x
            position[j, 1] -= move_y
        for _ in range(negatives):
            random = random * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            other = np.int64(random >> np.uint64(33)) % n
            if other == i:
                continue
            dx, dy = position[i, 0] - position[other, 0], position[i, 1] - position[other, 1]
            squared = dx * dx + dy * dy
            if squared > 0:
                push = two * b / ((np.float32(0.001) + squared) * (one + a * squared**b))
                position[i, 0] += step * min(max(push * dx, -clip), clip)
                position[i, 1] += step * min(max(push * dy, -clip), clip)
    state[0] = random
