"""Figures over seeds: written, read, refused, gathered by the command, and taken as cells of the advice."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import small_run_config
from tvae.cli.parsing import main
from tvae.config import DataConfig, RunConfig
from tvae.data import Dataset, load_dataset
from tvae.errors import InputError
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.evaluation import encode_split
from tvae.runs.recording import record
from tvae.runs.run import Run, read_run, write_config
from tvae.runs.seeds.figures import MARGINS, choosing_split, figures_of_arms, ladder_cells, measured_figures
from tvae.runs.seeds.file import SEEDS, read_seed_figures, write_seed_figures
from tvae.runs.seeds.gathering import own_figures, seed_figures


def config(seed: int, share: float) -> RunConfig:
    small = small_run_config()
    return replace(
        small, data=DataConfig(name="digits", validation_share=share), train=replace(small.train, epochs=1, seed=seed)
    )


def trained(folder: Path, seed: int, dataset: Dataset, share: float) -> Run:
    for _ in record(config(seed, share), dataset, folder, ""):
        pass
    return read_run(folder)


@pytest.fixture(scope="module")
def held_out() -> Dataset:
    return load_dataset("digits", validation_share=0.2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, held_out) -> dict[int, Run]:
    folder = tmp_path_factory.mktemp("seeds")
    return {seed: trained(folder / f"seed{seed}", seed, held_out, 0.2) for seed in (3, 4)}


@pytest.fixture
def runs(finished, tmp_path) -> dict[int, Run]:
    """Two runs that differ in seed alone, to be written to."""
    for seed, run in finished.items():
        shutil.copytree(run.folder, tmp_path / f"seed{seed}")
    return {seed: read_run(tmp_path / f"seed{seed}") for seed in finished}


def test_a_run_with_a_validation_split_writes_its_own_figures_when_it_ends(runs, held_out):
    (of_seed,) = read_seed_figures(runs[3]) or []
    assert (of_seed.seed, of_seed.step) == (3, runs[3].step)
    for split in (held_out.validation, held_out.test):
        encoding = encode_split(runs[3], split)
        for arm, figures in of_seed.splits[split.name].items():
            counted = triplet_accuracy(encoding.means[arm], split.labels, MARGINS)
            np.testing.assert_allclose(figures.triplet_accuracy, counted.accuracy, atol=1e-6)
            assert figures.reconstruction == pytest.approx(encoding.arms[arm].errors.mean(), rel=1e-5)
            assert figures.kl == pytest.approx(encoding.arms[arm].kl.sum(), rel=1e-5)


def test_a_run_without_a_validation_split_writes_none_and_is_chosen_on_the_test_split(tmp_path, digits):
    run = trained(tmp_path / "run", 3, digits, 0.0)
    assert not (run.folder / SEEDS).exists()
    figures = seed_figures(run)
    assert [list(of_seed.splits) for of_seed in figures] == [["test"]]
    assert choosing_split(figures) == "test"
    encoding = read_encoding(run, "test")
    assert encoding is not None
    cells = ladder_cells(run, figures, 0.5)
    assert [cell.arm for cell in cells] == ["vae", "tvae"]
    assert cells[1].choosing == cells[1].test
    exact = triplet_accuracy(encoding.means["tvae"], encoding.labels, [0.5]).accuracy[0]
    assert cells[1].test[0].accuracy == pytest.approx(exact, abs=1e-6)


def test_the_command_gathers_runs_that_differ_in_seed_alone(runs, capsys):
    assert main(["seeds", str(runs[3].folder), str(runs[4].folder)]) == 0
    assert "seeds 3, 4, on the validation and test split" in capsys.readouterr().out
    gathered = read_seed_figures(runs[3])
    assert gathered == [*(read_seed_figures(runs[3]) or [])[:1], *(read_seed_figures(runs[4]) or [])]
    assert seed_figures(runs[3]) == gathered
    cells = ladder_cells(runs[3], gathered or [], 0.0)
    assert choosing_split(gathered or []) == "validation"
    assert [len(cell.choosing) for cell in cells] == [2, 2]
    assert cells[0].choosing != cells[0].test


def test_the_command_measures_a_run_that_keeps_no_figures(runs, capsys):
    kept = (runs[3].folder / SEEDS).read_text()
    (runs[3].folder / SEEDS).unlink()
    assert main(["seeds", str(runs[3].folder)]) == 0
    assert json.loads((runs[3].folder / SEEDS).read_text()) == json.loads(kept)


def test_a_garbled_file_is_measured_anew_and_its_progress_ends_at_the_whole(runs, held_out):
    kept = json.loads((runs[3].folder / SEEDS).read_text())
    (runs[3].folder / SEEDS).write_text("{")
    shares: list[float] = []
    figures = own_figures(
        runs[3], {"validation": held_out.validation, "test": held_out.test}.__getitem__, shares.append
    )
    assert figures.seed == 3
    assert figures.splits["test"]["vae"].kl == kept["seeds"][0]["splits"]["test"]["vae"]["kl"]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert shares[0] == 1 / 8  # of two parts, two arms and two splits
    assert len({round(share, 6) for share in shares}) > 2
    write_seed_figures(runs[3], [figures])
    shares.clear()
    assert own_figures(runs[3], {}.__getitem__, shares.append) == figures and not shares  # as the file keeps them


def test_a_run_that_is_not_finished_is_refused(runs, capsys):
    write_config(replace(runs[3], provenance=replace(runs[3].provenance, finished=False)))
    assert main(["seeds", str(runs[3].folder)]) == 2
    assert "is not trained to its end" in capsys.readouterr().err


def test_without_curves_in_its_folder_a_run_has_no_figures(tmp_path, digits):
    run = trained(tmp_path / "run", 3, digits, 0.0)
    (run.folder / "curves-test.npz").unlink()
    assert seed_figures(run) == []


def test_seeds_that_were_measured_on_other_splits_are_left_out(runs):
    (runs[4].folder / SEEDS).unlink()  # leaves the figures of its test split
    assert [of_seed.seed for of_seed in seed_figures(runs[3], runs.values())] == [3]


def test_labels_without_a_triplet_are_refused(runs, held_out):
    alike = replace(held_out.validation, labels=np.zeros_like(held_out.validation.labels))
    with pytest.raises(InputError, match="the labels of the validation split allow no triplet"):
        measured_figures(runs[3], [alike])


def test_a_kl_that_rounding_leaves_below_zero_is_zero(runs):
    encoding = read_encoding(runs[3], "test")
    assert encoding is not None
    arms = {arm: replace(one, kl=np.full_like(one.kl, -1e-6)) for arm, one in encoding.arms.items()}
    figures = figures_of_arms(replace(encoding, arms=arms), read_curves(runs[3], "test") or {})
    assert [arm.kl for arm in figures.values()] == [0.0, 0.0]


def test_runs_that_differ_in_more_are_refused_with_the_reason(runs, tmp_path, capsys):
    other = runs[4]
    write_config(replace(other, config=replace(other.config, train=replace(other.config.train, learning_rate=0.01))))
    before = (runs[3].folder / SEEDS).read_text()
    assert main(["seeds", str(runs[3].folder), str(other.folder)]) == 2
    assert "in more than its seed: train.learning-rate 0.001 against 0.01" in capsys.readouterr().err
    shutil.copytree(runs[3].folder, tmp_path / "again")
    assert main(["seeds", str(runs[3].folder), str(tmp_path / "again")]) == 2
    assert "name one run a seed" in capsys.readouterr().err
    assert (runs[3].folder / SEEDS).read_text() == before


def test_own_runs_that_differ_in_seed_alone_count_as_seeds(runs):
    assert [of_seed.seed for of_seed in seed_figures(runs[3], runs.values())] == [3, 4]
    assert [of_seed.seed for of_seed in seed_figures(runs[4], [])] == [4]


def test_seeds_are_written_and_read_in_their_order(runs):
    figures = [of_seed for run in (runs[4], runs[3]) for of_seed in read_seed_figures(run) or []]
    write_seed_figures(runs[3], figures)
    path = runs[3].folder / SEEDS
    content = json.loads(path.read_text())
    assert [row["seed"] for row in content["seeds"]] == [3, 4]
    path.write_text(json.dumps({**content, "seeds": content["seeds"][::-1]}))
    assert [of_seed.seed for of_seed in read_seed_figures(runs[3]) or []] == [3, 4]


def put(path: list[object], value: object):
    def change(content: dict) -> None:
        place = content
        for name in path[:-1]:
            place = place[name]  # type: ignore[index]
        place[path[-1]] = value  # type: ignore[index]

    return change


SHARE = ["seeds", 0, "splits", "test", "vae", "triplet_accuracy", 0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put(["schema"], 2), "schema version 2 is that of a newer version of this program, which reads 1"),
        (put(["margins", 1], 0.03), "its margins are not"),
        (put(["arms"], ["vae"]), "its arms are not those of the run"),
        (put(["splits", "test", "n"], 1), "its splits are not those of the run"),
        (put(["seeds"], []), "seeds: Expected array of length >= 1"),
        (put(["seeds", 0, "seed"], True), "seeds[0].seed: Expected int, got bool"),
        (put(["seeds", 0, "step"], -1), "seeds[0].step: Expected int >= 0"),
        (put(["seeds", 0, "more"], 1), "unknown field 'more'"),
        (lambda content: content["seeds"].extend(2 * [{**content["seeds"][0], "seed": 4}]), "a seed is there twice"),
        (put(["seeds", 0, "splits"], {}), "seed 3: its splits are not the run's"),
        (put(SHARE[:-1], []), "triplet_accuracy: Expected array of length >= 57"),
        (put([*SHARE[:-2], "kl"], True), "kl: Expected float, got bool"),
        (put(["seeds", 0, "step"], 1), "not measured on the weights that the run has now"),
        (put(["seeds", 0, "splits", "test"], {}), "seed 3, test split: its arms are not those of the run"),
        (put(SHARE, 1.5), "triplet_accuracy[0]: Expected float <= 1.0"),
        (put(SHARE, "1"), "triplet_accuracy[0]: Expected float, got str"),
        (put([*SHARE[:-2], "kl"], -1), "kl: Expected float >= 0.0"),
        (put([*SHARE[:-2], "more"], 1), "unknown field 'more'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_line(change, said, runs):
    path = runs[3].folder / SEEDS
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as refused:
        read_seed_figures(runs[3])
    assert said in str(refused.value) and str(path) in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b'{"schema": NaN}'])
def test_a_garbled_file_is_refused_in_one_line(content, runs):
    (runs[3].folder / SEEDS).write_bytes(content)
    with pytest.raises(InputError, match=r"seeds\.json: "):
        read_seed_figures(runs[3])
