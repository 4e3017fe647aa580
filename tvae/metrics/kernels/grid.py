"""numba: satisfied triplets at every margin of an evenly spaced grid.

With distances in steps of the grid, whole part w and remainder r, a triplet is satisfied at grid margin k exactly where
w(n) - w(p) - [r(n) < r(p)] >= k. One anchor is counted so:

1. Positives are sorted by remainder (`_sort_positives`), and each negative is given the slot of its whole part
   (`_place_points`) and its turn: the number of positives with a remainder at most its own.
2. Negatives enter in order of falling turn. When a positive's turn comes, reach[w] = (negatives with whole part above
   w) + (entered negatives with whole part w) is its count of satisfied triplets at k = w - w(p), so that the whole grid
   is one slice of `reach` (`_add_positives`).
3. The other negatives are missed: their hinges at that k add up to missed[w] * r(p) + rest[w], where rest[w] adds up w
   less each one's distance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tvae.metrics.kernels.distances import ANCHORS_AT_ONCE, compile_kernel, distance_rows
from tvae.metrics.kernels.sorting import bucket_edges, bucket_of, copy_positives, fill_turns, sort_by_bucket

_FRACTION = 40  # bits of a distance on the grid below one step
_UNIT = 2.0**-_FRACTION  # the finest difference of rounded distances, in steps
_PLACE = 64 - _FRACTION  # bits of a key that say where it goes, beside those of its remainder
_PLACE_MASK = np.uint64((1 << _PLACE) - 1)


class _Positives(NamedTuple):
    """The positives of one anchor."""

    distances: np.ndarray  # (n_positives,) in steps
    keys: np.ndarray  # (n_positives,) uint64: the remainder in the bits above, the whole steps beyond the least below
    ordered: np.ndarray  # (n_positives,) the keys, sorted
    remainders: np.ndarray  # (n_positives + 1,) in that order; the last one is above all
    buckets: np.ndarray  # (n_positives,) uint32
    edges: np.ndarray  # where each bucket of remainders starts


class _Points(NamedTuple):
    """All points as one anchor sees them; only the negatives are counted."""

    columns: np.ndarray  # (n,) column of `reach` that counts each point, as float64
    slots: np.ndarray  # (n,) uint32
    places: np.ndarray  # (n,) uint32: slot and column
    turns: np.ndarray  # (n,) uint32
    line: np.ndarray  # (n_negatives,) uint32: the negatives in order of turn
    line_starts: np.ndarray  # (n_positives + 1,) uint32: where each turn's negatives start in `line`


class _Slots(NamedTuple):
    """Negatives by whole part of their distance. Slot 0 stands for all below the others, the last for all above."""

    reach: np.ndarray  # (slots * columns,)
    missed: np.ndarray  # (slots,) float64, over all columns
    rest: np.ndarray  # (slots,) float64, over all columns


class _Totals(NamedTuple):
    """Sums over the anchors."""

    window: np.ndarray  # (margins * columns,) counts of the positives since the last flush, in a small type
    counted: np.ndarray  # (margins * columns,) int64: counts of those before it
    hinges: np.ndarray  # (margins,) float64, in steps


@compile_kernel
def count_on_grid(
    columns, points, starts, own, first, last,
    step, low_margin, n_margins, by_class, tally, between_flushes, satisfied, violation,
):  # fmt: skip
    """Count satisfied triplets of the anchors first..last-1 of class `own` at the margins step * (low_margin + k).

    Adds to satisfied (n_margins, n_classes or 1) int64, by the negative's class or in all; and to violation
    (n_margins,) the anchors' mean hinges. Distances are rounded to step / 2**40, so only a triplet whose gap lies that
    near a margin may fall on its other side; D(a, p) equal to D(a, n) stays equal. The counts of `between_flushes`
    positives, each at most the negatives of one column, are added up in the type of `tally` (an empty array): the
    smaller it is, the more of them the processor adds at once.
    """
    own_start, own_stop = starts[own], starts[own + 1]
    n_columns = starts.shape[0] - 1 if by_class else 1
    to_fixed = 2.0**_FRACTION / step
    rows = np.empty((min(ANCHORS_AT_ONCE, last - first), points.shape[0]))
    positives = _room_for_positives(own_stop - own_start - 1)
    seen = _room_for_points(starts, own, by_class)
    slots = _room_for_slots(n_margins, n_columns, tally)
    window = np.zeros(n_margins * n_columns, tally.dtype)
    totals = _Totals(window, np.zeros(window.shape[0], np.int64), np.zeros(n_margins))
    until_flush = between_flushes
    for block in range(first, last, ANCHORS_AT_ONCE):
        block_stop = min(block + ANCHORS_AT_ONCE, last)
        distance_rows(columns, points[block:block_stop], rows)
        for anchor in range(block, block_stop):
            row = rows[anchor - block]
            copy_positives(row, anchor, own_start, own_stop, positives.distances)
            least, most = _sort_positives(positives, to_fixed)
            # A slot for each whole part at which a positive has a margin, after one for all that lie below.
            n_slots = np.int64(most - least) + n_margins + 1
            if n_slots > slots.missed.shape[0]:
                slots = _room_for_slots(2 * n_slots, n_columns, tally)
            _place_points(row, to_fixed, least + low_margin - 1, n_slots, n_columns, seen)
            # Loops apart: additions in memory wait for the places of all before them, which turns are slow to give.
            fill_turns(row, positives.remainders, positives.edges, 0.0, positives.edges.shape[0] - 1, seen.turns)
            _count_negatives(row, own_start, own_stop, n_slots, n_columns, seen, slots)
            _line_up(own_start, own_stop, seen)
            _sum_slots(n_slots, n_columns, seen.line.shape[0], slots)
            until_flush = _add_positives(row, n_columns, positives, seen, slots, totals, until_flush, between_flushes)
    _flush(totals)
    for k in range(window.shape[0]):
        satisfied[k // n_columns, k % n_columns] += totals.counted[k]
    for k in range(n_margins):
        violation[k] += max(totals.hinges[k], 0.0) * step / positives.keys.shape[0] / seen.line.shape[0]


@compile_kernel
def _room_for_positives(n_positives):
    return _Positives(
        np.empty(n_positives),
        np.empty(n_positives, np.uint64),
        np.empty(n_positives, np.uint64),
        np.full(n_positives + 1, 2.0),
        np.empty(n_positives, np.uint32),
        bucket_edges(n_positives, 2),
    )


@compile_kernel
def _room_for_points(starts, own, by_class):
    n_points = starts[-1]
    n_others = n_points - (starts[own + 1] - starts[own])
    columns = np.zeros(n_points)
    if by_class:
        for c in range(starts.shape[0] - 1):
            columns[starts[c] : starts[c + 1]] = c
    return _Points(
        columns,
        np.empty(n_points, np.uint32),
        np.empty(n_points, np.uint32),
        np.empty(n_points, np.uint32),
        np.empty(n_others, np.uint32),
        np.empty(starts[own + 1] - starts[own], np.uint32),
    )


@compile_kernel
def _room_for_slots(n_slots, n_columns, tally):
    return _Slots(np.zeros(n_slots * n_columns, tally.dtype), np.zeros(n_slots), np.zeros(n_slots))


@compile_kernel
def _rounded(distance, to_fixed):
    """A distance in steps of the grid, rounded to `_UNIT`; to_fixed is 2**_FRACTION / step."""
    return np.floor(distance * to_fixed + 0.5) * _UNIT


@compile_kernel
def _sort_positives(positives, to_fixed):
    """Round the positives' distances and sort them by remainder; returns the least and the greatest whole part."""
    distances, n_buckets = positives.distances, positives.edges.shape[0] - 1
    for i in range(distances.shape[0]):
        distances[i] = _rounded(distances[i], to_fixed)
    least, most = np.floor(distances.min()), np.floor(distances.max())
    for i in range(distances.shape[0]):
        whole = np.floor(distances[i])
        fixed = np.uint64((distances[i] - whole) * 2.0**_FRACTION)
        positives.keys[i] = (fixed << np.uint64(_PLACE)) | np.uint64(whole - least)
        positives.buckets[i] = bucket_of(distances[i] - whole, 0.0, n_buckets, n_buckets)
    sort_by_bucket(positives.keys, positives.buckets, positives.edges, positives.ordered)
    for p in range(distances.shape[0]):
        positives.remainders[p] = np.float64(positives.ordered[p] >> np.uint64(_PLACE)) * _UNIT
    return least, most


