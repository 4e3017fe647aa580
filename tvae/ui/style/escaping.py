"""Escape user text for Markdown."""

from __future__ import annotations

import re

_SIGN = re.compile(r"[\\`*_\[\]<>~$&|#]|:(?=[\w/])")
_AT_THE_START = re.compile(r"^(?=[-+=])|^(?<!\\)(\d+)(?=[.)])")


def as_text(name: object) -> str:
    """The text in one line, with every character escaped that has a meaning in Streamlit's Markdown."""
    line = _SIGN.sub(r"\\\g<0>", " ".join(str(name).split()))
    return _AT_THE_START.sub(lambda match: f"{match[1]}\\" if match[1] else "\\", line)
