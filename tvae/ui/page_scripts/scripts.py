"""Scripts that fold the sidebar, lead past it and explain the overview, as one text."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
NAMES = ("narrow_sidebar", "skip_link", "tour")


def page_aids() -> str:
    """The scripts, each in a scope of its own."""
    return "\n".join((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in NAMES)
