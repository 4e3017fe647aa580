"""Names of arms: made from the loss, readable, different within a run."""

import itertools
from dataclasses import replace

import pytest

from tvae.config import PRESETS, LossConfig, RunConfig
from tvae.runs.arm_names import arm_name, arm_names, short_arm_name

PLAIN, USUAL = LossConfig(triplet_weight=0), LossConfig(triplet_weight=10)


def names(**arms: LossConfig) -> list[str]:
    config = RunConfig(arms=arms)
    assert arm_names(config) == {arm: arm_name(config, arm) for arm in arms}
    return [arm_name(config, arm) for arm in arms]


def test_the_papers_two_arms_have_the_papers_names():
    config = PRESETS["paper"]
    assert [arm_name(config, arm) for arm in config.arms] == ["VAE", "TVAE"]
    assert [short_arm_name(config, arm) for arm in config.arms] == ["VAE", "TVAE"]


def test_arms_of_the_ladder_are_told_by_weight_and_margin():
    config = PRESETS["ladder"]
    assert [arm_name(config, arm) for arm in config.arms] == [
        "VAE",
        "weight 0.3, margin 1",
        "weight 1, margin 1",
        "weight 3, margin 1",
        "weight 10, margin 1",
        "weight 30, margin 1",
        "weight 100, margin 1",
        "weight 15, margin 0.2",
        "weight 15, margin 0.5",
        "weight 15, margin 1",
        "weight 15, margin 2",
        "weight 15, margin 5",
    ]
    assert short_arm_name(config, "w10") == "w 10 · m 1"
    assert short_arm_name(config, "m0.5") == "w 15 · m 0.5"


def test_cells_of_a_sweep_are_told_by_weight_and_margin():
    cell = LossConfig(margin=0.2, triplet_weight=3)
    config = RunConfig(arms={"vae": PLAIN, "m0.2-w3": cell, "m1-w10": USUAL, "m5-w3": cell})
    assert list(arm_names(config).values()) == ["VAE", "weight 3, margin 0.2", "weight 10, margin 1", "M5-W3"]
    assert short_arm_name(config, "m0.2-w3") == "w 3 · m 0.2"


def test_the_name_follows_the_loss_and_not_the_id():
    assert names(baseline=PLAIN) == ["VAE"]
    assert names(tvae=PLAIN) == ["VAE"]
    assert names(vae=USUAL) == ["weight 10, margin 1"], "an arm with a triplet term is not shown as one without"
    assert names(w10=LossConfig(triplet_weight=3)) == ["W10"], "an id that says another weight is someone's own name"
    assert names(m2=LossConfig(margin=2.0, triplet_weight=7)) == ["weight 7, margin 2"]


def test_arms_that_a_person_named_keep_their_name():
    assert names(vae=PLAIN, writer=USUAL, mine=LossConfig(margin=0.5)) == ["VAE", "WRITER", "MINE"]


def test_arms_of_equal_loss_have_their_id_behind():
    assert names(w15=LossConfig(), m1=LossConfig()) == ["weight 15, margin 1 (w15)", "weight 15, margin 1 (m1)"]
    assert names(vae=PLAIN, beta4=LossConfig(triplet_weight=0, kl_weight=4)) == ["VAE", "VAE (beta4)"]
    assert names(one=PLAIN, two=PLAIN) == ["VAE (one)", "VAE (two)"]
    assert names(vae=PLAIN, tvae=PLAIN) == ["VAE", "VAE (tvae)"]
    assert names(a=USUAL, A=USUAL) == ["A (a)", "A (A)"]
    assert names(vae=PLAIN, VAE=PLAIN) == ["VAE (vae)", "VAE (VAE)"]


@pytest.mark.parametrize("shown", [arm_name, short_arm_name])
def test_no_two_arms_of_a_run_have_the_same_name(shown):
    ids = ["vae", "VAE", "tvae", "Tvae", "w10", "m1", "w10.", "mine", "Mine"]
    losses = [PLAIN, USUAL, LossConfig(margin=1.0000001, triplet_weight=10), LossConfig(kl_weight=0.5)]
    for three in itertools.combinations(ids, 3):
        for chosen in itertools.product(losses, repeat=3):
            config = RunConfig(arms=dict(zip(three, chosen, strict=True)))
            different = {shown(config, arm) for arm in three}
            assert len(different) == 3, config.arms


def test_an_unknown_arm_is_an_error():
    with pytest.raises(KeyError):
        arm_name(RunConfig(arms={"mine": USUAL}), "vae")


def test_an_arm_with_a_classifier_or_a_prior_by_class_is_no_plain_vae():
    vae = LossConfig(triplet_weight=0)
    arms = {"vae": vae, "classifier": replace(vae, classifier_weight=1), "mixture": replace(vae, prior="by-class")}
    assert arm_names(RunConfig(arms=arms)) == {"vae": "VAE", "classifier": "CLASSIFIER", "mixture": "MIXTURE"}
