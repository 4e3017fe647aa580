"""Filters of the maps' rows as URL text."""

from __future__ import annotations

import math
import re
from urllib.parse import quote, unquote

from tvae.linked_map.filter_columns import Filters, Range

LONGEST = 1_000
"""Most characters of filters in an address."""

_VALUES = re.compile(r"(\d{1,7})(?:-(\d{1,7}))?")
_MOST_VALUES = 100_000


def filters_to_address(filters: Filters) -> str | None:
    """The filters as text, such as "change:0.2_0.8~wrong:1-2"; None where it is too long for an address.

    A range is its two ends, an open one empty; values are their numbers.
    """
    text = "~".join(f"{_quoted(name)}:{_filter_to_text(wanted)}" for name, wanted in filters.items())
    return text if len(text) <= LONGEST else None


def _quoted(name: str) -> str:
    return quote(name, safe="").replace("~", "%7E")  # which no URL quotes, but parts the filters here


def _filter_to_text(wanted: Range | frozenset[int]) -> str:
    if isinstance(wanted, Range):
        return "_".join("" if end is None else f"{end:.10g}" for end in (wanted.low, wanted.high))
    return numbers_to_text(sorted(wanted))


def numbers_to_text(numbers: list[int]) -> str:
    """Ascending whole numbers as text, such as "0.3-5"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ".".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def filters_from_address(text: str) -> tuple[dict[str, Range | frozenset[int]], list[str]]:
    """The filters that an address names, and the pieces of it that are none."""
    filters: dict[str, Range | frozenset[int]] = {}
    wrong = []
    for piece in text[: 4 * LONGEST].split("~") if text else []:
        name, colon, rest = piece.partition(":")
        wanted = _range_from(rest) if "_" in rest else numbers_from_text(rest)
        if not name or not colon or not wanted:
            wrong.append(piece)
        else:
            filters[unquote(name)] = wanted
    return filters, wrong


def _range_from(text: str) -> Range | None:
    """The range that a text names; None where it names none, or both ends are open."""
    try:
        low, high = (float(end) if end else None for end in text.split("_"))
    except ValueError:
        return None
    ends = [end for end in (low, high) if end is not None]
    if not ends or not all(map(math.isfinite, ends)) or ends != sorted(ends):
        return None
    return Range(low, high)


def numbers_from_text(text: str) -> frozenset[int] | None:
    """The whole numbers that a text such as "0.3-5" names; None where it names none."""
    matches = [_VALUES.fullmatch(piece) for piece in text.split(".")]
    spans = [(int(match[1]), int(match[2] or match[1])) for match in matches if match is not None]
    if len(spans) < len(matches) or sum(max(0, last - first) + 1 for first, last in spans) > _MOST_VALUES:
        return None
    return frozenset(number for first, last in spans for number in range(first, last + 1))
