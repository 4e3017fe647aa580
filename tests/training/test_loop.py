import math
from dataclasses import replace
from threading import Barrier
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from tvae.config import LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Split
from tvae.errors import InputError
from tvae.model.losses import kl_divergence, squared_l2
from tvae.model.vae import initial_model, weights_of
from tvae.training.arm import ArmLosses, NonFiniteLoss
from tvae.training.loop import COLLAPSED_KL, COLLAPSED_SPREAD, Training, learning_rate, resolve_device, train
from tvae.training.triplet_sampler import TripletSampler, step_batch

SMALL = ModelConfig(hidden=8, latent_dim=3)


class PlayedStep:
    """Training step that returns these losses at every step and changes no weight."""

    def __init__(self, losses):
        self._losses = losses

    def gradients(self, number, batch):
        return self._losses

    def descend(self, number, rate):
        pass


def played(split, losses, steps):
    """A training of that many steps, one an epoch, whose losses are these."""
    train = TrainConfig(epochs=steps, batch_size=len(split), step="plain")
    training = Training(RunConfig(model=SMALL, train=train), split)
    training.training_steps = [PlayedStep(losses)]
    return training


def weights_after(config, split):
    training = Training(config, split)
    for _ in training.reports():
        pass
    return {name: weights_of(arm.model) for name, arm in training.arms.items()}


def assert_bit_identical(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def test_arms_with_equal_weights_end_bit_identical(blobs):
    arms = {"one": LossConfig(), "other": LossConfig(), "third": LossConfig(triplet_weight=0)}
    ends = weights_after(RunConfig(model=SMALL, train=TrainConfig(epochs=5, batch_size=10), arms=arms), blobs)
    assert_bit_identical(ends["one"], ends["other"])
    assert (ends["one"]["encoder.0.weight"] != ends["third"]["encoder.0.weight"]).any()


def test_the_same_seed_gives_the_same_weights_and_another_seed_does_not(blobs):
    def end(seed):
        return weights_after(RunConfig(model=SMALL, train=TrainConfig(epochs=2, batch_size=10, seed=seed)), blobs)

    assert_bit_identical(end(4)["tvae"], end(4)["tvae"])
    assert (end(4)["tvae"]["encoder.0.weight"] != end(5)["tvae"]["encoder.0.weight"]).any()


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
def test_with_triplet_weight_zero_the_labels_have_no_influence(blobs, triplets):
    """The arm equals, to the bit, a plain VAE trained by a loop that has no labels, on the same images and noise."""
    settings = TrainConfig(epochs=4, batch_size=10, seed=2, schedule="constant", triplets=triplets)
    config = RunConfig(model=SMALL, train=settings, arms={"vae": LossConfig(triplet_weight=0)})
    ours = weights_after(config, blobs)["vae"]

    sampler = TripletSampler(blobs.labels)
    batches = [step_batch(sampler, 2, step, 10, 3) for step in range(4 * 6)]
    model = initial_model((4, 4, 1), SMALL, 2)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    pixels = torch.from_numpy(blobs.images.reshape(60, 16).copy()).float() / 255
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for rows, noise in batches:
        images = pixels[torch.from_numpy(rows.reshape(-1))]
        posterior = model.encode(images)
        reconstruction = model.decode(posterior.sample(torch.from_numpy(noise)))
        loss = squared_l2(images, reconstruction).mean() + kl_divergence(posterior).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.set_num_threads(threads)
    assert_bit_identical(ours, weights_of(model))


def test_reports_count_steps_and_name_every_arm(blobs):
    config = RunConfig(model=SMALL, train=TrainConfig(epochs=2, batch_size=20))
    reports = list(train(config, blobs))
    assert [report.step for report in reports] == [1, 2, 3, 4, 5, 6]
    assert reports[-1].epoch == 2
    assert reports[-1].steps == 6
    for report in reports:
        assert list(report.arms) == ["vae", "tvae"]
        assert report.images_per_second > 0
        vae, tvae = report.arms["vae"], report.arms["tvae"]
        assert vae.total == pytest.approx(vae.reconstruction + vae.kl, rel=1e-5)
        assert tvae.total == pytest.approx(
            tvae.reconstruction + tvae.kl + LossConfig().triplet_weight * tvae.triplet, rel=1e-5
        )
    assert reports[0].arms["vae"].reconstruction == reports[0].arms["tvae"].reconstruction  # the same start


def test_training_can_be_left_between_steps_and_continued(blobs):
    config = RunConfig(model=SMALL, train=TrainConfig(epochs=3, batch_size=10))
    threads = torch.get_num_threads()
    training = Training(config, blobs)
    torch.set_num_threads(3)
    try:
        reports = training.reports()
        for _ in range(7):
            next(reports)
        del reports  # the iterator is left, as a loop's break would
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert training.step == 7
    for _ in training.reports():
        pass
    assert_bit_identical(weights_of(training.arms["tvae"].model), weights_after(config, blobs)["tvae"])


def test_the_state_of_an_arm_is_its_weights_and_both_moments_and_is_restored_from_a_copy(blobs):
    training = Training(RunConfig(model=SMALL, train=TrainConfig(batch_size=10)), blobs)
    next(training.reports())
    arm, other = training.arms["tvae"], Training(training.config, blobs).arms["tvae"]
    copy = {key: tensor.numpy().copy() for key, tensor in arm.state()}
    weights = dict(arm.model.named_parameters())
    assert list(copy) == [f"{part}/{name}" for name in weights for part in ("weight", "exp_avg", "exp_avg_sq")]
    other.restore(copy)
    for name, weight in other.model.named_parameters():
        np.testing.assert_array_equal(weight.detach().numpy(), weights[name].detach().numpy())
        for moment in ("exp_avg", "exp_avg_sq"):
            assert arm.moments[name][moment].any()
            np.testing.assert_array_equal(other.moments[name][moment].numpy(), arm.moments[name][moment].numpy())


@pytest.mark.parametrize("step", ["plain", "fast-float32", "fast-bfloat16"])
def test_every_arm_computes_with_one_thread(blobs, step):
    """A thread asks OpenMP for as many as there are processors, unless it is told: two arms would have two each."""
    train = TrainConfig(epochs=1, batch_size=10, step=step)
    training = Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=train), blobs)
    counts = []
    for training_step in training.training_steps:

        def counted(number, batch, gradients=training_step.gradients):
            pools = (pool for pool in threadpool_info() if pool["user_api"] == "blas" or "torch" in pool["filepath"])
            counts.extend(pool["num_threads"] for pool in pools)
            return gradients(number, batch)

        training_step.gradients = counted
    next(training.reports())
    assert counts and set(counts) == {1}


