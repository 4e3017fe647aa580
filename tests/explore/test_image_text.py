"""Ink as text: read back to a sixteenth of grey; damaged text gives None."""

import base64
import zlib

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.image_text import LONGEST, SIDE, ink_from_text, ink_to_text


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (40, 40), (7, 5), (39, 1)])
def test_small_ink_comes_back_to_a_sixteenth_of_grey(shape):
    ink = np.random.default_rng(2).uniform(0.05, 1, shape).astype(np.float32)
    ink.flat[0] = 1
    text = ink_to_text(ink)
    assert len(text) <= LONGEST and set(text) <= set("-_" + base64.b64encode(bytes(range(256))).decode()) - set("+/=")
    back = ink_from_text(text)
    assert back is not None
    np.testing.assert_allclose(back, ink, atol=0.5 / 15 + 1e-6)
    assert ink_to_text(back) == text, "an address that was opened says the same again"


def test_ink_is_cropped_and_its_longer_side_averaged_down():
    ink = np.zeros((300, 200), np.float32)
    ink[50:210, 30:110] = 0.4
    back = ink_from_text(ink_to_text(ink))
    assert back is not None
    np.testing.assert_array_equal(back, np.ones((SIDE, SIDE // 2)))


def test_an_image_without_ink_is_refused():
    with pytest.raises(InputError, match="no ink"):
        ink_to_text(np.zeros((5, 5)))


def packed(height: int, width: int, content: bytes) -> str:
    return base64.urlsafe_b64encode(bytes((height, width)) + zlib.compress(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        *("", "A", "!!!", "ä", "AAAA", "A" * 10**6),
        packed(0, 4, b""),
        packed(41, 1, b"a" * 21),
        packed(4, 4, b"a" * 7),
        packed(4, 4, b"\0" * 8),
        packed(40, 40, b"a" * 10**7),
    ],
)
def test_damaged_text_gives_none_or_an_image_of_the_size_it_names(text):
    ink = ink_from_text(text)
    assert ink is None or ink.shape == (40, 40)
