"""Glossary: the script by which every page explains words of the field where they first stand.

Nothing is called to have a word explained. The server writes `glossary.js` and this list into each page; in the browser
the script looks through the text of the page, underlines each word of the list at its first place that is seen (once on
the page, once in the sidebar) and opens its explanation on hover, keyboard focus and tap. Headings, captions, messages
and the cells and headings of `st.table` are text. Left alone are buttons, links, charts, code, `st.dataframe`, and
labels of controls: Streamlit hides them from screen readers, so nothing in them may take the focus, and they have
`help=`. A page that uses a new word adds it to `tvae.glossary.WORDS`.
"""

from __future__ import annotations

import json
from pathlib import Path

from tvae.glossary import WORDS, Word

SCRIPT = (Path(__file__).parent / "glossary.js").read_text(encoding="utf-8")


def _forms(word: Word) -> list[str]:
    """Forms of the word in a text: also with a capital, as at the beginning of a sentence."""
    forms = word.forms or (word.name, f"{word.name}s")
    return [*forms, *(form[0].upper() + form[1:] for form in forms if len(form) > 1 and form[0].islower())]


def word_forms() -> dict[str, int]:
    """Each form of each word, and the word's place in `WORDS`."""
    return {form: place for place, word in enumerate(WORDS) for form in _forms(word)}


def pattern() -> str:
    """A regular expression, for JavaScript with its flag u and for Python, that finds the forms as whole words."""
    longest_first = sorted(word_forms(), key=len, reverse=True)
    return rf"(?<![\w@μ'’-])(?:{'|'.join(longest_first)})(?![\w@μ])"


def page_script() -> str:
    """The script that each page gets, with the words."""
    words = [{"name": word.name, "text": word.explanation} for word in WORDS]
    data = json.dumps({"words": words, "forms": word_forms(), "pattern": pattern()}).replace("<", "\\u003c")
    return f"{SCRIPT}\ntvaeGlossary({data});"
