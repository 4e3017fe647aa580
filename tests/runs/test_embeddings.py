"""Embeddings from elsewhere: read from files, checked, kept in a folder beside the runs."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tvae.data import load_split
from tvae.errors import InputError
from tvae.jobs.owner import may_see_embeddings, visible_runs
from tvae.jobs.trash import Trash
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.available import readable_runs, run_folders, shown_folders
from tvae.runs.embeddings.adding import Understood, arm_ids, keep, mean_distance, understand
from tvae.runs.embeddings.folder import EMBEDDINGS, Embeddings, read_embeddings, read_images, read_spaces
from tvae.runs.embeddings.shown import read_shown
from tvae.runs.encodings import read_curves, read_gaps
from tvae.runs.run import read_run

N = 30
LABELS = np.repeat([0, 1, 2], 10)
WORDS = np.array(["cat", "dog", "owl"])[LABELS]


def vectors(columns: int, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    """Rows of three classes that lie a little apart."""
    generator = np.random.default_rng(seed)
    return (scale * (generator.normal(size=(N, columns)) + LABELS[:, None])).astype(np.float32)


def npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def parquet(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(dict(columns)), path)
    return path


def two_files(folder: Path) -> list[Path]:
    """A file of 8 numbers a row with labels, and one of 3."""
    first = npz(folder / "clip.npz", features=vectors(8), labels=LABELS)
    return [first, parquet(folder / "simclr.parquet", embedding=list(vectors(3, 10.0, 1)), label=LABELS)]


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    """An empty folder of runs."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def kept(understood: Understood, runs: Path, name: str = "pair", owner: str | None = None) -> Embeddings:
    return keep(understood, name, runs, shown_folders(), owner=owner)


def test_two_files_of_other_dimensions_are_kept_as_they_are(tmp_path, runs):
    understood = understand(two_files(tmp_path))
    assert (understood.n, understood.labelled, understood.class_names) == (N, True, ("0", "1", "2"))
    assert understood.titles == ("clip", "simclr")
    made = kept(understood, runs)
    assert read_shown(made.folder) == read_embeddings(runs / "pair") == made
    spaces = read_spaces(made)
    assert spaces is not None and list(spaces.arms) == ["clip", "simclr"]
    with np.load(made.folder / "vectors.npz") as files:
        np.testing.assert_array_equal(files["clip/means"], vectors(8))
        np.testing.assert_array_equal(files["simclr/means"], vectors(3, 10.0, 1))
    for arm, as_they_came in (("clip", vectors(8)), ("simclr", vectors(3, 10.0, 1))):
        np.testing.assert_allclose(spaces.arms[arm].means, as_they_came / made.config.arms[arm].distance, rtol=1e-6)
    np.testing.assert_array_equal(spaces.labels, LABELS)
    curves, gaps = read_curves(made, "test"), read_gaps(made, "test")
    assert curves is not None and gaps is not None and gaps.keys() == curves.keys() == spaces.arms.keys()
    for arm, curve in curves.items():
        exact = triplet_accuracy(spaces.arms[arm].means, LABELS, [0.0])
        assert curve.at(0.0).accuracy == exact.accuracy[0]
    assert not [path for path in runs.iterdir() if path.name != "pair"]  # nothing half written


def test_both_arms_of_an_encoded_run_are_taken_from_its_one_file(tmp_path):
    file = npz(tmp_path / "encoded.npz", vae=vectors(4), tvae=vectors(4, 1.0, 1), labels=LABELS)
    assert understand([file]).titles == ("vae", "tvae")


def test_a_file_of_several_tables_is_asked_about_and_a_name_answers(tmp_path):
    a = npz(tmp_path / "a.npz", one=vectors(4), two=vectors(5), three=vectors(6))
    with pytest.raises(InputError, match=r"a\.npz: holds 3 tables of vectors \(one: float32 \(30, 4\)"):
        understand([a])
    with pytest.raises(InputError, match="has no 'four'; it holds one"):
        understand([a], vectors=["one", "four"])
    assert understand([a], vectors=["one", "three"]).titles == ("one", "three")
    named = npz(tmp_path / "b.npz", vectors=vectors(4), extra=vectors(2))
    assert understand([named, a], vectors=["vectors", "two"]).sources == ("b.npz, vectors", "a.npz, two")


