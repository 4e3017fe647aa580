"""Readers of the files of a run."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.fuzz import sources
from tests.fuzz.changes import (
    changed_array,
    changed_bytes,
    changed_json,
    changed_npz,
    changed_safetensors,
    changed_text,
    changed_zip,
)
from tests.fuzz.registry import Made, fresh_folder, in_folder, in_run, json_like, reader, require_equal
from tests.fuzz.trials import ABSENT
from tvae.data import load_dataset
from tvae.data.triplets import GivenTriplets
from tvae.maps.layout_files import layout_path, read_layout, write_layout
from tvae.maps.moved_layouts import LAYOUTS, TAKEN_LAYOUTS, keep_taken_layouts
from tvae.maps.parameters import PcaParameters, TsneParameters
from tvae.maps.projection import Layout, ProjectionRequest, project
from tvae.metrics.triplet_curve import TripletCurve, margin_where
from tvae.runs.answer.key_figures import key_figures
from tvae.runs.answer.search import search_in_words
from tvae.runs.answer.sentence import answer_in_words
from tvae.runs.comparison import metric_changes
from tvae.runs.encodings import read_curves, read_encoding, read_gaps, write_curves, write_encoding, write_gaps
from tvae.runs.history import append_history, read_history
from tvae.runs.replays.recorded import REPLAY, read_replay
from tvae.runs.resume_file import read_resume_file
from tvae.runs.run import CONFIG, HISTORY, METRICS, Run, read_metrics, read_run, write_config, write_metrics
from tvae.runs.run_zip import run_members, take_in_run, write_run_zip, zip_run
from tvae.runs.seeds.file import SEEDS, read_seed_figures, write_seed_figures
from tvae.runs.triplets.encoded import read_encoded_triplets, write_encoded_triplets
from tvae.runs.triplets.own_copy import TRIPLETS, read_triplets_of
from tvae.runs.weights import network, write_weights
from tvae.system.files import entries


@reader("config")
def config() -> Made:
    """Settings and provenance of a run."""

    def read(folder: Path) -> None:
        run = read_run(folder)
        assert run.epoch >= 0 and run.trained_epochs >= 0 and run.pixels > 0 and run.class_names
        _ = run.planned_epochs, run.labels_key, run.files_key, run.snapshots, run.arms_of_own_notion
        _ = run.config.settings()
        again = replace(run, folder=folder / "again")
        again.folder.mkdir()
        write_config(again)
        require_equal(replace(read_run(again.folder), folder=folder), run)

    return json_like(sources.json_in(sources.run().folder / CONFIG)), in_folder(CONFIG, read)


@reader("metrics")
def metrics() -> Made:
    """Reader of metrics.json: the figures of a run that was trained on labels, or on given triplets."""
    run = sources.run_on_triplets()

    def read(run: Run) -> None:
        metrics = read_metrics(run.folder)
        assert metrics is not None
        arms = list(run.config.arms)
        _ = key_figures(run, arms, metrics), answer_in_words(run, arms, metrics), search_in_words(run, arms, metrics)
        metric_changes([run], [run], lambda _: metrics)
        write_metrics(run.folder, metrics)
        require_equal(read_metrics(run.folder), metrics)

    of_labels = sources.json_in(sources.run().folder / METRICS)
    of_triplets = sources.json_in(run.folder / METRICS)
    return json_like(of_labels) | json_like(of_triplets), in_run(run, METRICS, read)


def _npz(run: Run, name: str, read: Callable[[Run], object]) -> Made:
    content = (run.folder / name).read_bytes()
    contents = st.one_of(changed_npz(sources.arrays_in(content)), changed_bytes(content))
    return contents, in_run(run, name, read)


@reader("encoding")
def encoding() -> Made:
    """Reader of encoding-test.npz: the latent means of the test images."""

    def read(run: Run) -> object:
        encoding = read_encoding(run, "test")
        if encoding is None:
            return ABSENT
        assert all(np.isfinite(arm.means).all() for arm in encoding.arms.values())
        write_encoding(run.folder, encoding)
        require_equal(read_encoding(run, "test"), encoding)
        return encoding

    return _npz(sources.run(), "encoding-test.npz", read)


@reader("curves")
def curves() -> Made:
    """Reader of curves-test.npz: the triplet accuracy of each arm by margin."""

    def read(run: Run) -> object:
        curves = read_curves(run, "test")
        if curves is None:
            return ABSENT
        for curve in curves.values():
            _use_curve(curve)
        write_curves(run.folder, "test", curves)
        require_equal(read_curves(run, "test"), curves)
        return curves

    return _npz(sources.run(), "curves-test.npz", read)


def _use_curve(curve: TripletCurve) -> None:
    for margin in (0.0, 0.1, 0.5, 1.0, float(curve.margins[0]), float(curve.margins[-1])):
        if curve.margins[0] <= margin <= curve.margins[-1]:
            curve.at(margin)
            if curve.class_satisfied is not None:
                _ = curve.class_matrix(margin).accuracy
    _ = curve.collapsed, curve.n_anchors, curve.n_anchors_left_out, curve.n_triplets, curve.sample
    margin_where(curve, 0.8)


@reader("gaps")
def gaps() -> Made:
    """Gap histograms."""

    def read(run: Run) -> object:
        gaps = read_gaps(run, "test")
        if gaps is None:
            return ABSENT
        write_gaps(run.folder, "test", gaps)
        require_equal(read_gaps(run, "test"), gaps)
        return gaps

    return _npz(sources.run(), "gaps-test.npz", read)


@reader("layout")
def layout() -> Made:
    """Kept map layouts."""
    generator = np.random.default_rng(0)
    means = {"vae": generator.normal(size=(12, 3)), "tvae": generator.normal(size=(12, 5))}
    made: list[Layout] = [
        project(ProjectionRequest(means=means, parameters=parameters, seed=9, labels=np.arange(12) % 2))
        for parameters in (PcaParameters(), TsneParameters(iterations=5))
    ]
    arrays = [sources.arrays_in(write_layout(layout, sources.folder() / "layouts").read_bytes()) for layout in made]
    keys = {layout.key for layout in made}

    @st.composite
    def with_description(draw: DrawFn) -> bytes:
        changed = dict(draw(st.sampled_from(arrays)))
        text = draw(changed_json(json.loads(changed["layout"].tobytes())))
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **{**changed, "layout": np.frombuffer(text, np.uint8)})  # type: ignore
        return stream.getvalue()

    def read(folder: Path) -> object:
        found: object = ABSENT
        for key in keys:
            layout = read_layout(folder / "layout.npz", key)
            if layout is not None:
                found = layout
                for arm, plane in layout.maps.items():
                    plane.points(plane.positions(np.zeros((1, len(plane.mean)))))
                    _ = layout.positions[arm]
                write_layout(layout, folder)
                require_equal(read_layout(layout_path(folder, key), key), layout)
        return found

    return st.one_of(*map(changed_npz, arrays), with_description()), in_folder("layout.npz", read)


@reader("seeds")
def seeds() -> Made:
    """Figures of a run's seeds."""

    def read(run: Run) -> None:
        figures = read_seed_figures(run)
        assert figures
        write_seed_figures(run, figures)
        require_equal(read_seed_figures(run), figures)

    run = sources.run()
    return json_like(sources.json_in(run.folder / SEEDS)), in_run(run, SEEDS, read)


