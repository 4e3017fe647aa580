"""Whether latent means have collapsed to one point, and the warning that says so."""

from __future__ import annotations

NEARLY_ONE_POINT = 1e-3
"""Means that spread less than this have collapsed; the prior's spread is the root of the number of latents."""


def has_collapsed(spread: float) -> bool:
    """Whether means of this spread (root mean square distance from their centre) are one point, or nearly."""
    return spread < NEARLY_ONE_POINT


def collapse_warning(name: str, *, all_equal: bool) -> str:
    """Warning that belongs wherever the triplet accuracy of a collapsed arm is shown.

    Args:
        name: of the arm, as a person reads it.
        all_equal: whether all its means are exactly one point, so that every distance is 0.
    """
    subject = name[:1].upper() + name[1:]
    if all_equal:
        return (
            f"{subject} has collapsed: its means are one point, so every distance is 0. Accuracy at m = 0 is then "
            "made of ties and says nothing."
        )
    return (
        f"{subject} has collapsed: its means are nearly one point, so its distances are next to 0. Accuracy at "
        "m = 0 is then made of rounding and says nothing."
    )
