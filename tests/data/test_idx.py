"""The IDX reader takes what the format describes and nothing else."""

import numpy as np
import pytest

from tests.data.stand_ins import idx_bytes
from tvae.data.formats import idx_array, idx_size
from tvae.errors import InputError


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2), (0,), (2, 0, 7)])
def test_reads_what_was_written(shape: tuple[int, ...]):
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    content = idx_bytes(array)
    assert len(content) == idx_size(shape)
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
def test_anything_else_is_refused_with_the_files_name_and_the_difference(content: bytes, message: str):
    with pytest.raises(InputError) as refused:
        idx_array(content, "some-file")
    assert str(refused.value).startswith("some-file: ") and message in str(refused.value)
