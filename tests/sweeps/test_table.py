"""Table: means, deviations and the Pareto set, against slow plain code."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.advice import on_pareto_frontier
from tvae.runs.seeds.figures import MARGINS, ArmFigures
from tvae.sweeps.plan import Cell
from tvae.sweeps.table import Row, Table, checked_margins


def row(arm, cell, figures):
    """A row whose accuracy at margin 0 is the first figure, and falls with the margin."""
    by_seed = {}
    for seed, (accuracy, error, kl) in enumerate(figures):
        shares = tuple(accuracy / (1 + margin) for margin in MARGINS)
        of_arm = ArmFigures(triplet_accuracy=shares, reconstruction=error, kl=kl)
        by_seed[seed] = {"validation": of_arm, "test": of_arm}
    return Row(arm=arm, cell=cell, by_seed=by_seed)


def test_means_are_over_seeds():
    one = row("m1-w1", Cell(margin=1.0, weight=1.0), [(0.8, 1.0, 3.0), (0.6, 2.0, 5.0)])
    means = one.means("test", 0.0)
    assert means is not None
    assert (means.accuracy, means.error, means.kl) == (0.7, 1.5, 4.0)
    at_one = one.means("test", 1.0)
    assert at_one is not None and at_one.accuracy == 0.35
    assert row("m1-w1", None, []).means("test", 0.0) is None


def test_the_json_has_mean_deviation_and_each_seed():
    cell = Cell(margin=1.0, weight=3.0)
    rows = row("vae", None, [(0.5, 1.0, 1.0)]), row("m1-w3", cell, [(0.8, 1.0, 3.0), (0.6, 2.0, 5.0), (0.4, 3.0, 1.0)])
    vae, one = Table(rows=rows, choosing="validation").to_json([1.0, 0.0])
    assert one["triplet_accuracy"]["0"]["mean"] == pytest.approx(0.6)
    assert one["triplet_accuracy"]["0"]["sd"] == pytest.approx(np.std([0.8, 0.6, 0.4], ddof=1))
    assert one["triplet_accuracy"]["1"]["by_seed"] == [0.4, 0.3, 0.2]
    assert one["reconstruction"] == {"mean": 2.0, "sd": 1.0, "by_seed": [1.0, 2.0, 3.0]}
    assert (one["margin"], one["weight"], one["seeds"], one["pareto"]) == (1.0, 3.0, [0, 1, 2], True)
    assert (vae["margin"], vae["weight"]) == (None, 0.0)
    assert vae["kl"] == {"mean": 1.0, "sd": None, "by_seed": [1.0]}
    (empty,) = Table(rows=(row("m1-w3", cell, []),), choosing="test").to_json([0.0])
    assert empty["kl"] == {"mean": None, "sd": None, "by_seed": []}


@pytest.mark.parametrize("seed", range(5))
def test_the_pareto_set_is_what_none_beats_in_all_three(seed):
    generator = np.random.default_rng(seed)
    figures = generator.integers(0, 4, (30, 3)).astype(float)  # small numbers: many ties
    figures[:, 0] /= 10
    table = Table(
        rows=tuple(row(str(n), Cell(margin=1.0, weight=1.0), [tuple(one)]) for n, one in enumerate(figures)),
        choosing="validation",
    )

    def beats(a, b):
        no_worse = a[0] >= b[0] and a[1] <= b[1] and a[2] <= b[2]
        return no_worse and (a[0] > b[0] or a[1] < b[1] or a[2] < b[2])

    expected = {str(n) for n, one in enumerate(figures) if not any(beats(other, one) for other in figures)}
    assert table.pareto(0.0) == expected
    of_two = on_pareto_frontier(figures[:, 0], figures[:, 1])
    assert of_two.tolist() == [
        not any(beats((*other[:2], 0.0), (*one[:2], 0.0)) for other in figures) for one in figures
    ]


def test_a_cell_without_figures_is_in_no_pareto_set():
    rows = row("vae", None, [(0.5, 1.0, 1.0)]), row("m1-w1", Cell(margin=1.0, weight=1.0), [])
    assert Table(rows=rows, choosing="validation").pareto(0.0) == {"vae"}
    assert Table(rows=rows[1:], choosing="validation").pareto(0.0) == set()


def test_margins_are_those_that_accuracies_are_kept_at():
    assert checked_margins([0.0, 0.5, 2.0]) == [0.0, 0.5, 2.0]
    with pytest.raises(InputError, match=r"not at 0\.03; the nearest is 0\.025"):
        checked_margins([0.03])
    with pytest.raises(InputError, match="margins: none"):
        checked_margins([])
