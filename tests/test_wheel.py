"""The wheel holds the library, the app and the runs that ship, and nothing else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def files_below(folder: str) -> set[str]:
    """Paths below the repository's top level, without what Python and numba keep there."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_every_file_of_the_library_and_of_the_app_is_in_the_wheel(contents):
    app = {"streamlit_app.py", ".streamlit/config.toml"} | files_below("pages") | files_below("checkpoints")
    expected = files_below("tvae") | {f"tvae/app/{name}" for name in app}
    assert {name for name in contents if ".dist-info/" not in name} == expected
    for name in expected:
        assert contents[name] == (ROOT / name.replace("tvae/app/", "")).read_bytes(), name


def test_the_runs_that_ship_take_less_than_60_mb():
    assert sum((ROOT / name).stat().st_size for name in files_below("checkpoints")) < 60e6


def test_the_wheel_pins_what_requirements_pin_and_has_the_command(contents):
    facts = {name.split("/")[1]: text.decode() for name, text in contents.items() if ".dist-info/" in name}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [words[0] for line in lines if (words := line.split("#")[0].split())]
    required = [line.split(": ")[1] for line in facts["METADATA"].splitlines() if line.startswith("Requires-Dist")]
    assert [line for line in required if "extra ==" not in line] == pins
    extras = {line.split(";")[0].replace(" ", "") for line in required if 'extra == "sign-in"' in line}
    development = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert len(extras) == 2 and all(f"\n{pin} " in development for pin in extras)  # as it is tested
    assert "tvae = tvae.__main__:run" in facts["entry_points.txt"]
