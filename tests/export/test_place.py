"""Places of exports: whole or not there at all, and never over what is there."""

from __future__ import annotations

import errno

import pytest

from tvae.errors import InputError
from tvae.export import formats
from tvae.export import material as material_module
from tvae.export.formats import export
from tvae.export.place import new_folder


def test_a_folder_is_there_when_all_is_written_and_not_before(tmp_path):
    (tmp_path / "out").mkdir()  # an empty one is taken
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
        assert not list((tmp_path / "out").iterdir())
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "a"]


def test_nothing_stays_after_an_error(tmp_path):
    with pytest.raises(OSError, match="No space left"), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["hub", "atlas"])
def test_what_is_there_stays(material, tmp_path, name):
    out = tmp_path / "a.parquet"
    out.write_text("mine")
    with pytest.raises(InputError, match="is there already; name another path"):
        export(material, name, out)
    assert out.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_file_needs_its_ending_and_a_missing_package_is_named(material, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"out: 'a.csv' must end in .parquet; atlas is one file"):
        export(material, "atlas", tmp_path / "a.csv")
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="to: onnx needs onnx and onnxscript; pip install onnx onnxscript"):
        export(material, "onnx", tmp_path / "o")
    assert not list(tmp_path.iterdir())


def test_an_arm_that_the_run_has_not_is_refused(material):
    with pytest.raises(InputError, match="arm: 'x' is none of the run's; it has vae, tvae"):
        material_module.material_of(material.run, material.encoding, None, ["x"])
