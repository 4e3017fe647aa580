"""Texts below images: whole where there is room, in lines, smaller, and shortened last."""

from __future__ import annotations

import pytest

from tvae.figures.fitted_text import fitted_texts

FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


@pytest.mark.parametrize("width", [50, 60, 90, 200])
def test_the_names_of_fashion_mnist_are_whole_and_no_wider_than_their_image(width):
    font, lines = fitted_texts(FASHION, 2 * width, 2)
    assert ["".join(text).replace(" ", "") for text in lines] == [name.replace(" ", "") for name in FASHION]
    assert all(font.getlength(line) <= 2 * width for text in lines for line in text)


def test_a_text_is_broken_after_spaces_and_slashes():
    _, lines = fitted_texts(["Ankle boot · 0.53", "T-shirt/top · 1.20", "Bag · 0.1"], 56, 1)
    assert lines == [["Ankle boot", "0.53"], ["T-shirt/top", "1.20"], ["Bag · 0.1"]]


def test_a_word_is_shortened_and_a_number_never():
    font, lines = fitted_texts(["Incomprehensibilities", "-1234567.89"], 40, 1)
    assert lines[0][0].endswith("…") and font.getlength(lines[0][0]) <= 40
    assert lines[1] == ["-1234567.89"]


def test_a_slash_ends_a_line_where_the_whole_has_no_room():
    font, lines = fitted_texts(["T-shirt/top", "Bag"], 38, 1)
    assert lines[0] == ["T-shirt/", "top"] and font.getlength("T-shirt/") <= 38
