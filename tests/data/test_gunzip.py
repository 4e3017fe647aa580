"""Unpacking is bounded and takes no damaged stream."""

import gzip

import pytest

from tvae.data.formats import gunzip
from tvae.errors import InputError

PACKED = gzip.compress(bytes(range(256)) * 40)


def test_unpacks_up_to_the_limit():
    assert gunzip(PACKED, 10_240, "file") == bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("content", "limit", "message"),
    [
        (PACKED, 10_239, "more than the 10,239 bytes"),
        (PACKED[: len(PACKED) // 2], 10_240, "cut off"),
        (PACKED[:-4], 10_240, "cut off"),
        (PACKED[:-8] + bytes(8), 10_240, "not a sound gzip file"),
        (PACKED[:60] + bytes(20) + PACKED[80:], 10_240, "not a sound gzip file"),
        (b"<html>no such file</html>", 10_240, "not a sound gzip file"),
    ],
)
def test_damage_is_told_in_one_line(content: bytes, limit: int, message: str):
    with pytest.raises(InputError, match=f"^file: .*{message}"):
        gunzip(content, limit, "file")


def test_an_empty_file_unpacks_to_nothing():
    assert gunzip(b"", 10, "file") == b""
