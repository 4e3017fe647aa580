"""Runs whose arms differ in their notion of similarity: the science, resuming, warm starts, zips, comparisons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import small_run_config
from tvae.config import LossConfig, RunConfig, TrainConfig, vae_and_tvae, with_default_notions
from tvae.data import Dataset, Notion, Split
from tvae.errors import InputError
from tvae.metrics.measurable import NOT_MEASURABLE, has_triplet
from tvae.runs.comparison import batches_in_words, loss_differences, settings_that_differ, unlike_settings
from tvae.runs.evaluation import encode_split, evaluate
from tvae.runs.recording import Recording, record
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import run_members, take_in_run, zip_run
from tvae.runs.weights import read_weights

ARMS = {**vae_and_tvae(LossConfig()), "tvae-slant": LossConfig(notion="slant")}
CONFIG = replace(small_run_config(), arms=ARMS)


@pytest.fixture(scope="module")
def trained(digits: Dataset, tmp_path_factory) -> Callable[..., Path]:
    """The folder of a run with this config, trained once."""
    folders: dict[str, Path] = {}

    def train(config: RunConfig) -> Path:
        key = repr(config)
        if key not in folders:
            folders[key] = tmp_path_factory.mktemp("runs") / "run"
            for _ in record(config, digits, folders[key], ""):
                pass
        return folders[key]

    return train


def test_an_arm_is_better_by_the_notion_that_it_was_trained_on(digits: Dataset, trained):
    """The science, at two seeds: class and slant are two similarities of the same images."""
    for seed in (0, 1):
        train = TrainConfig(epochs=12, batch_size=64, seed=seed, step="fast-float32")
        run = read_run(trained(replace(CONFIG, model=replace(CONFIG.model, hidden=64, latent_dim=8), train=train)))
        accuracy = {}
        for notion in ("class", "slant"):
            split = digits.test.by(notion)
            metrics = evaluate(run, encode_split(run, split), [0.0], split=split)["arms"]
            accuracy[notion] = {arm: metrics[arm]["triplet_accuracy"]["0"] for arm in metrics}
        by_class, by_slant = accuracy["class"], accuracy["slant"]
        assert by_class["tvae"] > by_class["tvae-slant"] + 0.1
        assert by_slant["tvae-slant"] > by_slant["tvae"] + 0.1
        assert by_slant["tvae-slant"] > by_slant["vae"] + 0.1 and by_class["tvae"] > by_class["vae"] + 0.1


def test_a_run_of_two_notions_that_is_cut_off_ends_as_without_a_break(digits: Dataset, trained, tmp_path):
    folder, resume_file = tmp_path / "run", tmp_path / "resume.safetensors"
    folder.mkdir()
    reports = Recording(CONFIG, digits, folder, "", resume_file=resume_file).reports()
    for _ in range(140):
        next(reports)
    reports.close()
    again = Recording(CONFIG, digits, folder, "", resume_file=resume_file)
    assert again.training.step == 140
    for _ in again.reports():
        pass
    whole, resumed = read_run(trained(CONFIG)), read_run(folder)
    for arm in ARMS:
        first, second = read_weights(whole, arm), read_weights(resumed, arm)
        assert all(np.array_equal(first[name], second[name]) for name in first)
    first, second = read_metrics(whole.folder), read_metrics(folder)
    assert first is not None and first == second and "own_notion" in first["arms"]["tvae-slant"]


def test_a_run_of_two_notions_is_zipped_taken_in_and_begun_from(digits: Dataset, trained, tmp_path):
    run = read_run(trained(CONFIG))
    (tmp_path / "in").mkdir()
    taken = take_in_run(run_members(zip_run(run.folder)), tmp_path / "in", None)
    assert taken.config == run.config and taken.arms_of_own_notion == run.arms_of_own_notion
    config = replace(CONFIG, train=replace(CONFIG.train, epochs=1))
    by_slant = replace(config, data=replace(config.data, notion="slant"), arms=vae_and_tvae(LossConfig()))
    for _ in record(by_slant, digits, tmp_path / "begun", "", start_from=run):
        pass
    assert read_run(tmp_path / "begun").notion == "slant"


def test_a_zip_that_names_a_notion_which_the_data_has_not_is_refused(trained, tmp_path):
    members = run_members(zip_run(trained(CONFIG)))
    members["config.json"] = members["config.json"].replace(b'"notion": "slant"', b'"notion": "writer"')
    with pytest.raises(InputError, match=r"zip: arms\.tvae-slant\.notion: .*no label column 'writer'; it has class"):
        take_in_run(members, tmp_path, None)


def test_runs_of_two_notions_say_so_when_they_are_compared(trained):
    run = read_run(trained(CONFIG))
    other = replace(run, config=replace(run.config, data=replace(run.config.data, notion="slant")))
    assert unlike_settings(run, other)["data.notion"] == ("default", "slant")
    by_class = replace(run, config=replace(run.config, arms={**ARMS, "tvae-slant": LossConfig()}))
    assert settings_that_differ(by_class, run) == {"tvae-slant: loss.notion": ("default", "slant")}
    without_triplets = [LossConfig(triplet_weight=0, notion=notion) for notion in ("", "slant")]
    assert loss_differences(*without_triplets) == {}
    assert batches_in_words(run).startswith("the same images, each with triplets of them by its own notion")
    assert batches_in_words(replace(run, config=small_run_config())) == "the same batches"


LABELS = {
    "a class of one, and one that the test split lacks": (np.arange(60) % 3, np.array([0, 0, 1, 1, 0, 1])),
    "one class in the test split": (np.arange(60) % 2, np.zeros(6, int)),
    "a class each in the test split": (np.arange(60) % 6, np.arange(6)),
    "a thousand class names": (np.arange(60) // 2 * 33, np.array([0, 0, 33, 33, 66, 99])),
}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")], ids=["of an arm", "of the run"])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_any_kind_are_measured_as_far_as_they_can_be_in_either_notion(tmp_path, labels, order):
    """The usual labels are those of notion a, these of notion b."""
    splits = []
    for name, n, of_b in zip(("train", "test"), (60, 6), labels, strict=True):
        notions = {"a": Notion(np.arange(n) % 2, ("x", "y")), "b": Notion(of_b, tuple(map(str, range(1_000))))}
        images = np.random.default_rng(n).integers(0, 255, (n, 8, 8, 1), np.uint8)
        splits.append(Split(name, images, notions["a"].labels, ("x", "y"), "a", notions).by(order[0]))
    train, test = splits
    made = Dataset("digits", train, test, train.class_names, "made")
    config = replace(
        CONFIG,
        data=replace(CONFIG.data, notion=order[0]),
        train=replace(CONFIG.train, epochs=2, batch_size=8),
        arms={**vae_and_tvae(LossConfig()), "other": LossConfig(notion=order[1])},
    )
    for _ in record(config, made, tmp_path / "run", ""):
        pass
    metrics = read_metrics(tmp_path / "run")
    assert metrics is not None and metrics["notion"] == order[0]
    arm = metrics["arms"]["other"]
    assert arm["own_notion"]["notion"] == order[1]
    of_b = arm["own_notion"] if order[1] == "b" else arm
    measurable = has_triplet(labels[1])
    assert (of_b["triplet_accuracy"]["0"] is not None) == measurable == (of_b["triplets"] > 0)
    assert (NOT_MEASURABLE in (tmp_path / "run" / "README.md").read_text()) != measurable


def test_a_notion_that_is_the_default_is_written_as_such():
    named = replace(CONFIG, data=replace(CONFIG.data, notion="class"))
    assert with_default_notions(named, "class") == CONFIG
    by_slant = replace(named, data=replace(named.data, notion="slant"))
    assert [loss.notion for loss in with_default_notions(by_slant, "class").arms.values()] == ["", "", ""]
    by_class_in_it = replace(by_slant, arms={"one": LossConfig(notion="class")})
    assert with_default_notions(by_class_in_it, "class") == by_class_in_it


@pytest.mark.parametrize("notion", ["", "class"])
def test_the_images_may_be_handed_over_with_the_labels_of_any_notion(digits: Dataset, trained, tmp_path, notion):
    config = replace(CONFIG, data=replace(CONFIG.data, notion=notion))
    for _ in record(config, digits.by("slant"), tmp_path / "run", ""):
        pass
    assert read_metrics(tmp_path / "run") == read_metrics(trained(CONFIG))
    assert read_run(tmp_path / "run").config == CONFIG
