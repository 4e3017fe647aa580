"""The arms of the literature: the fast step against the plain one, surgery against loops, and that each learns."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from tvae.config import PRESETS, LossConfig, ModelConfig, RunConfig, TrainConfig
from tvae.data import Split
from tvae.errors import InputError
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.model.losses import triplet_term, without_conflict
from tvae.runs.evaluation import encode_arm
from tvae.training.arm import images_of
from tvae.training.arm_choices import check_arm_choices
from tvae.training.loop import WARMUP, Training, learning_rate
from tvae.training.steps.cpu import FastStep
from tvae.training.steps.gpu import StackedStep
from tvae.training.steps.plain import PlainStep

MODEL = ModelConfig(hidden=64, latent_dim=8)
LITERATURE = PRESETS["literature"].arms


def of_digits(loss: LossConfig) -> LossConfig:
    """The loss with a KL and a warm-up to suit images of 64 pixels and a short training."""
    return replace(loss, kl_weight=0.1 * loss.kl_weight, triplet_warmup=min(100, loss.triplet_warmup))


ARMS = {name: of_digits(loss) for name, loss in LITERATURE.items()}
ALL_AT_ONCE = LossConfig(
    triplet_form="softplus", triplets="all", surgery=1.5, triplet_warmup=20, classifier_weight=3, prior="by-class"
)


@pytest.fixture(scope="module")
def trained(digits):
    """Figures of each arm (triplet accuracy at margin 0, squared error, KL) before and after a short training."""
    train = TrainConfig(step="fast-float32", batch_size=48, learning_rate=4e-3, epochs=50, most_steps=300)
    training = Training(RunConfig(model=MODEL, train=train, arms=ARMS), digits.train)

    def figures() -> dict[str, tuple[float, float, float]]:
        encoded = {name: encode_arm(arm.model, digits.test) for name, arm in training.arms.items()}
        accuracy = {arm: triplet_accuracy(of.means, digits.test.labels, [0.0]) for arm, of in encoded.items()}
        return {
            arm: (float(accuracy[arm].accuracy[0]), float(of.errors.mean()), float(of.kl.sum()))
            for arm, of in encoded.items()
        }

    before = figures()
    reports = list(training.reports())
    return training, before, figures(), reports


def test_a_run_ends_after_its_most_steps(trained):
    training, _, _, reports = trained
    assert len(reports) == training.steps == 300
    assert TrainConfig(most_steps=7, batch_size=10, epochs=2).steps(30) == 6


def test_every_arm_is_poor_before_training_and_good_after(trained):
    _, before, after, _ = trained
    without_triplets = ("vae", "beta-vae", "mixture-prior")
    for arm, loss in ARMS.items():
        accuracy, error, _ = before[arm]
        assert accuracy < 0.8, arm
        assert after[arm][0] > (accuracy if arm in without_triplets else 0.9), arm
        if loss.reconstruction_weight:
            assert after[arm][1] < 0.5 * error, arm
    assert after["beta-vae"][2] < after["vae"][2], "beta holds the KL down"
    assert after["mixture-prior"][2] < after["vae"][2] - 1, "with centres of the classes, where one is costs less"
    assert after["surgery"][1] < after["sigmoid"][1], "surgery spares the reconstruction"


def test_a_network_without_elbo_reconstructs_nothing_and_says_so(trained):
    _, before, after, reports = trained
    last = reports[-1].arms["triplet-network"]
    assert last.total == pytest.approx(last.triplet), "nothing else is trained on"
    assert after["triplet-network"][1] > 0.9 * before["triplet-network"][1]
    assert last.reconstruction > 2 * reports[-1].arms["tvae"].reconstruction
    assert np.isfinite(list(after["triplet-network"])).all()


def test_the_classifier_and_the_centres_know_the_classes(trained, digits):
    training, *_ = trained
    model, labels = training.arms["classifier"].model, torch.tensor(digits.test.labels)
    assert model.classifier is not None
    means = torch.from_numpy(encode_arm(model, digits.test).means)
    assert (torch.nn.functional.linear(means, *model.classifier).argmax(dim=1) == labels).float().mean() > 0.9
    model = training.arms["mixture-prior"].model
    means = torch.from_numpy(encode_arm(model, digits.test).means)
    assert model.class_centres is not None
    nearest = torch.cdist(means, model.class_centres.detach()).argmin(dim=1)
    assert (nearest == labels).float().mean() > 0.6


@pytest.mark.parametrize(("step", "tolerance"), [("fast-float32", 1e-4), ("fast-bfloat16", 0.03)])
def test_the_fast_step_goes_the_way_of_the_plain_one(digits, step, tolerance):
    """Without `triplet-network`: what its means have in common has no gradient, so rounding moves it, to no effect."""
    arms = {**ARMS, "all at once": ALL_AT_ONCE, "warm": LossConfig(triplets="batch-all", triplet_warmup=30)}
    arms = {name.replace(" ", "-"): loss for name, loss in arms.items() if name != "triplet-network"}

    def terms(kind):
        train = TrainConfig(step=kind, batch_size=48)
        training = Training(RunConfig(model=MODEL, train=train, arms=arms), digits.train)
        assert isinstance(training.training_steps[0], FastStep) == (kind != "plain")
        return [
            [[arm.reconstruction, arm.kl, arm.triplet, arm.total, arm.spread] for arm in report.arms.values()]
            for report in itertools.islice(training.reports(), 50)
        ]

    np.testing.assert_allclose(terms(step), terms("plain"), rtol=tolerance, atol=1e-3 * tolerance)


@pytest.mark.parametrize("step", ["plain", "fast-float32"])
def test_gradients_are_those_of_a_loop_over_images(digits, step):
    """All choices at once, in a few lines of torch: surgery image by image, centres and classifier from torch."""
    split = Split("train", digits.train.images, digits.train.labels, digits.train.class_names)
    train = TrainConfig(step=step, batch_size=8, learning_rate=1e-9)
    training = Training(RunConfig(model=MODEL, train=train, arms={"one": ALL_AT_ONCE}), split)
    arm, batch = training.arms["one"], training.next_batch()
    with torch.no_grad():
        for head in arm.model.heads.values():
            head.copy_(torch.randn(head.shape, generator=torch.Generator().manual_seed(1)))
    (training_step,) = training.training_steps
    losses = training_step.gradients(5, batch)["one"]
    gradients = (
        {name: gradient.clone() for name, gradient in training_step.by_weight.items()}
        if isinstance(training_step, FastStep)
        else {name: weight.grad for name, weight in arm.model.named_parameters() if weight.grad is not None}
    )

    labels, weight = batch.triplets["one"].labels, 15.0 * 5 / 20
    posterior = arm.model.encode(images_of(training.images, batch))
    mean, log_var = posterior
    images, count = images_of(training.images, batch), len(mean)
    errors = (torch.sigmoid(arm.model.decode_logits(posterior.sample(batch.noise))) - images).square().sum() / count
    by_errors = torch.autograd.grad(errors, mean, retain_graph=True)[0]
    triplet = triplet_term(mean, labels, ALL_AT_ONCE, "all")
    by_triplets = torch.autograd.grad(weight * triplet, mean, retain_graph=True)[0].clone()
    in_conflict = 0
    for own, other in zip(by_triplets, by_errors, strict=True):
        if own @ other < 0:
            own -= 1.5 * (own @ other) / (other @ other) * other
            in_conflict += 1
    assert 0 < in_conflict < count
    assert arm.model.class_centres is not None and arm.model.classifier is not None
    own_prior = torch.distributions.Normal(arm.model.class_centres[labels], 1.0)
    posteriors = torch.distributions.Normal(mean, (0.5 * log_var).exp())
    kl = torch.distributions.kl_divergence(posteriors, own_prior).sum() / count
    weights, bias = arm.model.classifier
    classes = torch.nn.functional.cross_entropy(mean @ weights.T + bias, labels)
    arm.model.zero_grad()
    (errors + kl + 3 * classes + (mean * by_triplets).sum()).backward()

    assert losses.kl == pytest.approx(kl.item(), rel=1e-5)
    assert losses.triplet == pytest.approx(triplet.item(), rel=1e-5)
    total = errors + kl + 3 * classes + weight * triplet
    assert losses.total == pytest.approx(total.item(), rel=1e-5)
    for name, parameter in arm.model.named_parameters():
        assert parameter.grad is not None
        scale = float(parameter.grad.norm())
        assert float((gradients[name] - parameter.grad).norm()) < 2e-5 * scale, name


def test_surgery_leaves_gradients_that_agree_and_those_without_a_reconstruction_alone():
    own = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    other = torch.tensor([[1.0, 1.0], [0.0, 0.0], [-1.0, 0.0]])
    expected = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(without_conflict(own, other, 1.0), expected)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (LossConfig(triplet_form="sigmoid"), "loss.triplet-form"),
        (LossConfig(triplets="hardest"), "triplets hardest"),
        (LossConfig(surgery=1), "loss.surgery"),
        (LossConfig(triplet_warmup=9), "loss.triplet-warmup"),
        (LossConfig(classifier_weight=1), "loss.classifier-weight"),
        (LossConfig(triplet_weight=0, prior="by-class"), "loss.prior"),
    ],
)
def test_several_processes_refuse_a_choice_before_a_run_begins(loss, words):
    config = RunConfig(train=TrainConfig(step="fast"), arms={"one": loss})
    check_arm_choices(config, 0, ())
    with pytest.raises(InputError, match=rf"^arms\.one: {words} is trained in one process"):
        check_arm_choices(replace(config, train=TrainConfig()), 2, ())
    usual = replace(config, arms={"one": LossConfig(triplets="batch-all"), "vae": LossConfig(triplet_weight=0)})
    check_arm_choices(usual, 2, ())


@pytest.mark.parametrize(
    ("loss", "kind"), [(LossConfig(triplet_form="sigmoid"), PlainStep), (LossConfig(), StackedStep)]
)
def test_on_a_gpu_a_run_with_another_arm_than_hinges_takes_plain_steps(digits, monkeypatch, loss, kind):
    config = RunConfig(train=TrainConfig(step="fast", batch_size=16), arms={"one": LossConfig(), "two": loss})
    training = Training(config, digits.train)
    monkeypatch.setattr(training, "device", torch.device("cuda"))
    assert {type(step) for step in training._new_training_steps()} == {kind}


def test_what_the_labels_rule_out_is_refused_by_name(blobs):
    config = RunConfig(train=TrainConfig(batch_size=8), arms={"one": LossConfig(margin=0, triplets="semi-hard")})
    with pytest.raises(InputError, match=r"^arms\.one: at margin 0 no triplet is semi-hard"):
        Training(config, blobs)
    alone = Split("train", blobs.images, np.zeros(len(blobs), np.int64), ("one",))
    config = replace(config, arms={"one": LossConfig(triplet_weight=0, classifier_weight=1)})
    with pytest.raises(InputError, match=r"^arms\.one: loss\.classifier-weight takes labels of two classes"):
        Training(config, alone)


def test_the_schedule_with_a_warm_up_rises_and_falls_along_a_cosine():
    config = RunConfig(train=TrainConfig(schedule="warmup-cosine", learning_rate=2.0))
    rates = [learning_rate(config, step, 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(2 / WARMUP)
    assert rates[500] == pytest.approx(1.0)
    assert max(rates) == rates[WARMUP - 1] and 0 < rates[-1] < 1e-4
