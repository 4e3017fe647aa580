"""The glossary's words; that pages explain them is tested in a browser."""

from __future__ import annotations

import re
from collections import Counter

from tvae.ui.style.glossary import WORDS, page_script, pattern, word_forms


def words_in(text: str) -> list[str]:
    return [WORDS[word_forms()[form]].name for form in re.findall(pattern(), text)]


def test_no_form_stands_for_two_words():
    forms = Counter(form for word in WORDS for form in word.forms or (word.name, f"{word.name}s"))
    assert [form for form, count in forms.items() if count > 1] == []
    assert max(Counter(word.name for word in WORDS).values()) == 1


def test_explanations_are_one_or_two_sentences():
    for word in WORDS:
        sentences = re.findall(r"[^.]+(?:\.\d[^.]*)*\.", word.explanation)
        assert len(sentences) in (1, 2) and "".join(sentences) == word.explanation, word.name


def test_forms_need_no_escaping_in_a_regular_expression():
    assert all(re.fullmatch(r"[\w @-]+", form) for form in word_forms())


def test_words_are_found_whole_and_the_longest_first():
    assert words_in("Triplet accuracy of a triplet at m = 0.1") == ["triplet accuracy", "triplet", "margin"]
    assert words_in("nearest-neighbour accuracy, k = 10") == ["nearest-neighbour accuracy", "neighbours"]
    assert words_in("I'm Klaus, marginal, re-run, KLM") == []


def test_the_script_carries_the_words_and_ends_no_element():
    assert '"name": "KL"' in page_script() and "</" not in page_script()
