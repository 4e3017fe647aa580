"""Loops compiled by numba; importing one imports numba, so import it where it is about to run.

counting.py   numba: satisfied triplets at given margins
distances.py  numba: Euclidean distances of many points, in one definition
grid.py       numba: satisfied triplets at every margin of an evenly spaced grid
retrieval.py  numba: R-precision and average precision
sorting.py    numba: sorting and ranking of distances by buckets
"""
