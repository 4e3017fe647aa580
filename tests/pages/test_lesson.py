"""The lesson, run without a browser: every step with right and wrong answers, the address, what it can't show."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tvae.ui.lesson.steps import STEPS

ROOT = Path(__file__).parents[2]
COUNT = len(STEPS)
OWN_CONTROLS = ("triplet", "maps", "training")
"""Steps whose chart is moved itself."""


def opened(step: int | str, page: str | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    page = STEPS[int(step) - 1].page if page is None else page
    if page != "streamlit_app.py":
        app.switch_page(page)
    app.query_params.update({"lesson": "1", "step": str(step)})
    app.run()
    assert not app.exception
    return app


def step_in_address(app: AppTest) -> str:
    return "".join(app.query_params.get("step", ["1"]))


def said(app: AppTest) -> str:
    """What is said of the answer."""
    return "\n".join(part.value for part in [*app.success, *app.info]).replace("\u00a0", " ")


def press(app: AppTest, label: str) -> AppTest:
    (button,) = (button for button in app.button if button.label == label)
    button.click()
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("step", range(1, COUNT + 1))
def test_a_step_shows_its_own_question_and_no_more_than_one_control(step):
    app = opened(step)
    assert step_in_address(app) == str(step)
    assert not app.warning and not app.error
    assert [button.label for button in app.button] == ["Check", *["Back"] * (step > 1), *["Next"] * (step < COUNT)]
    assert not app.sidebar.children
    assert len([*app.select_slider, *app.slider, *app.toggle]) == (STEPS[step - 1].name not in OWN_CONTROLS)
    assert all("{" not in part.value for part in [*app.markdown, *app.title])
    assert "Nothing to check yet" in said(press(app, "Check")) or STEPS[step - 1].name == "margin"


def test_next_and_back_go_through_all_steps_and_to_their_pages():
    app = opened(1)
    titles = [app.title[0].value]
    for _ in range(COUNT - 1):
        titles.append(press(app, "Next").title[0].value)
    assert len(set(titles)) == COUNT
    for title in reversed(titles[:-1]):
        assert press(app, "Back").title[0].value == title
