"""A training setting is written in one place: its field in tvae.config."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from tests.cli.test_cli import tvae
from tests.runs.test_comparison import run_of
from tvae.cli.commands import run_config
from tvae.cli.options import Train
from tvae.cli.parsing import parse
from tvae.config import (
    DataConfig,
    LossConfig,
    ModelConfig,
    RunConfig,
    Section,
    TrainConfig,
    number,
    option_name,
    vae_and_tvae,
)
from tvae.errors import InputError
from tvae.runs.comparison import settings_that_differ

SETTINGS = [
    (section, entry.name) for section in (DataConfig, ModelConfig, LossConfig, TrainConfig) for entry in fields(section)
]


NEEDED = {"temperature": {"triplet_form": "sigmoid"}}
"""Other settings without which one has no effect, and so is no difference."""


def another_value(section: type[Section], name: str) -> Any:
    """A possible value of the field that is not its default."""
    kind, default = get_type_hints(section)[name], getattr(section(), name)
    if get_origin(kind) is Literal:
        return next(choice for choice in get_args(kind) if choice != default)
    return {int: lambda: default + 1, float: lambda: default / 2 or 0.25, str: lambda: default + "-2"}[kind]()


def config_with(section: Section) -> RunConfig:
    """A run with this section, else with defaults."""
    if isinstance(section, LossConfig):
        return RunConfig(arms=vae_and_tvae(section))
    return replace(RunConfig(), **{section.SECTION: section})


@pytest.mark.parametrize(("section", "name"), SETTINGS, ids=lambda value: getattr(value, "SECTION", value))
def test_every_field_is_an_option_and_compared(section, name):
    value = another_value(section, name)
    needed = NEEDED.get(name, {})
    before, config = config_with(section(**needed)), config_with(section(**needed, **{name: value}))
    option = option_name(section, name)
    chosen = [f"--{option_name(section, other)}={text}" for other, text in (needed | {name: value}).items()]
    assert run_config(parse(Train, "train", ["--out", "out", *chosen])) == config
    differences = settings_that_differ(run_of(before), run_of(config))
    assert {key.split(": ")[-1] for key in differences} == {option}
    assert RunConfig.from_json(config.to_json()) == config


def test_every_field_is_in_the_help_with_its_docstring():
    text = " ".join(tvae("train", "--help").stdout.replace("│", " ").split())
    for section, name in SETTINGS:
        assert f"--{option_name(section, name)} " in text
    assert "Weight of the KL divergence to the prior, in nats." in text


@dataclass(frozen=True, kw_only=True)
class LossWithSmoothness(LossConfig):
    """A loss with one more setting, which nothing but this class knows."""

    smoothness: float = number(0.5, low=0, high=1)


def test_a_new_field_needs_no_second_place():
    config = config_with(LossWithSmoothness(smoothness=0.25))
    default = config_with(LossWithSmoothness())
    assert settings_that_differ(run_of(default), run_of(config)) == {
        "vae: loss.smoothness": ("0.5", "0.25"),
        "tvae: loss.smoothness": ("0.5", "0.25"),
    }
    with pytest.raises(InputError, match=r"^loss\.smoothness: 2 is not possible; it must be a finite number from 0"):
        LossWithSmoothness(smoothness=2)
