"""Answers: kept after each one, in the person's own file, until they are undone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tvae.data import load_dataset
from tvae.data.triplets import Answers, ImageNames, read_triplets
from tvae.errors import InputError

OWNER = "a-token-of-a-person"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def answers(digits) -> Answers:
    return Answers("digits", digits.train, OWNER)


def test_answers_are_kept_and_undone(answers, digits):
    assert answers.rows() == [] and answers.triplets() is None and answers.content() == b"anchor,positive,negative\n"
    answers.add((1, 2, 3))
    answers.add((4, 5, 6))
    again = Answers("digits", digits.train, OWNER)
    assert again.rows() == [(1, 2, 3), (4, 5, 6)]
    assert again.content() == answers.path.read_bytes() == b"anchor,positive,negative\n1,2,3\n4,5,6\n"
    again.undo()
    assert answers.rows() == [(1, 2, 3)]
    answers.undo()
    answers.undo()
    assert answers.rows() == []


def test_the_file_is_one_that_can_be_trained_on(answers):
    answers.add((1, 2, 3))
    assert read_triplets(answers.path, ImageNames(1438)).triplets.rows.tolist() == [[1, 2, 3]]
    assert answers.triplets().rows.tolist() == [[1, 2, 3]]


def test_another_person_or_other_images_have_their_own(answers, digits):
    answers.add((1, 2, 3))
    assert Answers("digits", digits.train, "another-person").rows() == []
    assert Answers("digits", digits.train, None).rows() == []
    fewer = replace(digits.train, images=digits.train.images[:9], labels=digits.train.labels[:9], notions={})
    assert Answers("digits", fewer, OWNER).rows() == []
    assert OWNER not in str(answers.path)


def test_questions_are_three_images_and_others_after_an_answer_or_a_skip(answers):
    first = answers.question(0)
    assert len(set(first)) == 3 and first == answers.question(0)
    assert answers.question(1) != first
    answers.add(first)
    assert answers.question(0) != first


def test_a_changed_file_is_one_line_and_stays(answers):
    answers.add((1, 2, 3))
    for content in ("x,y,z\n1,2\n", "h\n1,2,99999\n", "h\n1,1,2\n", "h\na,b,c\n"):
        answers.path.write_text(content)
        with pytest.raises(InputError, match=r"not as it was written; move it away to begin anew"):
            answers.add((4, 5, 6))
        assert answers.path.read_text() == content


def test_two_images_make_no_question(digits):
    two = replace(digits.train, images=digits.train.images[:2], labels=digits.train.labels[:2], notions={})
    with pytest.raises(InputError, match="a question takes three training images; there are 2"):
        Answers("digits", two, OWNER).question(0)


def test_a_killed_process_leaves_whole_answers(answers, tmp_path):
    code = (
        "from tvae.data import load_split\nfrom tvae.data.triplets import Answers\n"
        f"answers = Answers('digits', load_split('digits', 'train'), {OWNER!r})\n"
        "print('ready', flush=True)\nfor row in range(3, 1000): answers.add((1, 2, row))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(answers.rows()) < 20:
            pass
        process.kill()
    rows = answers.rows()
    assert rows == [(1, 2, row) for row in range(3, 3 + len(rows))]


def test_random_images_are_all_asked_for(digits):
    few = load_dataset("digits").train
    few = replace(few, images=few.images[:6], labels=few.labels[:6], notions={})
    asked = np.bincount(np.ravel([Answers("few", few, OWNER).question(skipped) for skipped in range(300)]), minlength=6)
    assert asked.min() > 90
