"""The train command trains the config that it is made from."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from tvae.cli.commands import run_config
from tvae.cli.options import Train
from tvae.cli.parsing import parse
from tvae.config import PRESETS, DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.runs.train_command import train_command


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        PRESETS["best"],
        PRESETS["vae"],
        RunConfig(arms=vae_and_tvae(LossConfig(triplet_weight=0.3, margin=0.025, kl_weight=0.0))),
        RunConfig(
            data=DataConfig(name="digits"),
            model=ModelConfig(hidden=32, latent_dim=4),
            train=TrainConfig(epochs=3, learning_rate=1e-5, seed=2**63 - 1, schedule="constant"),
            arms=vae_and_tvae(LossConfig(reconstruction="bernoulli", reconstruction_weight=1e6)),
        ),
        RunConfig(
            data=DataConfig(name="digits", notion="slant"),
            arms={
                **vae_and_tvae(LossConfig(margin=2)),
                "tvae-class": LossConfig(margin=2, notion="class"),
                "other": LossConfig(margin=2, notion="the writer's; rm -rf x"),
            },
        ),
        RunConfig(arms={**vae_and_tvae(LossConfig(notion="a")), "tvae": LossConfig(notion="b")}),
        RunConfig(arms={"vae": LossConfig(triplet_weight=0, notion="a")}),
    ],
)
def test_the_command_is_read_as_the_run(config):
    line = train_command(config, "a folder; rm -rf x")
    program, *arguments = shlex.split(line)
    assert (program, arguments[:3]) == ("python", ["-m", "tvae", "train"])
    options = parse(Train, "train", arguments[3:])
    assert run_config(options) == config
    assert str(options.out) == "a folder; rm -rf x"


def test_defaults_are_left_out():
    assert train_command(RunConfig(), "runs/mine") == "python -m tvae train --out runs/mine"


def test_arms_that_no_command_line_asks_for_are_refused():
    usual = vae_and_tvae(LossConfig())
    for arms in (
        PRESETS["ladder"].arms,
        {"tvae": LossConfig()},
        {"more": LossConfig(notion="a"), **usual},
        {**usual, "more": LossConfig()},
        {**usual, "more": LossConfig(notion="a", margin=3)},
        {**usual, "vae": LossConfig(triplet_weight=0, notion="a")} | {"tvae": LossConfig()},
    ):
        with pytest.raises(ValueError, match="no command line"):
            train_command(replace(RunConfig(), arms=arms), "out")
