"""InputError and the checks that raise it."""

from __future__ import annotations

import json
import math
from typing import Any


class InputError(ValueError):
    """Something a person gave is wrong; the message is one line that says what, and what would be right."""


def require(holds: bool, where: str, value: object, right: str) -> None:
    if not holds:
        raise InputError(f"{where}: {value!r} is not possible; it must be {right}")


def require_int(where: str, value: object, low: int, high: int) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    require(whole and low <= value <= high, where, value, f"a whole number from {low} to {high}")  # type: ignore[operator]


def require_real(where: str, value: object, low: float, high: float = math.inf) -> None:
    real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    right = (
        f"a finite number from {low:g} to {high:g}" if math.isfinite(high) else f"a finite number of at least {low:g}"
    )
    require(real and low <= value <= high, where, value, right)  # type: ignore[operator]


def require_choice(where: str, value: object, choices: tuple[str, ...]) -> None:
    require(value in choices, where, value, "one of " + ", ".join(choices))


def read_json(text: str, where: str) -> Any:
    """Parse JSON strictly.

    Raises:
        InputError: not JSON, or one of the non-numbers NaN and Infinity, which JSON does not have.
    """

    def refuse(word: str) -> None:
        raise InputError(f"{where}: {word} is not a number that JSON knows")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON (line {error.lineno}: {error.msg})") from None
    except RecursionError:
        raise InputError(f"{where}: nested too deeply to be one of our files") from None
