"""Names that people give: what is kept as it is, and what is refused by name."""

from __future__ import annotations

import pytest

from tvae.errors import InputError
from tvae.system.names import checked_name, cut_to_bytes

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "name",
    [FAMILY, SCOTLAND, "\U0001fae8 shaken", "❤️", "مرحبا", "می‌خواهم", "数字", "=HYPERLINK(…)", "<b>", "", "e\u0301"],
)
def test_scripts_and_emoji_stay_as_they_are(name):
    assert checked_name("name", name, 200) == name


def test_spaces_are_made_single():
    assert checked_name("name", "  two   words ", 80) == "two words"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("abc\u202etxt.exe", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u200fabc", "U+200F RIGHT-TO-LEFT MARK"),
        ("a\u2066b", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("a\u061cb", "U+061C ARABIC LETTER MARK"),
        ("a\u200bb", "U+200B ZERO WIDTH SPACE"),
        ("a\x00b", "U+0000 NULL"),
        ("a\x1b[31mb", "U+001B ESCAPE"),
        ("two\nlines", "U+000A LINE FEED"),
        ("two\u2028lines", "U+2028 LINE SEPARATOR"),
        ("a\x85b", "U+0085 CONTROL CHARACTER"),
        ("a\ud800b", "U+D800 HALF OF A CHARACTER"),
        ("a\ue000b", "U+E000 PRIVATE CHARACTER"),
        ("a\ufdd0b", "U+FDD0 UNKNOWN CHARACTER"),
        ("a\U000e0067b", "U+E0067 TAG LATIN SMALL LETTER G"),
    ],
)
def test_marks_that_nobody_sees_are_refused_by_name(text, mark):
    with pytest.raises(InputError) as refused:
        checked_name("name", text, 80)
    assert f"name: {mark} is not possible" in str(refused.value)
    assert str(refused.value).isprintable(), "the message itself must not turn the line around"


def test_bytes_are_counted_and_not_characters():
    assert len(checked_name("name", "a" * 100, 100)) == 100
    with pytest.raises(InputError, match="has 400 bytes; it must have at most 100"):
        checked_name("name", "\U0001f600" * 100, 100)


def test_a_text_is_cut_between_characters():
    assert cut_to_bytes("\U0001f600" * 3, 9) == "\U0001f600" * 2
    assert cut_to_bytes("a\ud800b", 2) == "a?"
