"""Threads of BLAS, which numpy and scipy multiply matrices with: one for the whole process."""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits


def take_one_blas_thread() -> None:
    """Have each matrix product of this process run on the thread that asks for it, from now on.

    A server's script runs are threads already. With more than one of its own, OpenBLAS wakes the others for products
    of some microseconds and has them wait in a loop, which takes the processor from who else runs.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read by each copy that is loaded later, such as scipy's
    threadpool_limits(1, user_api="blas")
