"""Names that people give: in one line, limited by bytes, without marks that nobody sees."""

from __future__ import annotations

import re
import unicodedata

from tvae.errors import InputError

_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""The flag of a part of a country, such as Scotland's: a black flag and marks that spell the place."""
_JOINERS = ("\u200c", "\u200d")
"""Marks that emoji and some scripts are joined or parted with."""
_NEW_EMOJI = range(0x1F000, 0x1FB00)
"""Where emoji are that are newer than Python's table of characters."""
_CONTROLS = {0: "NULL", 9: "TABULATION", 10: "LINE FEED", 13: "CARRIAGE RETURN", 27: "ESCAPE"}
"""Usual names of control characters, which have none in Unicode."""
_WITHOUT_NAME = {"Cs": "HALF OF A CHARACTER", "Co": "PRIVATE CHARACTER", "Cn": "UNKNOWN CHARACTER"}


def checked_name(what: str, text: str, most_bytes: int) -> str:
    """The text with single spaces, as a name in one line; it may be empty.

    Emoji stay, joined ones too.

    Args:
        what: what the message calls it, such as `name`.
        most_bytes: bytes that it may have in UTF-8.

    Raises:
        InputError: it has a mark that nobody sees, which the message names, or is too long.
    """
    if mark := _hidden_mark(text):
        raise InputError(f"{what}: {_described(mark)} is not possible in it; it must be one line of visible characters")
    name = " ".join(text.split())
    size = len(name.encode())
    if size > most_bytes:
        raise InputError(
            f"{what}: {name[:20]!r}… has {size:,} bytes; it must have at most {most_bytes:,} (a letter has 1 to 4, an"
            " emoji 4 to 40)"
        )
    return name


def cut_to_bytes(text: str, most_bytes: int) -> str:
    """The beginning of a text that has at most so many bytes in UTF-8; half a character is left out."""
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore")


def _hidden_mark(text: str) -> str:
    """The first character that is a control or a direction mark, or no character at all; empty where there is none."""
    for character in _FLAG.sub("", text):
        category = unicodedata.category(character)
        is_seen = category[0] not in "CZ" or category == "Zs" or character in _JOINERS
        if not is_seen and not (category == "Cn" and ord(character) in _NEW_EMOJI):
            return character
    return ""


def _described(character: str) -> str:
    """A character's code and name, such as "U+202E RIGHT-TO-LEFT OVERRIDE"."""
    code = ord(character)
    other = _CONTROLS.get(code) or _WITHOUT_NAME.get(unicodedata.category(character), "CONTROL CHARACTER")
    return f"U+{code:04X} {unicodedata.name(character, other)}"
