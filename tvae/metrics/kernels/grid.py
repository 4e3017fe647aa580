"""numba: satisfied triplets at every margin of an evenly spaced grid."""

from __future__ import annotations

import numpy as np

from tvae.metrics.kernels.distances import ANCHORS_AT_ONCE, compile_kernel, distance_rows
from tvae.metrics.kernels.sorting import bucket_edges, bucket_of, fill_turns, sort_by_bucket

_FRACTION = 40  # bits of a distance on the grid below one step
_PLACE = 64 - _FRACTION  # bits of a key that say where it goes, beside those of its remainder


@compile_kernel
def count_on_grid(
    columns,
    points,
    starts,
    own,
    first,
    last,
    step,
    low_margin,
    n_margins,
    by_class,
    tally,
    between_flushes,
    satisfied,
    violation,
):
    """Count satisfied triplets of the anchors first..last-1 of class `own` at the margins step * (low_margin + k).

    Adds to satisfied (n_margins, n_classes or 1) int64, by the negative's class or in all; and to violation
    (n_margins,) the anchors' mean hinges. Distances are rounded to step / 2**40, so only a triplet whose gap lies that
    near a margin may fall on its other side; D(a, p) equal to D(a, n) stays equal. The counts of `between_flushes`
    positives, each at most the negatives of one column, are added up in the type of `tally` (an empty array): the
    smaller it is, the more of them the processor adds at once.

    With distances in steps, whole part w and remainder r, a triplet is satisfied at grid margin k exactly where
    w(n) - w(p) - [r(n) < r(p)] >= k. Negatives enter in order of falling remainder. When a positive's turn comes,
    reach[w] = (negatives with whole part above w) + (entered negatives with whole part w) is its count of satisfied
    triplets at k = w - w(p), so that the whole grid is one slice of `reach`. The other negatives are missed: their
    hinges at that k add up to missed[w] * r(p) + rest[w], where rest[w] adds up w less each one's distance.
    """
    n_points = points.shape[0]
    own_start, own_stop = starts[own], starts[own + 1]
    n_positives = own_stop - own_start - 1
    n_negatives = n_points - n_positives - 1
    n_columns = starts.shape[0] - 1 if by_class else 1
    width = n_margins * n_columns
    to_fixed = 2.0**_FRACTION / step
    unit = 2.0**-_FRACTION
    rows = np.empty((min(ANCHORS_AT_ONCE, last - first), n_points))
    column_of = np.zeros(n_points)
    if by_class:
        for c in range(n_columns):
            column_of[starts[c] : starts[c + 1]] = c
    own_row = np.empty(n_positives)  # distances of the positives, in steps
    keys = np.empty(n_positives, np.uint64)
    positives = np.empty(n_positives, np.uint64)
    remainders = np.full(n_positives + 1, 2.0)  # the last one is above all
    buckets = np.empty(n_positives, np.uint32)
    edges = bucket_edges(n_positives, 2)
    n_buckets = edges.shape[0] - 1
    slots = np.empty(n_points, np.uint32)
    places = np.empty(n_points, np.uint32)
    turns = np.empty(n_points, np.uint32)
    line = np.empty(n_negatives, np.uint32)
    line_starts = np.empty(n_positives + 1, np.uint32)
    above = np.empty(n_columns, np.int32)
    window = np.zeros(width, tally.dtype)
    counted = np.zeros(width, np.int64)
    hinge = np.zeros(n_margins)
    # `reach` is (slots, columns) in one dimension; the next two are sums over its columns.
    reach = np.zeros(width, tally.dtype)
    missed = np.zeros(n_margins)
    rest = np.zeros(n_margins)
    until_flush = between_flushes
    for block in range(first, last, ANCHORS_AT_ONCE):
        block_stop = min(block + ANCHORS_AT_ONCE, last)
        distance_rows(columns, points[block:block_stop], rows)
        for anchor in range(block, block_stop):
            row = rows[anchor - block]
            n_keys = 0
            for j in range(own_start, own_stop):
                if j != anchor:
                    own_row[n_keys] = np.floor(row[j] * to_fixed + 0.5) * unit
                    n_keys += 1
            least, most = np.floor(own_row.min()), np.floor(own_row.max())
            for i in range(n_positives):  # the remainder above, the whole steps beyond the least below
                whole = np.floor(own_row[i])
                fixed = np.uint64((own_row[i] - whole) * 2.0**_FRACTION)
                keys[i] = (fixed << np.uint64(_PLACE)) | np.uint64(whole - least)
                buckets[i] = bucket_of(own_row[i] - whole, 0.0, n_buckets, n_buckets)
            sort_by_bucket(keys, buckets, edges, positives)
            for p in range(n_positives):
                remainders[p] = np.float64(positives[p] >> np.uint64(_PLACE)) * unit

            # A slot for each whole part at which a positive has a margin, after one for all that lie below.
            n_slots = np.int64(most - least) + n_margins + 1
            base = least + low_margin - 1  # the whole part that slot 0 stands for
            if n_slots * n_columns > reach.shape[0]:
                reach = np.zeros(2 * n_slots * n_columns, tally.dtype)
                missed = np.zeros(2 * n_slots)
                rest = np.zeros(2 * n_slots)
            reach[: n_slots * n_columns] = 0
            rest[:n_slots] = 0.0
            for j in range(n_points):
                distance = np.floor(row[j] * to_fixed + 0.5) * unit
                whole = np.floor(distance)
                slot = min(max(whole - base, 0.0), n_slots - 1.0)
                slots[j] = np.int32(slot)  # unlike uint32, several at once
                places[j] = np.int32(slot * n_columns + column_of[j])
                # The remainder; before the slots less than 0: it never enters; beyond them the most: it enters first.
                row[j] = min(distance - whole + (whole - base - slot), 1.0 - unit)

            # Loops apart: additions in memory wait for the places of all before them, which `turns` are slow to give.
            fill_turns(row, remainders, edges, 0.0, n_buckets, turns)
            line_starts[:] = 0
            for start, stop in ((0, own_start), (own_stop, n_points)):
                for j in range(start, stop):
                    line_starts[turns[j]] += 1
                    reach[places[j]] += 1
                    rest[slots[j]] -= row[j]
            total = 0
            for turn in range(n_positives + 1):
                total += line_starts[turn]
                line_starts[turn] = total
            for start, stop in ((0, own_start), (own_stop, n_points)):
                for j in range(start, stop):
                    line_starts[turns[j]] -= 1
                    line[line_starts[turns[j]]] = j

            above[:] = 0
            for slot in range(n_slots - 1, -1, -1):
                in_reach = 0
                for column in range(n_columns):
                    place = slot * n_columns + column
                    here = reach[place]
                    reach[place] = above[column]
                    in_reach += above[column]
                    above[column] += here
                missed[slot] = n_negatives - in_reach
            for slot in range(1, n_slots):
                rest[slot] += rest[slot - 1] + missed[slot - 1]

            entering = n_negatives
            for p in range(n_positives - 1, -1, -1):
                while entering > line_starts[p + 1]:
                    entering -= 1
                    j = line[entering]
                    reach[places[j]] += 1
                    missed[slots[j]] -= 1.0
                    rest[slots[j]] += row[j]
                slot = np.int64(positives[p] & np.uint64((1 << _PLACE) - 1)) + 1  # of its first margin
                counts = reach[slot * n_columns : slot * n_columns + width]
                for k in range(width):
                    window[k] += counts[k]
                remainder = remainders[p]
                absent, shortfall = missed[slot : slot + n_margins], rest[slot : slot + n_margins]
                for k in range(n_margins):
                    hinge[k] += absent[k] * remainder + shortfall[k]
                until_flush -= 1
                if until_flush == 0:
                    for k in range(width):
                        counted[k] += window[k]
                        window[k] = 0
                    until_flush = between_flushes
    for k in range(width):
        satisfied[k // n_columns, k % n_columns] += counted[k] + window[k]
    for k in range(n_margins):
        violation[k] += max(hinge[k], 0.0) * step / n_positives / n_negatives
