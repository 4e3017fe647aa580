"""The lesson's text: every language has all texts that a lesson needs; a file that lacks some is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvae.errors import InputError
from tvae.ui.lesson.steps import NAMES
from tvae.ui.lesson.text import ENGLISH, FOLDER, languages, read_text

SENTENCES = (FOLDER / f"{ENGLISH}.toml").read_text(encoding="utf-8")


def test_english_is_there_and_every_language_can_be_read():
    assert ENGLISH in languages()
    english = read_text(FOLDER / f"{ENGLISH}.toml", NAMES)
    for language in languages():
        text = read_text(FOLDER / f"{language}.toml", NAMES)
        assert list(text.steps) == NAMES
        for name, step in text.steps.items():
            assert step.options.keys() == english.steps[name].options.keys()


@pytest.mark.parametrize(
    ("what", "instead", "complaint"),
    [
        ("[steps.cost]", "[steps.price]", "x.toml: steps.cost is missing"),
        ("[steps.cost]", "[steps.cost]\nhint = 'a'", "x.toml: nothing shows steps.cost.hint"),
        ('title = "What it costs"\n', "", "x.toml: steps.cost.title is missing"),
        ('title = "What it costs"', 'title = ""', "x.toml: steps.cost.title is no text"),
        ('title = "What it costs"', "title = 1", "x.toml: steps.cost.title is no text"),
        ('next = "Next"\n', "", "x.toml: frame.next is missing"),
        ("[frame]", "[frame", "x.toml: Expected"),
        ("[frame]", "[[frame]]", "x.toml: frame is no table"),
        ("[steps.cost]", "[[steps.cost]]", "x.toml: steps.cost is no table"),
        ('options.number = "Step"', "options.number = 3", "x.toml: steps.training.options is no text"),
    ],
)
def test_a_file_that_lacks_something_is_refused(tmp_path: Path, what: str, instead: str, complaint: str):
    assert what in SENTENCES
    path = tmp_path / "x.toml"
    path.write_text(SENTENCES.replace(what, instead, 1), encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_text(path, NAMES)
