"""Fonts of the charts: matplotlib's own, and installed ones for the signs that it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.font_manager import FontProperties, fontManager, get_font

COMMON = "DejaVu Sans"
"""Comes with matplotlib; has Latin, Greek, Cyrillic and mathematics."""
PREFERRED = ("Noto Sans", "Source Han Sans", "WenQuanYi", "Droid Sans", "Arial", "Segoe UI")
"""Beginnings of the names of fonts that are tried before others: upright, and made for many scripts."""
MOST_NAMED = 20
"""Signs that a note names at most."""


@dataclass(frozen=True)
class Fonts:
    """Fonts that together draw a text."""

    families: tuple[str, ...]
    """Names of the fonts, in the order in which a sign is looked for."""
    missing: str
    """Signs that no installed font has, in order; they are drawn as boxes."""


def fonts_for(text: str) -> Fonts:
    """The fonts that draw this text, the common one first."""
    return _fonts_for(frozenset(sign for sign in text if sign.isprintable() and not sign.isspace()))


def missing_signs_note(texts: Iterable[str]) -> list[str]:
    """Sentence that names the signs of these texts that no installed font has; none where there is no such sign."""
    missing = fonts_for("".join(texts)).missing
    if not missing:
        return []
    named = " ".join(missing[:MOST_NAMED]) + (f" and {len(missing) - MOST_NAMED} more" if missing[MOST_NAMED:] else "")
    return [
        f"No font on this machine has {named}: PNG and PDF show boxes in their place; install one, as Noto Sans CJK."
    ]


@lru_cache(maxsize=64)
def _fonts_for(signs: frozenset[str]) -> Fonts:
    missing = {sign for sign in signs if ord(sign) not in _codes(COMMON)}
    families = [COMMON]
    if missing:
        for family in sorted(_installed(), key=lambda name: (not name.startswith(PREFERRED), name)):
            has = {sign for sign in missing if ord(sign) in _codes(family)}
            if has:
                families.append(family)
                missing -= has
            if not missing:
                break
    return Fonts(tuple(families), "".join(sorted(missing)))


def _installed() -> set[str]:
    """Names of the installed fonts that have an upright face; one that draws every sign as a box is none of them."""
    return {font.name for font in fontManager.ttflist if font.style == "normal" and "LastResort" not in font.name}


@lru_cache(maxsize=1024)
def _codes(family: str) -> frozenset[int]:
    """Code points that a font has; none where it can't be read."""
    try:
        path = fontManager.findfont(FontProperties(family=family), fallback_to_default=False)
        return frozenset(get_font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
