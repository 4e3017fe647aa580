"""InputError and the checks that raise it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from numbers import Integral, Real

LONGEST_MESSAGE = 4_000
"""Characters: twenty wrong rows of a file are named in one message."""
_DIRECTIONS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
"""Unicode's names of the marks that turn the direction of a text."""
_LONGEST_VALUE = 120
"""Characters of a wrong value that a message repeats."""


class InputError(ValueError):
    """Wrong input; the message is one line that says what is wrong and what would be right.

    A page of the app shows the message alone. Messages repeat what a stranger's file says: line ends and other control
    characters in it are written out, and what is very long is cut.

    Args:
        at_terminal: what helps at a terminal only, such as a command. It is added as a note (PEP 678), so that
            tracebacks and the command line show it.
    """

    def __init__(self, message: str = "", *, at_terminal: str = "") -> None:
        super().__init__(_one_line(message))
        if at_terminal:
            self.add_note(at_terminal)


def _one_line(message: str) -> str:
    shown = message if message.isprintable() else "".join(map(_visible, message))
    return shown if len(shown) <= LONGEST_MESSAGE else shown[: LONGEST_MESSAGE - 1] + "…"


def _visible(character: str) -> str:
    """A character as it is, or written out where it would end the line, turn its direction or can't be shown."""
    category = unicodedata.category(character)
    is_hidden = category in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in _DIRECTIONS
    return repr(character)[1:-1] if is_hidden else character


def require(condition: bool, name: str, value: object, right: str) -> None:
    """Check a condition on a value.

    Args:
        name: what the message calls the value, such as `loss.margin`.
        right: the end of the sentence "it must be …".

    Raises:
        InputError: the condition is false.
    """
    if not condition:
        if isinstance(value, Real) and _is_beyond_floats(value):
            text = "a number of that many digits"  # Python writes out 4,300 at most
        else:
            # repr(np.float64(2)) is no plain number
            text = str(value) if isinstance(value, Real) else f"{value!r:.{_LONGEST_VALUE}}"
        raise InputError(f"{name}: {text} is not possible; it must be {right}")


def is_finite(value: object) -> bool:
    """Whether a value is a number, finite, and not beyond what a float can hold; True and False are none."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    return not _is_beyond_floats(value) and math.isfinite(value)


def _is_beyond_floats(value: Real) -> bool:
    try:
        float(value)
    except OverflowError:
        return True
    return False


def require_int(name: str, value: object, low: int, high: int | None = None) -> None:
    """Check that a value is a whole number from `low` to `high`, or of at least `low` where there is no `high`.

    NumPy's whole numbers count too; True and False do not.

    Raises:
        InputError: it is not.
    """
    right = f"a whole number of at least {low:,}" if high is None else f"a whole number from {low:,} to {high:,}"
    is_whole = isinstance(value, Integral) and is_finite(value)
    require(is_whole and low <= int(value) and (high is None or int(value) <= high), name, value, right)  # type: ignore


def require_real(name: str, value: object, low: float, high: float | None = None) -> None:
    """Check that a value is a finite number from `low` to `high`, or of at least `low` where there is no `high`.

    NumPy's numbers count too; True and False do not.

    Raises:
        InputError: it is not.
    """
    right = f"a finite number of at least {low:g}" if high is None else f"a finite number from {low:g} to {high:g}"
    inside = is_finite(value) and low <= value and (high is None or value <= high)  # type: ignore[operator]
    require(inside, name, value, right)


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Check that a value is one of the choices.

    Raises:
        InputError: it is not.
    """
    require(value in choices, name, value, "one of " + ", ".join(choices))


def require_schema(value: object, known: int, where: str) -> None:
    """Check that a file is of the version of its form that this program reads.

    Raises:
        InputError: it is of another; of a later one the message says that the program is too old.
    """
    if value == known and type(value) is int:
        return
    if type(value) is int and value > known:
        raise InputError(
            f"{where}: schema version {value} is that of a newer version of this program, which reads {known}; update"
        )
    raise InputError(f"{where}: schema version {value!r:.40}; this program reads version {known}")
