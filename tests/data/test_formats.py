"""gzip, bzip2 and IDX content: read with a limit, and refused where it is damaged."""

import bz2
import gzip

import numpy as np
import pytest

from tests.data.stand_ins import idx_bytes
from tvae.data.formats import bunzip2, gunzip, idx_array, idx_content, idx_size
from tvae.errors import InputError

PACKED = gzip.compress(bytes(range(256)) * 40)


def test_gzip_is_unpacked_up_to_the_limit():
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
def test_damaged_gzip_is_refused_in_one_line(content: bytes, limit: int, message: str):
    with pytest.raises(InputError, match=f"^file: .*{message}"):
        gunzip(content, limit, "file")


def test_an_empty_gzip_file_unpacks_to_nothing():
    assert gunzip(b"", 10, "file") == b""


PACKED_2 = bz2.compress(bytes(range(256)) * 40)


def test_bzip2_is_unpacked_up_to_the_limit():
    assert bunzip2(PACKED_2, 10_240, "file") == bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("content", "limit", "message"),
    [
        (PACKED_2, 10_239, "more than the 10,239 bytes"),
        (PACKED_2[: len(PACKED_2) // 2], 10_240, "cut off"),
        (b"", 10_240, "cut off"),
        (PACKED_2[:60] + bytes(20) + PACKED_2[80:], 10_240, "not a sound bzip2 file"),
        (b"<html>no such file</html>", 10_240, "not a sound bzip2 file"),
    ],
)
def test_damaged_bzip2_is_refused_in_one_line(content: bytes, limit: int, message: str):
    with pytest.raises(InputError, match=f"^file: .*{message}"):
        bunzip2(content, limit, "file")


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2), (0,), (2, 0, 7)])
def test_an_idx_array_is_read(shape: tuple[int, ...]):
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    content = idx_bytes(array)
    assert len(content) == idx_size(shape)
    assert idx_content(array) == content
    read = idx_array(content, "file")
    assert read.dtype == np.uint8 and read.shape == shape and np.array_equal(read, array)


def test_the_array_is_a_view_of_the_content():
    read = idx_array(idx_bytes(np.arange(5)), "file")
    assert not read.flags.owndata and not read.flags.writeable


GOOD = idx_bytes(np.zeros((2, 3, 3)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes are too few"),
        (b"\x00\x00\x08", "3 bytes are too few"),
        (GOOD[:10], "end within the header, which has 16"),
        (GOOD[:-1], "33 bytes, but its header announces 2x3x3 values, which make 34"),
        (GOOD + b"\x00", "35 bytes, but its header announces 2x3x3"),
        (b"\x00\x00\x09\x03" + GOOD[4:], "begins with bytes 00000903"),
        (b"\x00\x00\x08\x02" + GOOD[4:], "begins with bytes 00000802"),
        (b"\x1f\x8b\x08\x08" + GOOD[4:], "begins with bytes 1f8b0808"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12 + GOOD[16:], "announces 4294967295x4294967295x4294967295"),
    ],
)
def test_another_idx_file_is_refused_with_its_name_and_the_difference(content: bytes, message: str):
    with pytest.raises(InputError) as refused:
        idx_array(content, "some-file")
    assert str(refused.value).startswith("some-file: ") and message in str(refused.value)
