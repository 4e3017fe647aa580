"""Search of a sweep: new cells between those of its grid, chosen by figures of the validation split alone."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from tvae.errors import InputError
from tvae.runs.seeds.figures import MARGINS, ArmFigures
from tvae.sweeps.plan import Cell, cell_name, grid_cells
from tvae.sweeps.search import proposed_cells, search
from tvae.sweeps.table import Row, Table

CELLS = grid_cells((0.2, 1.0, 5.0), (1.0, 10.0, 100.0))


def figures(accuracy: float, error: float, kl: float) -> ArmFigures:
    return ArmFigures(triplet_accuracy=(accuracy,) * len(MARGINS), reconstruction=error, kl=kl)


def table_with(of_cell, seeds=(0, 1)) -> Table:
    """A table whose figures on the validation split are `of_cell`'s, and nonsense on the test split."""
    rows = [
        Row(
            arm=arm,
            cell=cell,
            by_seed={seed: {"validation": of_cell(cell), "test": figures(0.5, 1.0, 1.0)} for seed in seeds},
        )
        for arm, cell in CELLS.items()
    ]
    return Table(rows=tuple(rows), choosing="validation")


def best_near_weight_10(cell: Cell) -> ArmFigures:
    """Figures that are better in all three the nearer the weight is to 10."""
    away = abs(math.log10(cell.weight / 10))
    return figures(1 - away / 10, 1 + away, 1 + away)


@pytest.fixture(scope="module")
def proposed() -> dict[str, Cell]:
    """Four cells; each takes a second."""
    return proposed_cells(table_with(best_near_weight_10), (0, 1), 4, CELLS)


def test_proposed_cells_are_new_and_lie_within_the_grid(proposed):
    assert len(proposed) == 4
    for name, cell in proposed.items():
        assert name == cell_name(cell) and cell not in CELLS.values()
        assert 0.2 <= cell.margin <= 5 and 1 <= cell.weight <= 100
        assert (cell.margin, cell.weight) == (float(f"{cell.margin:.3g}"), float(f"{cell.weight:.3g}"))


def test_cells_are_proposed_where_the_figures_are_good(proposed):
    """The science of it: a draw without knowledge puts all four near the best weight once in 120 times."""
    assert all(abs(math.log10(cell.weight / 10)) < 0.3 for cell in proposed.values())


def test_what_can_t_be_searched_is_refused():
    table = table_with(best_near_weight_10)
    with pytest.raises(InputError, match="0 cells are done with all seeds; it takes 4"):
        proposed_cells(table, (0, 1, 2), 4, CELLS)
    with pytest.raises(InputError, match="nothing is chosen on test figures"):
        proposed_cells(Table(rows=table.rows, choosing="test"), (0, 1), 4, CELLS)
    with pytest.raises(InputError, match="nothing between them"):
        proposed_cells(table, (0, 1), 4, {"m1-w10": Cell(margin=1.0, weight=10.0)})


def test_a_search_trains_the_grid_and_then_so_many_cells(monkeypatch):
    """A run's cells at a time, each time from the figures so far."""
    added: list[dict[str, Cell]] = []
    known = dict(CELLS)

    def add_cells(name: str, cells: dict[str, Cell]) -> None:
        added.append(cells)
        known.update(cells)

    sweep = SimpleNamespace(plan=SimpleNamespace(seeds=(0, 1), cells_a_run=3), cells=known, add_cells=add_cells)
    works: list[int] = []

    class Trained:
        def __init__(self) -> None:
            self.sweep: Any = sweep

        def work(self) -> Any:
            works.append(len(known))
            return SimpleNamespace(states=[], told_to_end=False)

    def propose(table: Table, seeds: Any, count: int, cells: Any) -> dict[str, Cell]:
        return {f"m3-w{len(cells) + n}": Cell(margin=3.0, weight=float(len(cells) + n)) for n in range(count)}

    monkeypatch.setattr("tvae.sweeps.search.table_of", lambda cells, states: table_with(best_near_weight_10))
    monkeypatch.setattr("tvae.sweeps.search.proposed_cells", propose)
    said: list[str] = []
    search(Trained(), 7, said.append)  # type: ignore[arg-type]
    assert [len(cells) for cells in added] == [3, 3, 1]
    assert works == [9, 12, 15, 16]
    assert said[0] == "a Gaussian process (expected hypervolume improvement) proposes m3-w9, m3-w10, m3-w11"
