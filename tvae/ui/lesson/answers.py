"""Kinds of answers to the question of a step: what a person fills in, and whether it is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import streamlit as st

from tvae.ui.lesson.text import StepText
from tvae.ui.session import keys

Verdict = Literal["right", "look again", "missing"]
"""`missing`: nothing was answered, or nothing that can be read."""


class Answer(Protocol):
    """An answer to a question."""

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw the fields of the form, which start with what was given before, and return what they hold."""
        ...

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Whether this is the answer."""
        ...

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """What the text may say of an answer."""
        ...


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """One of a few options."""

    options: Sequence[str]
    """As the text names them (`StepText.options`), or as they are where it does not."""
    right: str

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw the options."""
        chosen = st.radio(
            text.question,
            self.options,
            index=self.options.index(given[0]) if given and given[0] in self.options else None,
            format_func=lambda option: text.options.get(option, option),
            horizontal=True,
            label_visibility="collapsed",
            key=keys.lesson_field(step, "option"),
        )
        return [chosen or ""]

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Right where it is the right option."""
        return "missing" if not given[0] else "right" if given[0] == self.right else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """None."""
        return {}


@dataclass(frozen=True, kw_only=True)
class WholeNumber:
    """A whole number, from `low` to `high`."""

    low: int
    high: int

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw the field."""
        value = st.text_input(text.options["number"], given[0] if given else "", key=keys.lesson_field(step, "number"))
        return [value.strip()]

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Right where it lies in the range; a word before it, such as "step", does not matter."""
        digits = "".join(sign for sign in given[0] if sign.isdecimal())
        if not digits:
            return "missing"
        return "right" if self.low <= int(digits) <= self.high else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """None."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The control of the step itself: a person moves it, and then asks whether it is right."""

    value: str
    """Where it stands."""
    right: str
    facts_of: Callable[[str], dict[str, str]]
    """What the text may say of a place."""

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw nothing: the control stands beside the chart that it moves."""
        return [self.value]

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Right where it stood at the right place."""
        return "right" if given[0] == self.right else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """What is at the place where it stood."""
        return self.facts_of(given[0])


@dataclass(frozen=True, kw_only=True)
class OwnChoice:
    """A choice of one's own with a reason: any is right that has one."""

    options: Mapping[str, str]
    """Names of the options by their ids."""
    facts_of: Callable[[str], dict[str, str]]
    """What the text may say of an option."""

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw the options, and a field for the reason."""
        ids = list(self.options)
        chosen = st.selectbox(
            text.options["choice"],
            ids,
            index=ids.index(given[0]) if given and given[0] in ids else None,
            format_func=self.options.__getitem__,
            placeholder="…",
            key=keys.lesson_field(step, "option"),
        )
        reason = st.text_area(
            text.options["reason"], given[1] if given else "", height=90, key=keys.lesson_field(step, "reason")
        )
        return [chosen or "", reason.strip()]

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Whether both fields are filled in."""
        return "missing" if not given[0] else "right" if given[1] else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """What the chosen option gives and costs."""
        return self.facts_of(given[0]) if given[0] else {}
