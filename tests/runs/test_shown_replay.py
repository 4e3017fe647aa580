from pathlib import Path

import numpy as np
import pytest

from tvae.runs.encodings import read_encoding
from tvae.runs.replays.recorded import Replay, read_replay
from tvae.runs.replays.shown import accuracies, losses_at, parting, positions, shown_replay
from tvae.runs.replays.times import time_axis
from tvae.runs.run import read_run

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


def small_replay(moments=3, n=40):
    generator = np.random.default_rng(0)
    codes = {arm: generator.integers(-127, 128, (moments, n, 3)).astype(np.int8) for arm in ("vae", "tvae")}
    scales = {arm: np.full((moments, 3), 0.01, np.float32) for arm in codes}
    return Replay(np.arange(n), np.arange(moments), scales, codes)


def test_the_arms_have_parted_from_where_they_stay_nearly_as_far_apart_as_they_end():
    first = np.full(6, 0.5)
    second = first + np.array([0.0, 0.4, 0.1, 0.35, 0.37, 0.4])  # far apart at once, near again, then for good
    assert parting(first, second, 1_000) == 4
    assert parting(second, first, 1_000) == 4, "the other arm may be the better one"
    assert parting(first, first + 0.4, 1_000) == 0
    assert parting(first, first + np.array([0.4, 0.4, -0.4, 0.4, 0.4, 0.4]), 1_000) == 3, "the other way round before"
    assert parting(first, first + np.linspace(0, 0.4, 6), 1_000) == 5
    assert parting(first[:1], second[-1:], 1_000) == 0
    assert parting(first[:0], second[:0], 1_000) is None


def test_a_first_step_beyond_the_noise_is_no_parting():
    """As in the run on MNIST, whose arms are 10.7 points apart after one step and 21 in the end."""
    first = np.array([0.709, 0.693, 0.582, 0.814, 0.763, 0.769])
    second = np.array([0.709, 0.800, 0.874, 0.935, 0.964, 0.979])
    assert parting(first, second, 1_000) == 4


def test_arms_that_end_alike_have_not_parted():
    first, second = np.array([0.50, 0.50]), np.array([0.52, 0.58])
    assert parting(first, second, 1_000) == 1  # two standard errors are 4.5 points
    assert parting(first, second, 100) is None
    assert parting(first, np.array([0.9, 0.5]), 1_000) is None, "whatever was before"


@pytest.mark.parametrize(
    ("name", "moment"), [("mnist", "step 1,101 (epoch 2.35)"), ("digits", "step 1,100 (epoch 50)")]
)
def test_the_arms_of_a_shipped_run_part_within_its_training(name, moment):
    run = read_run(CHECKPOINTS / name)
    replay, encoding = read_replay(run), read_encoding(run, "test")
    assert replay is not None and encoding is not None
    shown = shown_replay(replay, run, ("vae", "tvae"), encoding.labels, None)
    assert shown.parting is not None
    assert time_axis(replay.steps, run.steps_per_epoch).names[shown.parting] == moment


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
    assert [row and row["step"] for row in losses_at(history, np.array([0, 1, 2, 3, 4, 5]))] == [
        *(None, None),  # the first row's steps are not taken yet
        *(2, 4, 4, 4),
    ]
    assert losses_at([], np.array([0, 1])) == [None, None]


def test_every_moment_has_its_step_and_from_the_first_epoch_on_its_epoch():
    times = time_axis(np.array([0, 1, 21, 22, 50, 4400]), 22)
    assert times.names == (
        *("step 0", "step 1", "step 21", "step 22 (epoch 1)", "step 50 (epoch 2.27)"),
        "step 4,400 (epoch 200)",
    )


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
