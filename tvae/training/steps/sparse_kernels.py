"""Compiled products with images that are mostly 0.

Importing this file imports numba, so import it only where a step is made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt8, UInt32

from tvae.training.steps.kernels import compiled_pass, exact, f32

MOST_INK = 0.25
"""Share of pixels above 0 up to which multiplying these alone is faster than a library's product with all pixels."""


class Ink(NamedTuple):
    """Pixels above 0 of all images: those of image i are places[starts[i] : starts[i + 1]], with their values."""

    starts: Int64[np.ndarray, " n+1"]
    places: UInt32[np.ndarray, " ink"]
    values: UInt8[np.ndarray, " ink"]


class Rows(NamedTuple):
    """A sparse matrix by rows (CSR): row i is 0 except shares[k] at places[k], k from starts[i] to starts[i + 1]."""

    starts: Int64[np.ndarray, " rows+2"]
    """One entry more than CSR needs, used while a matrix is transposed."""
    places: UInt32[np.ndarray, " most"]
    shares: Float32[np.ndarray, " most"]


def room_for_rows(rows: int, most: int) -> Rows:
    """Memory for a matrix of this many rows with at most `most` values in all."""
    return Rows(np.empty(rows + 2, np.int64), np.empty(most, np.uint32), np.empty(most, np.float32))


def is_mostly_empty(images: UInt8[np.ndarray, "n ..."]) -> bool:
    """Whether so few pixels are above 0 that these alone are multiplied."""
    return bool(np.count_nonzero(images) <= MOST_INK * images.size)


def worthwhile_ink(images: UInt8[np.ndarray, "n pixels"]) -> Ink:
    """The ink of the images; empty where more than `MOST_INK` of all pixels are above 0."""
    if not is_mostly_empty(images):
        images = images[:0]
    size = np.count_nonzero(images)
    ink = Ink(np.empty(len(images) + 1, np.int64), np.empty(size, np.uint32), np.empty(size, np.uint8))
    _find_ink(images, ink)
    return ink


@compiled_pass
def _find_ink(images, ink):
    at = 0
    for i in range(images.shape[0]):
        ink.starts[i] = at
        for j in range(images.shape[1]):
            if images[i, j] > 0:
                ink.places[at], ink.values[at] = j, images[i, j]
                at += 1
    ink.starts[images.shape[0]] = at


@compiled_pass
def gather_ink(ink, rows, by_image):
    """Write the images of these rows (b,) to the sparse matrix `by_image`, pixels as shares of 255."""
    at = 0
    for i in range(rows.size):
        start, stop = ink.starts[rows[i]], ink.starts[rows[i] + 1]
        places, values = ink.places[start:stop], ink.values[start:stop]
        by_image.starts[i] = at
        for k in range(places.size):
            by_image.places[at + k] = places[k]
            by_image.shares[at + k] = f32(values[k]) / f32(255)
        at += places.size
    by_image.starts[rows.size] = at


@compiled_pass
def transpose_rows(rows, columns):
    """Write the transpose (m, n) of a sparse matrix (n, m) to `columns`, each column in the order of the rows."""
    starts = columns.starts
    starts[:] = 0
    n = rows.starts.size - 2
    for k in range(rows.starts[n]):
        starts[rows.places[k] + 2] += 1
    for column in range(2, starts.size):
        starts[column] += starts[column - 1]
    for i in range(n):
        for k in range(rows.starts[i], rows.starts[i + 1]):
            column = rows.places[k] + 1  # its start moves up to its end, where the next column starts
            at = starts[column]
            columns.places[at] = i
            columns.shares[at] = rows.shares[k]
            starts[column] = at + 1


@compiled_pass
def multiply_rows(rows, table, out):
    """Write the product of a sparse matrix (n, m) and a table (m, d), float32 or bfloat16, to `out` (n, d)."""
    for i in range(out.shape[0]):
        row = out[i]
        row[:] = 0
        k, stop = rows.starts[i], rows.starts[i + 1]
        while k + 4 <= stop:  # four at a time: the row is read and written a quarter as often
            share0, share1, share2, share3 = rows.shares[k], rows.shares[k + 1], rows.shares[k + 2], rows.shares[k + 3]
            table0, table1 = table[rows.places[k]], table[rows.places[k + 1]]
            table2, table3 = table[rows.places[k + 2]], table[rows.places[k + 3]]
            for j in range(row.size):
                two = share0 * exact(table0[j]) + share1 * exact(table1[j])
                row[j] += two + share2 * exact(table2[j]) + share3 * exact(table3[j])
            k += 4
        while k < stop:
            share0, table0 = rows.shares[k], table[rows.places[k]]
            for j in range(row.size):
                row[j] += share0 * exact(table0[j])
            k += 1