@reader("history")
def history() -> Made:
    """Losses of a run, a JSON line each."""
    run = sources.run()
    lines = (run.folder / HISTORY).read_bytes().splitlines(keepends=True)
    rows = [json.loads(line) for line in lines]

    def read(folder: Path) -> None:
        read_rows = read_history(folder)
        (folder / "again").mkdir()
        for row in read_rows:
            append_history(folder / "again", row)
        require_equal(read_history(folder / "again"), read_rows)

    return _lines(rows), in_folder(HISTORY, read)


def _lines(rows: list[Any]) -> SearchStrategy[bytes]:
    """JSON lines, of which one is changed, or all in their bytes."""
    lines = [json.dumps(row).encode() + b"\n" for row in rows]

    @st.composite
    def changed(draw: DrawFn) -> bytes:
        at = draw(st.integers(0, len(rows) - 1))
        return b"".join([*lines[:at], draw(changed_json(rows[at])) + b"\n", *lines[at + 1 :]])

    return changed() | changed_bytes(b"".join(lines))


@reader("weights")
def weights() -> Made:
    """Weights of an arm."""
    run = sources.run()
    content = (run.folder / "vae.safetensors").read_bytes()
    images = load_dataset("digits").test.images[:3]

    def read(run: Run) -> None:
        trained = network(run, "vae")
        encoded = trained.encoded(images)
        assert encoded.means.shape == (3, run.config.model.latent_dim)
        weights = safetensors.numpy.load((run.folder / "vae.safetensors").read_bytes())
        write_weights(run.folder, {"vae": weights}, 1)
        require_equal(network(run, "vae").encoded(images).means, encoded.means)

    return changed_safetensors(content) | changed_bytes(content), in_run(run, "vae.safetensors", read)


