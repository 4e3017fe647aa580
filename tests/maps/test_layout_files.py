"""Layouts on disk: written whole; a damaged or foreign file counts as absent."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.zips import members_of, npy, zipped
from tvae.maps.layout_files import layout_path, read_layout, remove_least_used, stored_layout, write_layout
from tvae.maps.parameters import METHODS, PcaParameters, TsneParameters
from tvae.maps.projection import Layout, ProjectionRequest, cache_key, project
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

RNG = np.random.default_rng(0)
MEANS = {"vae": RNG.normal(size=(12, 3)), "tvae": RNG.normal(size=(12, 5))}


def a_layout(parameters: PcaParameters | TsneParameters) -> Layout:
    return project(ProjectionRequest(means=MEANS, parameters=parameters, seed=9, labels=np.arange(12) % 2))


@pytest.mark.parametrize("parameters", [PcaParameters(), TsneParameters(iterations=5)])
def test_a_layout_comes_back_as_it_was(parameters: PcaParameters | TsneParameters, tmp_path: Path) -> None:
    kept = a_layout(parameters)
    path = write_layout(kept, tmp_path / "own" / "layouts")
    assert [file.name for file in path.parent.iterdir()] == [f"{kept.key}.npz"]
    found = stored_layout(kept.key, [tmp_path / "nowhere", path.parent])
    assert found is not None
    assert (found.key, found.parameters, found.seed) == (kept.key, kept.parameters, 9)
    assert (found.notes, found.fidelity, list(found.positions)) == (kept.notes, kept.fidelity, ["vae", "tvae"])
    for arm, positions in kept.positions.items():
        np.testing.assert_array_equal(found.positions[arm], positions)
    assert list(found.maps) == list(kept.maps)
    for arm, plane in kept.maps.items():
        np.testing.assert_array_equal(found.maps[arm].points(kept.positions[arm]), plane.points(kept.positions[arm]))
        assert found.maps[arm].variance_share == plane.variance_share


def test_the_first_folder_with_a_sound_file_is_taken(tmp_path: Path) -> None:
    kept = a_layout(PcaParameters())
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    write_layout(kept, own)
    shipped.mkdir()
    layout_path(shipped, kept.key).write_bytes(b"broken")
    assert stored_layout(kept.key, [shipped, own]) is not None
    assert stored_layout(kept.key, [shipped]) is None
    write_layout(kept, shipped)  # what is broken is replaced
    assert stored_layout(kept.key, [shipped]) is not None
    assert stored_layout("0" * 64, [shipped, own]) is None


def rewritten(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """A layout's archive with some of its members changed."""
    members = members_of(content)
    change(members)
    return zipped(members)


def with_changed_header(members: dict[str, bytes], **changes: object) -> None:
    plain = json.loads(np.load(io.BytesIO(members["layout.npy"])).tobytes())
    members["layout.npy"] = npy(np.frombuffer(json.dumps({**plain, **changes}).encode(), np.uint8))


def claimed(members: dict[str, bytes]) -> None:
    header = members["positions.npy"]
    members["positions.npy"] = header.replace(b"(2, 12, 2), }      ", b"(2, 99999999, 2), }")


