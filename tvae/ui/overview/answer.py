"""The answer first: one sentence on the run that is shown, and three figures with their change."""

from __future__ import annotations

from html import escape

import streamlit as st

from tvae.errors import InputError
from tvae.model.encoding import Encoding
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.answer.key_figures import KeyFigure, key_figures
from tvae.runs.answer.measured import measured_in_words
from tvae.runs.answer.search import search_in_words
from tvae.runs.answer.sentence import answer_in_words, live_answer
from tvae.runs.arm_names import arm_name
from tvae.runs.history import read_history
from tvae.runs.metrics_form import HistoryRow
from tvae.runs.run import Run
from tvae.ui import measured
from tvae.ui.choices.arms import shown_arms
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

_MARKS = {"better": "▲", "worse": "▼", "more": "•", "less": "•", "the same": "="}


def show_answer(run: Run, encoding: Encoding | None) -> None:
    """Show the sentence, the figures and their use, or for an unmeasured run the state of its training."""
    arms = shown_arms(run)
    try:
        metrics = measured.metrics(run, encoding)
        sentence = answer_in_words(run, arms, metrics) if metrics else live_answer(run, arms, _last_row(run))
    except InputError:
        return  # Table 1 says what is wrong
    with st.container(key=keys.ANSWER):
        st.markdown(as_text(sentence).replace(" %", "\u00a0%"))  # `as_text` makes every space a plain one
    if metrics:
        compared = compared_arms(run, arms)
        other = arm_name(run.config, compared[0])
        figures = "".join(_html(figure, other) for figure in key_figures(run, arms, metrics))
        measured_on = escape(measured_in_words(run, arms, metrics))
        if good_for := search_in_words(run, arms, metrics):
            figures += '<div class="good-for"><div class="name">What the order is good for</div>'
            figures += f"<div>{escape(good_for)}</div></div>"
        st.html(f'<div class="key-figures">{figures}<div class="measured-on">{measured_on}</div></div>')


def _last_row(run: Run) -> HistoryRow | None:
    rows = read_history(run.folder)
    return rows[-1] if rows else None


def _html(figure: KeyFigure, other: str) -> str:
    """A figure as HTML; `other` is the arm that it is compared with."""
    change = ""
    if figure.change:
        change = (
            f'<div class="change {figure.verdict.replace(" ", "-")}"><span aria-hidden="true">{_MARKS[figure.verdict]}'
            f"</span> {escape(figure.change)}, {figure.verdict}</div>"
        )
    before = f"{escape(other)} {escape(figure.before)}; " if figure.before else ""
    return (
        f'<div><div class="name">{escape(figure.name)}</div><div class="value">{escape(figure.value)}</div>{change}'
        f'<div class="direction">{before}{escape(figure.direction)}</div></div>'
    )
