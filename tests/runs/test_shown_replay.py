import numpy as np

from tvae.runs.replays.recorded import Replay
from tvae.runs.replays.shown import accuracies, losses_at, parting, positions
from tvae.runs.replays.times import time_axis


def small_replay(moments=3, n=40):
    generator = np.random.default_rng(0)
    codes = {arm: generator.integers(-127, 128, (moments, n, 3)).astype(np.int8) for arm in ("vae", "tvae")}
    scales = {arm: np.full((moments, 3), 0.01, np.float32) for arm in codes}
    return Replay(np.arange(n), np.arange(moments), scales, codes)


def test_the_arms_part_at_the_first_moment_from_which_they_differ_for_good():
    first = np.array([0.5, 0.5, 0.6, 0.5, 0.5])
    second = np.array([0.5, 0.9, 0.6, 0.9, 0.9])
    assert parting(first, second, 1_000) == 3
    assert parting(second, first, 1_000) == 3
    assert parting(first, first, 1_000) is None
    assert parting(first, second, 1_000) != parting(first[:3], second[:3], 1_000)
    assert parting(first[:3], second[:3], 1_000) is None
    assert parting(np.array([0.5, 0.5]), np.array([0.9, 0.1]), 1_000) == 1  # the other way round before
    assert parting(np.array([0.5]), np.array([0.9]), 1_000) == 0


def test_what_the_counted_sample_can_t_tell_apart_is_no_parting():
    first, second = np.array([0.50, 0.50]), np.array([0.52, 0.58])
    assert parting(first, second, 1_000) == 1  # two standard errors are 4.5 points
    assert parting(first, second, 100) is None


def test_each_arm_has_the_plane_of_its_last_moment():
    replay = small_replay()
    layouts = positions(replay, ("vae", "tvae"))
    last = replay.means("vae")[-1].astype(float)
    _, _, axes = np.linalg.svd(last - last.mean(axis=0), full_matrices=False)
    for moment, points in enumerate(replay.means("vae")):
        expected = (points - last.mean(axis=0)) @ axes[:2].T
        np.testing.assert_allclose(np.abs(layouts["vae"][moment]), np.abs(expected), atol=1e-5)


def test_accuracy_is_that_of_every_triplet():
    replay = small_replay()
    labels = np.arange(40) % 4
    shares, counted = accuracies(replay, labels, ("vae",))
    assert counted == 40
    points = replay.means("vae")[1].astype(float)
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    per_anchor = []
    for a in range(40):
        near = [p for p in range(40) if labels[p] == labels[a] and p != a]
        far = [q for q in range(40) if labels[q] != labels[a]]
        per_anchor.append(np.mean([[distances[a, p] <= distances[a, q] for q in far] for p in near]))
    assert abs(shares["vae"][1] - np.mean(per_anchor)) < 1e-9


def test_losses_are_of_the_row_that_a_step_belongs_to():
    history = [{"step": 2}, {"step": 4}]
    assert [row and row["step"] for row in losses_at(history, np.array([0, 2, 3, 4, 5]))] == [2, 2, 4, 4, 4]
    assert losses_at([], np.array([0, 1])) == [None, None]


def test_moments_are_called_steps_within_the_first_epoch_and_epochs_later():
    times = time_axis(np.array([0, 1, 21, 22, 50, 4400]), 22)
    assert times.names == ("step 0", "step 1", "step 21", "epoch 1", "epoch 2.27", "epoch 200")


def test_round_times_stand_between_the_moments_that_they_lie_between():
    times = time_axis(np.array([0, 1, 2, 100, 200]), 20)
    assert times.unit == "epoch"
    assert [text for _, text in times.ticks] == ["0", "2", "4", "6", "8", "10"]
    assert times.ticks[-1][0] == 4
    np.testing.assert_allclose(times.ticks[1][0], 2 + 38 / 98)


def test_a_training_of_less_than_two_epochs_is_told_in_steps():
    times = time_axis(np.array([0, 10, 30]), 20)
    assert times.unit == "step"
    assert times.ticks == ((0, "0"), (1, "10"), (1.5, "20"), (2, "30"))
    assert time_axis(np.array([0]), 20).ticks == ((0, "0"),)
