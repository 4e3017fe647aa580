"""A training that diverges: where it ends it says so, with what to do, and what was saved before stands."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.conftest import small_run_config
from tvae.errors import InputError
from tvae.model.encoding import EncodedArm
from tvae.model.vae import initial_model, model_with, weights_of
from tvae.runs.evaluation import encode_arm
from tvae.runs.recording import Recording
from tvae.runs.run import read_run
from tvae.runs.weights import read_weights, write_weights
from tvae.training.arm import NonFiniteLoss


@pytest.mark.parametrize("poison", [math.nan, 200.0], ids=["NaN", "a log-variance of 200"])
@pytest.mark.parametrize("step", ["plain", "fast-float32"])
def test_a_run_that_diverges_names_step_arm_and_what_to_do_and_keeps_what_it_had(step, poison, tmp_path, digits):
    config = small_run_config()
    config = replace(config, train=replace(config.train, step=step))
    recording = Recording(config, digits, tmp_path, "train", resume_file=tmp_path / "resume")
    reports = recording.reports()
    for _ in range(4):
        next(reports)
    saved = read_weights(read_run(tmp_path), "tvae")
    with torch.no_grad():
        recording.training.arms["tvae"].model.get_parameter("encoder.2.bias")[4:] = poison
    with pytest.raises(ArithmeticError) as told:
        next(reports)
    line = str(told.value)
    assert line.count("\n") == 0 and "arm tvae" in line and "learning rate" in line
    assert ("at step 5" in line) == isinstance(told.value, NonFiniteLoss)
    kept = read_weights(read_run(tmp_path), "tvae")
    assert all(np.isfinite(tensor).all() for tensor in kept.values())
    if math.isnan(poison):  # which no file takes: the weights are those that were saved before
        for name, tensor in saved.items():
            np.testing.assert_array_equal(kept[name], tensor)


@pytest.mark.parametrize(
    ("value", "half"), [(math.nan, False), (math.inf, False), (2e6, False), (70_000.0, True), (-70_000.0, True)]
)
def test_weights_that_could_not_be_read_are_not_written_over_good_ones(value, half, tmp_path, digits):
    config = small_run_config()
    weights = weights_of(initial_model(digits.test.image_shape, config.model, 1))
    write_weights(tmp_path, {"vae": weights, "tvae": weights}, 1, half=half)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    bad = {name: tensor.copy() for name, tensor in weights.items()}
    bad["decoder.2.bias"][3] = value
    with pytest.raises(ArithmeticError, match=r"arm tvae: decoder\.2\.bias .* at step 2; the weights saved before are"):
        write_weights(tmp_path, {"vae": weights, "tvae": bad}, 2, half=half)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("log_var", [80.0, 200.0])
def test_what_is_measured_of_extreme_variances_is_right_or_refused(log_var, digits):
    config = small_run_config()
    weights = weights_of(initial_model(digits.test.image_shape, config.model, 1))
    weights["encoder.2.weight"][config.model.latent_dim :] = 0.0
    weights["encoder.2.bias"][config.model.latent_dim :] = log_var
    model = model_with(weights, digits.test.image_shape, config.model)
    if log_var == 200.0:
        with pytest.raises(InputError, match="not finite; train it anew"):
            encode_arm(model, digits.test)
        return
    encoded = encode_arm(model, digits.test)
    assert isinstance(encoded, EncodedArm)
    exact = 0.5 * (encoded.means.astype(np.float64) ** 2 + math.exp(log_var) - 1.0 - log_var).mean(axis=0)
    np.testing.assert_allclose(encoded.kl, exact, rtol=1e-4)