def test_every_step_is_taken_on_the_batch_of_its_number_though_it_is_drawn_ahead(blobs):
    training = Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=TrainConfig(batch_size=10)), blobs)
    training_step, batches = training.training_steps[0], []
    gradients = training_step.gradients

    def noted(number, batch):
        batches.append(batch)
        return gradients(number, batch)

    training_step.gradients = noted
    for _ in zip(range(4), training.reports(), strict=False):
        pass
    for step, batch in enumerate(batches):
        rows, noise = step_batch(TripletSampler(blobs.labels), 0, step, 10, 3)
        np.testing.assert_array_equal(batch.rows, rows)
        np.testing.assert_array_equal(batch.noise.numpy(), noise)
        for triplets in batch.triplets.values():
            np.testing.assert_array_equal(triplets.labels.numpy(), blobs.labels[rows.reshape(-1)])
            assert triplets.places is None


def test_arms_train_also_where_the_caller_has_switched_gradients_off(blobs):
    def weights(training):
        for _ in zip(range(3), training.reports(), strict=False):
            pass
        return [weights_of(arm.model) for arm in training.arms.values()]

    config = RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=TrainConfig(batch_size=10))
    expected = weights(Training(config, blobs))
    with torch.no_grad():
        without_gradients = weights(Training(config, blobs))
    for ours, theirs in zip(without_gradients, expected, strict=True):
        for name, array in ours.items():
            np.testing.assert_array_equal(array, theirs[name])


def test_where_all_arms_fail_the_error_names_the_first(blobs):
    training = Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=TrainConfig(batch_size=10)), blobs)
    for arm in training.arms.values():
        with torch.no_grad():
            arm.model.get_parameter("encoder.2.bias")[0] = math.nan
    with pytest.raises(NonFiniteLoss, match="arm vae:"):
        next(training.reports())


@pytest.mark.parametrize("processors", [1, 2])
def test_reports_name_the_arms_in_their_order_on_any_number_of_processors(blobs, monkeypatch, processors):
    monkeypatch.setattr("tvae.training.loop.os.cpu_count", lambda: processors)
    training = Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=TrainConfig(batch_size=10)), blobs)
    reports = training.reports()
    names = [list(report.arms) for report, _ in zip(reports, range(3), strict=False)]
    assert names == [["vae", "tvae"]] * 3