def test_an_npy_file_and_labels_of_a_file_of_their_own(tmp_path):
    np.save(tmp_path / "z.npy", vectors(4))
    labels = parquet(tmp_path / "labels.parquet", label=WORDS)
    understood = understand([tmp_path / "z.npy", *two_files(tmp_path)[:1]], labels=str(labels))
    assert understood.class_names == ("cat", "dog", "owl")


def bad(folder: Path, **second: np.ndarray) -> list[Path]:
    return [two_files(folder)[0], npz(folder / "other.npz", **second)]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"z": vectors(4)[:20]}, "other.npz, z: 20 rows; clip.npz, features has 30, and both must be of the same rows"),
        ({"z": np.where(np.arange(N)[:, None] == 7, np.nan, vectors(4))}, "other.npz, z: NaN or infinity in row 7;"),
        ({"z": vectors(4), "labels": LABELS[::-1]}, "differ in 20 of 30 rows; row 0 is '0' in one and '2' in the oth"),
        ({"z": vectors(4), "labels": LABELS[:9]}, "other.npz, labels: shape (9,); there must be 30"),
        ({"z": np.array([[1], "a"], object)}, "an array of Python objects, which may run code and is not opened"),
        ({"words": WORDS}, "other.npz: holds no vectors; it holds words: <U3 (30); right is a table of numbers"),
        ({"z": vectors(4), "images": np.zeros((9, 4, 4), np.uint8)}, "images: 9 pictures; there are 30 rows"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path, second, message):
    with pytest.raises(InputError) as error:
        understand(bad(tmp_path, **second))
    assert message in str(error.value)


def test_rows_without_a_vector_or_of_another_length_are_named(tmp_path):
    lists = [list(row) for row in vectors(4)]
    short = parquet(tmp_path / "a.parquet", embedding=[*lists[:5], [1.0], *lists[6:]])
    with pytest.raises(InputError, match="row 5 has 1 numbers; row 0 has 4"):
        understand([short, short])
    missing = parquet(tmp_path / "b.parquet", embedding=[*lists[:6], None, *lists[7:]])
    with pytest.raises(InputError, match="row 6 has no vector"):
        understand([missing, missing])


def test_files_of_another_form_and_huge_ones_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04\x95hello")
    (tmp_path / "a.txt").write_bytes(b"hello")
    for name, message in (("a.pkl", "never opened"), ("a.txt", "neither .npz, .npy nor parquet"), ("no", "no such")):
        with pytest.raises(InputError, match=message):
            understand([tmp_path / name])
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (10**5, 10**5)})
    (tmp_path / "huge.npy").write_bytes(stream.getvalue())
    with pytest.raises(InputError, match="bytes as float32; at most"):
        understand([tmp_path / "huge.npy", tmp_path / "huge.npy"])


def test_no_labels_one_class_and_constant_vectors_are_said_and_kept(tmp_path, runs):
    plain = npz(tmp_path / "a.npz", z=vectors(4)), npz(tmp_path / "b.npz", z=np.ones((N, 2), np.float32))
    understood = understand(plain)
    assert not understood.labelled and understood.class_names == ("all rows",)
    assert any("no labels" in note for note in understood.notes)
    assert any("all rows of b.npz, z are one vector" in note for note in understood.notes)
    made = kept(understood, runs)
    assert read_curves(made, "test") is None
    one = npz(tmp_path / "c.npz", z=vectors(4), labels=np.zeros(N, int))
    assert any("allow no triplet" in note for note in understand([plain[0], one]).notes)


def test_rows_of_a_runs_images_can_stand_beside_that_run(tmp_path, runs):
    test = load_split("digits", "test")
    z = np.arange(2.0 * len(test)).reshape(-1, 2)
    a = npz(tmp_path / "a.npz", z=z, labels=test.labels, images=test.images)
    made = kept(understand([a, npz(tmp_path / "b.npz", z=z)]), runs)
    assert made.fingerprint == read_run(run_folders()["digits"]).fingerprint
    images = read_images(made)
    assert images is not None
    np.testing.assert_array_equal(images.images, test.images)


