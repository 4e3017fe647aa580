"""Every reader, by name."""

from __future__ import annotations

from tests.fuzz import (  # noqa: F401  (they register their readers)
    data_readers,
    job_readers,
    page_readers,
    run_readers,
    sweep_readers,
)
from tests.fuzz.registry import READERS

__all__ = ["READERS"]
