"""The step of the lesson that the address asks for, and the answers that were given."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvae.ui.session import keys
from tvae.ui.session.controls import note, shared_parameters
from tvae.ui.session.values import address, in_address, kept, put_in_address


@dataclass
class LessonAnswers:
    """Progress of this session in the lesson: the last step and page, and the answers."""

    step: int = 1
    """The step that was shown last."""
    page: str = ""
    """Title of the page that was shown last, as a step or outside the lesson."""
    entered: bool = False
    """Whether that page was shown as a step."""
    given: dict[int, list[str]] = field(default_factory=dict)
    """Last answer by step."""
    right: set[int] = field(default_factory=set)
    """Steps whose last answer was right."""


def lesson_answers() -> LessonAnswers:
    """This session's answers, created at the first call."""
    return kept(keys.LESSON_ANSWERS, LessonAnswers)


def lesson_is_open() -> bool:
    """Whether the address asks for the lesson.

    The address alone decides, here and of the step, so that Back, a reload and a link lead to where they say.
    """
    if not in_address(keys.LESSON):
        return False
    if not address(keys.LESSON).isdecimal():
        note(keys.LESSON, f"lesson can't be {address(keys.LESSON)[:40]!r} here; it must be the number of a step.")
        return False
    return True


def lesson_step(count: int) -> int:
    """The step from 1 to `count` that the address asks for, or the nearest to it."""
    try:
        return min(max(int(_asked_step()), 1), count)
    except ValueError:
        return 1


def _asked_step() -> str:
    """The step that the address names: as `step`, which the lesson writes itself, or shortly as `lesson=5`."""
    return address(keys.LESSON_STEP, address(keys.LESSON, "1"))


def lesson_parameters(step: int | None = None) -> dict[str, str | list[str]]:
    """The parameters of an address that opens the lesson at this step.

    None is the step that the address asks for, else the one that was shown last.
    """
    shown = _asked_step() if in_address(keys.LESSON) else str(lesson_answers().step)
    at = shown if step is None else str(step)
    size = {name: value for name, value in shared_parameters().items() if name == keys.SIZE}
    return {**size, keys.LESSON: "1", **({} if at == "1" else {keys.LESSON_STEP: at})}


def put_lesson_in_address(step: int, page: str) -> None:
    """Write this step of the lesson into the address, with a note where the address named a step that does not exist.

    Args:
        page: title of the page that the step is on.
    """
    text = _asked_step()
    if text != str(step):
        note(keys.LESSON_STEP, f"The lesson has no step {text[:40]!r}. Shown is step {step}.")
    answers = lesson_answers()
    put_in_address(keys.LESSON_STEP, None if step == 1 else str(step))
    other = not answers.entered or answers.step != step
    put_in_address(keys.LESSON, "1", anew=answers.page == page and other)
    answers.step, answers.page, answers.entered = step, page, True


def keep_out_of_lesson(page: str) -> None:
    """Remember that the page of this title is shown outside the lesson, so that a link to its own step opens that."""
    answers = lesson_answers()
    answers.page, answers.entered = page, False


def leave_lesson() -> None:
    """Take the lesson out of the address, so that the next script run shows the page that it is on."""
    put_in_address(keys.LESSON, None)
    put_in_address(keys.LESSON_STEP, None)
