"""Ways between images: what stands at each frame, the classes they lead through, equal ends, one step."""

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.interpolation import Stretch, interpolation, stretches, third_class_ways, told
from tvae.explore.latent_paths import latent_path
from tvae.metrics.class_vote import class_votes
from tvae.model.encoding import EncodedArm
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network

RUN = read_run(Path(__file__).parents[2] / "checkpoints" / "digits")
ENCODING = read_encoding(RUN, "test")
assert ENCODING is not None
LABELS, ARMS = ENCODING.labels, ENCODING.arms
ARM = ARMS["tvae"]
NETWORK = network(RUN, "tvae")


@pytest.mark.parametrize("steps", [1, 2, 5, 21])
@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_the_steps_are_the_asked_path_and_frames_lie_evenly_between(steps, kind):
    way = interpolation(NETWORK, ARM, LABELS, 10, (3, 40), steps, kind, 7)
    np.testing.assert_allclose(way.codes[way.steps], latent_path(ARM.means[3], ARM.means[40], steps, kind), atol=1e-6)
    assert len(way.steps) == steps and way.steps[-1] == len(way.t) - 1
    assert len(way.t) > 60 or steps == 1
    frame = len(way.t) // 2
    np.testing.assert_allclose(way.images[frame], NETWORK.decoded(way.codes[frame][None])[0], atol=1e-5)
    votes = class_votes(way.codes[frame][None], ARM.means, LABELS, 10, 7, left_out=(3, 40))
    assert way.votes.winners[frame] == votes.winners[0]
    assert not np.isin(way.votes.nearest.rows, (3, 40)).any()
    density = -0.5 * (float(way.codes[frame].astype(float) @ way.codes[frame]) + 20 * np.log(2 * np.pi))
    assert way.log_density[frame] == pytest.approx(density, rel=1e-5)


def test_two_equal_images_are_a_way_that_goes_nowhere():
    way = interpolation(NETWORK, ARM, LABELS, 10, (8, 8), 5, "spherical", 7)
    assert (way.codes == ARM.means[8]).all()
    assert len(set(way.votes.winners.tolist())) == 1
    assert 8 not in way.votes.nearest.rows


def test_opposite_codes_are_a_way_of_defined_frames():
    arm = EncodedArm(np.concatenate([ARM.means, -ARM.means[:1]]), ARM.errors, ARM.kl)
    way = interpolation(NETWORK, arm, np.append(LABELS, 0), 10, (0, len(LABELS)), 5, "spherical", 7)
    np.testing.assert_allclose(np.linalg.norm(way.codes, axis=1), np.linalg.norm(ARM.means[0]), rtol=1e-5)


def test_stretches_are_the_runs_of_winners():
    t = np.linspace(0, 1, 5)
    assert stretches(np.array([4, 4, 4, 4, 4]), t) == [Stretch(4, 0, 1)]
    assert stretches(np.array([4, 7, 7, 9, 4]), t) == [
        Stretch(4, 0, 0.125),
        Stretch(7, 0.125, 0.625),
        Stretch(9, 0.625, 0.875),
        Stretch(4, 0.875, 1),
    ]
    assert stretches(np.array([2]), np.array([0.0])) == [Stretch(2, 0, 0)]


def test_a_way_is_told_in_a_sentence():
    names = ["a", "b", "c", "d"]
    straight = [Stretch(0, 0, 0.4), Stretch(1, 0.4, 1)]
    assert told(straight, (0, 1), names) == "a → b at t = 0.40: no third class on the way"
    about = [Stretch(0, 0, 0.2), Stretch(2, 0.2, 0.5), Stretch(3, 0.5, 0.6), Stretch(2, 0.6, 1)]
    assert told(about, (0, 1), names) == (
        "a → c at t = 0.20 → d at t = 0.50 → c at t = 0.60: through c and d, which neither image is; "
        "the second image (b) lies among c"
    )


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_ways_through_a_third_class_are_those_of_a_plain_loop(kind):
    rng = np.random.default_rng(4)
    arm = ARMS["vae"]
    pairs = rng.integers(0, len(LABELS), (24, 2))
    found = third_class_ways(arm, LABELS, 10, pairs, kind, 5, codes=9)
    for (first, last), through in zip(pairs.tolist(), found, strict=True):
        seen = set()
        for code in latent_path(arm.means[first], arm.means[last], 9, kind):
            distances = np.linalg.norm(arm.means.astype(float) - code, axis=1)
            distances[[first, last]] = np.inf
            near = LABELS[np.argsort(distances, kind="stable")[:5]].tolist()
            seen.add(max(near, key=lambda label: (near.count(label), -near.index(label))))
        assert through == bool(seen - {int(LABELS[first]), int(LABELS[last])})
    assert found.any() and not found.all()


def test_more_voters_than_images_are_refused():
    with pytest.raises(InputError, match="358 is not possible"):
        interpolation(NETWORK, ARM, LABELS, 10, (0, 1), 5, "linear", 358)
