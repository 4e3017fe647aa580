"""Options of one arm's loss, `--arms.NAME.SETTING VALUE`: found among the arguments, and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from tvae.config import LossConfig
from tvae.errors import InputError

_KINDS = {entry.name: str(entry.type) for entry in fields(LossConfig)}


def without_arm_settings(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Separate the `--arms.NAME.SETTING` options, as texts by `NAME.SETTING`, from all other arguments.

    The parser of the other options knows none whose name a person chooses.

    Raises:
        InputError: a loss has no such setting, or no value follows.
    """
    settings, rest, words = {}, [], iter(arguments)
    for word in words:
        option, equals, given = word.partition("=")
        match = re.fullmatch(r"--arms\.(?P<key>.+\.(?P<setting>[^.]+))", option, re.DOTALL)
        if match is None:
            rest.append(word)
            continue
        setting = match["setting"].replace("-", "_")
        if setting not in _KINDS:
            known = ", ".join(name.replace("_", "-") for name in _KINDS)
            raise InputError(f"{option}: a loss has no setting {match['setting'][:40]!r}; it has {known}")
        value = given if equals else next(words, "")
        if not value or (not equals and value.startswith("--")):
            what = "notion" if setting == "notion" else "value"
            right = "the name of a label column" if setting == "notion" else "its value"
            raise InputError(f"{word}: names no {what}; right is {option} and {right}")
        settings[match["key"]] = value
    return settings, rest


def values_by_arm(settings: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Parse the texts of `--arms.NAME.SETTING` into values, by arm and field; their ranges are not checked here.

    Raises:
        InputError: a text that is no number where one is needed.
    """
    values: dict[str, dict[str, Any]] = {}
    for key, text in settings.items():
        arm, _, setting = key.rpartition(".")
        field = setting.replace("-", "_")
        values.setdefault(arm, {})[field] = _value(f"--arms.{key}", text, _KINDS[field])
    return values


def _value(option: str, text: str, kind: str) -> int | float | str:
    try:
        return {"int": int, "float": float}.get(kind, str)(text)
    except ValueError:
        raise InputError(f"{option}: {text[:40]!r} is no {'whole ' if kind == 'int' else ''}number") from None
