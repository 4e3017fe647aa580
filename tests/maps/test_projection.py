"""Layouts: good where the space is clear, comparable between arms, defined for odd input, keyed by everything."""

from dataclasses import replace

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.alignment import align
from tvae.maps.parameters import Parameters, PcaParameters, TsneParameters, UmapParameters
from tvae.maps.pca import common_start
from tvae.maps.projection import ProjectionRequest, cache_key, project

ALL: list[Parameters] = [PcaParameters(), TsneParameters(perplexity=10, iterations=300), UmapParameters(n_neighbors=10)]


def two_arms(n: int = 240, d: int = 8) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Four well-separated classes; the right arm is the left one turned, twice as large, and a little noisy."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 4
    left = (rng.normal(size=(n, d)) + 12 * rng.normal(size=(4, d))[labels]).astype(np.float32)
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    right = (2 * left @ turn + 0.3 * rng.normal(size=(n, d))).astype(np.float32)
    return {"vae": left, "tvae": right}, labels


def mean_motion(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.linalg.norm(left - right, axis=1).mean())


@pytest.mark.parametrize("parameters", ALL, ids=lambda p: p.method)
def test_separated_classes_stay_separated_and_arms_lie_over_each_other(parameters: Parameters) -> None:
    means, labels = two_arms()
    found = project(ProjectionRequest(means=means, parameters=parameters, labels=labels))
    assert list(found.positions) == ["vae", "tvae"]
    for arm, positions in found.positions.items():
        assert positions.shape == (240, 2)
        assert positions.dtype == np.float32
        measured = found.fidelity[arm]
        assert measured.trustworthiness is not None
        assert measured.knn_accuracy is not None
        assert measured.trustworthiness > (0.85 if found.method == "pca" else 0.93)
        assert measured.knn_accuracy > 0.95
    left, right = found.positions.values()
    assert mean_motion(left, right) < 0.6 * left.std().item()
    mirrored = right[:, ::-1] * np.array([1.5, -1.5], np.float32)
    assert mean_motion(left, right) < mean_motion(left, mirrored)
    again = align(left, right)
    assert abs(again.scale - 1) < 1e-4
    np.testing.assert_allclose(again.rotation, np.eye(2), atol=1e-4)


@pytest.mark.parametrize("parameters", ALL, ids=lambda p: p.method)
def test_the_same_request_gives_the_same_layout(parameters: Parameters) -> None:
    means, _ = two_arms(80)
    request = ProjectionRequest(means=means, parameters=parameters, seed=3)
    first, second = project(request), project(request)
    assert first.key == second.key == cache_key(request)
    for arm in means:
        np.testing.assert_array_equal(first.positions[arm], second.positions[arm])


def test_a_common_start_beats_starts_of_their_own() -> None:
    means, _ = two_arms()
    parameters = TsneParameters(perplexity=10, iterations=300)
    together = project(ProjectionRequest(means=means, parameters=parameters)).positions
    alone = [project(ProjectionRequest(means={"": m}, parameters=parameters)).positions[""] for m in means.values()]
    assert mean_motion(together["vae"], together["tvae"]) < mean_motion(alone[0], alone[1])


def test_pca_is_the_decomposition_and_its_map_goes_both_ways() -> None:
    means, _ = two_arms()
    found = project(ProjectionRequest(means=means))
    for arm, points in means.items():
        plane = found.maps[arm]
        centred = points.astype(float) - points.mean(axis=0, dtype=float)
        _, singular, directions = np.linalg.svd(centred, full_matrices=False)
        np.testing.assert_allclose(np.abs(plane.components @ directions[:2].T), np.eye(2), atol=1e-6)
        assert plane.variance_share == pytest.approx((singular[:2] ** 2).sum() / (singular**2).sum())
        np.testing.assert_allclose(plane.positions(points), found.positions[arm], rtol=1e-5, atol=1e-5)
        probe = np.array([[0.0, 0.0], [3.0, -7.0]])
        np.testing.assert_allclose(plane.positions(plane.points(probe)), probe, atol=1e-9)
        in_plane = plane.mean + np.array([[2.0, -1.0]]) @ plane.components
        np.testing.assert_allclose(plane.points(plane.positions(in_plane)), in_plane, atol=1e-9)
    assert found.maps["vae"].alignment.scale == pytest.approx(1)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("d", [1, 5])
def test_pca_is_defined_for_few_rows_and_one_latent(n: int, d: int) -> None:
    rng = np.random.default_rng(n)
    found = project(ProjectionRequest(means={"a": rng.normal(size=(n, d)), "b": rng.normal(size=(n, d + 1))}))
    for arm, positions in found.positions.items():
        assert np.isfinite(positions).all()
        assert np.isfinite(found.maps[arm].points(positions)).all()
    assert (found.positions["a"] == 0).all() == (n == 1)


@pytest.mark.parametrize("parameters", ALL, ids=lambda p: p.method)
@pytest.mark.parametrize("n", [4, 5, 30])
def test_equal_rows_and_few_rows_come_through(parameters: Parameters, n: int) -> None:
    spread = np.random.default_rng(1).normal(size=(n, 3))
    found = project(
        ProjectionRequest(means={"collapsed": np.full((n, 3), 0.7), "spread": spread}, parameters=parameters)
    )
    for positions in found.positions.values():
        assert np.isfinite(positions).all()


