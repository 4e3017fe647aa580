"""Titles of the loss curves: squared error or cross-entropy, as the loss was."""

from __future__ import annotations

import pytest

from tests.figures.drawn import drawn
from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.figures.arm_styles import arm_styles
from tvae.figures.training import loss_curves

STYLES = arm_styles(RunConfig())
TERMS = {"reconstruction": 150.0, "kl": 12.0, "triplet": 0.1}
HISTORY = [{"epoch": 0.1 * place, "arms": {"vae": TERMS, "tvae": TERMS}} for place in (1, 2)]


@pytest.mark.parametrize(
    ("kind", "name"), [("squared-l2", "squared error"), ("bernoulli", "cross-entropy, nats")]
)  # fmt: skip
def test_the_reconstruction_term_is_called_what_it_is(kind, name):
    figure = drawn(loss_curves(HISTORY, STYLES, vae_and_tvae(LossConfig(reconstruction=kind))))
    titles = [annotation["text"] for annotation in figure["layout"]["annotations"]]
    assert titles == [name, "KL, nats", "triplet hinge"]
    assert all(f": {name} " in trace["hovertemplate"] for trace in figure["data"][:2])


def test_arms_of_two_kinds_are_told_apart():
    losses = {"vae": LossConfig(), "tvae": LossConfig(reconstruction="bernoulli")}
    figure = drawn(loss_curves(HISTORY, STYLES, losses))
    assert figure["layout"]["annotations"][0]["text"] == "squared error or cross-entropy, nats"
    assert ": squared error " in figure["data"][0]["hovertemplate"]
    assert ": cross-entropy, nats " in figure["data"][1]["hovertemplate"]
