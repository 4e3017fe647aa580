"""Plan: cells of a grid, cut into runs; wrong grids in one line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.conftest import small_run_config
from tests.sweeps.conftest import small_plan
from tvae.config import PRESETS, DataConfig, LossConfig, vae_and_tvae
from tvae.errors import InputError
from tvae.sweeps.layout import Grid, checked_sweep_name, plan_of, size_in_words
from tvae.sweeps.plan import CELLS_A_RUN, Cell, Plan, cell_name, cells_that_fit, grid_cells


def test_a_grid_has_each_margin_with_each_weight_in_order():
    cells = grid_cells((1.0, 0.2), (10.0, 3.0))
    assert list(cells) == ["m0.2-w3", "m0.2-w10", "m1-w3", "m1-w10"]
    assert cells["m0.2-w10"] == Cell(margin=0.2, weight=10.0)


@pytest.mark.parametrize(
    ("margins", "weights", "message"),
    [
        ((), (1.0,), "margins: none"),
        ((1.0,), (), "weights: none"),
        ((1.0, 2.0, 1.0), (1.0,), "margins: 1 is there twice"),
        ((1.0,), (0.0, 1.0), "weights: 0 is the VAE"),
        ((-1.0,), (1.0,), "loss.margin: -1"),
        ((1.0,), (float("nan"),), "loss.triplet-weight: nan"),
        (tuple(range(1001)), tuple(range(1, 1002)), "a sweep has at most 1,000,000"),
        ((1.0, 1.0 + 1e-15), (1.0,), "differ in the thirteenth digit"),
    ],
)
def test_a_wrong_grid_is_refused_in_one_line(margins, weights, message):
    with pytest.raises(InputError, match=message) as refused:
        grid_cells(margins, weights)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("margin", [0.0, 1e-7, 0.1, 1e6, 123456.789])
def test_a_cell_s_name_is_possible_for_an_arm(margin):
    plan = plan_of(small_run_config(), Grid(margins=(margin,), weights=(1e6,), seeds=(0,)))
    (group,) = plan.groups()
    assert list(group.config.arms) == ["vae", cell_name(Cell(margin=margin, weight=1e6))]


def test_each_seed_trains_each_cell_once_beside_the_vae():
    grid = Grid(margins=(0.2, 0.5, 1.0, 2.0, 5.0), weights=(1.0, 10.0), seeds=(3, 1), cells_a_run=4)
    plan = plan_of(small_run_config(), grid)
    groups = list(plan.groups())
    assert [group.id for group in groups] == ["1-0", "1-1", "1-2", "3-0", "3-1", "3-2"]
    assert [len(group.config.arms) - 1 for group in groups] == [3, 4, 3] * 2
    trained = [(group.seed, arm) for group in groups for arm in group.config.arms if arm != "vae"]
    assert sorted(trained) == sorted((seed, arm) for seed in (1, 3) for arm in plan.cells)
    for group in groups:
        assert group.config.arms["vae"].triplet_weight == 0
        for arm, loss in group.config.arms.items():
            if arm != "vae":
                assert (loss.margin, loss.triplet_weight) == (plan.cells[arm].margin, plan.cells[arm].weight)
    assert size_in_words(plan) == ("10 cells, seeds 1, 3: 6 runs of 3 or 4 cells beside the VAE, on the same batches")


def test_cells_share_a_run_where_memory_allows():
    config, shape = small_run_config(), (8, 8, 1)
    assert cells_that_fit(shape, config, 64, 2**40) == CELLS_A_RUN
    assert cells_that_fit(shape, config, 4, 2**40) == 3
    weights = 8 * 8 * 32 + 32 + 2 * (32 * 4 + 4) + 4 * 32 + 32 + 32 * 64 + 64
    assert cells_that_fit(shape, config, 64, 5 * 16 * weights) == 4
    assert cells_that_fit(shape, config, 64, 0) == 1


def test_the_ladder_that_ships_is_a_sweep():
    plan = plan_of(PRESETS["ladder"], Grid(seeds=(0, 1, 2)))
    groups = list(plan.groups())
    assert [group.seed for group in groups] == [0, 1, 2]
    for group in groups:
        assert group.config.arms == PRESETS["ladder"].arms


def test_cells_have_the_whole_loss_that_was_asked_for_beside_a_plain_vae():
    loss = LossConfig(triplet_form="sigmoid", surgery=1.0, classifier_weight=2.0, prior="by-class", margin=0.0)
    config = replace(small_run_config(), arms=vae_and_tvae(loss))
    plan = plan_of(config, Grid(margins=[0.0], weights=[20, 50]))
    for group in (*plan.groups(), *Plan.from_json(json.loads(json.dumps(plan.to_json())), "plan").groups()):
        vae, *cells = group.config.arms.values()
        assert vae == replace(loss, triplet_weight=0.0, classifier_weight=0.0, prior="standard")
        assert cells == [replace(loss, triplet_weight=weight) for weight in (20, 50)]


def test_what_arms_can_t_differ_in_is_refused():
    arms = PRESETS["ladder"].arms
    odd = replace(PRESETS["ladder"], arms={**arms, "odd": replace(arms["w1"], kl_weight=2.0)})
    with pytest.raises(InputError, match="in more than margin and triplet weight"):
        plan_of(odd, Grid())


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (Grid(margins=(1.0,), weights=(1.0,), seeds=()), "seeds: none"),
        (Grid(margins=(1.0,), weights=(1.0,), seeds=(1, 1)), "seeds: 1 is there twice"),
        (Grid(margins=(1.0,), weights=(1.0,), seeds=(-1,)), "train.seed: -1"),
        (Grid(), "margins: none"),
        (Grid(margins=(1.0,), weights=(1.0,), cells_a_run=0), "cells-a-run: 0"),
        (Grid(margins=(1.0,), weights=(1.0,), cells_a_run=64), "cells-a-run: 64"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(grid, message):
    with pytest.raises(InputError, match=message):
        plan_of(small_run_config(), grid)


def test_settings_that_no_run_can_have_are_refused():
    config, grid = small_run_config(), Grid(margins=(1.0,), weights=(1.0,))
    with pytest.raises(InputError, match="batch-size: 2000"):
        plan_of(replace(config, train=replace(config.train, batch_size=2000)), grid)
    with pytest.raises(InputError, match="unknown data set"):
        plan_of(replace(config, data=DataConfig(name="nowhere")), grid)
    with pytest.raises(InputError, match=r"data\.triplets: a sweep draws"):
        plan_of(replace(config, data=replace(config.data, triplets="a" * 64)), grid)


def test_a_plan_is_stored_and_read_unchanged():
    plan = small_plan()
    assert Plan.from_json(json.loads(json.dumps(plan.to_json())), "plan") == plan
    with pytest.raises(InputError, match="newer version"):
        Plan.from_json({**plan.to_json(), "schema": 2}, "plan")
    with pytest.raises(InputError, match="seeds"):
        Plan.from_json({**plan.to_json(), "seeds": []}, "plan")
    with pytest.raises(InputError, match="plan: no cells"):
        Plan.from_json({**plan.to_json(), "cells": {}}, "plan")
    for token in ("../../elsewhere", "", "0" * 15, plan.token + "\n"):  # a part of files' names
        with pytest.raises(InputError, match="token"):
            Plan.from_json({**plan.to_json(), "token": token}, "plan")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-a", "ä", "a" * 61, "a b"])
def test_a_name_that_is_no_folder_s_is_refused(name):
    with pytest.raises(InputError, match="name: "):
        checked_sweep_name(name)
