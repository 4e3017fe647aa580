"""Compiled loops over anchors: distances, exact triplet counts, the margin grid, neighbours, retrieval.

Importing this file imports numba (a second or so), so import it inside the function that needs it. Every loop works on
points sorted by class (see `grouped_means`), so that an anchor's positives lie side by side: class c owns the rows
`starts[c]` to `starts[c + 1]`. The loops release the GIL; threads may run them at once on different anchors.

All of them share one definition of distance: float64, squared differences added in the order of the latent axes, then
the square root. So D(x, y) = D(y, x) to the bit, equal points are at distance 0, and plain Python gets the same bits.
"""

from __future__ import annotations

import math

import numpy as np

from tvae.compiled import compiled

_TILE = 512  # points whose coordinates stay in the processor's near cache while several anchors visit them
_ROWS = 8  # anchors whose distances are computed together
_CROWD = 24  # a bucket with more values than this is sorted on its own: moving them one by one is quadratic
_MOST_BUCKET_BITS = 14  # 16,384 buckets: two for each of 8,000 values
_FRACTION = 40  # bits of a distance on the grid below one step
_PLACE = 64 - _FRACTION  # bits of a key that say where it goes, beside those of its remainder


_compiled = compiled()


@_compiled
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


@_compiled
def _heap_sort(values, start, stop):
    """Sort values[start:stop] in place; n log n on any input, equal values included, and quick to compile."""
    n = stop - start
    for turn in range(n // 2 + n - 1):
        if turn < n // 2:  # build the heap from its last parent up
            root, size = n // 2 - 1 - turn, n
        else:  # then move its greatest behind it, over and over
            root, size = 0, n - 1 - (turn - n // 2)
            values[start], values[start + size] = values[start + size], values[start]
        moved = values[start + root]
        child = 2 * root + 1
        while child < size:
            if child + 1 < size and values[start + child + 1] > values[start + child]:
                child += 1
            if values[start + child] <= moved:
                break
            values[start + root] = values[start + child]
            root = child
            child = 2 * root + 1
        values[start + root] = moved


@_compiled
def _least_and_scale(values, n_buckets):
    """The least of `values`, and how many buckets of equal width go on a unit of distance from there (`_bucket`)."""
    low = values.min()
    # Buckets end at some multiple of the mean, the last one taking all beyond: a point far out can't crowd the rest.
    reach = min(values.max() - low, 8.0 * (values.mean() - low))
    # A range too small to divide by puts all in bucket 0, which is then sorted: slower, still right.
    return low, n_buckets / reach if reach > 1e-290 else 0.0


@_compiled
def _bucket(value, low, scale, n_buckets):
    """The bucket of a value: the greater the value, the greater or the same its bucket, rounding included."""
    place = (value - low) * scale
    place = place if place > 0.0 else 0.0
    return np.int32(place if place < n_buckets - 1.0 else n_buckets - 1.0)  # unlike uint32, several at once


@_compiled
def _sort_by_bucket(values, buckets, edges, ordered):
    """Sort values (n,) by counting on their buckets (n,), over which they are spread as a rule.

    Bucket b's values become ordered[edges[b]:edges[b + 1]].
    """
    edges[:] = 0
    for i in range(values.shape[0]):
        edges[buckets[i]] += 1
    total = 0
    for b in range(edges.shape[0]):
        total += edges[b]
        edges[b] = total
    for i in range(values.shape[0]):  # edges[b] walks from the end of bucket b to its start
        b = buckets[i]
        edges[b] -= 1
        ordered[edges[b]] = values[i]
    for b in range(edges.shape[0] - 1):
        if edges[b + 1] - edges[b] > _CROWD:
            _heap_sort(ordered, edges[b], edges[b + 1])
    for i in range(1, values.shape[0]):  # what is left to move moves within a small bucket
        value = ordered[i]
        j = i
        while j > 0 and ordered[j - 1] > value:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = value


@_compiled
def _sort_distances(distances, buckets, edges, ordered):
    """Sort distances (n,) as `_sort_by_bucket` does, ordered (n + 1,) ending with one above all.

    Returns the least of them and the buckets a unit of distance, for `_fill_turns`.
    """
    n_buckets = edges.shape[0] - 1
    low, scale = _least_and_scale(distances, n_buckets)
    for i in range(distances.shape[0]):
        buckets[i] = _bucket(distances[i], low, scale, n_buckets)
    _sort_by_bucket(distances, buckets, edges, ordered)
    ordered[distances.shape[0]] = np.inf
    return low, scale


@_compiled
def _shift(ordered, margin, scale, edges, thresholds):
    """Fill thresholds with the sorted values of `ordered`, each with the margin added, and `edges` with their buckets'.

    Returns the least of them.
    """
    n_buckets = edges.shape[0] - 1
    edges[:] = 0
    for i in range(ordered.shape[0] - 1):
        thresholds[i] = ordered[i] + margin
        edges[_bucket(thresholds[i], thresholds[0], scale, n_buckets) + 1] += 1
    thresholds[ordered.shape[0] - 1] = np.inf
    for b in range(n_buckets):
        edges[b + 1] += edges[b]
    return thresholds[0]


@_compiled
def _fill_turns(row, ordered, edges, low, scale, turns):
    """Fill turns[j] with the number of values in `ordered` that are at most row[j].

    `ordered` is sorted and ends with one above all; by `_bucket`, bucket b's values start at edges[b].
    """
    n_buckets = edges.shape[0] - 1
    for j in range(row.shape[0]):  # a loop of its own, several at once
        turns[j] = _bucket(row[j], low, scale, n_buckets)
    for j in range(row.shape[0]):
        value = row[j]
        bucket = turns[j]
        turn = edges[bucket]
        turn += np.uint32(ordered[turn] <= value)  # a number, not a branch: the processor could not guess it
        if ordered[turn] <= value:  # rare, as most buckets hold one value or none
            high = edges[bucket + 1]
            while turn < high:
                middle = np.uint32((turn + high) // 2)
                if ordered[middle] <= value:
                    turn = np.uint32(middle + 1)
                else:
                    high = middle
        turns[j] = turn


@_compiled
def _bucket_edges(n_values, share):
    """Room for the edges of so many buckets that most hold one of the values or none: `share` buckets a value."""
    bits = 4
    while bits < _MOST_BUCKET_BITS and (1 << bits) < share * n_values:
        bits += 1
    # Unsigned, because an index that may be negative costs a look at its sign.
    return np.empty((1 << bits) + 1, np.uint32)


@_compiled
def _copy_positives(row, anchor, own_start, own_stop, positives):
    """Copy an anchor's distances to the others of its class."""
    positives[: anchor - own_start] = row[own_start:anchor]
    positives[anchor - own_start :] = row[anchor + 1 : own_stop]


@_compiled
def count_satisfied(columns, points, starts, own, first, last, margins, by_class, satisfied, violation):
    """Count satisfied triplets of the anchors first..last-1, all of class `own`, at each margin; returns the gap sum.

    Adds to satisfied (last - first or n_classes, n_margins) int64, by anchor or, with `by_class`, by the negative's
    class; and, unless `by_class`, to violation (n_margins,) the anchors' mean hinges. The returned number adds up the
    anchors' mean of D(a, n) less their mean of D(a, p).

    The thresholds D(a, p) + m are sorted, and each negative is asked how many of them it reaches.
    """
    n_points = points.shape[0]
    own_start, own_stop = starts[own], starts[own + 1]
    n_positives = own_stop - own_start - 1
    n_negatives = n_points - n_positives - 1
    rows = np.empty((min(_ROWS, last - first), n_points))
    added = np.zeros(n_points)  # the distances of all anchors
    positives = np.empty(n_positives)
    ordered = np.empty(n_positives + 1)
    thresholds = np.empty(n_positives + 1)
    beyond = np.empty(n_positives + 1)  # what the thresholds from here on add up to, each less the least
    edges = _bucket_edges(n_positives, 4)
    buckets = np.empty(n_positives, np.uint32)
    turns = np.empty(n_points, np.uint32)
    for block in range(first, last, _ROWS):
        block_stop = min(block + _ROWS, last)
        distance_rows(columns, points[block:block_stop], rows)
        for anchor in range(block, block_stop):
            row = rows[anchor - block]
            added += row
            _copy_positives(row, anchor, own_start, own_stop, positives)
            _, scale = _sort_distances(positives, buckets, edges, ordered)
            for m in range(margins.shape[0]):
                low = _shift(ordered, margins[m], scale, edges, thresholds)
                _fill_turns(row, thresholds, edges, low, scale, turns)
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


@_compiled
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
    rows = np.empty((min(_ROWS, last - first), n_points))
    column_of = np.zeros(n_points)
    if by_class:
        for c in range(n_columns):
            column_of[starts[c] : starts[c + 1]] = c
    own_row = np.empty(n_positives)  # distances of the positives, in steps
    keys = np.empty(n_positives, np.uint64)
    positives = np.empty(n_positives, np.uint64)
    remainders = np.full(n_positives + 1, 2.0)  # the last one is above all
    buckets = np.empty(n_positives, np.uint32)
    edges = _bucket_edges(n_positives, 2)
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
    for block in range(first, last, _ROWS):
        block_stop = min(block + _ROWS, last)
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
                buckets[i] = _bucket(own_row[i] - whole, 0.0, n_buckets, n_buckets)
            _sort_by_bucket(keys, buckets, edges, positives)
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
            _fill_turns(row, remainders, edges, 0.0, n_buckets, turns)
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


@_compiled
def nearest_points(columns, queries, first, left_out, nearest, distances):
    """Fill nearest (b, k) with the k points nearest to queries first..first+b-1, nearest first, ties by index.

    Query i does not count point i as its neighbour where `left_out` is true.
    """
    n_points = columns.shape[1]
    n_queries, n_nearest = nearest.shape
    rows = np.empty((_ROWS, n_points))
    for block in range(0, n_queries, _ROWS):
        block_stop = min(block + _ROWS, n_queries)
        distance_rows(columns, queries[first + block : first + block_stop], rows)
        for query in range(block, block_stop):
            row = rows[query - block]
            if left_out:
                row[first + query] = np.inf
            for place in range(n_nearest):
                distances[query, place] = np.inf
            worst = np.inf
            for j in range(n_points):
                if row[j] < worst:
                    place = n_nearest - 1
                    while place > 0 and distances[query, place - 1] > row[j]:
                        distances[query, place] = distances[query, place - 1]
                        nearest[query, place] = nearest[query, place - 1]
                        place -= 1
                    distances[query, place] = row[j]
                    nearest[query, place] = j
                    worst = distances[query, n_nearest - 1]


@_compiled
def retrieval_scores(columns, points, starts, own, first, last, precision, average_precision):
    """Fill R-precision and AP@R (last - first,) of the anchors first..last-1 of class `own`; R = class size - 1.

    The i-th nearest positive has rank i + (negatives no farther than it): a tie counts against it.
    """
    n_points = points.shape[0]
    own_start, own_stop = starts[own], starts[own + 1]
    n_positives = own_stop - own_start - 1
    rows = np.empty((min(_ROWS, last - first), n_points))
    positives = np.empty(n_positives)
    ordered = np.empty(n_positives + 1)
    edges = _bucket_edges(n_positives, 4)
    buckets = np.empty(n_positives, np.uint32)
    turns = np.empty(n_points, np.uint32)
    arrived = np.empty(n_positives + 1, np.int64)  # negatives by the number of positives nearer than they are
    for block in range(first, last, _ROWS):
        block_stop = min(block + _ROWS, last)
        distance_rows(columns, points[block:block_stop], rows)
        for anchor in range(block, block_stop):
            row = rows[anchor - block]
            _copy_positives(row, anchor, own_start, own_stop, positives)
            for i in range(n_positives):
                positives[i] = np.nextafter(positives[i], np.inf)  # at most a distance: its own was below it
            low, scale = _sort_distances(positives, buckets, edges, ordered)
            _fill_turns(row, ordered, edges, low, scale, turns)
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
