"""numba's njit with the settings that all kernels share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(**settings: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile on first call, without the interpreter's lock, and keep the machine code on disk for the next process.

    Where no cache folder can be written, as in a read-only container, every process compiles.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return njit(function, nogil=True, cache=True, **settings)
        except RuntimeError:  # numba found no folder that it may write
            return njit(function, nogil=True, **settings)

    return decorate
