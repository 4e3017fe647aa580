"""Shows a step of the lesson: idea, chart with the control that is free, question, back and forward."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from tvae.errors import InputError
from tvae.runs.run import read_run
from tvae.system.app_folder import app_folder
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.lesson.scene import Scene
from tvae.ui.lesson.steps import NAMES, STEPS
from tvae.ui.lesson.text import ENGLISH, FOLDER, FrameText, LessonText, StepText, languages, read_text
from tvae.ui.page_links import lesson_link, page_link
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

STYLE = FOLDER / "lesson.css"
RUN = "mnist"
"""The run that the lesson is about, which ships with the app."""


def show_lesson(title: str) -> None:
    """Show the step that the address asks for; go to its page where the page of this title is another one."""
    number = state.lesson_step(len(STEPS))
    step = STEPS[number - 1]
    if step.title != title:
        st.switch_page(step.page, query_params=state.lesson_parameters())
    state.put_lesson_in_address(number, title)
    words = lesson_text()
    text = words.steps[step.name]
    st.html(STYLE)
    # Each step has a place of its own, so that nothing of another stays in sight, however long this one takes to read.
    places = [st.container() if place == number else st.empty() for place in range(1, len(STEPS) + 1)]
    with places[number - 1]:
        _show_head(number, words)
        with st.container(key=keys.LESSON_PLACE):
            idea, picture, question = (
                st.container(key=key) for key in (keys.LESSON_IDEA, keys.LESSON_SCENE, keys.LESSON_QUESTION)
            )
    idea.title(text.title, anchor=False)
    try:
        with picture.container():  # what is said while something is read
            run = read_run(app_folder() / "checkpoints" / RUN)
            encoding = cached.encoding(run)
            if encoding is None:
                raise InputError(f"{RUN} holds no encoded test split")
            state.belong_to(run.name, run.provenance.test.fingerprint, run.notion)
            scene = step.scene(run, encoding, text)
    except InputError as error:
        picture.warning(as_text(f"This step can't be shown. {reason_of(error)}."))
        with question:
            _show_ways(number, words.frame, answered=False)
        return
    text = text.with_facts(scene.facts)
    idea.markdown(text.idea)
    idea.markdown(text.task)
    with picture:
        answered = number in state.lesson_answers().right
        (scene.draw_answered if answered and scene.draw_answered else scene.draw)()
    with question:
        _ask(number, text, scene, words.frame)


def lesson_text() -> LessonText:
    """The text in the browser's language where there is one, else in English."""
    language = (st.context.locale or ENGLISH).split("-")[0]
    return _read(language if language in languages() else ENGLISH)


@st.cache_resource(show_spinner=False)
def _read(language: str) -> LessonText:
    return read_text(Path(FOLDER / f"{language}.toml"), NAMES)


def _show_head(number: int, words: LessonText) -> None:
    """Show the number of the step, and the button that leaves the lesson."""
    answers, frame = state.lesson_answers(), words.frame
    marks = ""
    for place, step in enumerate(STEPS, start=1):
        is_right = place in answers.right
        title = escape(
            f"{words.steps[step.name].title}, {frame.answered}" if is_right else words.steps[step.name].title
        )
        marks += (
            f'<li class="{"now" if place == number else ""} {"right" if is_right else ""}" title="{title}">'
            f'<span class="unseen">{title}</span></li>'
        )
    here = frame.step.format(number=number, count=len(STEPS))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(
            f'<div class="lesson-head"><b>{escape(frame.lesson)}</b> {escape(here)}<ol>{marks}</ol></div>',
            width="content",
        )
        st.button(
            frame.leave,
            key=keys.LESSON_LEAVE,
            icon=":material/close:",
            type="tertiary",
            on_click=answered(state.leave_lesson),
        )


def _ask(number: int, text: StepText, scene: Scene, frame: FrameText) -> None:
    """Show the question, the fields of its answer and the verdict on the answer."""
    answers = state.lesson_answers()
    answer = scene.answer()
    st.markdown(f"**{text.question}**")
    with st.form(keys.lesson_field(number, "form"), border=False):
        filled_in = answer.ask(number, text, answers.given.get(number, []))
        place = st.container()
        checked = st.form_submit_button(frame.check, type="secondary" if number in answers.right else "primary")
    if checked:
        answers.given[number] = filled_in
        answers.right.discard(number)
        if answer.verdict(filled_in) == "right":
            answers.right.add(number)
        st.rerun()  # the head and the buttons say so too
    given = answers.given.get(number)
    if given is not None:
        verdict = answer.verdict(given)
        facts = {**scene.facts, **answer.facts(given)}
        with place:
            if verdict == "right":
                st.success(text.right.format_map(facts))
            elif verdict == "missing":
                st.info(frame.missing)
            else:
                st.info(text.look_again.format_map(facts))
    _show_ways(number, frame, answered=number in answers.right)


def _show_ways(number: int, frame: FrameText, *, answered: bool) -> None:
    """Show back and forward as links: a button that switches pages would change the address of the page it leaves."""
    last = number == len(STEPS)
    if last and answered:
        st.markdown(frame.end)
    with st.container(horizontal=True, key=keys.LESSON_WAYS):
        if number > 1:
            lesson_link(STEPS[number - 2].page, frame.back, ":material/arrow_back:", number - 1)
        with st.container(key=keys.LESSON_FORWARD if answered else keys.LESSON_NEXT, width="content"):
            if last:
                page_link("streamlit_app.py", frame.overview, ":material/arrow_forward:")
            else:
                lesson_link(STEPS[number].page, frame.next, ":material/arrow_forward:", number + 1)
