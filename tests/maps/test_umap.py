"""UMAP by umap-learn: the neighbours, start and seed are ours, and its progress bar reports and stops."""

import numpy as np
import pytest

from tvae.maps.fidelity import fidelity
from tvae.maps.umap import epochs_for, umap_learn, umap_positions

RNG = np.random.default_rng(8)
POINTS = (RNG.normal(size=(200, 6)) + 5 * RNG.normal(size=(4, 6))[np.arange(200) % 4]).astype(np.float32)
START = 3 * POINTS[:, :2]


def positions(points: np.ndarray = POINTS, seed: int = 1, epochs: int = 60, neighbours: int = 8) -> np.ndarray:
    return umap_positions(points, 3 * points[:, :2], neighbours, 0.1, seed, epochs, lambda share: None)


def test_a_seed_gives_one_map_and_another_seed_another() -> None:
    first = positions()
    np.testing.assert_array_equal(first, positions())
    assert not np.array_equal(first, positions(seed=2))
    assert first.dtype == np.float32
    np.testing.assert_allclose(first.mean(axis=0), 0, atol=1e-4)


def test_the_map_is_trustworthy_and_its_start_is_not() -> None:
    """The classes lie in more dimensions than the start shows."""
    trusted = [fidelity(POINTS, at, None).trustworthiness for at in (positions(epochs=200, neighbours=15), START)]
    assert trusted[0] is not None and trusted[1] is not None
    assert trusted[0] > max(0.9, trusted[1])


def test_the_exact_neighbours_are_used_and_none_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments, **settings):  # type: ignore[no-untyped-def]
        raise AssertionError("umap-learn searches neighbours of its own")

    monkeypatch.setattr(umap_learn().umap_, "nearest_neighbors", refuse)
    monkeypatch.setattr(umap_learn().umap_, "NNDescent", refuse)
    assert np.isfinite(positions(epochs=3)).all()


def test_the_start_is_kept_in_shape_and_place() -> None:
    """The descent's first step is the start itself, neither squeezed into a square nor moved."""
    start = (START - START.mean(axis=0)) * (5, 1)
    moved = umap_positions(POINTS, start, 8, 0.1, 0, 1, lambda share: None)
    assert np.linalg.norm(moved - start, axis=1).mean() < 0.5 * start.std()
    assert np.ptp(moved[:, 0]) > 3 * np.ptp(moved[:, 1])


def test_progress_is_reported_once_an_epoch() -> None:
    shares: list[float] = []
    umap_positions(POINTS, START, 8, 0.1, 0, 20, shares.append)
    np.testing.assert_allclose(shares, np.arange(1, 21) / 20)


def test_what_progress_raises_ends_the_descent() -> None:
    calls: list[float] = []

    def stop(share: float) -> None:
        calls.append(share)
        if len(calls) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        umap_positions(POINTS, START, 8, 0.1, 0, 50, stop)
    assert len(calls) == 4
    assert np.isfinite(positions(epochs=3)).all()  # the next one comes through


@pytest.mark.parametrize("n", [2, 3, 4, 15])
@pytest.mark.parametrize("neighbours", [2, 15, 1000])
def test_few_rows_and_more_neighbours_than_rows_come_through(n: int, neighbours: int) -> None:
    assert np.isfinite(positions(POINTS[:n], neighbours=neighbours)).all()


def test_identical_rows_come_through() -> None:
    equal = np.ones((30, 6), np.float32)
    start = np.random.default_rng(0).normal(size=(30, 2))
    assert np.isfinite(umap_positions(equal, start, 15, 0.1, 0, 50, lambda share: None)).all()


def test_epochs_are_the_library_s_own() -> None:
    assert (epochs_for(10_000), epochs_for(10_001)) == (500, 200)
