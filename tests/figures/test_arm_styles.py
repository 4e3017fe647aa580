"""Colours of arms: one meaning each, different to the eye, visible and readable on light and on dark."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.figures.test_colours import contrast
from tvae.config import PRESETS, LossConfig, RunConfig
from tvae.figures.arm_styles import RAMPS, arm_styles, oklab
from tvae.figures.colours import GROUND, TEN_COLOURS, TVAE_ORANGE, VAE_BLUE, text_colour

THEMES = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
PLAIN, USUAL = LossConfig(triplet_weight=0), LossConfig()
TWELVE = RunConfig(arms={f"arm-{i}": LossConfig(triplet_weight=1 + i) for i in range(12)})
MIXED = RunConfig(arms={**PRESETS["ladder"].arms, "tvae": USUAL, "mine": USUAL, "beta4": PLAIN})
RUNS = {
    "ladder": PRESETS["ladder"],
    "two arms": PRESETS["paper"],
    "twelve of one's own": TWELVE,
    "all kinds": MIXED,
    "64 arms": RunConfig(arms={f"a{i}": USUAL for i in range(64)}),
}
every_run = pytest.mark.parametrize("config", RUNS.values(), ids=RUNS.keys())


def colours(config: RunConfig) -> dict[str, str]:
    return {arm: style.colour for arm, style in arm_styles(config).items()}


def apart(first: str, second: str) -> float:
    return float(np.linalg.norm(oklab(first) - oklab(second)))


def test_vae_and_tvae_have_their_colours_in_every_run():
    arms = {"w10": LossConfig(triplet_weight=10), "tvae": USUAL, "mine": USUAL, "baseline": PLAIN}
    for order in itertools.permutations(arms):
        for count in (2, 3, 4):
            config = RunConfig(arms={arm: arms[arm] for arm in order[:count]})
            for arm, colour in colours(config).items():
                assert (colour == VAE_BLUE) == (arm == "baseline")
                assert (colour == TVAE_ORANGE) == (arm == "tvae")


def test_a_label_is_the_setting_that_the_arm_s_id_says_and_no_two_are_the_same():
    labels = {arm: style.label for arm, style in arm_styles(MIXED).items()}
    assert (labels["vae"], labels["w10"], labels["m0.5"], labels["mine"]) == ("VAE", "w 10", "m 0.5", "MINE")
    assert len(set(labels.values())) == len(labels)


def test_the_loss_says_which_arm_is_a_vae():
    assert colours(RunConfig(arms={"vae": USUAL, "tvae": PLAIN}))["tvae"] == VAE_BLUE
    assert VAE_BLUE not in colours(RunConfig(arms={"vae": USUAL})).values()
    two = colours(RunConfig(arms={"beta4": PLAIN, "vae": PLAIN}))
    assert two["vae"] == VAE_BLUE != two["beta4"]


@pytest.mark.parametrize("setting", RAMPS)
def test_a_ladder_runs_along_a_ramp_by_its_setting_whatever_the_order(setting):
    arms = PRESETS["ladder"].arms
    letter = setting.removeprefix("triplet_")[0]
    by_value = sorted((arm for arm in arms if arm[0] == letter), key=lambda arm: getattr(arms[arm], setting))
    mixed = colours(RunConfig(arms=dict(reversed(arms.items()))))
    ramp = [mixed[arm] for arm in by_value]
    assert (ramp[0], ramp[-1]) == (RAMPS[setting][0], RAMPS[setting][-1])
    steps = [apart(first, second) for first, second in itertools.pairwise(ramp)]
    for i, j in itertools.combinations(range(len(ramp)), 2):  # ranks farther apart look farther apart
        assert apart(ramp[i], ramp[j]) >= min(steps[i:j])
    light = [contrast(colour, GROUND["light"]) for colour in ramp]
    assert light == sorted(light), "the higher the darker"


@every_run
def test_colours_of_a_run_are_told_apart(config):
    own = list(colours(config).values())
    least = 0.05 if len(own) < 20 else 0.02
    assert min(apart(first, second) for first, second in itertools.combinations(own, 2)) >= least
    assert min(apart(arm, of_class) for arm in own for of_class in TEN_COLOURS) >= least


@every_run
@pytest.mark.parametrize("theme", GROUND)
def test_arms_are_seen_and_their_names_are_read_on_both_grounds(config, theme):
    for arm, colour in colours(config).items():
        for ground in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(text_colour(colour, theme), THEMES[theme][ground]) >= 4.5, arm
        assert contrast(colour, GROUND[theme]) >= 3, arm  # WCAG 1.4.11: of what is not text


@pytest.mark.parametrize("theme", GROUND)
def test_text_that_is_readable_keeps_its_colour(theme):
    readable = {"light": "#303030", "dark": "#e0e0e0"}[theme]
    assert text_colour(readable, theme) == readable
    assert contrast(text_colour(GROUND[theme], theme), GROUND[theme]) >= 4.5