def test_what_does_not_fit_the_rows_is_lowered_with_a_note() -> None:
    means, _ = two_arms(16)
    found = project(ProjectionRequest(means=means, parameters=TsneParameters(perplexity=30, iterations=30)))
    assert found.parameters == TsneParameters(perplexity=5, iterations=30)
    assert found.notes == ("Perplexity 30 is too large for 16 rows; 5 was used.",)
    found = project(ProjectionRequest(means=means, parameters=UmapParameters(n_neighbors=50)))
    assert found.parameters == UmapParameters(n_neighbors=16)
    assert found.notes == ("50 neighbours are more than the 16 rows; 16 were used.",)
    assert project(ProjectionRequest(means=means)).notes == ()


@pytest.mark.parametrize("parameters", ALL[1:], ids=lambda p: p.method)
def test_too_few_rows_are_refused(parameters: Parameters) -> None:
    with pytest.raises(InputError, match=f"{parameters.method} needs at least 4 rows, found 3; use pca"):
        ProjectionRequest(means={"a": np.zeros((3, 2))}, parameters=parameters)


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(InputError, match="vae has 5, tvae has 6"):
        ProjectionRequest(means={"vae": np.zeros((5, 2)), "tvae": np.zeros((6, 2))})
    with pytest.raises(InputError, match="means of vae: holds values that are not finite"):
        ProjectionRequest(means={"vae": np.full((5, 2), np.inf)})
    with pytest.raises(InputError, match="0 arms"):
        ProjectionRequest(means={})
    with pytest.raises(InputError, match="labels must be 5 whole numbers"):
        ProjectionRequest(means={"vae": np.zeros((5, 2))}, labels=np.zeros(4, int))
    with pytest.raises(InputError, match="seed"):
        ProjectionRequest(means={"vae": np.zeros((5, 2))}, seed=-1)
    for wrong in ({"perplexity": 0.5}, {"perplexity": float("nan")}, {"iterations": 2}, {"iterations": 10.0}):
        with pytest.raises(InputError, match="tsne"):
            TsneParameters(**wrong)  # pyright: ignore[reportArgumentType]
    for wrong in ({"n_neighbors": 1}, {"min_dist": 1.0}, {"min_dist": "0.1"}):
        with pytest.raises(InputError, match="umap"):
            UmapParameters(**wrong)  # pyright: ignore[reportArgumentType]


def test_the_key_holds_every_input() -> None:
    means, labels = two_arms(20)
    request = ProjectionRequest(means=means, parameters=TsneParameters(), labels=labels)
    nudged = {**means, "tvae": means["tvae"].copy()}
    nudged["tvae"][19, 7] = np.nextafter(nudged["tvae"][19, 7], np.float32(np.inf))
    other_labels = labels.copy()
    other_labels[0] += 1
    others = [
        replace(request, means=nudged),
        replace(request, means={"vae": means["vae"]}),
        replace(request, means=dict(reversed(means.items()))),
        replace(request, means={"vae": means["vae"], "other": means["tvae"]}),
        replace(request, means={arm: points.reshape(40, 4) for arm, points in means.items()}, labels=None),
        replace(request, parameters=TsneParameters(perplexity=31)),
        replace(request, parameters=TsneParameters(iterations=751)),
        replace(request, parameters=UmapParameters()),
        replace(request, parameters=PcaParameters()),
        replace(request, seed=1),
        replace(request, labels=other_labels),
        replace(request, labels=None),
    ]
    keys = {cache_key(other) for other in [request, *others]}
    assert len(keys) == len(others) + 1
    copied = ProjectionRequest(
        means={a: p.copy() for a, p in means.items()}, parameters=TsneParameters(), labels=labels
    )
    assert cache_key(copied) == cache_key(request)


def test_the_key_holds_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    request = ProjectionRequest(means=two_arms(20)[0])
    before = cache_key(request)
    monkeypatch.setattr("tvae.maps.projection.VERSION", 10**6)
    assert cache_key(request) != before


@pytest.mark.parametrize("parameters", ALL[1:], ids=lambda p: p.method)
def test_progress_rises_and_what_it_raises_stops_the_work(parameters: Parameters) -> None:
    request = ProjectionRequest(means=two_arms(60)[0], parameters=parameters)
    told: list[tuple[float, str]] = []
    project(request, lambda share, phase: told.append((share, phase)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.1
    assert {phase for _, phase in told} == {"descending", "measuring"}

    calls = 0

    def stop(share: float, phase: str) -> None:
        nonlocal calls
        calls += 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project(request, stop)
    assert calls == 1


def test_arms_of_unlike_size_count_alike_in_the_start() -> None:
    means, _ = two_arms()
    louder = {"vae": means["vae"], "tvae": 1000 * means["tvae"]}
    np.testing.assert_allclose(common_start(means, 0), common_start(louder, 0), atol=1e-3)


def test_a_perplexity_that_is_too_large_becomes_the_whole_number_that_the_note_tells():
    means = {"vae": np.random.default_rng(0).normal(size=(18, 3)).astype(np.float32)}
    found = project(ProjectionRequest(means=means, parameters=TsneParameters(perplexity=30, iterations=50)))
    assert found.parameters == TsneParameters(perplexity=5, iterations=50)
    assert found.notes == ("Perplexity 30 is too large for 18 rows; 5 was used.",)
