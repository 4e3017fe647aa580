"""Comparison of two runs: settings that differ, whether they are alike, and verdicts over seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tvae.config import PRESETS, LossConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.runs.comparison import (
    arm_changes,
    arm_trained_with,
    in_words,
    loss_differences,
    metric_changes,
    other_settings,
    seed_replicates,
    seeds_in_words,
    settings_that_differ,
    trained_epochs,
    unlike_settings,
)
from tvae.runs.run import Run, read_metrics, read_run, write_config, write_metrics

SHIPPED = Path(__file__).parents[2] / "checkpoints"
MNIST = read_run(SHIPPED / "mnist")


def run_of(config: RunConfig, folder: Path = SHIPPED / "mnist", **provenance: Any) -> Run:
    """A run like the shipped one with this config, trained to its end."""
    steps = config.train.epochs * (MNIST.provenance.train.n // config.train.batch_size)
    return Run(folder, config, replace(MNIST.provenance, **{"step": steps, **provenance}))


def seed(number: int, loss: LossConfig | None = None, **train: Any) -> RunConfig:
    return RunConfig(train=TrainConfig(seed=number, **train), arms=vae_and_tvae(loss or LossConfig()))


def measured(folder: Path, config: RunConfig, accuracies: dict[str, float], error: float = 10.0) -> Run:
    """A run of this config with these triplet accuracies at margin 0."""
    folder.mkdir(parents=True)
    shipped = read_metrics(MNIST.folder)
    assert shipped is not None
    arm = {**shipped["arms"]["vae"], "reconstruction": error, "kl": 12.0, "knn_accuracy": 0.95}
    arms = {name: {**arm, "triplet_accuracy": {"0": share}} for name, share in accuracies.items()}
    write_config(run_of(config, folder))
    write_metrics(folder, {**shipped, "arms": arms})
    return run_of(config, folder)


def test_equal_settings_do_not_differ():
    assert settings_that_differ(run_of(RunConfig()), run_of(RunConfig())) == {}


def test_settings_that_differ_are_told_by_their_names_on_the_command_line():
    after = run_of(RunConfig(train=TrainConfig(batch_size=64, seed=3), arms=vae_and_tvae(LossConfig(margin=0.25))))
    assert settings_that_differ(run_of(RunConfig()), after) == {
        "train.batch-size": ("128", "64"),
        "train.seed": ("0", "3"),
        "tvae: loss.margin": ("1", "0.25"),  # the VAE's has no effect: its triplet weight is 0
    }


def test_an_arm_that_one_run_has_not_is_told():
    alone = run_of(replace(RunConfig(), arms={"vae": RunConfig().arms["vae"]}))
    told = settings_that_differ(alone, run_of(RunConfig()))
    assert told["tvae: loss.margin"] == ("-", "1")
    assert not any(name.startswith("vae:") for name in told)


def test_the_settings_of_two_losses_that_differ():
    ladder = PRESETS["ladder"].arms
    assert loss_differences(ladder["m1"], ladder["m5"]) == {"loss.margin": ("1", "5")}
    assert loss_differences(ladder["vae"], ladder["m5"]) == {"loss.triplet-weight": ("0", "15")}
    assert loss_differences(ladder["w100"], ladder["m2"]) == {
        "loss.triplet-weight": ("100", "15"),
        "loss.margin": ("1", "2"),
    }


@pytest.mark.parametrize(
    ("train", "provenance", "words"),
    [
        ({"epochs": 2}, {}, "2 epochs against 20"),
        ({"step": "fast"}, {}, "train.step fast against plain"),
        ({"epochs": 2, "step": "fast"}, {}, "2 epochs against 20; train.step fast against plain"),
        ({}, {"step": 2340, "finished": False}, "5 of 20 epochs against 20"),
        # Thirty seconds of at most 100,000 epochs are told as what they were.
        ({"epochs": 100_000}, {"step": 1404, "seconds_budget": 30.0}, "3 epochs against 20"),
        ({}, {"started_from": "mnist, step 9360"}, "started from mnist, step 9360 against scratch"),
        (
            {},
            {"test": replace(MNIST.provenance.test, n=9, fingerprint="0123456789")},
            "test images 9 (01234567) against 10,000 (f5147f7b)",
        ),
    ],
)
def test_runs_that_are_not_alike_say_in_what(train, provenance, words):
    other = run_of(seed(0, **train), **provenance)
    assert in_words(unlike_settings(other, run_of(RunConfig()))) == words


def test_a_run_of_other_data_is_told_by_its_name():
    fashion = run_of(replace(RunConfig(), data=replace(RunConfig().data, name="fashion-mnist")))
    fashion = replace(fashion, provenance=replace(fashion.provenance, test=replace(MNIST.provenance.test, n=3)))
    assert in_words(unlike_settings(fashion, run_of(RunConfig()))) == "data.name fashion-mnist against mnist"


def test_loss_and_seed_leave_runs_alike():
    assert unlike_settings(run_of(seed(4, LossConfig(margin=3.0))), run_of(RunConfig())) == {}


def test_a_time_budget_that_was_used_up_is_told_by_its_measured_epochs():
    assert trained_epochs(run_of(seed(0, epochs=100_000), step=500, seconds_budget=30.0)) == "1.07"


def test_replicates_differ_in_seed_alone():
    runs = [run_of(seed(number)) for number in (2, 1, 1)]
    others = [run_of(seed(5, LossConfig(margin=2.0))), run_of(seed(6, epochs=19)), run_of(seed(7, step="fast"))]
    assert seed_replicates(run_of(RunConfig()), [*others, *runs]) == [run_of(RunConfig()), runs[1], runs[0]]


def test_one_seed_gives_figures_and_no_verdict(tmp_path):
    before = measured(tmp_path / "a", seed(0), {"vae": 0.7, "tvae": 0.9})
    after = measured(tmp_path / "b", seed(0, LossConfig(margin=2.0)), {"vae": 0.7, "tvae": 0.99}, error=20.0)
    changes = {(change.arm, change.figure): change for change in metric_changes([before], [after])}
    assert changes["tvae", "triplet accuracy at m = 0, %"].change == pytest.approx(9)
    assert changes["tvae", "squared error"].change == pytest.approx(10)
    assert {change.verdict for change in changes.values()} == {""}
    assert seeds_in_words(list(changes.values())).startswith("One seed, so no verdict")
    inside = arm_changes([after], "vae", "tvae")
    assert inside[0].change == pytest.approx(29) and inside[0].verdict == ""


def seeds_of(folder: Path, loss: LossConfig, shares: list[float], first: int = 0) -> list[Run]:
    return [
        measured(folder / str(number), seed(number, loss), {"vae": 0.7 - 0.001 * number, "tvae": share})
        for number, share in enumerate(shares, first)
    ]


def test_three_seeds_give_a_verdict_beyond_the_noise_alone(tmp_path):
    usual = seeds_of(tmp_path / "usual", LossConfig(), [0.90, 0.91, 0.905])
    clear = seeds_of(tmp_path / "clear", LossConfig(margin=2.0), [0.80, 0.81, 0.802])
    vague = seeds_of(tmp_path / "vague", LossConfig(margin=3.0), [0.95, 0.86, 0.91])
    clearly = {change.arm: change for change in metric_changes(usual, clear) if "triplet" in change.figure}
    assert (clearly["tvae"].verdict, clearly["tvae"].paired) == ("worse", True)
    assert clearly["tvae"].change == pytest.approx(-10.1, abs=0.05)
    vaguely = {change.arm: change for change in metric_changes(usual, vague) if "triplet" in change.figure}
    assert vaguely["tvae"].verdict == ""
    assert seeds_in_words(list(clearly.values())).startswith("Mean ± sample standard deviation over 3 seeds")
    assert arm_changes(usual, "vae", "tvae")[0].verdict == "better"


def test_other_seeds_are_compared_without_pairs_and_the_same_loss_is_never_better(tmp_path):
    usual = seeds_of(tmp_path / "usual", LossConfig(), [0.90, 0.91, 0.905])
    clear = seeds_of(tmp_path / "clear", LossConfig(margin=2.0), [0.80, 0.81, 0.802], first=5)
    changes = {change.arm: change for change in metric_changes(usual, clear) if "triplet" in change.figure}
    assert (changes["tvae"].verdict, changes["tvae"].paired) == ("worse", False)
    # The VAE's loss did not change: its figures differ by the seeds, however far apart these lie.
    assert changes["vae"].change < 0 and changes["vae"].verdict == ""


def test_changes_are_after_less_before_for_the_arms_that_both_have():
    before, after = read_metrics(SHIPPED / "mnist"), read_metrics(SHIPPED / "mnist-ladder")
    assert before is not None and after is not None
    changes = metric_changes([MNIST], [read_run(SHIPPED / "mnist-ladder")])
    assert [change.arm for change in changes] == ["vae"] * 5
    assert changes[1].after == (100 * after["arms"]["vae"]["balanced_triplet_accuracy"]["0"],)
    assert changes[2].figure == "squared error"
    assert changes[2].change == after["arms"]["vae"]["reconstruction"] - before["arms"]["vae"]["reconstruction"]
    assert changes[0].after == (100 * after["arms"]["vae"]["triplet_accuracy"]["0"],)


def test_the_arm_trained_with_a_loss_is_found():
    arms = PRESETS["ladder"].arms
    assert arm_trained_with(arms, LossConfig(triplet_weight=10)) == "w10"
    assert arm_trained_with(arms, LossConfig(triplet_weight=15, margin=0.2)) == "m0.2"
    assert arm_trained_with(arms, LossConfig(triplet_weight=11)) is None
    assert arm_trained_with(arms, LossConfig(triplet_weight=10, kl_weight=0.5)) is None
    assert arm_trained_with(arms, LossConfig(triplet_weight=0, margin=3)) == "vae"


def test_settings_that_have_no_effect_are_no_difference():
    sigmoid = LossConfig(triplet_form="sigmoid", temperature=0.5, triplets="all", margin=0.3, triplet_weight=50)
    assert other_settings(sigmoid) == {"triplet form": "sigmoid", "temperature": "0.5", "triplets": "all"}
    assert other_settings(LossConfig(temperature=3, margin=2)) == {}, "a hinge has no temperature"
    without = LossConfig(triplet_weight=0, surgery=1, triplet_warmup=5, triplets="hardest", kl_weight=4)
    assert other_settings(without) == {"kl weight": "4"}
