"""t-SNE's parts against plain loops."""

import math

import numpy as np
import pytest

from tvae.maps.fidelity import fidelity
from tvae.maps.kernels import attraction, repulsion
from tvae.maps.tsne import calibrated_affinities, fft_descent, joint_affinities, tsne_positions
from tvae.metrics.neighbours import nearest_neighbours

RNG = np.random.default_rng(6)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_affinities_have_the_asked_perplexity_in_any_unit(unit: float) -> None:
    squared = (unit * RNG.uniform(0.5, 3, size=(40, 30))) ** 2
    affinities = calibrated_affinities(squared, 8.0)
    for row, distances in zip(affinities, squared, strict=True):
        assert math.exp(-sum(p * math.log(p) for p in row if p > 0)) == pytest.approx(8.0)
        beta = -np.log(row[0] / row[1]) / (distances[0] - distances[1])
        plain = [math.exp(-beta * d) for d in distances]
        np.testing.assert_allclose(row, np.array(plain) / sum(plain), rtol=1e-6)


def test_equally_far_neighbours_are_equally_near() -> None:
    np.testing.assert_allclose(calibrated_affinities(np.full((3, 10), 4.0), 5.0), 0.1)
    np.testing.assert_allclose(calibrated_affinities(np.zeros((3, 10)), 5.0), 0.1)


def test_joint_affinities_are_symmetric_and_sum_to_one() -> None:
    points = RNG.normal(size=(50, 4))
    near = nearest_neighbours(points, 15)
    dense = joint_affinities(near, 5.0).toarray()
    one_way = np.zeros((50, 50))
    np.put_along_axis(one_way, near.rows.astype(int), calibrated_affinities(near.distances.astype(float) ** 2, 5.0), 1)
    np.testing.assert_allclose(dense, (one_way + one_way.T) / 100, atol=1e-9)
    assert dense.sum() == pytest.approx(1, abs=1e-6)


def test_the_forces_are_those_of_a_plain_loop() -> None:
    at = RNG.normal(size=(30, 2)).astype(np.float32)
    affinity = RNG.uniform(size=(30, 30)).astype(np.float32)
    begin, columns = np.arange(31) * 30, np.tile(np.arange(30, dtype=np.int32), 30)
    pull, push = np.empty((2, 30), np.float32), np.empty((2, 30), np.float32)
    x, y = np.ascontiguousarray(at[:, 0]), np.ascontiguousarray(at[:, 1])
    attraction(x, y, begin, columns, affinity.ravel(), pull[0], pull[1])
    total = repulsion(x, y, push[0], push[1], 0, 30)
    plain_pull, plain_push, plain_total = np.zeros((2, 30)), np.zeros((2, 30)), 0.0
    for i in range(30):
        for j in range(30):
            if i != j:
                away = at[i].astype(float) - at[j]
                weight = 1 / (1 + away @ away)
                plain_total += weight
                plain_pull[:, i] += affinity[i, j] * weight * away
                plain_push[:, i] += weight**2 * away
    assert total == pytest.approx(plain_total, rel=1e-5)
    np.testing.assert_allclose(pull, plain_pull, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(push, plain_push, rtol=1e-4, atol=1e-5)


def kl(points: np.ndarray, at: np.ndarray, perplexity: float) -> float:
    """KL divergence that t-SNE minimises, Eq. 2 of van der Maaten & Hinton, over the stored affinities."""
    affinities = joint_affinities(nearest_neighbours(points, 3 * int(perplexity)), perplexity).tocoo()
    squared = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    q = 1 / (1 + squared)
    np.fill_diagonal(q, 0)
    q /= q.sum()
    return float((affinities.data * np.log(affinities.data / q[affinities.row, affinities.col])).sum())


def test_the_descent_reaches_the_reference_s_objective() -> None:
    from sklearn.manifold import TSNE

    points = np.concatenate([RNG.normal(size=(80, 5)) + 4 * RNG.normal(size=5) for _ in range(3)]).astype(np.float32)
    start = 1e-4 * points[:, :2]
    shares: list[float] = []
    at = tsne_positions(points, start, 10, 750, shares.append)
    reference = TSNE(perplexity=10, init=start, method="exact", max_iter=750).fit_transform(points)  # pyright: ignore[reportArgumentType]
    assert kl(points, at, 10) < 1.05 * kl(points, reference, 10)
    assert kl(points, at, 10) < 0.5 * kl(points, start, 10)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    np.testing.assert_allclose(at.mean(axis=0), 0, atol=1e-3)


@pytest.mark.parametrize("perplexity", [10, 40, 99])
def test_rows_whose_neighbours_are_most_others_do_not_meet_in_one_point(perplexity: int) -> None:
    points = RNG.normal(size=(300, 20)).astype(np.float32)
    at = tsne_positions(points, 1e-4 * points[:, :2], perplexity, 750, lambda share: None)
    assert at.std(axis=0).min() > 1
    assert kl(points, at, perplexity) < 0.9 * kl(points, 1e-4 * points[:, :2], perplexity)


def clusters(n: int) -> np.ndarray:
    """Rows in eight dimensions, in six clusters."""
    rng = np.random.default_rng(1)
    return (rng.normal(size=(n, 8)) + 6 * rng.normal(size=(6, 8))[np.arange(n) % 6]).astype(np.float32)


@pytest.mark.parametrize(("most_exact", "library_used"), [(300, False), (299, True)])
def test_above_the_threshold_opentsne_takes_over_with_maps_as_trustworthy(
    most_exact: int, library_used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = clusters(300)
    shares: list[float] = []
    calls: list[int] = []

    def watched(*arguments):  # type: ignore[no-untyped-def]
        calls.append(1)
        return fft_descent(*arguments)

    monkeypatch.setattr("tvae.maps.tsne.fft_descent", watched)
    monkeypatch.setattr("tvae.maps.tsne.MOST_ROWS_EXACT", most_exact)
    positions = tsne_positions(points, 1e-4 * points[:, :2], 20, 120, shares.append)
    assert bool(calls) == library_used
    assert len(shares) == 120 and shares == sorted(shares) and shares[-1] == 1
    trusted = fidelity(points, positions, None).trustworthiness
    assert trusted is not None and trusted > 0.9
    assert np.abs(positions.mean(axis=0)).max() < 1e-3


@pytest.mark.parametrize("most_exact", [300, 299], ids=["exact", "openTSNE"])
def test_what_progress_raises_ends_the_descent(most_exact: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvae.maps.tsne.MOST_ROWS_EXACT", most_exact)
    calls: list[float] = []

    def stop(share: float) -> None:
        calls.append(share)
        if len(calls) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tsne_positions(clusters(300), 1e-4 * clusters(300)[:, :2], 20, 60, stop)
    assert len(calls) == 4


def test_the_map_does_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvae.maps.tsne.BLOCK_ROWS", 64)
    maps = []
    for processors in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda processors=processors: processors)
        maps.append(tsne_positions(clusters(300), 1e-4 * clusters(300)[:, :2], 20, 30, lambda share: None))
    np.testing.assert_array_equal(*maps)
