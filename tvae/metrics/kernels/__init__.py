"""Loops compiled by numba; importing one imports numba, so import it where it is about to run.

    compilation.py  Parts of the machine code of the metrics' kernels
    counting.py     numba: satisfied triplets at given margins
    distances.py    numba: Euclidean distances of many points, in one definition
    grid.py         numba: satisfied triplets at every margin of an evenly spaced grid
    retrieval.py    numba: R-precision and average precision
    sorting.py      numba: sorting and ranking of distances by buckets

Counting triplets exactly is what this program exists for, and these loops are our own because no library counts all
triplets of a split: metric-learning libraries list the triplets of a batch or sample them. With n points there are some
n³ triplets, and these loops take n² work: distances are sorted once an anchor, and counts are read off the order.
"""
