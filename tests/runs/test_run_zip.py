import zipfile
from pathlib import Path

import pytest

from tests.zips import zip_with_one_twice, zipped
from tvae.errors import InputError
from tvae.runs import run_zip
from tvae.runs.run_zip import run_members, zip_run

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


def test_what_is_taken_away_comes_back():
    members = run_members(zip_run(DIGITS))
    assert {"config.json", "history.jsonl", "metrics.json", "README.md", "vae.safetensors"} <= set(members)
    assert {"snapshots/0/tvae.safetensors", "replay/test.safetensors"} <= set(members)
    assert not any(name.endswith(".npz") for name in members)
    for name, inside in members.items():
        assert inside == (DIGITS / name).read_bytes()


def test_a_folder_around_everything_is_taken_off():
    assert set(run_members(zipped({"my run/config.json": b"{}", "my run/vae.safetensors": b"x"}))) == {
        "config.json",
        "vae.safetensors",
    }


@pytest.mark.parametrize(
    "name",
    [
        "weights.pkl",
        "encoding-test.npz",
        "job/spec.json",
        "a\\b.safetensors",
        ".safetensors",
        "..safetensors",
        "config.json\n",
    ],
)
def test_what_is_no_file_of_a_run_is_refused_by_name(name):
    with pytest.raises(InputError, match="no file of a run") as refused:
        run_members(zipped({"config.json": b"{}", name: b"x"}))
    assert repr(name) in str(refused.value)


def test_no_zip_and_a_broken_one_are_refused():
    whole = zip_run(DIGITS)
    for content in (b"", b"PK", b"<html>", whole[: len(whole) // 2]):
        with pytest.raises(InputError, match="not a zip file"):
            run_members(content)
    broken = bytearray(zipped({"config.json": b"{}" * 500}))
    broken[45] ^= 0xFF  # within the packed content
    with pytest.raises(InputError, match=r"member 'config\.json': damaged in the zip"):
        run_members(bytes(broken))


def test_a_bomb_is_not_unpacked():
    with pytest.raises(InputError, match="more than 200 to 1"):
        run_members(zipped({"config.json": b"{}", "vae.safetensors": bytes(17 << 20)}))


def test_more_or_larger_than_a_run_is_refused(monkeypatch):
    monkeypatch.setattr(run_zip, "MOST_MEMBERS", 2)
    with pytest.raises(InputError, match="3 files; at most 2"):
        run_members(zipped({"config.json": b"{}", "a.safetensors": b"", "b.safetensors": b""}))
    monkeypatch.setattr(run_zip, "LARGEST_RUN", 1 << 20)
    with pytest.raises(InputError, match="claims to hold"):
        run_members(zipped({"config.json": b"{}", "a.safetensors": bytes((1 << 20) - 1)}, zipfile.ZIP_STORED))


def test_a_member_twice_an_encrypted_one_and_a_missing_config_are_refused():
    with pytest.raises(InputError, match="twice"):
        run_members(zip_with_one_twice("config.json"))
    locked = bytearray(zipped({"config.json": b"{}"}, zipfile.ZIP_STORED))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="encrypted"):
        run_members(bytes(locked))
    with pytest.raises(InputError, match=r"no config\.json"):
        run_members(zipped({"vae.safetensors": b"x"}))
