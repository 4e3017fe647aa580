from dataclasses import replace
from pathlib import Path

from tvae.config import LossConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.runs.comparison import metric_changes, settings_that_differ
from tvae.runs.run import read_metrics

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def test_equal_settings_do_not_differ():
    assert settings_that_differ(RunConfig(), RunConfig()) == {}


def test_settings_that_differ_are_told_by_their_names_on_the_command_line():
    after = replace(RunConfig(), train=TrainConfig(batch_size=64), arms=vae_and_tvae(LossConfig(margin=0.25)))
    assert settings_that_differ(RunConfig(), after) == {
        "train.batch-size": ("128", "64"),
        "vae: loss.margin": ("1", "0.25"),
        "tvae: loss.margin": ("1", "0.25"),
    }


def test_an_arm_that_one_run_has_not_is_told():
    alone = replace(RunConfig(), arms={"vae": RunConfig().arms["vae"]})
    told = settings_that_differ(alone, RunConfig())
    assert told["tvae: loss.margin"] == ("-", "1")
    assert not any(name.startswith("vae:") for name in told)


def test_changes_are_after_less_before_for_the_arms_that_both_have():
    before, after = read_metrics(SHIPPED / "mnist"), read_metrics(SHIPPED / "digits")
    assert before is not None and after is not None
    changes = metric_changes(before, after)
    assert [change.arm for change in changes] == ["vae"] * 4 + ["tvae"] * 4
    error = changes[5]
    assert (error.figure, error.better) == ("squared error", "lower")
    assert error.change == after["arms"]["tvae"]["reconstruction"] - before["arms"]["tvae"]["reconstruction"]
    assert changes[4].after == 100 * after["arms"]["tvae"]["triplet_accuracy"]["0"]
    del after["arms"]["vae"]
    assert {change.arm for change in metric_changes(before, after)} == {"tvae"}
