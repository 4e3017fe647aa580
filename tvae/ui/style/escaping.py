"""Escape user text for Markdown."""

from __future__ import annotations

import re

_SIGN = re.compile(r"[\\`*_\[\]<>~$&|#]|:(?=[\w/])")
_AT_THE_START = re.compile(r"^(?=[-+=])|^(?<!\\)(\d+)(?=[.)])")


def as_text(name: object) -> str:
    """A text in one line, so written that Streamlit's Markdown takes no sign of it for one of its own."""
    line = _SIGN.sub(r"\\\g<0>", " ".join(str(name).split()))
    return _AT_THE_START.sub(lambda found: f"{found[1]}\\" if found[1] else "\\", line)