BREAKS: dict[str, Callable[[dict[str, bytes]], object]] = {
    "an earlier version": lambda m: with_changed_header(m, version=0),
    "a later version": lambda m: with_changed_header(m, version=1_000),
    "a seed beyond all numbers": lambda m: with_changed_header(m, seed=float("inf")),
    "another key": lambda m: with_changed_header(m, key="0" * 64),
    "unknown method": lambda m: with_changed_header(m, method="magic"),
    "impossible parameters": lambda m: with_changed_header(m, parameters={"perplexity": -1}),
    "one arm too many": lambda m: with_changed_header(m, arms=["a", "b", "c"]),
    "arms that are no names": lambda m: with_changed_header(m, arms=[1, 2]),
    "one arm twice": lambda m: with_changed_header(m, arms=["a", "a"]),
    "no measures": lambda m: with_changed_header(m, fidelity=[]),
    "no maps": lambda m: with_changed_header(m, variance_shares=[]),
    "a list instead": lambda m: m.update({"layout.npy": npy(np.frombuffer(b"[]", np.uint8))}),
    "no JSON": lambda m: m.update({"layout.npy": npy(np.frombuffer(b"{", np.uint8))}),
    "deep JSON": lambda m: m.update({"layout.npy": npy(np.frombuffer(b"[" * 200_000, np.uint8))}),
    "no positions": lambda m: m.pop("positions.npy"),
    "positions of another type": lambda m: m.update({"positions.npy": npy(np.zeros((2, 12, 2)))}),
    "positions that are whole numbers": lambda m: m.update({"positions.npy": npy(np.zeros((2, 12, 2), np.int32))}),
    "positions in space": lambda m: m.update({"positions.npy": npy(np.zeros((2, 12, 3), np.float32))}),
    "positions that are no numbers": lambda m: m.update(
        {"positions.npy": npy(np.full((2, 12, 2), np.nan, np.float32))}
    ),
    "an object": lambda m: m.update({"positions.npy": npy(np.array([{}], object))}),
    "a header that claims more": claimed,
    "half an array": lambda m: m.update({"positions.npy": m["positions.npy"][:-9]}),
    "a plane that is none": lambda m: m.update({"plane0.npy": npy(np.zeros((2, 3)))}),
    "a map of no size": lambda m: m.update({"alignment1.npy": npy(np.array([1.0, 0, 0, 1, 0, 0, 0]))}),
}


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_or_foreign_file_counts_as_absent(how: str, tmp_path: Path) -> None:
    kept = a_layout(PcaParameters())
    path = write_layout(kept, tmp_path)
    sound = path.read_bytes()
    path.write_bytes(rewritten(sound, lambda members: None))
    assert read_layout(path, kept.key) is not None
    broken = rewritten(sound, BREAKS[how])
    assert broken != rewritten(sound, lambda members: None)
    path.write_bytes(broken)
    assert read_layout(path, kept.key) is None


def test_planes_of_half_the_precision_are_those_of_the_whole(tmp_path: Path) -> None:
    kept = a_layout(PcaParameters())
    path = write_layout(kept, tmp_path)
    plane = np.load(io.BytesIO(path.read_bytes()))["plane0"].astype(np.float16)
    path.write_bytes(rewritten(path.read_bytes(), lambda m: m.update({"plane0.npy": npy(plane)})))
    found = read_layout(path, kept.key)
    assert found is not None and found.maps["vae"].mean.dtype == np.float64
    again = read_layout(write_layout(found, tmp_path), kept.key)
    assert again is not None
    np.testing.assert_array_equal(again.maps["vae"].components, found.maps["vae"].components)


def test_a_file_cut_off_anywhere_counts_as_absent(tmp_path: Path) -> None:
    kept = a_layout(TsneParameters(iterations=5))
    path = write_layout(kept, tmp_path)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        assert read_layout(path, kept.key) is None
    path.unlink()
    path.mkdir()
    assert read_layout(path, kept.key) is None


def test_a_file_that_unpacks_too_far_counts_as_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = a_layout(PcaParameters())
    path = write_layout(kept, tmp_path)
    path.write_bytes(rewritten(path.read_bytes(), lambda m: m.update({"more.npy": npy(np.zeros(1 << 20, np.uint8))})))
    assert read_layout(path, kept.key) is not None
    monkeypatch.setattr("tvae.maps.layout_files.LARGEST_FILE", 1 << 20)
    assert path.stat().st_size < 1 << 20
    assert read_layout(path, kept.key) is None


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_shipped_layouts_are_those_that_the_app_asks_for(name: str) -> None:
    run = read_run(Path(__file__).parents[2] / "checkpoints" / name)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    keys = {
        cache_key(ProjectionRequest(means=encoding.means, parameters=METHODS[method](), labels=encoding.labels))
        for method in METHODS
    }
    folder = run.folder / "layouts"
    assert {path.name for path in folder.iterdir()} == {f"{key}.npz" for key in keys}
    for key in keys:
        layout = stored_layout(key, [folder])
        assert layout is not None
        assert list(layout.positions) == list(run.config.arms)


def test_the_layouts_used_longest_ago_make_way(tmp_path: Path) -> None:
    for age, name in enumerate("abc"):
        (tmp_path / f"{name}.npz").write_bytes(bytes(100))
        os.utime(tmp_path / f"{name}.npz", (1000 - age, 1000 - age))
    (tmp_path / "c.npz").touch()  # written long ago, and used now
    (tmp_path / "notes.txt").write_bytes(bytes(1000))
    remove_least_used(tmp_path, 200)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "c.npz", "notes.txt"]
