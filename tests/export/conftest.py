"""A run that ships, as the material of exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvae.data import load_split
from tvae.export.material import Material, material_of
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


@pytest.fixture(scope="session")
def material() -> Material:
    """The arms of the digits run on its test split, with images."""
    run = read_run(DIGITS)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    return material_of(run, encoding, load_split("digits", "test").images)
