"""Bundle: what the app takes in is the run with its maps, and its commands train the same settings."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.jobs.test_jobs import ended
from tvae.cli.commands import run_config
from tvae.cli.options import Train
from tvae.cli.parsing import parse
from tvae.config import PRESETS, RunConfig, TrainConfig
from tvae.errors import InputError
from tvae.export.bundle import command_of
from tvae.export.formats import export
from tvae.export.material import Material, material_of
from tvae.jobs.jobs import Jobs
from tvae.maps.layout_files import layout_path, read_layout, write_layout
from tvae.maps.moved_layouts import LAYOUTS, TAKEN_LAYOUTS, keep_taken_layouts, kept_layouts
from tvae.maps.parameters import METHODS, UmapParameters
from tvae.maps.projection import ProjectionRequest, cache_key, project
from tvae.runs.encodings import read_encoding
from tvae.runs.history import read_history
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import run_members, take_in_run


@pytest.fixture
def own_cache(tmp_path, monkeypatch) -> Path:
    """A cache folder of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tvae" / "layouts"


def test_the_app_takes_a_bundle_in_and_finds_its_maps(material: Material, tmp_path, own_cache):
    means, labels = material.encoding.means, material.encoding.labels
    own = ProjectionRequest(means=means, parameters=UmapParameters(n_neighbors=40), labels=labels)
    write_layout(project(own), own_cache)
    write_layout(project(replace(own, means={"vae": means["vae"]})), own_cache)  # of no run as a whole
    assert export(material, "bundle", tmp_path / "run.zip") == []
    jobs = Jobs(tmp_path / "runs")
    job = ended(jobs, jobs.starter.take_in((tmp_path / "run.zip").read_bytes(), "me"))
    assert job.state == "done", job.reason
    taken, shipped = read_run(job.folder), material.run
    assert taken.config == shipped.config
    assert taken.snapshots == shipped.snapshots
    assert read_history(job.folder) == read_history(shipped.folder)
    encoding, metrics, before = read_encoding(taken, "test"), read_metrics(job.folder), read_metrics(shipped.folder)
    assert encoding is not None and metrics is not None and before is not None
    for arm, one in metrics["arms"].items():
        assert one["triplet_accuracy"] == pytest.approx(before["arms"][arm]["triplet_accuracy"])
    for parameters in (*(METHODS[name]() for name in METHODS), own.parameters):
        there = cache_key(ProjectionRequest(means=encoding.means, parameters=parameters, labels=encoding.labels))
        here = cache_key(ProjectionRequest(means=means, parameters=parameters, labels=labels))
        stored = read_layout(layout_path(job.folder / "layouts", there), there)
        assert stored is not None, parameters
        kept = next(
            path for path in kept_layouts((shipped.folder / LAYOUTS, own_cache), material.encoding) if path.stem == here
        )
        kept = read_layout(kept, here)
        assert kept is not None
        for arm in means:
            np.testing.assert_allclose(stored.positions[arm], kept.positions[arm], atol=1e-4)
            assert stored.fidelity[arm].trustworthiness == pytest.approx(kept.fidelity[arm].trustworthiness, abs=1e-6)
    assert len(list((job.folder / "layouts").iterdir())) == 4


def test_what_a_layout_says_of_its_own_accuracy_is_not_believed(material: Material, tmp_path, own_cache):
    export(material, "bundle", tmp_path / "run.zip")
    members = run_members((tmp_path / "run.zip").read_bytes())
    folder = tmp_path / "taken"
    folder.mkdir()
    key = next(
        path.stem
        for path in kept_layouts((material.run.folder / LAYOUTS,), material.encoding)
        if "umap" in path.read_bytes().decode("latin1")
    )
    honest = read_layout(layout_path(material.run.folder / "layouts", key), key)
    assert honest is not None
    scrambled = {arm: p[::-1].copy() for arm, p in honest.positions.items()}
    lie = write_layout(replace(honest, positions=scrambled, notes=("The best map there is.",)), tmp_path / "lies")
    members[f"layouts/{key}.npz"] = lie.read_bytes()
    members[f"layouts/{'0' * 64}.npz"] = b"no layout"
    take_in_run(members, folder, None)
    assert not list((folder / "layouts").glob("*.npz"))  # nothing finds them before they are measured
    keep_taken_layouts(folder, material.encoding)
    measured = read_layout(layout_path(folder / "layouts", key), key)
    assert measured is not None and measured.notes == ()
    for arm, fidelity in measured.fidelity.items():
        assert (fidelity.trustworthiness or 0) < 0.7 < (honest.fidelity[arm].trustworthiness or 0)
    assert len(list((folder / "layouts").glob("*.npz"))) == 3
    assert not (folder / TAKEN_LAYOUTS).exists()


def test_layouts_of_other_arms_are_left_out(material: Material, tmp_path, own_cache):
    export(material, "bundle", tmp_path / "run.zip")
    members = run_members((tmp_path / "run.zip").read_bytes())
    folder = tmp_path / "taken"
    folder.mkdir()
    take_in_run(members, folder, None)
    one = replace(material.encoding, arms={"vae": material.encoding.arms["vae"]})
    keep_taken_layouts(folder, one)
    assert not list((folder / "layouts").iterdir())


def test_a_bundle_says_how_to_make_the_run_again(material: Material, tmp_path, own_cache):
    export(material, "bundle", tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        card = archive.read("README.md").decode()
        assert json.loads(archive.read("config.json"))["train"]["epochs"] == 200
    assert f"\n    {command_of(material.run)}\n" in card and "## Measured" in card


@pytest.mark.parametrize("name", PRESETS)
def test_its_command_trains_these_settings(material: Material, name):
    train = TrainConfig(epochs=200, seed=3, batch_size=64, step="fast")
    config = replace(PRESETS[name], train=train)
    command = command_of(replace(material.run, config=config))
    parsed = parse(Train, "train", command.split()[4:])
    assert isinstance(parsed, Train)
    assert run_config(parsed) == config


def test_a_run_whose_arms_no_command_names_has_its_settings_alone(material: Material):
    arms = {"a": material.run.config.arms["vae"]}
    assert command_of(replace(material.run, config=RunConfig(arms=arms))) == ""


def test_a_bundle_of_some_arms_is_refused(material: Material, tmp_path):
    some = material_of(material.run, material.encoding, None, ["tvae"])
    with pytest.raises(InputError, match="a bundle holds all arms of the run, vae, tvae; name none"):
        export(some, "bundle", tmp_path / "run.zip")
    assert not list(tmp_path.iterdir())
