"""RankLost: a process with which this one trains a run has ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch.distributed as dist


class RankLost(Exception):
    """Raised where another process of the run has ended, or can't be reached any more."""


@contextlib.contextmanager
def loss_is_said() -> Iterator[None]:
    """Context of work that the processes do together.

    Raises:
        RankLost: torch's communication failed.
    """
    try:
        yield
    except RuntimeError as error:
        # torch has no type of its own for gloo's errors
        if not isinstance(error, dist.DistError) and "gloo" not in str(error).lower():
            raise
        line = (str(error).splitlines() or [""])[0][:300]
        raise RankLost(f"a process of this run has ended, or can't be reached ({line})") from error
