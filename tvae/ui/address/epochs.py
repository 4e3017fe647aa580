"""Epoch as URL text."""

from __future__ import annotations


def epoch_in_address(epoch: float) -> str:
    """Text of an epoch in an address, in three significant figures, so that kept links lead where they led."""
    return f"{epoch:.3g}"
