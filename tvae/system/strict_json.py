"""JSON read strictly, and what it holds checked against a type.

All JSON of the project is read here. Python's own reader takes names twice, NaN, and numbers of any length; msgspec
then holds the values against the types and ranges that a dataclass or a TypedDict is annotated with. It is msgspec and
not pydantic since it brings no further packages and takes these types as they are.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from tvae.errors import InputError
from tvae.system.files import read_bounded

_MOST_DIGITS = 20
"""Of a whole number: a seed has 19."""
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""How JSON writes a half of a character, which a whole one beyond 16 bits has two of."""
_TOO_DEEP = "nested too deeply to be one of our files"
_HALF = "holds half of a character"
_T = TypeVar("_T")

Whole = Annotated[int, Meta(ge=0, le=10**15)]
"""A number of steps or bytes."""
Count = Annotated[int, Meta(ge=1, le=10**8)]
"""A number of images, pixels or classes, of which there is one at least."""
Amount = Annotated[float, Meta(ge=0, le=1e15)]
"""A duration, or another number that is not below 0."""
Number = Annotated[float, Meta(ge=-1e300, le=1e300)]
Share = Annotated[float, Meta(ge=0, le=1)]
Line = Annotated[str, Meta(max_length=500, pattern=r"\A[^\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]*\Z")]
"""Text without line ends and other control characters."""
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


def read_json(text: str | bytes, where: str, *, halves: bool = False) -> Any:
    """Parse JSON strictly.

    Args:
        where: what the message calls the text, such as its file.
        halves: take halves of characters, which can be neither written nor shown: names of files may have them.

    Raises:
        InputError: not JSON, a name twice in one object, a number that is not finite or has more digits than any of
            ours, half of a character.
    """

    def whole(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            raise InputError(f"{where}: a whole number of {len(digits):,} characters; at most {_MOST_DIGITS} are taken")
        return int(digits)

    def finite(word: str) -> float:
        number = float(word)
        if not math.isfinite(number):
            raise InputError(f"{where}: {word[:20]} is not a finite number")
        return number

    def of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
            raise InputError(f"{where}: {twice[:60]!r} is there twice")
        return values

    try:
        decoded = text if isinstance(text, str) else text.decode()
        plain = json.loads(
            decoded, parse_int=whole, parse_float=finite, parse_constant=finite, object_pairs_hook=of_unique_names
        )
        if not halves and _ESCAPED_HALF.search(decoded):
            json.dumps(plain, ensure_ascii=False).encode()
        return plain
    except UnicodeEncodeError:
        raise InputError(f"{where}: {_HALF}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON (line {error.lineno}: {error.msg})") from None
    except UnicodeDecodeError:
        raise InputError(f"{where}: not text") from None
    except RecursionError:
        raise InputError(f"{where}: {_TOO_DEEP}") from None


def checked(plain: object, kind: type[_T], where: str) -> _T:
    """Plain JSON values as a value of this type, which is a dataclass, a TypedDict or made of such.

    Raises:
        InputError: a field is missing or unknown, or has another type or a value beyond its range; the message names
            it.
    """
    try:
        value = msgspec.convert(plain, kind)
        if unknown := _left_out(plain, msgspec.to_builtins(value)):
            raise InputError(f"{where}: unknown field {unknown[:60]!r}")
        return value
    except RecursionError:
        raise InputError(f"{where}: {_TOO_DEEP}") from None
    except UnicodeEncodeError:
        raise InputError(f"{where}: {_HALF}") from None
    except msgspec.ValidationError as error:
        problem, _, place = str(error).replace("`", "").partition(" - at $")
        raise InputError(": ".join(part for part in (where, place.lstrip("."), problem) if part)) from None


def _left_out(plain: Any, taken: Any) -> str | None:
    """Name of a field that is not among those that were taken; msgspec passes it over."""
    if isinstance(plain, dict):
        pairs = [(value, taken[name]) for name, value in plain.items() if name in taken]
        if len(pairs) < len(plain):
            return next(name for name in plain if name not in taken)
    else:
        pairs = zip(plain, taken, strict=True) if isinstance(plain, list) else []
    return next(filter(None, (_left_out(*pair) for pair in pairs)), None)


def read_json_file(path: Path, kind: type[_T], limit: int) -> _T:
    """The content of a JSON file of at most `limit` bytes, as `checked` gives it.

    Raises:
        InputError: missing, unreadable, longer, not JSON, or not of this type.
    """
    return checked(read_json(read_bounded(path, limit), str(path)), kind, str(path))
