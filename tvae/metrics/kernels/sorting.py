"""numba: sorting and ranking of distances by buckets."""

from __future__ import annotations

import numpy as np

from tvae.metrics.kernels.distances import compile_kernel

_CROWD = 24  # a bucket with more values than this is sorted on its own: moving them one by one is quadratic
_MOST_BUCKET_BITS = 14  # 16,384 buckets: two for each of 8,000 values


@compile_kernel
def _heap_sort(values, start, stop):
    """Sort values[start:stop] in place by heap sort: n log n on any input, equal values included; quick to compile."""
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


@compile_kernel
def least_and_scale(values, n_buckets):
    """The least of `values`, and the number of buckets of equal width in a unit of distance (see `bucket_of`)."""
    low = values.min()
    # Buckets end at a multiple of the mean and the last takes all beyond, so that an outlier can't crowd the rest.
    reach = min(values.max() - low, 8.0 * (values.mean() - low))
    # A range too small to divide by puts all values in bucket 0, which is then sorted: slower, but right.
    return low, n_buckets / reach if reach > 1e-290 else 0.0


@compile_kernel
def bucket_of(value, low, scale, n_buckets):
    """The bucket of a value; it never falls as the value rises, rounding included."""
    place = (value - low) * scale
    place = place if place > 0.0 else 0.0
    return np.int32(place if place < n_buckets - 1.0 else n_buckets - 1.0)  # unlike uint32, several at once


@compile_kernel
def sort_by_bucket(values, buckets, edges, ordered):
    """Sort values (n,) by counting sort on their buckets (n,); fast where the values are spread over the buckets.

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


@compile_kernel
def sort_distances(distances, buckets, edges, ordered):
    """Sort distances (n,) as `sort_by_bucket` does, ordered (n + 1,) ending with infinity.

    Returns the least distance and the number of buckets in a unit of distance, for `fill_turns`.
    """
    n_buckets = edges.shape[0] - 1
    low, scale = least_and_scale(distances, n_buckets)
    for i in range(distances.shape[0]):
        buckets[i] = bucket_of(distances[i], low, scale, n_buckets)
    sort_by_bucket(distances, buckets, edges, ordered)
    ordered[distances.shape[0]] = np.inf
    return low, scale


@compile_kernel
def fill_turns(row, ordered, edges, low, scale, turns):
    """Fill turns[j] with the number of values in `ordered` that are at most row[j].

    `ordered` is sorted and ends with a value above all; the values of bucket b (`bucket_of`) start at edges[b].
    """
    n_buckets = edges.shape[0] - 1
    for j in range(row.shape[0]):  # a loop of its own, several at once
        turns[j] = bucket_of(row[j], low, scale, n_buckets)
    for j in range(row.shape[0]):
        value = row[j]
        bucket = turns[j]
        turn = edges[bucket]
        turn += np.uint32(ordered[turn] <= value)  # a number, not a branch, which the processor could not predict
        if ordered[turn] <= value:  # rare, as most buckets hold one value or none
            high = edges[bucket + 1]
            while turn < high:
                middle = np.uint32((turn + high) // 2)
                if ordered[middle] <= value:
                    turn = np.uint32(middle + 1)
                else:
                    high = middle
        turns[j] = turn


@compile_kernel
def bucket_edges(n_values, share):
    """An array for the edges of buckets, `share` for each value, so that most buckets hold one value or none."""
    bits = 4
    while bits < _MOST_BUCKET_BITS and (1 << bits) < share * n_values:
        bits += 1
    # Unsigned, because an index that may be negative needs a test of its sign.
    return np.empty((1 << bits) + 1, np.uint32)


@compile_kernel
def copy_positives(row, anchor, own_start, own_stop, positives):
    """Copy an anchor's distances to the other members of its class."""
    for j in range(own_start, anchor):  # not slices, whose copy takes four seconds to compile
        positives[j - own_start] = row[j]
    for j in range(anchor + 1, own_stop):
        positives[j - own_start - 1] = row[j]
