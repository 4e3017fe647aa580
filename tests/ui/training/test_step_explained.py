"""The explained step of slow mode, as the page shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.config import LossConfig
from tvae.training.loop import Training
from tvae.training.step_explained import explained_next_step


def page(lesson, config) -> None:
    from tvae.ui.training.step_explained import show_step

    show_step(lesson, config)


@pytest.mark.parametrize(
    ("notion", "words", "arms"),
    [
        ("", ["triplets drawn for it", "depends on these three means alone"], ["VAE", "TVAE", "MORE"]),
        ("slant", ["triplets by slant drawn for it", "each forms its own triplets among the same images"], ["MORE"]),
    ],
)
def test_the_arms_of_the_triplet_s_notion_are_shown_and_the_words_say_so(digits, notion, words, arms):
    usual = small_run_config()
    config = replace(usual, arms={**usual.arms, "more": LossConfig(notion=notion)})
    lesson = explained_next_step(Training(config, digits.train), digits.train)
    app = AppTest.from_function(page, args=(lesson, config), default_timeout=60).run()
    assert not app.exception
    text = " ".join([*(element.value for element in app.markdown), *(element.value for element in app.caption)])
    assert all(phrase in text for phrase in words)
    shown = [arm for arm in ("VAE", "TVAE", "MORE") if f"**{arm}**" in text]
    assert shown == arms and len(app.table) == len(arms)
