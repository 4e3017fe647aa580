"""Accuracy on given triplets in words: the parts that they fall in, shares with their intervals, and counts."""

from __future__ import annotations

from typing import Any

from tvae.metrics.measurable import percent_text

GIVEN_PARTS = {
    "trained_on": "trained on",
    "held_out_by_triplet": "held out",
    "held_out_by_image": "images held out",
}
"""Parts of the given triplets, in words."""


def share_text(figures: dict[str, Any], margin: str) -> str:
    """A share in percent with its interval."""
    accuracy, interval = figures["accuracy"][margin], figures["interval"][margin]
    if accuracy is None:
        return percent_text(None)
    low, high = (f"{100 * limit:.1f}" for limit in interval)
    return f"{100 * accuracy:.1f} % ({low} to {high})"


def given_text(counts: dict[str, int]) -> str:
    """Numbers of given triplets, contradictions and cycles, in one line."""
    parts = ", ".join(f"{counts[part]:,} {name}" for part, name in GIVEN_PARTS.items())
    return (
        f"given triplets: {counts['given']:,}, {counts['distinct']:,} distinct ({parts}), {counts['contradictions']:,}"
        f" contradictions, {counts['cycles']:,} cycles; in brackets the 95 % interval of the share"
    )