def test_arms_take_their_steps_at_the_same_time_where_there_are_as_many_processors(blobs, monkeypatch):
    """Each arm waits in its step until all three are in theirs."""
    monkeypatch.setattr("tvae.training.loop.os.cpu_count", lambda: 3)
    together = Barrier(3, timeout=60)

    class WaitingStep(PlayedStep):
        def gradients(self, number, batch):
            together.wait()
            return super().gradients(number, batch)

    training = played(blobs, {}, steps=3)
    training.training_steps = [WaitingStep({name: ArmLosses(1.0, 1.0, 0.0, 2.0, 1.0)}) for name in ("a", "b", "c")]
    assert [list(report.arms) for report in training.reports()] == [["a", "b", "c"]] * 3


def test_training_learns(digits):
    """Poor before, good after: all three terms fall on the digits, and the TVAE's hinge under the VAE's."""
    config = RunConfig(model=ModelConfig(hidden=64, latent_dim=8), train=TrainConfig(epochs=15, batch_size=32))
    reports = list(train(config, digits.train))
    first, last = reports[0].arms, reports[-1].arms
    for arm in ("vae", "tvae"):
        assert last[arm].reconstruction < 0.6 * first[arm].reconstruction
    assert last["tvae"].triplet < 0.5 * last["vae"].triplet


@pytest.mark.parametrize("loss", [LossConfig(reconstruction="bernoulli"), LossConfig(margin=0.0)])
def test_the_other_losses_train(blobs, loss):
    config = RunConfig(model=SMALL, train=TrainConfig(epochs=20, batch_size=20), arms={"tvae": loss})
    reports = list(train(config, blobs))
    assert reports[-1].arms["tvae"].total < reports[0].arms["tvae"].total


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_with_arm_term_and_step_named(blobs, poison):
    training = Training(RunConfig(model=SMALL, train=TrainConfig(epochs=3, batch_size=10)), blobs)
    reports = training.reports()
    for _ in range(4):
        next(reports)
    arm = training.arms["tvae"]
    with torch.no_grad():
        arm.model.get_parameter("encoder.2.bias")[4] = poison  # a log-variance
    before = weights_of(training.arms["tvae"].model)
    with pytest.raises(NonFiniteLoss, match=r"arm tvae: .* is not finite at step 5"):
        next(reports)
    assert_bit_identical(before, weights_of(arm.model))  # not made worse
    assert training.step == 4


@pytest.mark.parametrize("step", ["plain", "fast-float32"])
def test_every_arm_s_step_takes_the_rate_that_the_schedule_gives(blobs, step):
    """Flat for the first half of the steps, then half a cosine towards 0."""
    config = TrainConfig(epochs=10, batch_size=15, learning_rate=0.01, schedule="flat-cosine", step=step)
    training, rates = Training(RunConfig(model=SMALL, train=config), blobs), []
    for training_step in training.training_steps:

        def descend(number, rate, descend=training_step.descend):
            rates.append((number, rate))
            descend(number, rate)

        training_step.descend = descend
    for _ in training.reports():
        pass
    steps = training.steps
    assert steps == 40
    expected = [0.01 if k <= 20 else 0.01 * (1 + math.cos(math.pi * (k - 20) / 20)) / 2 for k in range(steps)]
    assert sorted(rates) == [(k + 1, pytest.approx(rate)) for k, rate in enumerate(expected) for _ in training.arms]
    assert learning_rate(replace(training.config, train=replace(config, schedule="constant")), 39, 40) == 0.01


def test_a_step_size_that_explodes_leaves_finite_weights(blobs):
    wild = TrainConfig(epochs=200, batch_size=10, learning_rate=10.0, schedule="constant")
    training = Training(RunConfig(model=SMALL, train=wild), blobs)
    with pytest.raises(NonFiniteLoss):
        for _ in training.reports():
            pass
    for arm in training.arms.values():
        assert all(np.isfinite(array).all() for array in weights_of(arm.model).values())


def test_collapse_is_reported(blobs):
    """A KL weight of 100 switches every latent off."""
    loss = LossConfig(triplet_weight=0, kl_weight=100)
    config = RunConfig(model=SMALL, train=TrainConfig(epochs=100, batch_size=15), arms={"dead": loss})
    reports = list(train(config, blobs))
    assert reports[0].warnings == {}
    assert "collapse" in reports[-1].warnings["dead"]


