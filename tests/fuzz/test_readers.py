"""Every reader takes a changed file, or refuses it in one line; nothing else gets through, nor much time or memory."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.fuzz.readers import READERS
from tests.fuzz.trials import GENERATE, trial

FILES = 100
"""Changed files that each reader is given in the ordinary suite; `python -m tests.fuzz` goes on for minutes."""


@pytest.mark.parametrize("name", READERS)
def test_nothing_gets_through(name):
    reader = READERS[name]()

    @settings(GENERATE, max_examples=FILES, derandomize=True)
    @given(reader.contents)
    def read(content: bytes) -> None:
        assert trial(reader, content).escaped == "", content[:2_000]

    read()
