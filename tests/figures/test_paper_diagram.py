"""The words of the paper's Figure 1 can be read on the page's ground."""

from __future__ import annotations

import re

import pytest

from tests.figures.test_colours import contrast
from tvae.figures.colours import GROUND
from tvae.figures.paper_diagram import paper_diagram_svg


@pytest.mark.parametrize("theme", GROUND)
def test_its_words_have_four_and_a_half_to_one(theme):
    texts = re.findall(r'<text[^>]*fill="(#\w{6})"[^>]*>([^<]+)</text>', paper_diagram_svg(theme))
    words = {word: colour for colour, word in texts if not word.isdigit()}  # a digit stands on its own dark image
    assert {"input", "encoder", "+ σ·noise", "closer"} <= words.keys()
    for word, colour in words.items():
        assert contrast(colour, GROUND[theme]) >= 4.5, word
