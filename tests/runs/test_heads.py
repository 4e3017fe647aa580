"""The parameters that a loss adds to an arm: kept, read strictly, gone on with, left out of what knows the network."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from tests.conftest import assert_both_end_alike
from tvae.config import DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig
from tvae.errors import InputError
from tvae.explore.generation import generated_images, prior_codes, shared_noise
from tvae.export.hub import HubVAE, write_hub
from tvae.export.material import material_of
from tvae.metrics.class_vote import prior_log_density
from tvae.model.heads import CENTRES, CLASSIFIER_BIAS, CLASSIFIER_WEIGHT, without_heads
from tvae.model.network import to_bytes
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import load_model
from tvae.runs.recording import record
from tvae.runs.resume_file import Standing, read_resume_file, write_resume_file
from tvae.runs.run import Run, read_run
from tvae.runs.warm_start import starting_weights
from tvae.runs.weights import network, read_weights
from tvae.training.loop import Training

ARMS = {
    "vae": LossConfig(triplet_weight=0),
    "mixture": LossConfig(triplet_weight=0, prior="by-class"),
    "both": LossConfig(prior="by-class", classifier_weight=2, triplets="all", triplet_form="sigmoid"),
}
CONFIG = RunConfig(
    data=DataConfig(name="digits"),
    model=ModelConfig(hidden=16, latent_dim=4),
    train=TrainConfig(batch_size=48, epochs=8, learning_rate=1e-2, step="fast-float32"),
    arms=ARMS,
)


@pytest.fixture(scope="module")
def run(digits, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("heads") / "run"
    for _ in record(CONFIG, digits, folder, "a test"):
        pass
    return read_run(folder)


def test_an_arm_s_file_holds_what_its_loss_adds_and_no_more(run):
    assert not [name for name in read_weights(run, "vae") if name.startswith("heads")]
    assert read_weights(run, "mixture").keys() - read_weights(run, "vae").keys() == {CENTRES}
    both = read_weights(run, "both")
    shapes = {name: both[name].shape for name in (CLASSIFIER_WEIGHT, CLASSIFIER_BIAS, CENTRES)}
    assert shapes == {CLASSIFIER_WEIGHT: (10, 4), CLASSIFIER_BIAS: (10,), CENTRES: (10, 4)}
    assert all(np.abs(both[name]).max() > 0.01 for name in shapes), "they were trained"
    model = load_model(run, "both")
    assert model.class_centres is not None
    np.testing.assert_array_equal(model.class_centres.detach(), both[CENTRES])


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda tensors: tensors.pop(CENTRES), "'heads.class_centres' is missing"),
        (
            lambda tensors: tensors.update({CENTRES: zeros(9, 4)}),
            r"shape \[9, 4\]; right is \[10, 4\]",
        ),
        (
            lambda tensors: tensors.update({CLASSIFIER_WEIGHT: zeros(0)}),
            r"shape \[0\]; it must have a row",
        ),
        (lambda tensors: tensors.update({"heads.other": zeros(1)}), "unknown tensor 'heads.other'"),
    ],
)
def test_another_file_is_refused(run, tmp_path, change, line):
    tensors = read_weights(run, "both")
    change(tensors)
    (tmp_path / "config.json").write_bytes((run.folder / "config.json").read_bytes())
    safetensors.numpy.save_file(tensors, tmp_path / "both.safetensors")
    with pytest.raises(InputError, match=line):
        read_weights(read_run(tmp_path), "both")


def test_the_kl_of_an_encoding_is_to_the_prior_of_each_image_s_class(run, digits):
    encoded = read_encoding(run, "test")
    assert encoded is not None
    weights, images = read_weights(run, "mixture"), network(run, "mixture").encoded(digits.test.images)
    from_centre = images.means - weights[CENTRES][digits.test.labels]
    kl = 0.5 * (from_centre**2 + np.exp(images.log_vars) - 1 - images.log_vars)
    np.testing.assert_allclose(encoded.arms["mixture"].kl, kl.mean(axis=0), rtol=1e-4, atol=1e-6)
    to_standard = 0.5 * (images.means**2 + np.exp(images.log_vars) - 1 - images.log_vars)
    assert kl.sum() < to_standard.sum()


def test_the_card_says_what_the_losses_add(run):
    card = (run.folder / "README.md").read_text(encoding="utf-8")
    assert "| classifier weight | – | – | 2 |" in card and "| prior | – | by-class | by-class |" in card
    assert "side by side with a triplet sigmoid on the means" in card
    assert "The prior of MIXTURE and BOTH has a learned centre for each class. That is no longer the paper's" in card


def test_samples_of_a_prior_by_class_lie_around_its_centres(run):
    arm, noise = network(run, "mixture"), shared_noise(40, 4, 3)
    assert arm.class_centres is not None
    images = generated_images(arm, None, count=40, temperature=0, seed=3)
    of_centres = to_bytes(arm.decoded(arm.class_centres))
    drawn = {bytes(image) for image in images}
    assert drawn <= {bytes(image) for image in of_centres} and len(drawn) > 5
    vae = network(run, "vae")
    usual = generated_images(vae, None, count=40, temperature=1, seed=3)
    np.testing.assert_array_equal(usual, to_bytes(vae.decoded(prior_codes(noise, 1))))


def test_the_density_of_a_prior_by_class_is_that_of_the_mixture():
    centres = np.array([[0.0, 1.0], [2.0, 0.0], [-1.0, -1.0]])
    codes = np.random.default_rng(0).normal(size=(5, 2))
    of_centres = torch.distributions.MultivariateNormal(torch.tensor(centres), torch.eye(2, dtype=torch.float64))
    mixture = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(torch.ones(3)), of_centres)
    np.testing.assert_allclose(prior_log_density(codes, centres), mixture.log_prob(torch.tensor(codes)), rtol=1e-6)


def test_a_run_with_heads_taken_up_again_goes_on_to_the_bit(digits, tmp_path):
    config = replace(CONFIG, train=replace(CONFIG.train, epochs=1))
    one, other = Training(config, digits.train), Training(config, digits.train)
    reports = one.reports()
    for _ in range(5):
        next(reports)
    standing = Standing(step=5, steps=one.steps, seconds=1.0, waiting={"count": 0, "arms": {}})
    write_resume_file(tmp_path / "resume", one, standing)
    read, tensors = read_resume_file(tmp_path / "resume", config, digits.train.image_shape)
    for name, arm in other.arms.items():
        arm.restore(tensors[name])
    other.step = read.step
    assert_both_end_alike(one, reports, other)


def test_an_arm_goes_on_with_its_heads_and_another_loss_starts_its_own_at_0(run, digits):
    weights = starting_weights(run, run.config)
    np.testing.assert_array_equal(weights["both"][CENTRES], read_weights(run, "both")[CENTRES])
    arms = {"vae": ARMS["mixture"], "both": LossConfig()}
    weights = starting_weights(run, replace(run.config, arms=arms))
    training = Training(replace(CONFIG, arms=arms), digits.train)
    for name, arm in training.arms.items():
        arm.set_weights(weights[name])
    assert (training.arms["vae"].model.class_centres == 0).all()
    assert training.arms["both"].model.class_centres is None


def test_an_export_of_the_network_leaves_the_heads_out(run, tmp_path):
    encoding = read_encoding(run, "test")
    assert encoding is not None
    write_hub(material_of(run, encoding, None, ["both"]), tmp_path)
    vae = HubVAE.from_pretrained(str(tmp_path / "both"))
    for name, tensor in without_heads(read_weights(run, "both")).items():
        np.testing.assert_array_equal(vae.state_dict()[name], tensor)


def test_a_config_of_before_these_settings_reads_as_the_paper_s_loss(run, tmp_path):
    plain = json.loads((run.folder / "config.json").read_text())
    added = ("triplet_form", "temperature", "triplets", "triplet_warmup", "surgery", "classifier_weight", "prior")
    for loss in plain["arms"].values():
        for field in added:
            del loss[field]
    del plain["train"]["most_steps"]
    Path(tmp_path / "config.json").write_text(json.dumps(plain))
    assert set(read_run(tmp_path).config.arms.values()) == {LossConfig(triplet_weight=0), LossConfig()}
