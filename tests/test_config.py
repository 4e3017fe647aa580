import json
import math
from typing import Any

import numpy as np
import pytest

from tvae.config import PRESETS, DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.errors import InputError


@pytest.mark.parametrize("preset", PRESETS)
def test_json_gives_the_same_run_back(preset):
    run = PRESETS[preset]
    assert RunConfig.from_json(json.loads(json.dumps(run.to_json()))) == run


@pytest.mark.parametrize("margin", [math.nan, math.inf, -math.inf, -0.001, "1", None, True])
def test_an_impossible_margin_is_refused_by_name(margin):
    with pytest.raises(InputError, match=r"^loss\.margin: .* from 0 to 1e\+06$"):
        LossConfig(margin=margin)


@pytest.mark.parametrize("field", ["triplet_weight", "kl_weight", "reconstruction_weight"])
@pytest.mark.parametrize("weight", [-1, math.inf, math.nan, 1e7])
def test_an_impossible_weight_is_refused_by_name(field, weight):
    with pytest.raises(InputError, match=rf"^loss\.{field.replace('_', '-')}: "):
        LossConfig(**{field: weight})


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (TrainConfig, "epochs", 0),
        (TrainConfig, "epochs", 1.5),
        (TrainConfig, "epochs", True),
        (TrainConfig, "batch_size", 0),
        (TrainConfig, "learning_rate", math.nan),
        (TrainConfig, "seed", -1),
        (TrainConfig, "schedule", "warm"),
        (TrainConfig, "device", "tpu"),
        (ModelConfig, "latent_dim", 0),
        (ModelConfig, "latent_dim", 10**9),
        (ModelConfig, "hidden", -4),
        (DataConfig, "name", ""),
        (LossConfig, "reconstruction", "l1"),
    ],
)
def test_impossible_settings_are_refused_in_one_line(kind, field, value):
    with pytest.raises(InputError) as refusal:
        kind(**{field: value})
    line = str(refusal.value)
    assert field.replace("_", "-") in line
    assert "must be" in line
    assert "\n" not in line


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "a/b", "é", "x" * 65])
def test_an_arm_name_that_is_no_file_name_is_refused(name):
    with pytest.raises(InputError, match=r"^arms"):
        RunConfig(arms={name: LossConfig()})


def test_the_vae_differs_in_its_triplet_weight_alone():
    arms = vae_and_tvae(LossConfig(margin=0.3, triplet_weight=7, kl_weight=0.5))
    assert arms["vae"] == LossConfig(margin=0.3, triplet_weight=0, kl_weight=0.5)
    assert arms["tvae"].triplet_weight == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plain: plain.pop("model"), "field 'model' is missing"),
        (lambda plain: plain.update(extra=1), "unknown field 'extra'"),
        (lambda plain: plain.update(schema=99), "schema version 99"),
        (lambda plain: plain["train"].update(epochs="many"), r"train\.epochs"),
        (lambda plain: plain.update(arms=[1]), "expected an object, found list"),
        (lambda plain: plain.update(model=3), "expected an object, found int"),
        (lambda plain: plain["arms"].clear(), "1 to 64 arms"),
    ],
)
def test_a_foreign_config_is_refused_with_the_difference(change, message):
    plain = RunConfig().to_json()
    change(plain)
    with pytest.raises(InputError, match=message):
        RunConfig.from_json(plain)


def test_numbers_of_numpy_become_plain_json():
    seed: Any = np.int64(3)
    margin: Any = np.float32(0.5)
    config = RunConfig(train=TrainConfig(seed=seed), arms=vae_and_tvae(LossConfig(margin=margin)))
    assert RunConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
