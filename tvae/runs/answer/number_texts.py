"""Numbers of the answer as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def percent_texts(shares: Sequence[float], errors: Sequence[float] = ()) -> list[str]:
    """Fractions as percentages to one decimal; to more where they would read alike, or as 100 and are less.

    Args:
        errors: their standard errors; 0 where a fraction is exact.
    """
    for digits in (1, 2, 3):
        texts = [f"{100 * share:.{digits}f}" for share in shares]
        alike = len(set(texts)) < len(set(shares))
        whole = any(float(text) == 100 and share < 1 for text, share in zip(texts, shares, strict=True))
        if not alike and not whole:
            break
    errors = errors or [0.0] * len(shares)
    return [
        f"{text}\u00a0%" + (f"\u00a0±\u00a0{100 * error:.2f}" if error else "")
        for text, error in zip(texts, errors, strict=True)
    ]


def number_text(value: float) -> str:
    """A number to three or more significant digits: two decimals from 1 on, one from 100 on."""
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def accuracy_error(measured: Mapping[str, Any]) -> float:
    """Standard error of an arm's triplet accuracy at margin 0; 0 where it is exact."""
    return float(measured.get("triplet_accuracy_error", {}).get("0") or 0.0)


def relative_change(before: float, after: float) -> float:
    """Relative change, such as 0.18 for 18 % more; 0 where there is nothing to relate it to."""
    return after / before - 1 if before else 0.0


def signed(value: float, digits: int) -> str:
    """A number with its sign, and ± where it rounds to zero."""
    text = f"{value:+,.{digits}f}"
    return text.replace("-", "−") if round(value, digits) else f"±{0:.{digits}f}"


def signed_percent(change: float) -> str:
    """A relative change as a percentage with its sign."""
    return f"{signed(100 * change, 1)}\u00a0%"
