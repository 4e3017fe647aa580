"""Kinds of answers to the question of a step: their fields, and whether an answer is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import streamlit as st

from tvae.ui.lesson.text import StepText
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

Verdict = Literal["right", "look again", "missing"]
"""Verdict on an answer; `missing`: there is no answer, or none that can be read."""


class Answer(Protocol):
    """A kind of answer: its fields, and the check of what a person has filled in."""

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw the fields of the answer form, filled with the previous answer, and return their values."""
        ...

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Whether the given answer is right."""
        ...

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """Facts on the given answer that the step's text may name."""
        ...


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """Answer that is one of a few options."""

    options: Sequence[str]
    """Ids of the options; the step's text may name them (`StepText.options`)."""
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
        """Right where the given option is the right one."""
        return "missing" if not given[0] else "right" if given[0] == self.right else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """None."""
        return {}


@dataclass(frozen=True, kw_only=True)
class WholeNumber:
    """Answer that is a whole number."""

    right: int
    word: str
    """Word that may stand before it."""

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw the field."""
        value = st.text_input(self.word, given[0] if given else "", key=keys.lesson_field(step, "number"))
        return [value.strip()]

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Right where it is this number alone, after its word or not; its digits may stand in groups."""
        if not any(sign.isdecimal() for sign in given[0]):
            return "missing"
        number = re.fullmatch(rf"(?:{re.escape(self.word)}\s*)?(\d+(?:[,.\s]\d{{3}})*)", given[0], re.IGNORECASE)
        return "right" if number and int(re.sub(r"\D", "", number[1])) == self.right else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """None."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Answer by the step's own control: a person moves it, and then asks whether its place is right."""

    value: str
    """Place of the control."""
    right: str
    facts_of: Callable[[str], dict[str, str]]
    """Facts on a place that the step's text may name."""

    def ask(self, step: int, text: StepText, given: Sequence[str]) -> list[str]:
        """Draw nothing: the control stands beside the chart that it moves."""
        return [self.value]

    def verdict(self, given: Sequence[str]) -> Verdict:
        """Right where the control stood at the right place."""
        return "right" if given[0] == self.right else "look again"

    def facts(self, given: Sequence[str]) -> dict[str, str]:
        """Facts on the place at which the control stood."""
        return self.facts_of(given[0])


@dataclass(frozen=True, kw_only=True)
class OwnChoice:
    """Answer that is a choice with a reason: every choice with a reason is right."""

    options: Mapping[str, str]
    """Names of the options by their ids."""
    facts_of: Callable[[str], dict[str, str]]
    """Facts on an option that the step's text may name."""

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
        """Facts on the chosen option: what it gives and costs; and the reason itself."""
        return {**self.facts_of(given[0]), "reason": as_text(given[1])} if given[0] else {}