def test_large_images_become_thumbnails(tmp_path):
    images = np.zeros((N, 100, 80, 3), np.uint8)
    a = npz(tmp_path / "a.npz", z=vectors(4), images=images)
    understood = understand([a, a])
    assert understood.images is not None and understood.images.shape == (N, 64, 64, 3)


def test_a_name_that_is_taken_or_impossible_is_refused(tmp_path, runs):
    understood = understand(two_files(tmp_path))
    kept(understood, runs)
    for name, message in (("pair", "already"), ("mnist", "already"), ("../x", "not possible"), ("", "not possible")):
        with pytest.raises(InputError, match=message):
            kept(understood, runs, name)
    with pytest.raises(InputError, match="names: both are 'A'"):
        keep(understood, "other", runs, {}, titles=("A", "A"))
    assert list(arm_ids(("CLIP ViT-B/32", "SimCLR"))) == ["CLIP-ViT-B-32", "SimCLR"]


def test_they_are_no_run(tmp_path, runs):
    made = kept(understand(two_files(tmp_path)), runs)
    assert "pair" in shown_folders() and "pair" not in run_folders()
    assert readable_runs([made.folder]) == []
    with pytest.raises(InputError, match="holds embeddings from elsewhere, which come with no encoder, no decoder"):
        read_run(made.folder)


def test_who_added_them_alone_sees_and_removes_them(tmp_path, runs):
    made = kept(understand(two_files(tmp_path)), runs, owner="me")
    assert may_see_embeddings(made.folder, "me") and not may_see_embeddings(made.folder, "you")
    assert visible_runs({"pair": made.folder}, "you") == {}
    trash = Trash(runs)
    with pytest.raises(InputError, match="belongs to who started it"):
        trash.delete("pair", "you")
    trash.delete("pair", "me")
    assert trash.deleted_embeddings("me") == ["pair"] and trash.deleted_embeddings("you") == trash.deleted("me") == []
    trash.undelete("pair", "me")
    killed = runs / ".other.0123.part"
    killed.mkdir()
    trash.clear_leftovers()
    assert killed.exists()  # it may still be written
    os.utime(killed, (0, 0))
    trash.clear_leftovers()
    assert not killed.exists()
    assert read_embeddings(runs / "pair").record == made.record


def test_a_damaged_or_newer_file_is_refused(tmp_path, runs):
    made = kept(understand(two_files(tmp_path)), runs)
    plain = json.loads((made.folder / EMBEDDINGS).read_text())
    for change, message in (({"schema": 2}, "newer version"), ({"arms": {}}, "arms"), ({"n": 0}, "n")):
        (made.folder / EMBEDDINGS).write_text(json.dumps(plain | change))
        with pytest.raises(InputError, match=message):
            read_embeddings(made.folder)
    (made.folder / EMBEDDINGS).write_text(json.dumps(plain | {"n": 29}))
    assert read_spaces(read_embeddings(made.folder)) is None


def test_one_margin_asks_as_much_of_a_wide_space_as_of_a_narrow_one(tmp_path, runs):
    z, labels = np.random.default_rng(0).normal(size=(60, 3)).astype("f"), np.arange(60) % 3
    np.savez(tmp_path / "narrow.npz", z=z, labels=labels)
    np.savez(tmp_path / "wide.npz", z=40 * z)
    made = kept(understand([tmp_path / "narrow.npz", tmp_path / "wide.npz"]), runs)
    spaces, curves = read_spaces(made), read_curves(made, "test")
    assert spaces is not None and curves is not None
    narrow, wide = made.config.arms
    assert made.config.arms[wide].distance == pytest.approx(40 * made.config.arms[narrow].distance)
    assert mean_distance(spaces.means[wide]) == pytest.approx(1)
    for margin in (0.0, 0.1, 0.5):
        accuracies = [curves[arm].at(margin).accuracy for arm in (narrow, wide)]
        assert accuracies[0] == pytest.approx(accuracies[1], abs=1e-3)
        exact = triplet_accuracy(z / made.config.arms[narrow].distance, labels, [margin]).accuracy[0]
        assert accuracies[0] == pytest.approx(exact, abs=1e-3)


def test_the_mean_distance_is_that_of_pairs_of_rows():
    points = np.zeros((200, 1), np.float32)
    points[100:] = 3
    assert mean_distance(points) == pytest.approx(1.5, abs=0.15)
