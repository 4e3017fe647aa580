"""Array files of a run that are damaged inside count as absent, so that they are made anew; nothing else is raised."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.zips import members_of, npy, zipped
from tvae.errors import InputError
from tvae.runs.encodings import read_curves, read_encoding, read_gaps
from tvae.runs.run import read_run
from tvae.system.array_files import npz_arrays

KEPT = Path(__file__).parent / "kept" / "schema-1"
READERS = {"encoding-test.npz": read_encoding, "curves-test.npz": read_curves, "gaps-test.npz": read_gaps}


@pytest.fixture
def run(tmp_path):
    return read_run(shutil.copytree(KEPT, tmp_path / "run"))


def first_with(change):
    """The file with its first array of more than 300 bytes changed."""

    def changed(content: bytes) -> bytes:
        members = members_of(content)
        name = next(name for name, inside in members.items() if len(inside) > 300)
        return zipped({**members, name: change(members[name])})

    return changed


def header_of(shape: str):
    def changed(inside: bytes) -> bytes:
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + inside[128:]

    return changed


DAMAGES = {
    "nothing": lambda content: b"",
    "a plain array": lambda content: npy(np.zeros(3)),
    "no zip": lambda content: b"hello",
    "lzma": lambda content: zipped(members_of(content), zipfile.ZIP_LZMA),
    "36 TiB": first_with(header_of("(1000000, 10000000)")),
    "more than any memory": first_with(header_of("(99999999999999999999,)")),
    "negative": first_with(header_of("(-1, -5)")),
    "an unfinished header": first_with(header_of("((((((")),
    "bytes that are no text": first_with(lambda inside: inside[:12] + b"\xff\x00\n'" + inside[16:]),
    "objects": first_with(lambda inside: npy(np.array([{}], object))),
    "texts": first_with(lambda inside: npy(np.full(359, "a"))),
    "dates": first_with(lambda inside: npy(np.zeros(359, "M8[s]"))),
    "fields": first_with(lambda inside: npy(np.zeros(359, "i4,f4"))),
    "complex": first_with(lambda inside: npy(np.zeros(359, complex))),
    "one number": first_with(lambda inside: npy(np.array(5))),
    "not finite": first_with(lambda inside: npy(np.full(359, np.nan))),
    "nothing inside": first_with(lambda inside: b""),
    "none of its arrays": lambda content: zipped({"other.npy": npy(np.zeros(3))}),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_counts_as_absent(run, name, damage):
    path = run.folder / name
    assert READERS[name](run, "test") is not None
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert READERS[name](run, "test") is None


@pytest.mark.parametrize("name", READERS)
def test_flipped_bytes_are_noticed(run, name):
    path = run.folder / name
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 200):
        flipped = bytearray(content)
        flipped[place] ^= 0xFF
        try:
            npz_arrays(bytes(flipped))
        except InputError as error:
            assert "\n" not in str(error)
        path.write_bytes(flipped)
        READERS[name](run, "test")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("labels", np.full(359, 10)),
        ("labels", np.full(359, -1)),
        ("sample_rows", np.full(20, 359)),
        ("sample_rows", np.full(20, -1)),
        ("sample_images", np.zeros((20, 9, 8), np.uint8)),
        ("sample_images", np.zeros((20, 8, 8))),
        ("vae/reconstructions", np.zeros((19, 8, 8), np.uint8)),
        ("tvae/means", np.zeros((359, 3), np.float32)),
        ("tvae/means", np.zeros((359, 2), np.int64)),
    ],
)
def test_an_encoding_that_can_not_be_the_run_s_counts_as_absent(run, name, array):
    path = run.folder / "encoding-test.npz"
    path.write_bytes(zipped({**members_of(path.read_bytes()), f"{name}.npy": npy(array)}))
    assert read_encoding(run, "test") is None