@pytest.mark.parametrize(
    ("kl", "spread", "said"),
    [
        (0.04, 1.0, "KL is 0.040 nats"),
        (0.04, 0.09, "KL is 0.040 nats"),
        (COLLAPSED_KL, 0.09, "all means are nearly equal, 0.090 apart"),
        (COLLAPSED_KL, COLLAPSED_SPREAD, None),
    ],
)
def test_collapse_is_reported_after_300_steps_for_the_first_sign_of_each_arm(blobs, kl, spread, said):
    assert (COLLAPSED_KL, COLLAPSED_SPREAD) == (0.05, 0.1)
    well = ArmLosses(1.0, 1.0, 0.0, 2.0, 1.0)
    training = played(blobs, {"vae": replace(well, kl=kl, spread=spread), "tvae": well}, steps=301)
    training.step = 298
    before, *after = [report.warnings for report in training.reports()]
    assert before == {}
    assert [list(warnings) for warnings in after] == [[] if said is None else ["vae"]] * 2
    assert all(warning.startswith(said or "") for warnings in after for warning in warnings.values())


def test_the_speed_is_that_of_encoded_images_smoothed_over_steps(blobs, monkeypatch):
    training = played(blobs, {"vae": ArmLosses(1.0, 1.0, 0.0, 2.0, 1.0)}, steps=3)
    clock = SimpleNamespace(perf_counter=iter([0.0, 2.0, 10.0, 13.0, 20.0, 21.0]).__next__)
    monkeypatch.setattr("tvae.training.loop.time", clock)
    seconds = [3 * 60 / report.images_per_second for report in training.reports()]
    assert seconds == pytest.approx([2.0, 0.96 * 2 + 0.04 * 3, 0.96 * (0.96 * 2 + 0.04 * 3) + 0.04])


def test_images_that_fill_no_batch_are_left_out_of_an_epoch(blobs):
    config = RunConfig(model=SMALL, train=TrainConfig(epochs=2, batch_size=16))
    assert [report.epoch for report in train(config, blobs)] == [step / 3 for step in range(1, 7)]


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
@pytest.mark.parametrize("labels", [np.zeros(60, np.int64), np.arange(60)], ids=["one class", "classes of one"])
def test_where_labels_allow_no_triplet_a_vae_alone_trains_without(blobs, labels, triplets):
    split = Split("train", blobs.images, labels, tuple(map(str, range(60))))
    settings = TrainConfig(epochs=2, batch_size=10, triplets=triplets)
    config = RunConfig(model=SMALL, train=settings, arms={"vae": LossConfig(triplet_weight=0)})
    training = Training(config, split)
    assert training.batches.left_out == 60
    rows = training.next_batch().rows
    assert rows.shape == (3, 10) and rows.min() >= 0 and rows.max() < 60
    reports = list(training.reports())
    assert [report.arms["vae"].triplet for report in reports] == [0.0] * 12
    assert reports[-1].arms["vae"].total < reports[0].arms["vae"].total
    with pytest.raises(InputError, match="a VAE alone needs none: --preset vae"):
        Training(replace(config, arms=vae_and_tvae(LossConfig())), split)


def test_a_batch_larger_than_the_data_is_refused(blobs):
    with pytest.raises(InputError, match=r"train\.batch-size: 61 is more than the 60 images"):
        Training(RunConfig(train=TrainConfig(batch_size=61)), blobs)
    assert Training(RunConfig(model=SMALL, train=TrainConfig(batch_size=60)), blobs).steps_per_epoch == 1


def test_a_single_class_is_refused(blobs):
    split = Split("train", blobs.images, np.zeros(60, np.int64), ("only",))
    with pytest.raises(InputError, match="one class"):
        Training(RunConfig(train=TrainConfig(batch_size=10)), split)


def test_images_left_out_as_anchors_are_counted(blobs):
    labels = blobs.labels.copy()
    labels[-1] = 3
    training = Training(
        RunConfig(model=SMALL, train=TrainConfig(batch_size=10), arms=vae_and_tvae(LossConfig())),
        Split("train", blobs.images, labels, ("a", "b", "c", "d")),
    )
    assert training.batches.left_out == 1


def test_the_device_is_the_one_asked_for(monkeypatch):
    for has, auto in ((False, "cpu"), (True, "cuda")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda has=has: has)
        assert resolve_device("cpu").type == "cpu"
        assert resolve_device("auto").type == auto
    assert resolve_device("cuda").type == "cuda"


def test_a_device_that_is_not_there_is_refused_in_one_line(blobs, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = RunConfig(train=TrainConfig(batch_size=10, device="cuda"))
    with pytest.raises(InputError) as caught:
        Training(config, blobs)
    assert str(caught.value) == "train.device: no CUDA device is at hand; use cpu or auto"