@compile_kernel
def _place_points(row, to_fixed, base, n_slots, n_columns, seen):
    """Give each point its slot and place, and replace its distance in `row` by its remainder.

    `base` is the whole part that slot 0 stands for, with all below it.
    """
    slots, places, columns = seen.slots, seen.places, seen.columns
    for j in range(row.shape[0]):
        distance = _rounded(row[j], to_fixed)
        whole = np.floor(distance)
        slot = min(max(whole - base, 0.0), n_slots - 1.0)
        slots[j] = np.int32(slot)  # unlike uint32, several at once
        places[j] = np.int32(slot * n_columns + columns[j])
        # The remainder; before the slots less than 0: it never enters; beyond them the most: it enters first.
        row[j] = min(distance - whole + (whole - base - slot), 1.0 - _UNIT)


@compile_kernel
def _count_negatives(row, own_start, own_stop, n_slots, n_columns, seen, slots):
    """Count the negatives at each place into `reach`, and take their remainders from their slot of `rest`."""
    slots.reach[: n_slots * n_columns] = 0
    slots.rest[:n_slots] = 0.0
    for start, stop in ((0, own_start), (own_stop, row.shape[0])):
        for j in range(start, stop):
            slots.reach[seen.places[j]] += 1
            slots.rest[seen.slots[j]] -= row[j]


