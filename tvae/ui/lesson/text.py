"""Texts of the lesson, read from one TOML file per language and checked to be complete."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from tvae.errors import InputError

FOLDER = Path(__file__).parent
ENGLISH = "en"


@dataclass(frozen=True, kw_only=True)
class FrameText:
    """Texts around every step."""

    lesson: str
    step: str
    """Has {number} and {count}."""
    answered: str
    """Text for screen readers on a step that is answered."""
    check: str
    back: str
    next: str
    leave: str
    missing: str
    """Text where nothing was answered."""
    end: str
    """Text below the last step once it is answered."""
    overview: str
    """Text of the last step's link to the overview."""


@dataclass(frozen=True, kw_only=True)
class StepText:
    """Texts of one step, as Markdown; {names} stand for facts of the run, which the step's scene gives."""

    title: str
    """Has no {names}: it is shown before the facts are known."""
    idea: str
    task: str
    """Task for the person, with the control that is free."""
    question: str
    right: str
    look_again: str
    options: dict[str, str] = field(default_factory=dict)
    """Names of options and of fields, where the question has any that the data do not name."""

    def with_facts(self, facts: Mapping[str, str]) -> StepText:
        """The texts with facts in place of their {names}, except the texts on an answer, which has facts of its own."""
        of_answers = {"right": self.right, "look_again": self.look_again}
        words = {name: getattr(self, name).format_map(facts) for name in ("idea", "task", "question")}
        options = {name: value.format_map(facts) for name, value in self.options.items()}
        return StepText(title=self.title, **words, **of_answers, options=options)


@dataclass(frozen=True, kw_only=True)
class LessonText:
    """The whole text of one language."""

    frame: FrameText
    steps: dict[str, StepText]


def languages() -> list[str]:
    """The languages that there are, as codes such as "en"."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_text(path: Path, steps: Sequence[str]) -> LessonText:
    """A language's text.

    Args:
        steps: names of the steps that the lesson has.

    Raises:
        InputError: the file is no TOML, or lacks a text or has one that nothing shows; the message names it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name}: {error}") from error
    _require(path, "", content, ["frame", "steps"], [])
    _require(path, "steps", content["steps"], steps, [])
    return LessonText(
        frame=FrameText(**_texts(path, "frame", content["frame"], FrameText)),
        steps={name: StepText(**_texts(path, f"steps.{name}", content["steps"][name], StepText)) for name in steps},
    )


def _texts(path: Path, where: str, texts: Any, kind: type) -> dict[str, Any]:
    """The texts of a table, which has what the kind declares: strings, and options as a table of strings."""
    optional = [each.name for each in fields(kind) if each.default_factory is not MISSING]
    _require(path, where, texts, [each.name for each in fields(kind) if each.name not in optional], optional)
    for name, text in texts.items():
        for words in text.values() if name in optional and isinstance(text, dict) else [text]:
            if not isinstance(words, str) or not words:
                raise InputError(f"{path.name}: {where}.{name} is no text")
    return texts


def _require(path: Path, where: str, texts: Any, needed: Sequence[str], possible: Sequence[str]) -> None:
    """Refuse what is no table, lacks a needed name or has one that is not possible."""
    if not isinstance(texts, dict):
        raise InputError(f"{path.name}: {where} is no table")
    prefix = f"{where}." if where else ""
    for name in needed:
        if name not in texts:
            raise InputError(f"{path.name}: {prefix}{name} is missing")
    for name in texts:
        if name not in (*needed, *possible):
            raise InputError(f"{path.name}: nothing shows {prefix}{name}")
