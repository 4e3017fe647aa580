"""Threads of BLAS in a process of its own: this one's stay as they are."""

import json
import os
import subprocess
import sys

COPIES = """
import numpy
from tvae.system.blas_threads import take_one_blas_thread

take_one_blas_thread()
import scipy.linalg  # a copy of BLAS that is loaded later
from threadpoolctl import threadpool_info

print(sorted(copy["num_threads"] for copy in threadpool_info() if copy["user_api"] == "blas"))
"""


def test_every_copy_of_blas_has_one_thread_also_one_that_is_loaded_later():
    usual = {name: text for name, text in os.environ.items() if not name.endswith("_NUM_THREADS")}
    result = subprocess.run([sys.executable, "-c", COPIES], capture_output=True, text=True, env=usual, check=True)
    assert set(json.loads(result.stdout)) == {1}
