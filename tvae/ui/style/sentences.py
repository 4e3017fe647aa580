"""The first letter of a sentence."""

from __future__ import annotations


def with_capital(text: str) -> str:
    """The text with a capital first letter, and all others as they are: there may be paths and names among them."""
    return text[:1].upper() + text[1:]
