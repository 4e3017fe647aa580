"""Escape user text for Markdown."""

from __future__ import annotations

import re

_SIGN = re.compile(r"[\\`*_\[\]<>~$&|#]|:(?=[\w/])")
_AT_THE_START = re.compile(r"^(?=[-+=])|^(?<!\\)(\d+)(?=[.)])")


def as_text(name: object) -> str:
    """Escape a text for Streamlit's Markdown and put it in one line."""
    line = _SIGN.sub(r"\\\g<0>", " ".join(str(name).split()))
    return _AT_THE_START.sub(lambda match: f"{match[1]}\\" if match[1] else "\\", line)
