"""Labels of any kind as codes 0 to k - 1 with a name each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, Int64

from tvae.errors import InputError

NO_LABEL = -1
LONGEST_NAME = 200
"""Characters of a label's name; the rest is cut off."""
MOST_CLASSES = 10_000
"""Values that a label column may have."""

_MOST_FURTHER = 1_000
"""Values that a column beside the default one may have: more are numbers or names of the images themselves."""

_DIRECTION_MARKS = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
"""Characters that nobody sees and that turn the text after them around."""


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """One label of each image: a notion of which images are alike."""

    name: str
    values: tuple[str, ...]
    """Name of each code, in a sensible order: numbers by size, text as people sort it."""
    codes: Int32[np.ndarray, " n"]
    """Code of each row; `NO_LABEL` where it has no label."""

    def counts(self, rows: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, " k"]:
        """Number of these rows that have each value."""
        codes = self.codes[rows]
        return np.bincount(codes[codes != NO_LABEL], minlength=len(self.values)).astype(np.int64)


def number_column(name: str, numbers: np.ndarray, value_names: Sequence[str] | None = None) -> LabelColumn:
    """A column from whole numbers (n,).

    Args:
        value_names: name of each number from 0, as Hugging Face's ClassLabel has them. A number below 0 is then no
            label, and so is one that has no name.
    """
    if value_names is None:
        distinct, codes = np.unique(numbers, return_inverse=True)
        _check_number(name, len(distinct))
        return LabelColumn(name, tuple(str(int(value)) for value in distinct), codes.astype(np.int32).reshape(-1))
    values, merged = _distinct_names([clean_label(text) for text in value_names])
    is_named = (numbers >= 0) & (numbers < len(value_names))
    codes = np.where(is_named, np.array([*merged, 0], np.int32)[np.where(is_named, numbers, 0).astype(np.int64)], -1)
    return LabelColumn(name, values, codes.astype(np.int32))


def text_column(name: str, texts: Sequence[str | None]) -> LabelColumn:
    """A column from texts; None and empty text are no label. Texts that all are whole numbers are sorted as such."""
    cleaned = {text: clean_label(text) for text in dict.fromkeys(texts) if text is not None}
    distinct = sorted({text for text in cleaned.values() if text}, key=_sorting_key)
    _check_number(name, len(distinct))
    code_of = {text: code for code, text in enumerate(distinct)}
    codes = {text: code_of.get(clean, NO_LABEL) for text, clean in cleaned.items()}
    column = np.fromiter((NO_LABEL if text is None else codes[text] for text in texts), np.int32, len(texts))
    return LabelColumn(name, tuple(distinct), column)


def refused_notion(name: str, distinct: int, rows: int) -> str | None:
    """Why a column beside the default one is not kept, as a sentence; None where it can be a notion of likeness."""
    if 2 <= distinct <= min(_MOST_FURTHER, max(2, rows // 2)):
        return None
    values = "one value makes" if distinct == 1 else f"{distinct:,} different values make"
    return f"column {name} is not kept: {values} no classes"


def clean_label(text: str) -> str:
    """A label's name as one line of composed Unicode, without marks that nobody sees.

    HTML, Markdown and formulas stay as they are: what shows a label takes it for text.
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    text = "".join(c for c in text if c not in _DIRECTION_MARKS and unicodedata.category(c) != "Cs")
    return " ".join(text.split())[:LONGEST_NAME].strip()


def merged_labels_note(name: str, texts: Sequence[str | None]) -> str | None:
    """A sentence where labels differ only in what `clean_label` takes away."""
    spellings: dict[str, int] = {}
    for text in dict.fromkeys(texts):
        if text is not None and (clean := clean_label(text)):
            spellings[clean] = spellings.get(clean, 0) + 1
    merged = [text for text, count in spellings.items() if count > 1]
    if not merged:
        return None
    return f"column {name}: {merged[0]!r} is written in more than one way (spaces, hidden marks or Unicode forms)"


def _distinct_names(names: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Names in their order, each once, and the place of each given name among them; an empty one gets its number."""
    places: dict[str, int] = {}
    merged = [places.setdefault(name or str(number), len(places)) for number, name in enumerate(names)]
    return tuple(places), merged


def _check_number(name: str, count: int) -> None:
    if count > MOST_CLASSES:
        raise InputError(
            f"label column {name!r}: {count:,} different values; at most {MOST_CLASSES:,} can be classes. Name another"
            " column"
        )


def _sorting_key(text: str) -> tuple[int, list[tuple[int, int, str]], str]:
    """Sorts whole numbers by size and before text, and text as people do: class 2 before class 10."""
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        return 0, [(0, int(text), "")], text
    parts = re.findall(r"\d{1,18}|\D+|\d", text)
    return 1, [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts], text