@compile_kernel
def _line_up(own_start, own_stop, seen):
    """Put the negatives into `line` in order of their turns."""
    turns, line, line_starts = seen.turns, seen.line, seen.line_starts
    line_starts[:] = 0
    for start, stop in ((0, own_start), (own_stop, turns.shape[0])):
        for j in range(start, stop):
            line_starts[turns[j]] += 1
    total = 0
    for turn in range(line_starts.shape[0]):
        total += line_starts[turn]
        line_starts[turn] = total
    for start, stop in ((0, own_start), (own_stop, turns.shape[0])):
        for j in range(start, stop):
            line_starts[turns[j]] -= 1
            line[line_starts[turns[j]]] = j


@compile_kernel
def _sum_slots(n_slots, n_columns, n_negatives, slots):
    """Turn what lies in each slot into sums over the slots, as they are before any negative has entered."""
    reach, missed, rest = slots.reach, slots.missed, slots.rest
    above = np.zeros(n_columns, np.int32)
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


@compile_kernel
def _add_positives(row, n_columns, positives, seen, slots, totals, until_flush, between_flushes):
    """Add one anchor's counts and hinges at all margins to the totals; returns the new `until_flush`.

    Positives are visited from the greatest remainder down; before each, the negatives with a remainder at least its
    own enter.
    """
    reach, missed, rest = slots.reach, slots.missed, slots.rest
    window, hinges = totals.window, totals.hinges
    width, n_margins = window.shape[0], hinges.shape[0]
    entering = seen.line.shape[0]
    for p in range(positives.ordered.shape[0] - 1, -1, -1):
        while entering > seen.line_starts[p + 1]:
            entering -= 1
            j = seen.line[entering]
            reach[seen.places[j]] += 1
            missed[seen.slots[j]] -= 1.0
            rest[seen.slots[j]] += row[j]
        slot = np.int64(positives.ordered[p] & _PLACE_MASK) + 1  # of its first margin
        counts = reach[slot * n_columns : slot * n_columns + width]
        for k in range(width):
            window[k] += counts[k]
        remainder = positives.remainders[p]
        absent, shortfall = missed[slot : slot + n_margins], rest[slot : slot + n_margins]
        for k in range(n_margins):
            hinges[k] += absent[k] * remainder + shortfall[k]
        until_flush -= 1
        if until_flush == 0:
            _flush(totals)
            until_flush = between_flushes
    return until_flush


@compile_kernel
def _flush(totals):
    """Move the counts of `window` to `counted`, before they leave the window's type."""
    for k in range(totals.window.shape[0]):
        totals.counted[k] += totals.window[k]
        totals.window[k] = 0
