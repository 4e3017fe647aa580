"""Which arm to take: the choice, the step up, the knee and the frontier, by hand and against slow plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.advice import COSTS, Cell, Figures, advise, ladder_of, on_pareto_frontier


def cell(arm: str, weight: float, *figures: tuple[float, float, float], test=None) -> Cell:
    seeds = tuple(Figures(accuracy=accuracy, error=error, kl=kl) for accuracy, error, kl in figures)
    return Cell(arm=arm, weight=weight, margin=1.0, choosing=seeds, test=test or seeds)


STEPS = [
    cell("vae", 0, (0.77, 10.0, 12.0)),
    cell("low", 3, (0.89, 10.5, 12.0)),
    cell("middle", 10, (0.97, 11.5, 12.0)),
    cell("worse", 12, (0.95, 13.0, 12.0)),
    cell("high", 100, (0.99, 16.0, 18.0)),
]


def test_the_most_accurate_within_both_bounds_is_taken_and_the_next_step_up_is_priced():
    advice = advise(ladder_of(STEPS, "error"), most_cost=0.2, least_accuracy=0.85)
    assert (advice.arm, advice.cheapest, advice.passed_over) == ("middle", "low", None)
    assert advice.step_up is not None and advice.step_up.arm == "high"
    assert advice.step_up.gain == pytest.approx(0.02)
    assert advice.step_up.cost == pytest.approx(0.45)
    assert advice.step_up.in_noise is None  # one seed tells no noise


def test_the_dearest_has_no_step_up():
    assert advise(ladder_of(STEPS, "error"), most_cost=1.0, least_accuracy=0.5).arm == "high"
    assert advise(ladder_of(STEPS, "error"), most_cost=1.0, least_accuracy=0.5).step_up is None


def test_where_nothing_fits_it_says_what_each_control_must_give():
    advice = advise(ladder_of(STEPS, "error"), most_cost=0.1, least_accuracy=0.95)
    assert advice.arm is None
    assert advice.needed_cost == pytest.approx(0.15)
    assert advice.possible_accuracy == pytest.approx(0.89)
    assert advise(ladder_of(STEPS, "error"), most_cost=0.1, least_accuracy=0.999).needed_cost is None


def test_an_arm_is_chosen_on_one_split_and_stated_on_the_other():
    test = (Figures(accuracy=0.6, error=20.0, kl=12.0),)
    best_on_test = (Figures(accuracy=0.999, error=20.0, kl=12.0),)
    cells = [
        cell("vae", 0, (0.7, 10.0, 12.0), test=test),
        cell("a", 1, (0.9, 10.0, 12.0), test=test),
        cell("b", 2, (0.8, 10.0, 12.0), test=best_on_test),
    ]
    ladder = ladder_of(cells, "error")
    assert advise(ladder, most_cost=0.1, least_accuracy=0.5).arm == "a"
    assert ladder.test["a"].accuracy == (0.6,)


def test_costs_are_above_the_baseline_of_the_same_seed():
    cells = [
        cell("a", 5, (0.9, 12.0, 9.0), (0.9, 11.0, 6.0)),
        cell("plain", 0, (0.7, 10.0, 6.0), (0.7, 8.0, 4.0)),
    ]
    costs = {cost: ladder_of(cells, cost, 4.0).choosing["a"].cost for cost in COSTS}
    assert costs["error"] == pytest.approx((0.2, 0.375))
    assert costs["kl"] == pytest.approx((0.5, 0.5))
    assert costs["elbo"] == pytest.approx((4 * 2 + 3, 4 * 3 + 2))
    assert ladder_of(cells, "kl").baseline == "plain"


def test_a_cheaper_arm_that_is_no_less_accurate_but_for_noise_is_taken():
    noise = (-0.010, 0.012, 0.001)
    cells = [
        cell("vae", 0, *((0.77, 10.0, 12.0) for _ in noise)),
        cell("cheap", 5, *((0.970 + shift, 11.0, 12.0) for shift in noise)),
        cell("dear", 9, *((0.975 - shift, 12.0, 12.0) for shift in noise)),
        cell("top", 50, *((0.995 + shift / 50, 15.0, 12.0) for shift in noise)),
    ]
    ladder = ladder_of(cells, "error")
    advice = advise(ladder, most_cost=0.3, least_accuracy=0.9)
    assert (advice.arm, advice.passed_over) == ("cheap", "dear")
    assert ladder.same_accuracy("cheap", "dear") and not ladder.same_accuracy("vae", "cheap")
    assert not ladder.same_cost("cheap", "dear")
    assert advice.step_up is not None and advice.step_up.arm == "top"


def shifted(arm: str, weight: float, accuracy: float, error: float, shifts: tuple[float, ...]) -> Cell:
    """Figures of an arm whose accuracy and error differ from seed to seed."""
    return cell(arm, weight, *((accuracy + shift, error + 10 * shift, 12.0) for shift in shifts))


def test_a_point_is_the_mean_of_its_seeds():
    cells = [cell("vae", 0, *[(0.7, 10.0, 12.0)] * 3), cell("a", 1, (0.8, 11.0, 12.0), *[(0.95, 12.5, 12.0)] * 2)]
    point = ladder_of(cells, "error").choosing["a"]
    assert (point.mean_accuracy, point.mean_cost) == (pytest.approx(0.9), pytest.approx(0.2))


def test_bounds_are_met_by_an_arm_that_lies_on_them():
    ladder = ladder_of(STEPS, "error")
    point = ladder.choosing["middle"]
    assert advise(ladder, most_cost=point.mean_cost, least_accuracy=point.mean_accuracy).arm == "middle"


def test_where_no_arm_is_cheap_enough_no_accuracy_is_possible():
    assert advise(ladder_of(STEPS, "error"), most_cost=-0.5, least_accuracy=0.5).possible_accuracy == 0


def test_the_next_arm_up_is_one_that_none_beats():
    cells = [*STEPS[:3], cell("beaten", 50, (0.98, 17.0, 12.0)), STEPS[4]]
    step = advise(ladder_of(cells, "error"), most_cost=0.2, least_accuracy=0.85).step_up
    assert step is not None and step.arm == "high"


def test_frontier_knee_and_noise_are_of_the_split_that_chooses_and_the_step_of_the_test_split():
    noise = ((-0.01, 0.0, 0.01), (0.01, -0.01, 0.005))
    places = {"vae": (0.5, 10.0), "a": (0.9, 11.0), "b": (0.905, 11.5), "c": (0.95, 20.0)}
    # On the test split the arms lie the other way round, far apart and without noise.
    test = {"vae": (0.5, 10.0), "a": (0.99, 30.0), "b": (0.95, 15.0), "c": (0.9, 40.0)}
    cells = [shifted(arm, i, *places[arm], noise[i % 2]) for i, arm in enumerate(places)]
    cells = [
        Cell(arm=one.arm, weight=one.weight, margin=1.0, choosing=one.choosing,
             test=cell("", 0, *[(*test[one.arm], 12.0)] * 3).test)
        for one in cells
    ]  # fmt: skip
    ladder = ladder_of(cells, "error")
    assert ladder.frontier() == ["vae", "a", "b", "c"]
    assert ladder.knee() == "a"
    assert ladder.same_accuracy("a", "b")
    advice = advise(ladder, most_cost=0.3, least_accuracy=0.8)
    assert (advice.arm, advice.passed_over) == ("a", "b")
    assert advice.step_up is not None and advice.step_up.arm == "c"
    assert (advice.step_up.gain, advice.step_up.cost) == (pytest.approx(-0.09), pytest.approx(1.0))


def test_noise_is_judged_by_pairs_of_the_same_seed_and_by_accuracy_for_the_next_arm_up():
    shifts = (-0.02, 0.0, 0.02)  # large, but the same for each arm of a seed
    apart = ladder_of(
        [shifted("vae", 0, 0.9, 10.0, shifts), shifted("a", 1, 0.91, 11.0, (-0.021, 0.001, 0.02))], "error"
    )
    assert apart.same_accuracy("vae", "a") is False
    alike = [
        shifted("vae", 0, 0.5, 10.0, (0.0, 0.0, 0.0)),
        shifted("a", 1, 0.90, 11.0, (-0.01, 0.0, 0.01)),
        shifted("b", 2, 0.901, 15.0, (0.01, -0.01, 0.0)),
    ]
    step = advise(ladder_of(alike, "error"), most_cost=0.2, least_accuracy=0.8).step_up
    assert step is not None and (step.arm, step.in_noise) == ("b", True)


def test_two_seeds_tell_no_noise():
    cells = [shifted(arm, i, 0.9, 10.0 + i, (0.0, 0.01)) for i, arm in enumerate(("vae", "a"))]
    ladder = ladder_of(cells, "error")
    assert ladder.same_accuracy("vae", "a") is None and ladder.same_cost("vae", "a") is None


def test_a_baseline_without_cost_is_refused():
    with pytest.raises(InputError, match="the KL of arm vae is 0"):
        ladder_of([cell("vae", 0, (0.5, 1.0, 1.0), (0.5, 1.0, 0.0)), cell("a", 1, *[(0.6, 1.0, 1.0)] * 2)], "kl")
    with pytest.raises(InputError, match="the KL of arm vae is 0"):
        ladder_of([cell("vae", 0, (0.5, 1.0, 0.0)), cell("a", 1, (0.6, 1.0, 1.0))], "kl")
    with pytest.raises(InputError, match="cells: none"):
        ladder_of([], "error")


def test_the_knee_of_a_corner_is_the_corner():
    accuracies, errors = (0.5, 0.9, 0.92, 0.94), (1.0, 1.1, 2.0, 3.0)
    cells = [cell(f"a{i}", i, (a, e, 1.0)) for i, (a, e) in enumerate(zip(accuracies, errors, strict=True))]
    assert ladder_of(cells, "error").knee() == "a1"
    straight = [cell(f"a{i}", i, (0.5 + 0.1 * i, 1.0 + i, 1.0)) for i in range(4)]
    assert ladder_of(straight, "error").knee() is None
    assert ladder_of(cells[:2], "error").knee() is None


@pytest.mark.parametrize("seed", range(20))
def test_choice_frontier_and_knee_equal_slow_plain_loops(seed):
    generator = np.random.default_rng(seed)
    accuracies, errors = generator.uniform(0.5, 1, 9).round(1), generator.uniform(1, 2, 9).round(1)
    cells = [cell(f"a{i}", i, (a, e, 1.0)) for i, (a, e) in enumerate(zip(accuracies, errors, strict=True))]
    ladder = ladder_of(cells, "error")
    costs = [error / errors[0] - 1 for error in errors]

    frontier: list[int] = []
    for i in range(9):
        beaten = False
        for j in range(9):
            no_worse = accuracies[j] >= accuracies[i] and costs[j] <= costs[i]
            if no_worse and (accuracies[j] > accuracies[i] or costs[j] < costs[i] or j < i):
                beaten = True
        if not beaten:
            frontier.append(i)
    frontier.sort(key=lambda i: costs[i])
    assert ladder.frontier() == [f"a{i}" for i in frontier]

    first, last = frontier[0], frontier[-1]
    heights = []
    for i in frontier if len(frontier) > 2 else []:
        x = (costs[i] - costs[first]) / (costs[last] - costs[first])
        y = (accuracies[i] - accuracies[first]) / (accuracies[last] - accuracies[first])
        heights.append((y - x) / 2**0.5)  # distance to the chord
    above = heights and max(heights) > 1e-9
    assert ladder.knee() == (f"a{frontier[int(np.argmax(heights))]}" if above else None)

    fitting = [i for i in range(9) if costs[i] <= 0.2 and accuracies[i] >= 0.7]
    advice = advise(ladder, most_cost=0.2, least_accuracy=0.7)
    if not fitting:
        assert advice.arm is None
    else:
        best = max(accuracies[i] for i in fitting)
        least = min(costs[i] for i in fitting if accuracies[i] == best)
        assert advice.arm is not None
        place = int(advice.arm[1:])
        assert (accuracies[place], costs[place]) == (best, least)


def test_the_pareto_frontier_is_what_no_other_beats():
    accuracy = np.array([0.7, 0.9, 0.8, 0.9, 0.95])
    cost = np.array([1.0, 3.0, 3.5, 3.0, 9.0])
    assert on_pareto_frontier(accuracy, cost).tolist() == [True, True, False, True, True]
