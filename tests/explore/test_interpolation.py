"""Paths between images: their frames, the classes they pass, equal ends, one step."""

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.interpolation import (
    Segment,
    class_segments,
    interpolation,
    path_summary,
    step_columns,
    third_class_paths,
)
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
def test_the_steps_are_the_path_and_frames_lie_evenly_between(steps, kind):
    path = interpolation(NETWORK, ARM, LABELS, 10, (3, 40), steps, kind, 7)
    np.testing.assert_allclose(path.codes[path.steps], latent_path(ARM.means[3], ARM.means[40], steps, kind), atol=1e-6)
    assert len(path.steps) == steps and path.steps[-1] == len(path.t) - 1
    assert len(path.t) > 60 or steps == 1
    frame = len(path.t) // 2
    np.testing.assert_allclose(path.images[frame], NETWORK.decoded(path.codes[frame][None])[0], atol=1e-5)
    votes = class_votes(path.codes[frame][None], ARM.means, LABELS, 10, 7, left_out=(3, 40))
    assert path.votes.winners[frame] == votes.winners[0]
    assert not np.isin(path.votes.nearest.rows, (3, 40)).any()
    density = -0.5 * (float(path.codes[frame].astype(float) @ path.codes[frame]) + 20 * np.log(2 * np.pi))
    assert path.log_density[frame] == pytest.approx(density, rel=1e-5)


def test_the_path_between_an_image_and_itself_stays_at_its_code():
    path = interpolation(NETWORK, ARM, LABELS, 10, (8, 8), 5, "spherical", 7)
    assert (path.codes == ARM.means[8]).all()
    assert len(set(path.votes.winners.tolist())) == 1
    assert 8 not in path.votes.nearest.rows


def test_the_path_between_opposite_codes_is_finite():
    arm = EncodedArm(np.concatenate([ARM.means, -ARM.means[:1]]), ARM.errors, ARM.kl)
    path = interpolation(NETWORK, arm, np.append(LABELS, 0), 10, (0, len(LABELS)), 5, "spherical", 7)
    np.testing.assert_allclose(np.linalg.norm(path.codes, axis=1), np.linalg.norm(ARM.means[0]), rtol=1e-5)


def test_segments_are_the_runs_of_equal_winners():
    t = np.linspace(0, 1, 5)
    assert class_segments(np.array([4, 4, 4, 4, 4]), t) == [Segment(4, 0, 1)]
    assert class_segments(np.array([4, 7, 7, 9, 4]), t) == [
        Segment(4, 0, 0.125),
        Segment(7, 0.125, 0.625),
        Segment(9, 0.625, 0.875),
        Segment(4, 0.875, 1),
    ]
    assert class_segments(np.array([2]), np.array([0.0])) == [Segment(2, 0, 0)]


def test_the_summary_names_the_classes_a_path_passes():
    names = ["a", "b", "c", "d"]
    straight = [Segment(0, 0, 0.4), Segment(1, 0.4, 1)]
    assert path_summary(straight, (0, 1), names) == "a → b at t = 0.40: no third class on the way"
    winding = [Segment(0, 0, 0.2), Segment(2, 0.2, 0.5), Segment(3, 0.5, 0.6), Segment(2, 0.6, 1)]
    assert path_summary(winding, (0, 1), names) == (
        "a → c at t = 0.20 → d at t = 0.50 → c at t = 0.60: through c and d, which neither image is; "
        "the second image (b) lies among c"
    )


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_paths_that_pass_a_third_class_are_those_of_a_plain_loop(kind):
    rng = np.random.default_rng(4)
    arm = ARMS["vae"]
    pairs = rng.integers(0, len(LABELS), (24, 2))
    passes_third = third_class_paths(arm, LABELS, 10, pairs, kind, 5, codes=9)
    for (first, last), through in zip(pairs.tolist(), passes_third, strict=True):
        winners = set()
        for code in latent_path(arm.means[first], arm.means[last], 9, kind):
            distances = np.linalg.norm(arm.means.astype(float) - code, axis=1)
            distances[[first, last]] = np.inf
            nearest = LABELS[np.argsort(distances, kind="stable")[:5]].tolist()
            winners.add(max(nearest, key=lambda label: (nearest.count(label), -nearest.index(label))))
        assert through == bool(winners - {int(LABELS[first]), int(LABELS[last])})
    assert passes_third.any() and not passes_third.all()


def test_more_voters_than_images_are_refused():
    with pytest.raises(InputError, match="358 is not possible"):
        interpolation(NETWORK, ARM, LABELS, 10, (0, 1), 5, "linear", 358)


def test_the_table_has_a_row_for_every_step_of_every_arm():
    names = [f"class {label}" for label in range(10)]
    paths = {arm: interpolation(NETWORK, ARMS[arm], LABELS, 10, (3, 40), 5, "linear", 7) for arm in ("vae", "tvae")}
    columns = step_columns(paths, names, {"vae": "VAE", "tvae": "weight 10, margin 1"})
    assert columns["arm"] == ["VAE"] * 5 + ["weight 10, margin 1"] * 5
    assert columns["t"] == [0.0, 0.25, 0.5, 0.75, 1.0] * 2
    frame, path = paths["tvae"].steps[3], paths["tvae"]
    row = {name: column[5 + 3] for name, column in columns.items()}
    assert row["class"] == names[path.votes.winners[frame]]
    assert row["share of the vote"] == pytest.approx(path.votes.sureness[frame], abs=1e-4)
    nearest = row["nearest row"]
    assert nearest == path.votes.nearest.rows[frame, 0]
    distance = np.linalg.norm(ARMS["tvae"].means[nearest].astype(float) - path.codes[frame])
    assert row["nearest row's distance"] == pytest.approx(distance, abs=1e-3)
    assert row["log density of the prior, nats"] == pytest.approx(path.log_density[frame], abs=1e-4)
