"""The arms that are compared with the paper's numbers: none on other data than the paper's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tvae.config import PRESETS, DataConfig, LossConfig, RunConfig, vae_and_tvae
from tvae.runs.paper_table import literal_arm, paper_arms


def test_on_mnist_the_vae_and_the_preset_s_tvae_stand_beside_the_paper_s():
    assert paper_arms(PRESETS["paper"]) == {"vae": "VAE", "tvae": "TVAE"}
    assert paper_arms(PRESETS["ladder"]) == {"vae": "VAE", "m1": "TVAE"}


@pytest.mark.parametrize("name", ["digits", "fashion-mnist", "kmnist", "qmnist", "emnist-digits", "usps"])
def test_on_other_data_nothing_stands_beside_the_paper_s(name):
    assert paper_arms(replace(PRESETS["paper"], data=DataConfig(name=name))) == {}


def test_the_literal_reading_has_all_weights_one_at_any_margin():
    assert literal_arm(PRESETS["ladder"]) == "w1"
    assert literal_arm(PRESETS["paper"]) is None
    assert literal_arm(RunConfig(arms=vae_and_tvae(LossConfig(triplet_weight=1, margin=0.3)))) == "tvae"
    assert literal_arm(RunConfig(arms=vae_and_tvae(LossConfig(triplet_weight=1, kl_weight=0.5)))) is None