@reader("resume")
def resume() -> Made:
    """What a run goes on from."""
    content, run = sources.resume_file(), sources.run()

    def read(folder: Path) -> None:
        read_resume_file(folder / "resume", run.config, run.image_shape)

    return changed_safetensors(content), in_folder("resume", read)


@reader("replay")
def replay() -> Made:
    """Means of a few images at moments of a training."""
    run = sources.run()

    def read(run: Run) -> None:
        replay = read_replay(run)
        assert replay is not None and all(replay.means(arm).ndim == 3 for arm in run.config.arms)

    return changed_safetensors((run.folder / REPLAY).read_bytes()), in_run(run, REPLAY, read)


@reader("run-triplets")
def run_triplets() -> Made:
    """A run's own copy of given triplets."""
    run = sources.run_on_triplets()
    triplets = read_triplets_of(run.folder, run.config)
    assert triplets is not None

    def read(content: bytes) -> None:
        expected = hashlib.sha256(content).hexdigest()  # of a stranger's run: its config names what it brings
        again = GivenTriplets.from_content(content, expected, TRIPLETS)
        again.check_usable(again.named_in(run.config), run.provenance.train.n)
        require_equal(GivenTriplets.from_content(again.content, again.fingerprint, TRIPLETS).rows, again.rows)

    return changed_array(triplets.rows) | changed_bytes(triplets.content), read


@reader("encoded-triplets")
def encoded_triplets() -> Made:
    """Means of the images of given triplets."""
    run = sources.run_on_triplets()
    triplets = (run.folder / TRIPLETS).read_bytes()

    def read(run: Run) -> object:
        (run.folder / TRIPLETS).write_bytes(triplets)
        encoded = read_encoded_triplets(run)
        if encoded is None:
            return ABSENT
        for arm in run.config.arms:
            encoded.share(arm, "trained_on", 0.1)
        write_encoded_triplets(run.folder, encoded.means)
        again = read_encoded_triplets(run)
        assert again is not None
        require_equal(again.means, encoded.means)
        return encoded

    return _npz(run, "encoding-triplets.npz", read)


@reader("zip")
def zip_of_a_run() -> Made:
    """A run that a stranger sends, with layouts of its maps."""
    runs = {"run": sources.run(), "given": sources.run_on_triplets()}
    encoding = read_encoding(runs["run"], "test")
    assert encoding is not None
    layouts = [
        write_layout(
            project(ProjectionRequest(means=encoding.means, parameters=parameters, labels=encoding.labels)),
            sources.folder() / "zip-layouts",
        )
        for parameters in (PcaParameters(), TsneParameters(iterations=5))
    ]
    zips = [_zip_of(runs["run"], layouts), _zip_of(runs["given"], [])]

    def inside(name: str, content: bytes) -> SearchStrategy[bytes]:
        if name.endswith(".safetensors"):
            return changed_safetensors(content)
        if name.endswith(".json"):
            return changed_json(json.loads(content))
        if name.startswith(f"{LAYOUTS}/"):
            return changed_npz(sources.arrays_in(content)) | changed_bytes(content)
        return changed_text(content.decode()) if name.endswith((".jsonl", ".md")) else changed_bytes(content)

    def read(content: bytes) -> None:
        members = run_members(content)
        with fresh_folder() as folder:
            taken = take_in_run(members, folder, None)
            for arm in taken.config.arms:
                network(taken, arm)
            _ = read_replay(taken), read_history(folder), taken.epoch, taken.snapshots
            keep_taken_layouts(folder, encoding)
            assert not (folder / TAKEN_LAYOUTS).exists()
            for path in entries(folder / LAYOUTS):
                kept = read_layout(path, path.stem)
                assert kept is not None and kept.positions.keys() == encoding.arms.keys()
            run_members(zip_run(folder))

    contents = [
        strategy for whole in zips for strategy in (changed_zip(_few(_members(whole)), inside), changed_bytes(whole))
    ]
    return st.one_of(contents), read


def _zip_of(run: Run, layouts: list[Path]) -> bytes:
    stream = io.BytesIO()
    write_run_zip(stream, run.folder, layouts)
    return stream.getvalue()


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _few(members: dict[str, bytes]) -> dict[str, bytes]:
    """The members without most snapshots, so that changes reach the others as often."""
    return {name: content for name, content in members.items() if not name.startswith("snapshots/") or "/0/" in name}
