"""Every reader, by name."""

from __future__ import annotations

from tests.fuzz import data_readers, job_readers, page_readers, run_readers  # noqa: F401  (they register their readers)
from tests.fuzz.registry import READERS

__all__ = ["READERS"]
