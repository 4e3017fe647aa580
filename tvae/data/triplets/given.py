"""GivenTriplets: triplets that a person gives, as rows of the training images, and their file."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from functools import cached_property

import numpy as np
from jaxtyping import Int8, Int32, Int64

from tvae.config import RunConfig
from tvae.data.own.sources.arrays import npy_array
from tvae.data.triplets.holding_out import TRAINED_ON, parts_of
from tvae.errors import InputError

MOST_TRIPLETS = 20_000_000
"""Ten million odd-one-out answers."""
LARGEST_FILE = 12 * MOST_TRIPLETS + 4096
"""Bytes of the file of so many triplets."""


class GivenTriplets:
    """Triplets of training images: rows of (anchor, positive, negative), in the order and as often as they were given.

    Raises:
        InputError: not (t, 3) whole numbers, none at all, a negative one, the same image twice in a triplet.
    """

    def __init__(self, rows: Int64[np.ndarray, "t 3"] | Int32[np.ndarray, "t 3"]) -> None:
        if rows.ndim != 2 or rows.shape[1] != 3 or rows.dtype.kind not in "iu":
            raise InputError(f"triplets: {rows.dtype} of shape {rows.shape}; right is whole numbers of shape (t, 3)")
        if not 0 < len(rows) <= MOST_TRIPLETS:
            raise InputError(f"triplets: {len(rows):,} of them; 1 to {MOST_TRIPLETS:,} are taken")
        if int(rows.min()) < 0 or int(rows.max()) >= 2**31:
            raise InputError(f"triplets: rows from {rows.min()} to {rows.max()}; rows are counted from 0")
        anchor, positive, negative = rows.T
        if ((anchor == positive) | (anchor == negative) | (positive == negative)).any():
            raise InputError("triplets: one names the same image twice; its three images must differ")
        self.rows: Int32[np.ndarray, "t 3"] = np.ascontiguousarray(rows, np.int32)
        self.rows.flags.writeable = False

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def distinct(self) -> Int32[np.ndarray, "d 3"]:
        """Each triplet once, sorted."""
        return _distinct_rows(self.rows)

    @cached_property
    def parts(self) -> Int8[np.ndarray, " d"]:
        """Part of each distinct triplet: trained on, held out by triplet, held out by image."""
        return parts_of(self.distinct)

    @cached_property
    def training_rows(self) -> Int32[np.ndarray, "k 3"]:
        """The triplets that are trained on, as often as they were given.

        Raises:
            InputError: never: some are left for training however few there are.
        """
        part = self.parts[_places(self.distinct, self.rows)]
        return self.rows[part == TRAINED_ON]

    @cached_property
    def content(self) -> bytes:
        """The file: an .npy of int32 (t, 3), which `--data.triplets` takes too."""
        stream = io.BytesIO()
        np.lib.format.write_array(stream, self.rows, version=(1, 0), allow_pickle=False)
        return stream.getvalue()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 in hex of the file's bytes."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def from_content(cls, content: bytes, expected: str, where: str) -> GivenTriplets:
        """The triplets of which `content` is the file.

        Args:
            expected: the fingerprint that it must have.
            where: what messages call the file.

        Raises:
            InputError: it has another fingerprint, or is no such file.
        """
        if (actual := hashlib.sha256(content).hexdigest()) != expected:
            raise InputError(f"{where}: SHA-256 is {actual[:12]}… and not {expected[:12]}…; these are other triplets")
        return cls(npy_array(where, lambda: io.BytesIO(content)).read())

    def check_usable(self, config: RunConfig, n: int) -> None:
        """Check that a run of this config can be trained on these triplets.

        Args:
            n: number of training images.

        Raises:
            InputError: other triplets than the config names, rows beyond the images, or settings that rule them out.
        """
        if config.data.triplets != self.fingerprint:
            raise InputError(f"data.triplets: {config.data.triplets[:80]!r} are others than the {len(self):,} at hand")
        if int(self.rows.max()) >= n:
            raise InputError(f"data.triplets: row {self.rows.max()} is out of range; there are {n:,} training images")
        formed = {"train.triplets": config.train.triplets}
        formed |= {f"arms.{arm}.triplets": loss.triplets for arm, loss in config.arms.items() if loss.triplets}
        if other := next((option for option, triplets in formed.items() if triplets != "sampled"), None):
            raise InputError(f"data.triplets: {other} {formed[other]} forms triplets of labels; right is sampled")
        own = [arm for arm, loss in config.arms.items() if loss.notion not in ("", config.data.notion)]
        if own:
            raise InputError(f"data.triplets: they are of one notion of similarity; arm {own[0]} can't have its own")
        if config.data.validation_share:
            raise InputError(
                "data.triplets: they name rows of all training images, so data.validation-share must be 0; some"
                " triplets are held out anyway"
            )

    def named_in(self, config: RunConfig) -> RunConfig:
        """The config of a run that is trained on these triplets: it names them by their fingerprint."""
        return replace(config, data=replace(config.data, triplets=self.fingerprint))


def _distinct_rows(rows: Int32[np.ndarray, "t 3"]) -> Int32[np.ndarray, "d 3"]:
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    is_new = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)]
    return ordered[is_new]


def _places(distinct: Int32[np.ndarray, "d 3"], rows: Int32[np.ndarray, "t 3"]) -> Int64[np.ndarray, " t"]:
    """Place of each row among the distinct ones."""
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    places = np.empty(len(rows), np.int64)
    places[order] = np.cumsum(np.r_[False, (ordered[1:] != ordered[:-1]).any(axis=1)])
    return places
