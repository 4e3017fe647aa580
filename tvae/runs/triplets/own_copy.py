"""A run's own copy of its given triplets."""

from __future__ import annotations

from pathlib import Path

from tvae.config import RunConfig
from tvae.data.triplets import GivenTriplets
from tvae.data.triplets.given import LARGEST_FILE
from tvae.system.files import read_bounded, write_atomically

TRIPLETS = "triplets.npy"


def write_triplets(folder: Path, triplets: GivenTriplets) -> None:
    """Write the run's own copy of its given triplets.

    Raises:
        OSError: the folder can't be written.
    """
    write_atomically(folder / TRIPLETS, triplets.content)


def read_triplets_of(folder: Path, config: RunConfig) -> GivenTriplets | None:
    """The given triplets of the run of this config in this folder; None where it has none.

    Raises:
        InputError: the file is missing, or not the one that the config names.
    """
    if not config.data.triplets:
        return None
    path = folder / TRIPLETS
    return GivenTriplets.from_content(read_bounded(path, LARGEST_FILE), config.data.triplets, str(path))
